"""What Postmark is sent: an array of complete letters, or one body with every reader's values (bulk)."""

from __future__ import annotations

import re
from typing import Any

from publisher.model.call import Call, Recipient
from publisher.model.message import Mail, Slot, translate
from publisher.senders.bodies import as_json, as_json_list
from publisher.senders.fit import headers_to
from publisher.senders.mail import Readers, letter_to, mailbox, merge_values, name_slots

THEIRS = frozenset({"from", "to", "cc", "bcc", "reply-to", "subject", "content-type", "mime-version"})
UNSUBSCRIBING = frozenset({"list-unsubscribe", "list-unsubscribe-post"})  # Postmark's own, unless its support says not
REFERENCE, CALL = "reference", "call"  # metadata: our id of the delivery, and of the request it went with
BODY_CAP = 5_000_000  # bytes of a letter's html, and of its text
# What Postmark would read as a tag: in a bulk body any {{, and a brace that may stand before a tag of ours; in a
# complete letter only its own {{{ pm:unsubscribe }}}.
TAG = re.compile(r"\{(?=\{|\Z)")
OWN_TAG = re.compile(r"\{(?=\{+\s*pm:)", re.IGNORECASE)


def batch(call: Call, readers: Readers, stream: str, *, unsubscribes: bool) -> bytes:
    """Write a complete letter for every reader.

    :param unsubscribes: the headers by which readers leave are ours.
    """
    return as_json_list(_letter(call, readers.mail, reader, stream, unsubscribes) for reader in readers.ready)


def bulk(call: Call, readers: Readers, stream: str, *, unsubscribes: bool) -> bytes:
    """Write the mail once, with a placeholder for every slot, which is put in as it is: values are escaped by us."""
    mail, names = readers.mail, name_slots(readers.mail)

    def placeholder(slot: Slot) -> str:
        return f"{{{{{{{names[slot]}}}}}}}"

    letters = [
        {"To": _to(r), "TemplateModel": merge_values(names, r), **_own(call, mail, r, unsubscribes)}
        for r in readers.ready
    ]
    bodies = {
        "Subject": translate(mail.subject, placeholder, lambda text: TAG.sub("{\u2060", text)),
        "HtmlBody": translate(mail.html, placeholder, lambda html: TAG.sub("&#123;", html)),
        "TextBody": translate(mail.text, placeholder, lambda text: TAG.sub("{\u2060", text)),
    }
    return as_json({**_common(mail, stream), **bodies, "Messages": letters})


def too_heavy(mail: Mail) -> str:
    """Say which of a mail's bodies Postmark wouldn't take; empty: neither."""
    for name, body in (("html", mail.html), ("text", mail.text)):
        size = sum(len(part.encode()) for part in body if isinstance(part, str))
        if size > BODY_CAP:
            return f"{size:,} bytes of {name}; Postmark takes {BODY_CAP:,}"
    return ""


def _letter(call: Call, mail: Mail, reader: Recipient, stream: str, unsubscribes: bool) -> dict[str, Any]:
    letter = letter_to(mail, reader)
    return {
        **_common(mail, stream),
        "To": _to(reader),
        "Subject": OWN_TAG.sub("{\u2060", letter.subject),
        "HtmlBody": OWN_TAG.sub("&#123;", letter.html),
        "TextBody": OWN_TAG.sub("{\u2060", letter.text),
        **_own(call, mail, reader, unsubscribes),
    }


def _common(mail: Mail, stream: str) -> dict[str, Any]:
    return {
        "From": mailbox(mail.from_name, mail.from_email),
        **({"ReplyTo": mail.reply_to} if mail.reply_to else {}),
        "MessageStream": stream,
        "TrackOpens": False,
        "TrackLinks": "None",
    }


def _to(reader: Recipient) -> str:
    return mailbox(reader.name, reader.address)


def _own(call: Call, mail: Mail, reader: Recipient, unsubscribes: bool) -> dict[str, Any]:
    left_out = frozenset() if unsubscribes else UNSUBSCRIBING
    headers = headers_to(mail, reader).items()
    return {
        "Headers": [{"Name": name, "Value": value} for name, value in headers if name.lower() not in left_out],
        "Metadata": {REFERENCE: reader.reference, CALL: call.key},
    }

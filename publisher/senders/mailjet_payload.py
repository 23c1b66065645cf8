"""The body of a Mailjet request."""

from __future__ import annotations

import re
from collections.abc import Mapping

from publisher.model.call import Answer, Recipient, Scope
from publisher.model.message import Mail, Slot, escape, translate, value_of
from publisher.senders.fit import headers_to
from publisher.senders.mail import Readers, merge_values, name_slots
from publisher.senders.verdicts import refused, stop

MOST = 50  # variables of a letter, and headers
SUBJECT_CAP = 255  # characters
# What Mailjet would read as a tag of its own, [[var:x]] and its like; and a bracket at the end of a part, which may
# stand before a placeholder of ours.
TAG = re.compile(r"\[(?=\[\s*[a-z]|\Z)", re.IGNORECASE)
LEFT_OUT = frozenset({"list-id"})  # Mailjet refuses a letter that has one
THEIRS = frozenset({
    "from", "sender", "subject", "to", "cc", "bcc", "reply-to", "return-path", "delivered-to", "dkim-signature",
    "domainkey-status", "received-spf", "authentication-results", "received", "user-agent", "x-mailer",
    "x-feedback-id", "date", "x-csa-complaints", "message-id", "x-mailjet-prio", "x-mailjet-debug",
    "x-mailjet-trackopen", "x-mailjet-trackclick", "x-mailjet-segmentation", "x-mailjet-campaign", "x-mj-customid",
    "x-mj-eventpayload", "x-mj-vars", "x-mj-templateerrordeliver", "x-mj-templateerrorreporting",
    "x-mj-templatelanguage", "x-mj-templateid", "x-mj-workflowid", "x-mj-mid", "x-mj-errormessage",
    "x-mj-statisticscontactslistid",
})  # fmt: skip


def with_fitting_subjects(readers: Readers) -> Readers | Answer:
    """Refuse by name whose subject is too long, and a mail with more slots or headers than Mailjet takes."""
    mail = readers.mail
    if len(name_slots(mail)) > MOST or len(mail.headers) > MOST:
        return stop(refused(f"more than {MOST} different values or headers; Mailjet takes no more"), readers.refused)
    lengths = {reader.delivery_id: len(_subject(mail, reader)) for reader in readers.ready}
    too_long = {
        delivery: refused(f"a subject of {length} characters; Mailjet takes {SUBJECT_CAP}", Scope.RECIPIENT)
        for delivery, length in lengths.items()
        if length > SUBJECT_CAP
    }
    ready = tuple(reader for reader in readers.ready if reader.delivery_id not in too_long)
    out = {**readers.refused, **too_long}
    return Readers(mail, ready, out) if ready else stop(next(iter(too_long.values())), out)


def payload_of(readers: Readers) -> dict[str, object]:
    """Write the mail once, with a placeholder for every slot, and beside it what differs from reader to reader."""
    mail, names = readers.mail, name_slots(readers.mail)

    def placeholder(slot: Slot) -> str:
        return f"[[var:{names[slot]}]]"

    common = {
        "From": _mailbox(mail.from_name, mail.from_email),
        "ReplyTo": {"Email": mail.reply_to} if mail.reply_to else None,
        "TextPart": translate(mail.text, placeholder, in_text),
        "HTMLPart": translate(mail.html, placeholder, in_html),
        "TrackOpens": "disabled",
        "TrackClicks": "disabled",
    }
    return {
        "Globals": {name: value for name, value in common.items() if value},
        "Messages": [_to(mail, names, reader) for reader in readers.ready],
    }


def in_html(authored: str) -> str:
    """Make authored text that looks like a tag harmless; a reader sees it as it was written."""
    return TAG.sub("&#91;", authored)


def in_text(authored: str) -> str:
    """As above, where there are no entities: with an invisible word joiner."""
    return TAG.sub("[\u2060", authored)


def _to(mail: Mail, names: Mapping[Slot, str], reader: Recipient) -> dict[str, object]:
    """Everything about one reader. The subject is filled in here: variables are said not to work there."""
    return {
        "To": [_mailbox(reader.name, reader.address)],
        "Subject": _subject(mail, reader),
        "Headers": {name: value for name, value in headers_to(mail, reader).items() if name.lower() not in LEFT_OUT},
        "Variables": merge_values(names, reader),
        "CustomID": reader.reference,
    }


def _subject(mail: Mail, reader: Recipient) -> str:
    return translate(mail.subject, lambda slot: escape(value_of(slot, reader.values), slot.context), in_text)


def _mailbox(name: str, address: str) -> dict[str, str]:
    return {"Email": address, "Name": name} if name else {"Email": address}

"""The body of a SendGrid request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, count

from publisher.model.call import Recipient
from publisher.model.message import Mail, Slot, Text, slots_of, translate
from publisher.senders.fit import headers_to
from publisher.senders.mail import Readers, merge_values, name_slots

REFERENCE = "reference"  # our id of the delivery: a key of its own in every event
CALL = "call"  # the key of the call, by which all its letters can be searched
VALUES_CAP = 10_000  # bytes of one reader's substitutions
THEIRS = frozenset({
    "x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding", "to", "from",
    "subject", "reply-to", "cc", "bcc", "message-id", "date", "mime-version",
})  # fmt: skip
OFF: Mapping[str, object] = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},  # else SendGrid sets List-Unsubscribe itself
    "ganalytics": {"enable": False},
}


def payload_of(readers: Readers, call: str = "") -> dict[str, object]:
    """Write the mail once, with a token for every slot, and beside it what differs from reader to reader.

    :param call: the call's key, where SendGrid can be asked about it.
    """
    mail, names = readers.mail, name_slots(readers.mail)
    mark = _mark_for(readers)
    shared = {CALL: call} if call else {}

    def token(slot: Slot) -> str:
        return f"{mark}{names[slot]}-"

    parts = (("text/plain", mail.text), ("text/html", mail.html))  # in this order, and none of them empty
    payload: dict[str, object] = {
        "from": _mailbox(mail.from_name, mail.from_email),
        "subject": translate(mail.subject, token, str),
        "content": [{"type": kind, "value": translate(text, token, str)} for kind, text in parts if any(text)],
        "personalizations": [
            {**_to(mail, names, token, reader), "custom_args": {REFERENCE: reader.reference, **shared}}
            for reader in readers.ready
        ],
        "tracking_settings": OFF,
    }
    return {**payload, "reply_to": {"email": mail.reply_to}} if mail.reply_to else payload


def _to(mail: Mail, names: Mapping[Slot, str], token: Callable[[Slot], str], reader: Recipient) -> dict[str, object]:
    """Everything about one reader, headers and all: whether SendGrid merges them with common ones is unconfirmed."""
    values = merge_values(names, reader)
    return {
        "to": [_mailbox(" ".join(re.sub("[,;]", " ", reader.name).split()), reader.address)],  # it takes neither
        "headers": headers_to(mail, reader),
        "substitutions": {token(slot): values[name] for slot, name in names.items()},
    }


def _mailbox(name: str, address: str) -> dict[str, str]:
    return {"email": address, "name": name} if name else {"email": address}


def _mark_for(readers: Readers) -> str:
    """Begin our tokens with what stands nowhere else: SendGrid replaces a token wherever it finds it."""
    texts = list(_texts(readers))
    marks = chain(["-reader."], (f"-reader{n}." for n in count(1)))
    return next(mark for mark in marks if not any(mark in text for text in texts))


def _texts(readers: Readers) -> Iterator[str]:
    authored: tuple[Text, ...] = (readers.mail.subject, readers.mail.text, readers.mail.html)
    yield from (part for text in authored for part in text if isinstance(part, str))
    yield from (slot.default or "" for slot in slots_of(readers.mail))
    for reader in readers.ready:
        yield from reader.values.values()

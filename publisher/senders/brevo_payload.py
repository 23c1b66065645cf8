"""The body of a Brevo request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from uuid import NAMESPACE_URL, UUID, uuid5

from publisher.model.call import Call, Recipient
from publisher.model.message import Mail, Slot, Text, escape, translate, value_of
from publisher.senders.bodies import as_json
from publisher.senders.fit import encoded, headers_to
from publisher.senders.mail import Readers, merge_values, name_slots

REFERENCE = "X-Mailin-custom"  # our id of the delivery: comes back with every event
VALUES_CAP = 100_000  # bytes of one reader's parameters
ALL_VALUES_CAP = 1_000_000  # and of all readers' in one request
THEIRS = frozenset({
    "from", "to", "cc", "bcc", "subject", "reply-to", "sender", "date", "message-id", "return-path", "mime-version",
    "content-type", "content-transfer-encoding", "dkim-signature", "received", "idempotencykey", "x-mailin-custom",
    "x-mailin-tag", "x-sib-sandbox",
})  # fmt: skip
# What Brevo would read as the beginning of a tag of its own: {{, {% and {#; and a brace at the end of a part, which may
# stand before a placeholder of ours.
TAG = re.compile(r"\{(?=[{%#]|\Z)")
ESCAPED = re.compile(r"[&<>\"']")  # what a template that escapes would change
SPECIAL = re.compile(r'[()<>\[\]:;@\\,."]')  # in a name outside ASCII, it makes Brevo leave the name out


def payload_of(readers: Readers, call: Call) -> dict[str, object]:
    """Write the mail once, with a placeholder for every slot, and a version of it for every reader."""
    mail = readers.mail
    names = name_slots(replace(mail, headers=()))

    def placeholder(slot: Slot) -> str:
        return "{{params." + names[slot] + "}}"

    payload: dict[str, object] = {
        "sender": _person(mail.from_name, mail.from_email),
        **_parts(mail, {slot: placeholder(slot) for slot in names}),
        "headers": {"idempotencyKey": key_of_call(call)},
        "tags": [call.key],  # by which Brevo can be asked for its letters
        "messageVersions": [_version(mail, names, reader) for reader in readers.ready],
    }
    return {**payload, "replyTo": {"email": mail.reply_to}} if mail.reply_to else payload


def key_of_call(call: Call) -> str:
    """Spell a call's key as Brevo wants it."""
    try:
        return str(UUID(hex=call.key))
    except ValueError:
        return str(uuid5(NAMESPACE_URL, call.key))


def size_of_values(payload: Mapping[str, object]) -> int:
    """Return the bytes of all readers' parameters."""
    versions = payload["messageVersions"]
    assert isinstance(versions, list)  # noqa: S101 -- our own
    return sum(len(as_json(version["params"])) for version in versions if "params" in version)


def in_html(authored: str) -> str:
    """Make authored text that looks like a tag harmless; a reader sees it as it was written."""
    return TAG.sub("&#123;", authored)


def in_text(authored: str) -> str:
    """As above, where there are no entities: with an invisible word joiner."""
    return TAG.sub("{\u2060", authored)


def _version(mail: Mail, names: Mapping[Slot, str], reader: Recipient) -> dict[str, object]:
    """Everything about one reader: nobody says whether a version's headers are joined with common ones.

    Nobody says either whether Brevo escapes values. A reader of whose values it would change any gets a whole letter.
    """
    values = merge_values(names, reader)
    own: Mapping[str, object] = {"params": values}
    if any(ESCAPED.search(value) for value in values.values()):
        own = _parts(mail, {slot: _written_out(slot, reader) for slot in names})
    headers = {**_headers(mail, reader), REFERENCE: reader.reference}
    return {"to": [_person(reader.name, reader.address)], "headers": headers, **own}


def _written_out(slot: Slot, reader: Recipient) -> str:
    value = escape(value_of(slot, reader.values), slot.context)
    return in_html(value) if slot.context in ("html", "url", "url-part") else in_text(value)


def _parts(mail: Mail, shown: Mapping[Slot, str]) -> dict[str, object]:
    def written(text: Text) -> str:
        return translate(text, shown.__getitem__, in_text)

    parts = {
        "subject": written(mail.subject),
        "htmlContent": translate(mail.html, shown.__getitem__, in_html),
        "textContent": written(mail.text),
    }
    return {name: text for name, text in parts.items() if text}


def _headers(mail: Mail, reader: Recipient) -> dict[str, str]:
    """A list's title outside ASCII is left out: Brevo takes encoded words apart and sends them as they are."""
    titled = replace(mail, headers=tuple((name, _untitled(name, value)) for name, value in mail.headers))
    return headers_to(titled, reader)


def _untitled(name: str, value: Text) -> Text:
    whole = "".join(part for part in value if isinstance(part, str))
    address = re.search(r"<[!-~]+>\s*\Z", whole)
    is_foreign = name.lower() == "list-id" and not whole.isascii()
    return (address[0].strip(),) if is_foreign and address else value


def _person(name: str, address: str) -> dict[str, str]:
    shown = encoded(name) if not name.isascii() and SPECIAL.search(name) else name
    return {"name": shown, "email": address} if name else {"email": address}

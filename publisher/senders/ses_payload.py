"""The body of a SendBulkEmail request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from publisher.model.call import Answer, Call, Recipient, Scope
from publisher.model.message import Mail, Slot, translate
from publisher.senders.base import Sender
from publisher.senders.bodies import as_json
from publisher.senders.fit import fit, headers_to, mailbox_in_ascii
from publisher.senders.mail import Readers, merge_values, name_slots
from publisher.senders.verdicts import refused, stop

REFERENCE = "reference"  # our id of the delivery: a tag, which comes back with every event
VALUES_CAP = 130_000  # bytes of one reader's values: SES takes 262,144 characters, of which JSON may need two for one
HEADERS = 15  # common to all letters, and as many of a reader's own
HEADER_CAP = 996  # characters of a header's name and value
THEIRS = frozenset({
    "from", "to", "cc", "bcc", "subject", "reply-to", "sender", "date", "message-id", "return-path", "mime-version",
    "content-type", "content-transfer-encoding", "dkim-signature", "received",
})  # fmt: skip
# What SES would read as the beginning of a tag, `{{`; and what changes the meaning of a tag of ours beside it.
TAG = re.compile(r"\{(?=\{|\Z)|\\\Z|\A\}")
JOINER = "\u2060"  # is no letter and takes no room
APART = "{" + JOINER + "{"
NO_TRACKING = {"Tracking": {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED"}}


def fit_for_ses(call: Call, sender: Sender) -> Readers | Answer:
    """Sort out who can be written to; whose headers SES does not take is refused by name."""
    readers = fit(call, sender, THEIRS, VALUES_CAP)
    if isinstance(readers, Answer):
        return readers
    readers = replace(readers, mail=_tamed(readers.mail))
    common, _ = _headers(readers.mail, readers.ready[0])
    if fault := _fault_of(common):
        return stop(refused(f"{fault}; nothing was sent"), readers.refused)
    out = dict(readers.refused)
    for reader in readers.ready:
        if fault := _fault_of(_headers(readers.mail, reader)[1]):
            out[reader.delivery_id] = refused(fault, Scope.RECIPIENT)
    ready = tuple(reader for reader in readers.ready if reader.delivery_id not in out)
    return replace(readers, ready=ready, refused=out) if ready else stop(next(iter(out.values())), out)


def payload_of(readers: Readers, configuration_set: str) -> dict[str, object]:
    """Write the mail once as a template, and beside it what differs from reader to reader."""
    mail, names = readers.mail, name_slots(readers.mail)

    def tag(slot: Slot) -> str:
        return "{{" + names[slot] + "}}"

    parts = {
        "Subject": translate(mail.subject, tag, in_text),
        "Text": translate(mail.text, tag, in_text),
        "Html": translate(mail.html, tag, in_html),
    }
    template = {
        "TemplateContent": {name: text for name, text in parts.items() if text},
        "TemplateData": as_json(dict.fromkeys(names.values(), "")).decode(),
        "Headers": _rows(_headers(mail, readers.ready[0])[0]),
    }
    payload: dict[str, object] = {
        "FromEmailAddress": mailbox_in_ascii(mail.from_name, mail.from_email),
        "DefaultContent": {"Template": template},
        "BulkEmailEntries": [_to(mail, names, reader) for reader in readers.ready],
        "ConfigurationOverrides": NO_TRACKING,
    }
    if mail.reply_to:
        payload["ReplyToAddresses"] = [mail.reply_to]
    if configuration_set:
        payload["ConfigurationSetName"] = configuration_set
    return payload


def in_html(authored: str) -> str:
    """Make authored text that looks like a tag harmless; a reader sees it as it was written."""
    return TAG.sub(lambda found: f"&#{ord(found[0])};", authored)


def in_text(authored: str) -> str:
    """As above, where there are no entities: with an invisible word joiner."""
    return TAG.sub(lambda found: f"{JOINER}{found[0]}{JOINER}", authored)


def _to(mail: Mail, names: Mapping[Slot, str], reader: Recipient) -> dict[str, object]:
    values = as_json(merge_values(names, reader)).decode()
    return {
        "Destination": {"ToAddresses": [mailbox_in_ascii(reader.name, reader.address)]},
        "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": values}},
        "ReplacementHeaders": _rows(_headers(mail, reader)[1]),
        "ReplacementTags": [{"Name": REFERENCE, "Value": reader.reference}],
    }


def _headers(mail: Mail, reader: Recipient) -> tuple[dict[str, str], dict[str, str]]:
    """Return the headers that all letters have in common, and those that are this reader's own; SES joins them."""
    own = {name for name, value in mail.headers if any(isinstance(part, Slot) for part in value)}
    every = {name: value for name, value in headers_to(mail, reader).items() if value}
    return {n: v for n, v in every.items() if n not in own}, {n: v for n, v in every.items() if n in own}


def _tamed(mail: Mail) -> Mail:
    """Take tags out of headers too: nobody says whether SES looks for any there."""
    headers = (
        (name, tuple(p if isinstance(p, Slot) else p.replace("{{", APART) for p in v)) for name, v in mail.headers
    )
    return replace(mail, headers=tuple(headers))


def _rows(headers: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in headers.items()]


def _fault_of(headers: Mapping[str, str]) -> str:
    if len(headers) > HEADERS:
        return f"{len(headers)} headers; SES takes {HEADERS}"
    odd = (name for name, value in headers.items() if len(name + value) > HEADER_CAP or not value.isprintable())
    return next((f"the header {name} is longer than SES takes, or holds a sign that it doesn't" for name in odd), "")

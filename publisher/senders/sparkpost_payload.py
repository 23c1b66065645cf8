"""The body of a SparkPost transmission."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from publisher.model.call import Recipient
from publisher.model.message import Mail, Slot, translate
from publisher.senders.fit import header_in_ascii, headers_to
from publisher.senders.mail import Readers, merge_values, name_slots

REFERENCE = "reference"  # our id of the delivery: comes back in the metadata of every event
VALUES_CAP = 80_000  # bytes of one reader's substitution data, of 100 kB; headers that differ come on top
SCHEMES = ("https://", "http://")
THEIRS = frozenset({"from", "to", "cc", "bcc", "subject", "reply-to", "content-type", "content-transfer-encoding"})
# What SparkPost would read as a tag of its own: braces that touch one another, or an end of the part, where one of ours
# may stand; and the marks of its links in plain text.
OPENING = re.compile(r"\{(?=\{|\Z)")
CLOSING = re.compile(r"(?<=\})\}|\A\}")
MARK = re.compile(r"\[(?=\[\s*data-msys)", re.IGNORECASE)
STYLE = re.compile(r"(<style\b.*?</style>)", re.IGNORECASE | re.DOTALL)


def payload_of(readers: Readers) -> dict[str, object]:
    """Write the mail once, with a placeholder for every slot, and beside it what differs from reader to reader."""
    mail, names = readers.mail, name_slots(replace(readers.mail, headers=()))
    differing = [name for name, value in mail.headers if any(isinstance(part, Slot) for part in value)]
    values = [merge_values(names, reader) for reader in readers.ready]
    schemes = {name: _common_scheme([each[name] for each in values]) for name in names.values()}

    def as_it_is(slot: Slot) -> str:
        return schemes[names[slot]] + "{{{" + names[slot] + "}}}"

    def in_subject(slot: Slot) -> str:
        return schemes[names[slot]] + "{{" + names[slot] + "}}"

    content: dict[str, object] = {
        "from": _named(mail.from_name, mail.from_email),
        "reply_to": mail.reply_to,
        "subject": translate(mail.subject, in_subject, in_text),
        "text": translate(mail.text, as_it_is, in_text),
        "html": translate(mail.html, as_it_is, in_html),
        "headers": {**_same_for_all(mail), **{name: "{{" + _variable(name) + "}}" for name in differing}},
    }
    return {
        "options": _options(mail),
        "content": {name: value for name, value in content.items() if value},
        **_list_id(mail),
        "recipients": [
            _to(mail, reader, {name: value[len(schemes[name]) :] for name, value in own.items()}, differing)
            for reader, own in zip(readers.ready, values, strict=True)
        ],
    }


def in_html(authored: str) -> str:
    """Make authored text that looks like a tag harmless: a reader sees it as it was written.

    A style sheet knows no entities, but there spaces between braces mean nothing.
    """
    pieces = STYLE.split(authored)  # every second one is a sheet
    return "".join(
        _apart(piece, "{ ", " }", "[") if odd % 2 else _apart(piece, "&#123;", "&#125;", "&#91;")
        for odd, piece in enumerate(pieces)
    )


def in_text(authored: str) -> str:
    """As above, where there are no entities: with an invisible word joiner."""
    return _apart(authored, "{\u2060", "\u2060}", "[\u2060")


def _apart(text: str, opening: str, closing: str, mark: str) -> str:
    return MARK.sub(mark, CLOSING.sub(closing, OPENING.sub(opening, text)))


def _common_scheme(values: list[str]) -> str:
    """Return how all the values begin, if they are addresses: a link must begin with its scheme in the body itself."""
    return next((scheme for scheme in SCHEMES if all(value.startswith(scheme) for value in values)), "")


def _options(mail: Mail) -> dict[str, bool]:
    """A mail without a way to leave is no marketing: then SparkPost adds no List-Unsubscribe either."""
    leaves = any(name.lower() == "list-unsubscribe" for name, _ in mail.headers)
    return {"open_tracking": False, "click_tracking": False, "transactional": not leaves}


def _list_id(mail: Mail) -> dict[str, object]:
    """Return the list's id in the one place where SparkPost takes it, the same for all."""
    written = next((value for name, value in mail.headers if name.lower() == "list-id"), ())
    found = re.search(r"<[^<>\s]+>\s*\Z", "".join(part for part in written if isinstance(part, str)))
    return {"override": {"list_id": found[0].strip()}} if found else {}


def _same_for_all(mail: Mail) -> dict[str, str]:
    fixed = ((n, v) for n, v in mail.headers if n.lower() != "list-id" and all(isinstance(part, str) for part in v))
    return {name: header_in_ascii(translate(value, lambda slot: slot.field, in_text)) for name, value in fixed}


def _to(mail: Mail, reader: Recipient, values: Mapping[str, str], differing: list[str]) -> dict[str, object]:
    """Everything about one reader. A header that differs is one variable, written out."""
    headers = headers_to(mail, reader)
    return {
        "address": _named(reader.name, reader.address),
        "substitution_data": {**values, **{_variable(name): headers[name] for name in differing}},
        "metadata": {REFERENCE: reader.reference},
    }


def _variable(header: str) -> str:
    return "header__" + re.sub(r"\W", "_", header.lower())


def _named(name: str, address: str) -> dict[str, str]:
    return {"email": address, "name": name} if name else {"email": address}

"""What every mail sender does before it speaks: refuse what can't be said faithfully, and fill or name the slots."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from publisher.model.call import Answer, Call, Outcome, Recipient, Scope, Verdict
from publisher.model.message import Mail, Slot, Text, escape, fill, slots_of, value_of
from publisher.senders.base import Sender
from publisher.senders.verdicts import deferred, refused, stop

BREAK = re.compile(r"[\r\n\0]")  # would start another header
HEADER_CAP = 8_000  # characters of one header; beyond that servers on the way begin to refuse
PLAIN_NAME = re.compile(r"[\w !#$%&'*+/=?^`{|}~-]*")  # needs no quotes in a mailbox (RFC 5322 atoms and spaces)


@dataclass(frozen=True, slots=True)
class Readers:
    """Whom a call can be spoken for, and who was refused before it was (by delivery id)."""

    mail: Mail
    ready: tuple[Recipient, ...]
    refused: Mapping[int, Verdict]


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail with one reader's values filled in."""

    to: Recipient
    subject: str
    html: str
    text: str
    headers: dict[str, str]


def readers_of(call: Call, sender: Sender) -> Readers | Answer:
    """Sort out who can be written to; an Answer where nobody can, and nothing is to be sent."""
    mail = call.message
    if not isinstance(mail, Mail):
        return stop(refused(f"{sender.name} carries mail, not posts"))
    if len(call.recipients) > sender.max_recipients:
        return stop(refused(f"{len(call.recipients)} recipients; {sender.name} takes {sender.max_recipients} per call"))
    needs = _needs_of(mail)
    if needs.fault:
        return stop(refused(f"{needs.fault}; nothing was sent"))
    out = _unfit(needs, call.recipients)
    ready = _one_each(tuple(r for r in call.recipients if r.delivery_id not in out), out)
    return Readers(mail, ready, out) if ready else stop(next(iter(out.values()), refused("no recipients")), out)


def letter_to(mail: Mail, reader: Recipient) -> Letter:
    """Fill in one reader's values."""
    return Letter(
        reader,
        fill(mail.subject, reader.values),
        fill(mail.html, reader.values),
        fill(mail.text, reader.values),
        {name: fill(value, reader.values) for name, value in mail.headers},
    )


def name_slots(mail: Mail) -> dict[Slot, str]:
    """Name a merge variable for every slot: the same field goes out once per escaping and default it needs."""
    names: dict[Slot, str] = {}
    taken: set[str] = set()
    for slot in slots_of(mail):
        name = re.sub(r"\W", "_", f"{slot.field}_{slot.context}", flags=re.ASCII)
        while name in taken:
            name += "_"
        names[slot] = name
        taken.add(name)
    return names


def merge_values(names: Mapping[Slot, str], reader: Recipient) -> dict[str, str]:
    """Return one reader's value for every variable, escaped for where it lands."""
    return {name: escape(value_of(slot, reader.values), slot.context) for slot, name in names.items()}


def mailbox(name: str, address: str) -> str:
    """Write a name and an address as one mailbox, in UTF-8, quoted where it must be."""
    if not name:
        return address
    shown = name if PLAIN_NAME.fullmatch(name) else '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{shown} <{address}>"


def too_large(body: bytes, sender: Sender, readers: Readers) -> Answer | None:
    """Refuse a body over the sender's limit before it leaves; ask for half the readers where there are several."""
    if len(body) <= sender.max_bytes:
        return None
    reason = f"{len(body):,} bytes; {sender.name} takes {sender.max_bytes:,} per request"
    if len(readers.ready) > 1:
        return stop(deferred(reason), readers.refused, split=True)
    return stop(refused(reason), readers.refused)


def for_one_reader(verdict: Verdict) -> Verdict:
    """Narrow a refusal of the message to its reader: where a call is one letter, nobody knows which was at fault."""
    if verdict.outcome is Outcome.REFUSED and verdict.scope is Scope.MESSAGE:
        return refused(verdict.reason, Scope.RECIPIENT)
    return verdict


def _broken(mail: Mail) -> str:
    """Say what is wrong with the first authored header that can't be sent."""
    named: list[tuple[str, Text]] = [
        ("the sender's name", (mail.from_name,)),
        ("the sender's address", (mail.from_email,)),
        ("the reply-to address", (mail.reply_to,)),
        ("the subject", mail.subject),
    ]
    named += [(f"the header {name!r}", (name, *value)) for name, value in mail.headers]
    return next((fault for what, text in named if (fault := _fault_of_header(what, text))), "")


def _fault_of_header(what: str, text: Text) -> str:
    authored = [part for part in text if isinstance(part, str)]
    if any(BREAK.search(part) for part in authored):
        return f"{what} has a line break"
    length = sum(map(len, authored))
    return f"{what} has {length:,} characters, and {HEADER_CAP:,} are the most" if length > HEADER_CAP else ""


@dataclass(frozen=True, slots=True)
class _Needs:
    """What a mail asks of its readers' values, and what is wrong with it for all of them."""

    fault: str
    needed: tuple[str, ...]  # fields that everybody must have a value for
    carried: tuple[str, ...]  # fields that stand in a header
    risky: tuple[Slot, ...]  # slots in a header whose escaping lets a line break through


@lru_cache(32)  # the same for each of a send's calls, of which there may be one for every reader
def _needs_of(mail: Mail) -> _Needs:
    slots = slots_of(mail)
    in_headers = {part for text in (mail.subject, *(value for _, value in mail.headers)) for part in text}
    needed = tuple({slot.field: None for slot in slots if slot.default is None})
    carried = tuple({slot.field: None for slot in slots if slot in in_headers})
    risky = tuple(slot for slot in slots if slot in in_headers and slot.context != "header")
    return _Needs(_broken(mail), needed, carried, risky)


def _unfit(needs: _Needs, readers: tuple[Recipient, ...]) -> dict[int, Verdict]:
    """Refuse readers who have no value for a slot, or one that a header can't carry."""
    found = ((r.delivery_id, _fault_of(r, needs)) for r in readers)
    return {delivery_id: refused(fault, Scope.RECIPIENT) for delivery_id, fault in found if fault}


def _fault_of(reader: Recipient, needs: _Needs) -> str:
    if BREAK.search(reader.name) or BREAK.search(reader.address):
        return "the reader's name or address has a line break"
    for field in needs.needed:
        if not reader.values.get(field):
            return f"the reader has no value for {field!r}"
    for field in needs.carried:
        if len(reader.values.get(field, "")) > HEADER_CAP:
            return f"the reader's value for {field!r} is longer than a header may be"
    for slot in needs.risky:
        if BREAK.search(value_of(slot, reader.values)):
            return f"the reader's value for {slot.field!r} puts a line break into a header"
    return ""


def _one_each(readers: tuple[Recipient, ...], out: dict[int, Verdict]) -> tuple[Recipient, ...]:
    """Keep the first of readers who share an address: providers drop the second unseen. It goes in another call."""
    seen: dict[str, Recipient] = {}
    for reader in readers:
        if seen.setdefault(reader.address.casefold(), reader) is not reader:
            out[reader.delivery_id] = deferred("the same address is already in this call")
    return tuple(seen.values())

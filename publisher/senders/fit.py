"""What providers that take a letter apart can be handed: heads in ASCII, none of theirs, and nothing too long."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import replace
from email.charset import SHORTEST, Charset
from email.header import Header
from urllib.parse import quote

from email_validator import EmailNotValidError, validate_email

from publisher.model.call import Answer, Call, Recipient, Scope
from publisher.model.message import Mail, Slot, fill
from publisher.senders.base import Sender
from publisher.senders.mail import Readers, mailbox, merge_values, name_slots, readers_of
from publisher.senders.verdicts import refused, stop

HEADERS_CAP = 16_000  # bytes of one letter's headers together; few mail servers take more
NAME = re.compile(r"[!-9;-~]{1,76}")  # printable ASCII without a colon (RFC 5322)
# What is written anew in a header: a quoted phrase, an address in angle brackets, a run of words outside ASCII.
FOREIGN = re.compile(
    r'"(?P<quoted>[^"<>]*[^\x00-\x7f"<>][^"<>]*)"|<(?P<address>[^<>]*)>|'
    r'(?P<words>[^\s<>",]*[^\x00-\x7f\s<>",][^\s<>",]*(?:[ \t]+[^\s<>",]*[^\x00-\x7f\s<>",][^\s<>",]*)*)'
)
UTF_8 = Charset("utf-8")
# The shorter of both encodings, always: what a library sets for everybody (Apprise does) would make a repeat differ.
UTF_8.header_encoding = SHORTEST
AROUND = 24  # bytes that a variable's name and value cost besides themselves, at most


def fit(call: Call, sender: Sender, theirs: frozenset[str], values_cap: int = 0) -> Readers | Answer:
    """Sort out who can be written to, as :func:`readers_of` does; addresses come back in ASCII.

    :param theirs: names of headers that the provider sets itself and refuses from us, in lower case.
    :param values_cap: bytes of one reader's variables that the provider takes; 0: no limit of its own.
    """
    readers = readers_of(call, sender)
    if isinstance(readers, Answer):
        return readers
    try:
        mail = _sender_in_ascii(readers.mail)
        _mind_headers(mail, theirs)
    except ValueError as fault:
        return stop(refused(f"{fault}; nothing was sent"), readers.refused)
    ready, out = [], dict(readers.refused)
    names = name_slots(mail) if values_cap else {}
    for reader in readers.ready:
        try:
            ready.append(_fitted(mail, reader, names, values_cap))
        except ValueError as fault:
            out[reader.delivery_id] = refused(str(fault), Scope.RECIPIENT)
    return Readers(mail, tuple(ready), out) if ready else stop(next(iter(out.values())), out)


def headers_to(mail: Mail, reader: Recipient) -> dict[str, str]:
    """Return the headers of one reader's letter, in ASCII."""
    return {name: header_in_ascii(fill(value, reader.values)) for name, value in mail.headers}


def header_in_ascii(value: str) -> str:
    """Write words outside ASCII as encoded words (RFC 2047), on one line; addresses in <> stay addresses."""
    return value if value.isascii() else FOREIGN.sub(_anew, value)


def encoded(words: str) -> str:
    """Write words as encoded words, on one line."""
    return Header(words, UTF_8, maxlinelen=75).encode(linesep="")


def mailbox_in_ascii(name: str, address: str) -> str:
    """Write a name and an address that is ASCII already as one mailbox, the name as encoded words where it must be."""
    return mailbox(name, address) if name.isascii() else f"{encoded(name)} <{address}>"


def address_in_ascii(address: str) -> str:
    """Write an international domain as mail servers know it (punycode).

    :raises ValueError: it is no address, or what stands before the @ is not ASCII; in words.
    """
    if address.isascii():
        return address
    try:
        found = validate_email(address, check_deliverability=False, allow_smtputf8=True).ascii_email
    except EmailNotValidError as error:
        raise ValueError(f"{address!r} is no address: {str(error).rstrip('.')}") from error
    if found is None:
        raise ValueError(f"{address!r} has letters before the @ that are not ASCII")
    return found


def _anew(found: re.Match[str]) -> str:
    if found["address"] is not None:
        return "<" + quote(found["address"], safe=string.punctuation + " ") + ">"
    return encoded(found["quoted"] or found["words"])


def _sender_in_ascii(mail: Mail) -> Mail:
    if mail.from_email.isascii() and mail.reply_to.isascii():
        return mail
    return replace(mail, from_email=address_in_ascii(mail.from_email), reply_to=address_in_ascii(mail.reply_to))


def _mind_headers(mail: Mail, theirs: frozenset[str]) -> None:
    for name, _ in mail.headers:
        if not NAME.fullmatch(name) or name.lower() in theirs:
            raise ValueError(f"a header can't be called {name[:76]!r} with this provider")


def _fitted(mail: Mail, reader: Recipient, names: Mapping[Slot, str], values_cap: int) -> Recipient:
    _mind("the reader's headers", sum(len(n) + len(v) + 4 for n, v in headers_to(mail, reader).items()), HEADERS_CAP)
    if values_cap:
        values = merge_values(names, reader)
        _mind("the reader's values", sum(len(f"{n}{v}".encode()) + AROUND for n, v in values.items()), values_cap)
    address = address_in_ascii(reader.address)
    return reader if address == reader.address else replace(reader, address=address)


def _mind(what: str, size: int, cap: int) -> None:
    if size > cap:
        raise ValueError(f"{what} takes {size:,} bytes; at most {cap:,} can be sent")

"""A letter as it was received: what signs it, and whether a mail program may offer to leave with one click."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from publisher.app.doctor.alignment import is_aligned, tags_of
from publisher.app.doctor.dns import in_ascii
from publisher.app.doctor.finding import Found, fine, noted, wrong
from publisher.errors import UsageError

if TYPE_CHECKING:
    from publisher.app.doctor.patient import Patient

ONE_CLICK = "List-Unsubscribe=One-Click"  # RFC 8058, 3.1
COVERED = ("List-Unsubscribe", "List-Unsubscribe-Post", "From", "Subject")
TOO_LARGE = 50_000_000  # bytes; no letter of ours is


@dataclass(frozen=True, slots=True)
class Signature:
    """What a DKIM-Signature header says of itself."""

    domain: str
    selector: str
    covers: frozenset[str]  # names of headers, in lower case
    is_partial: bool  # it covers only the beginning of the letter (l=)


@dataclass(frozen=True, slots=True)
class Letter:
    """The headers of a received letter."""

    message: Message

    @classmethod
    def read(cls, path: Path) -> Letter:
        """Read an .eml file.

        :raises UsageError: there is none, or it is no letter.
        """
        remedy = "Save a letter as it was received: `show original`, `view source` or .eml in the mail program"
        try:
            if path.stat().st_size > TOO_LARGE:
                raise UsageError("no letter is so large", where=str(path), remedy=remedy)
            message = BytesParser(policy=policy.compat32).parsebytes(path.read_bytes(), headersonly=True)
        except OSError as error:
            raise UsageError(f"the file can't be read: {error.strerror}", where=str(path), remedy=remedy) from None
        letter = cls(message)
        if not letter.sender:
            raise UsageError("this is no letter: nobody stands in From", where=str(path), remedy=remedy)
        return letter

    @property
    def sender(self) -> str:
        """The domain in From."""
        return _domain_in(self.values("From"))

    @property
    def bounces(self) -> str:
        """The domain that bounces come back to; empty where the file doesn't say."""
        return _domain_in(self.values("Return-Path"))

    @property
    def signatures(self) -> list[Signature]:
        return [_signature(value) for value in self.values("DKIM-Signature")]

    def values(self, name: str) -> list[str]:
        """Return every header of a name, unfolded."""
        return [" ".join(str(value).split()) for value in self.message.get_all(name, [])]


def _domain_in(values: list[str]) -> str:
    return in_ascii(parseaddr(values[0])[1].rpartition("@")[2]) if values else ""


def _signature(value: str) -> Signature:
    tags = {name: re.sub(r"\s", "", said) for name, said in tags_of(value).items()}
    covers = frozenset(tags.get("h", "").lower().split(":"))
    return Signature(in_ascii(tags.get("d", "")), tags.get("s", ""), covers, "l" in tags)


def look(patient: Patient, letter: Letter) -> Iterator[Found]:
    """Look at what a mail program looks at before it offers to leave with one click."""
    if letter.sender not in patient.from_domains:
        said = f"it is from {letter.sender}, and this channel writes from {' and '.join(patient.from_domains)}"
        yield noted("the letter", said, "Look at one that this channel sent.")
    yield _covered(letter)
    yield _leaving(patient, letter)
    yield _one_click(patient, letter)


def _covered(letter: Letter) -> Found:
    """Say whether one signature of the sender's own covers everything that must not be changed on the way."""
    about = "signature of the letter"
    ours = [each for each in letter.signatures if is_aligned(letter.sender, each.domain, strict=False)]
    if not letter.signatures:
        return wrong(
            about, "it has no DKIM-Signature", "Set DKIM up at the provider; without it nobody may offer one click."
        )
    if not ours:
        named = ", ".join(dict.fromkeys(each.domain for each in letter.signatures))
        return wrong(
            about, f"it is signed by {named} only", f"Verify {letter.sender} at the provider, so that it signs as that."
        )
    best = max(ours, key=lambda each: sum(name.lower() in each.covers for name in COVERED))
    missing = [name for name in COVERED if name.lower() not in best.covers]
    if missing:
        remedy = "Ask the provider's support to sign these headers too (h=); no mail program offers one click without."
        return wrong(about, f"d={best.domain} leaves out {', '.join(missing)}", remedy)
    if best.is_partial:
        return noted(
            about, f"d={best.domain} covers only the letter's beginning (l=)", "Ask the provider to sign it whole."
        )
    return fine(about, f"d={best.domain} covers {', '.join(COVERED)}")


def _leaving(patient: Patient, letter: Letter) -> Found:
    """Say whether List-Unsubscribe leads to us, by exactly one https address."""
    about, said = "List-Unsubscribe", letter.values("List-Unsubscribe")
    level, remedy = _blame(patient)
    if len(said) != 1:
        return level(about, f"it stands there {len(said)} times" if said else "it isn't there", remedy)
    links = [link for link in re.findall(r"<\s*([^<>]+?)\s*>", said[0]) if link.lower().startswith("https:")]
    if len(links) != 1:
        return wrong(about, f"it names {len(links)} https addresses, and RFC 8058 wants one", remedy)
    host = urlsplit(links[0]).hostname
    if not patient.is_leaving_link(links[0]):
        return level(about, f"it leads to {host}, and not to our page", remedy)
    return fine(about, f"one https address, ours, at {host}")


def _one_click(patient: Patient, letter: Letter) -> Found:
    about, said = "List-Unsubscribe-Post", letter.values("List-Unsubscribe-Post")
    level, remedy = _blame(patient)
    if said != [ONE_CLICK]:
        words = "it isn't there" if not said else f"it says {'; '.join(said)[:80]}"
        return level(about, f"{words}; RFC 8058 wants {ONE_CLICK}", remedy)
    return fine(about, ONE_CLICK)


def _blame(patient: Patient) -> tuple[Callable[[str, str, str], Found], str]:
    """Return how bad it is that a header is not ours, and what to do."""
    forced = patient.sender.forces_unsubscribe if patient.sender else ""
    if forced:
        return noted, forced
    return wrong, "Have the provider leave our headers as they are: switch its own unsubscribe handling off."

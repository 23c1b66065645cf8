"""Exports of other systems, known by their columns, and what each row says of whether its person may be written to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from publisher.audience.imports.columns import simple
from publisher.model.event import EventKind

Cells = Mapping[str, str]  # by the column's name, as `simple` writes it


class Standing(StrEnum):
    """How a person stood where they come from."""

    CONFIRMED = "confirmed"
    LEFT = "left"
    ASKED = "unconfirmed"
    BLOCKED = "suppressed"


@dataclass(frozen=True, slots=True)
class Word:
    """What a row says of its person."""

    standing: Standing
    at: datetime | None = None  # since when, where the row says it
    why: str = "joined"  # what they had done then; of who is suppressed why


@dataclass(frozen=True, slots=True)
class System:
    """A system, and how its exports are read."""

    name: str
    marks: frozenset[str]  # columns that only its exports have together
    read: Callable[[Cells, str], Word]  # a row, and the name of its file in small letters
    own: frozenset[str] = frozenset()  # columns about the system itself, or about people more than is our business
    as_was: Callable[[str], str] = str  # a cell, before the system wrote it
    unpack: Callable[[Cells], Mapping[str, str]] = lambda _cells: {}


def recognise(header: Sequence[str]) -> System | None:
    """Return the system that made a file with these columns; None for any other."""
    names = {simple(name) for name in header}
    return next((system for system in SYSTEMS if system.marks <= names), None)


def _listmonk(cells: Cells, _file: str) -> Word:
    status = cells.get("status", "").casefold()
    asked = cells.get("subscription status", "").casefold()
    if status == "blocklisted":
        return Word(Standing.BLOCKED, why="blocklisted")
    if status == "disabled" or asked == "unsubscribed":
        return Word(Standing.LEFT, _moment(cells.get("updated at", "")))
    if asked == "unconfirmed":
        return Word(Standing.ASKED)
    return Word(Standing.CONFIRMED, _moment(cells.get("created at", "")))


def _listmonk_attributes(cells: Cells) -> Mapping[str, str]:
    """Return listmonk's attributes, one JSON object, as ours: text by name; what is nested stays JSON."""
    try:
        found = json.loads(cells.get("attributes", "") or "{}")
    except (ValueError, RecursionError):
        return {"attributes": cells["attributes"]}
    pairs = found.items() if isinstance(found, dict) else []
    return {simple(name).replace(" ", "_"): _text(value) for name, value in pairs if simple(name) and _text(value)}


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _mailchimp(cells: Cells, file: str) -> Word:
    # There is a file for each status, called by it; the columns that only one of them has say it too.
    if cells.get("clean time") or file.startswith("cleaned"):
        return Word(Standing.BLOCKED, _moment(cells.get("clean time", "")), "bounced")
    if cells.get("unsub time") or file.startswith("unsubscribed"):
        left_at = _moment(cells.get("unsub time", ""))
        why = cells.get("unsub reason", "").casefold()
        if "spam" in why or "abuse" in why:
            return Word(Standing.BLOCKED, left_at, EventKind.COMPLAINED)
        return Word(Standing.LEFT, left_at)
    confirmed = cells.get("confirm time") or cells.get("optin time", "")
    is_asked = not confirmed or file.startswith("nonsubscribed")
    return Word(Standing.ASKED) if is_asked else Word(Standing.CONFIRMED, _moment(confirmed), "confirmed")


def _ghost(cells: Cells, _file: str) -> Word:
    if cells.get("deleted at") or not _is_yes(cells.get("subscribed to emails", "")):
        return Word(Standing.LEFT, _moment(cells.get("deleted at", "")))
    return Word(Standing.CONFIRMED, _moment(cells.get("created at", "")))


def _substack(cells: Cells, _file: str) -> Word:
    if _is_yes(cells.get("email disabled", "")):
        return Word(Standing.LEFT)
    return Word(Standing.CONFIRMED, _moment(cells.get("created at", "")))


def _ours(cells: Cells, _file: str) -> Word:
    if cells.get("suppressed"):
        return Word(Standing.BLOCKED, why=cells["suppressed"])
    try:
        return Word(Standing(cells.get("state", "")), _moment(cells.get("since", "")))
    except ValueError:  # on no list
        return Word(Standing.ASKED)


def _is_yes(said: str) -> bool:
    return said.strip().casefold() in ("true", "1", "yes")


def _moment(said: str) -> datetime | None:
    """Return a time as these systems write it, UTC where they don't say; None for what is none."""
    text = re.sub(r"(\.\d{6})\d+", r"\1", re.sub(r"( \+0000| UTC)+$", "+00:00", said.strip()))
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(","))


SYSTEMS = (
    System(
        "Publisher",
        _names("email, list, state, since, basis"),
        _ours,
        _names("list, state, since, basis, suppressed"),
        as_was=lambda cell: re.sub(r"^'(?=[=+\-@\t\r])", "", cell),
    ),
    System(
        "listmonk",
        _names("uuid, email, attributes, status, created at"),
        _listmonk,
        _names("uuid, attributes, status, created at, updated at, subscription status"),
        unpack=_listmonk_attributes,
    ),
    System(
        "Mailchimp",
        _names("leid, euid"),
        _mailchimp,
        # Where somebody was, by their network's address: they never told us.
        _names(
            "member rating, optin time, optin ip, confirm time, confirm ip, latitude, longitude, gmtoff, dstoff,"
            " timezone, cc, region, last changed, leid, euid, unsub time, unsub campaign title, unsub campaign id,"
            " unsub reason, unsub reason other, clean time, clean campaign title, clean campaign id"
        ),
    ),
    System(
        "Ghost",
        _names("email, subscribed to emails, complimentary plan, stripe customer id"),
        _ghost,
        _names("id, subscribed to emails, created at, deleted at, stripe customer id, gift id"),
    ),
    System(
        "Substack",
        _names("email, active subscription, expiry, email disabled"),
        _substack,
        _names("email disabled, created at"),
    ),
)

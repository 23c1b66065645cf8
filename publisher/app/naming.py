"""What a person means: an edition by number, `morning` (its latest), `morning@2026-11-24` or `morning@2026-11-24/pt`;
a schedule, a channel.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from enum import StrEnum
from zoneinfo import ZoneInfo

from publisher.errors import MissingError, UsageError
from publisher.model.states import EditionState, SendState
from publisher.store import Connection, RowMapping, by_language, edition_lists, editions, facts, sends

MOST_NAMED = 10  # editions to choose from


class Meant(StrEnum):
    """Which of a schedule's editions a command is about, where it has any such: else its latest."""

    LATEST = "latest"
    UNDER_WAY = "under way"
    HELD = "held"


def require_edition(conn: Connection, edition_id: int) -> RowMapping:
    """Return the edition with a number.

    :raises MissingError: there is none.
    """
    row = editions.get(conn, edition_id)
    if row is None:
        raise MissingError(f"there is no edition {edition_id}", remedy="See them: publisher editions")
    return row


def edition_named(
    conn: Connection, said: str, zone: ZoneInfo, schedules: Iterable[str] = (), meant: Meant = Meant.LATEST
) -> int:
    """Return the id of the edition that a person means.

    A day is one of the publication's own; of several editions on it the latest is meant. An edition that was skipped
    is meant only where there is no other. Where a slot has one in each of several languages, the language is said too.

    :param schedules: the names in schedules.yaml, for the answer to a wrong name.
    :param meant: a name alone means the schedule's only edition of this kind.
    :raises MissingError: there is none; what there is.
    :raises UsageError: there are several.
    """
    if said.isdecimal():
        if editions.exists(conn, int(said)):
            return int(said)
        newest = edition_lists.latest_id(conn)
        what = "See them: publisher editions" if newest else "There is none yet"
        raise MissingError(f"there is no edition {said}", remedy=what)
    before, _, spoken = said.partition("/")
    name, at, day = before.partition("@")
    since, until = _day(day, said, zone) if at else (None, None)
    language = _language(conn, name, spoken) if spoken else ""
    fit = [row for row in _fit(conn, name, since, until, meant) if language in ("", row["language"])]
    if len(fit) > 1:
        raise _several(fit, said, meant)
    if fit:
        return int(fit[0]["id"])
    found = edition_lists.latest_id(conn, name, language, since=since, until=until) if name else None
    if found is None:
        raise _unknown(conn, name, day, zone, schedules)
    if not language:
        _refuse_other_languages(conn, found, said, zone)
    return found


def _language(conn: Connection, name: str, said: str) -> str:
    """Return a language of a schedule's editions, as the ledger writes it."""
    met = by_language.languages_met(conn, name)
    found = next((each for each in met if each.casefold() == said.casefold()), "")
    if met and not found:
        raise UsageError(f"{name} has no edition in {said!r}", remedy=f"It has them in {', '.join(met)}")
    return found


def _refuse_other_languages(conn: Connection, edition_id: int, said: str, zone: ZoneInfo) -> None:
    """Make sure that an edition's slot has no other, in another language, that may be meant as well."""
    edition = editions.get(conn, edition_id)
    assert edition is not None  # noqa: S101 -- it was found a moment ago, and editions are never deleted
    is_skipped = edition["state"] == EditionState.SKIPPED
    beside = [row for row in by_language.of_slot(conn, edition) if is_skipped or row["state"] != EditionState.SKIPPED]
    if len(beside) > 1:
        day = f"{edition['schedule']}@{edition['due_at'].astimezone(zone):%Y-%m-%d}"
        named = ", ".join(f"{day}/{row['language']} (edition {row['id']})" for row in beside)
        raise UsageError(f"{said} has editions in several languages", remedy=f"Say which: {named}")


def schedule_named(conn: Connection, said: str, schedules: Iterable[str]) -> str:
    """Return the name of a schedule that there is, or was.

    :param schedules: the names in schedules.yaml.
    :raises UsageError: there is none, and never was.
    """
    return _known("schedule", said, schedules, edition_lists.schedules_met(conn))


def channel_named(conn: Connection, said: str, channels: Iterable[str]) -> str:
    """Return the name of a channel that there is, or was; as `schedule_named`."""
    return _known("channel", said, channels, sends.channels_met(conn))


def _known(kind: str, said: str, now: Iterable[str], before: Iterable[str]) -> str:
    if said in {*now, *before}:
        return said
    near = get_close_matches(said, [*now, *before], 1)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise UsageError(
        f"there is no {kind} {said!r}", remedy=f"{hint}{kind.title()}s in schedules.yaml: {', '.join(now) or 'none'}"
    )


def _fit(conn: Connection, name: str, since: datetime | None, until: datetime | None, meant: Meant) -> list[RowMapping]:
    """Return the editions of that kind; of the latest there is no need to look for any."""
    if meant is Meant.UNDER_WAY:
        return edition_lists.in_state(conn, name, [EditionState.LOCKED], since=since, until=until)
    if meant is Meant.HELD:
        return _held(conn, name, since, until)
    return []


def _held(conn: Connection, name: str, since: datetime | None, until: datetime | None) -> list[RowMapping]:
    """Return the editions that are held; where none is, those that have ended, and whose correction is."""
    held = set(facts.held_editions(conn))
    held |= {send["edition_id"] for send in sends.in_state(conn, SendState.HELD, SendState.PAUSED)} - {None}
    rows = [row for number in sorted(held) if (row := editions.get(conn, number)) and row["schedule"] == name]
    mine = [row for row in rows if (since is None or row["due_at"] >= since) and (not until or row["due_at"] < until)]
    going_on = [row for row in mine if row["state"] in (EditionState.DRAFT, EditionState.LOCKED)]
    return going_on or mine


def _several(fit: list[RowMapping], said: str, meant: Meant) -> UsageError:
    several = by_language.schedules_among(fit)
    named = ", ".join(
        f"{row['id']} ({row['slot']}{', ' + row['language'] if several else ''})" for row in fit[:MOST_NAMED]
    )
    more = f" and {len(fit) - MOST_NAMED} more (publisher editions)" if len(fit) > MOST_NAMED else ""
    what = f"{len(fit)} editions of {said} are {meant}"
    return UsageError(what, remedy=f"Give the number of one: {named}{more}")


def _day(said: str, whole: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    try:
        day = date.fromisoformat(said)
    except ValueError:
        remedy = f"Write it like {whole.partition('@')[0] or 'morning'}@2026-11-24"
        raise UsageError(f"{said!r} is no day", remedy=remedy) from None
    midnight = datetime.combine(day, time(), zone)
    return midnight, datetime.combine(day + timedelta(days=1), time(), zone)


def _unknown(conn: Connection, name: str, day: str, zone: ZoneInfo, schedules: Iterable[str]) -> UsageError:
    met = edition_lists.schedules_met(conn)
    if name in met:
        latest = editions.get(conn, edition_lists.latest_id(conn, name) or 0)
        assert latest is not None  # noqa: S101 -- editions are never deleted
        local = latest["due_at"].astimezone(zone)
        remedy = f"Its latest is {name}@{local:%Y-%m-%d}, number {latest['id']}: publisher editions {name}"
        return MissingError(f"{name} has no edition on {day}", remedy=remedy)
    if name in schedules:
        return MissingError(f"{name} has no edition yet", remedy=f"See when it has: publisher plan {name}")
    known = sorted({*met, *schedules})
    near = get_close_matches(name, known, 1)
    hint = f"Did you mean {near[0]}? " if near else ""
    remedy = f"{hint}Schedules: {', '.join(known) or 'none'}; editions: publisher editions"
    return MissingError(f"there is no edition {name!r}", remedy=remedy)

"""What a person means: an edition by number, `morning` (its latest) or `morning@2026-11-24`; a schedule, a channel."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from enum import StrEnum
from zoneinfo import ZoneInfo

from publisher.errors import UsageError
from publisher.model.states import EditionState, SendState
from publisher.store import Connection, RowMapping, editions, facts, sends

MOST_NAMED = 10  # editions to choose from


class Meant(StrEnum):
    """Which of a schedule's editions a command is about, where it has any such: else its latest."""

    LATEST = "latest"
    UNDER_WAY = "under way"
    HELD = "held"


def edition_named(
    conn: Connection, said: str, zone: ZoneInfo, schedules: Iterable[str] = (), meant: Meant = Meant.LATEST
) -> int:
    """Return the id of the edition that a person means.

    A day is one of the publication's own; of several editions on it the latest is meant. An edition that was skipped
    is meant only where there is no other.

    :param schedules: the names in schedules.yaml, for the answer to a wrong name.
    :param meant: a name alone means the schedule's only edition of this kind.
    :raises UsageError: there is none, or there are several; what there is.
    """
    if said.isdecimal():
        if editions.exists(conn, int(said)):
            return int(said)
        newest = editions.latest_id(conn)
        what = "See them: publisher editions" if newest else "There is none yet"
        raise UsageError(f"there is no edition {said}", remedy=what)
    name, at, day = said.partition("@")
    since, until = _day(day, said, zone) if at else (None, None)
    fit = _fit(conn, name, since, until, meant)
    if len(fit) > 1:
        raise _several(fit, said, meant)
    found = fit[0]["id"] if fit else editions.latest_id(conn, name, since=since, until=until) if name else None
    if found is None:
        raise _unknown(conn, name, day, zone, schedules)
    return int(found)


def schedule_named(conn: Connection, said: str, schedules: Iterable[str]) -> str:
    """Return the name of a schedule that there is, or was.

    :param schedules: the names in schedules.yaml.
    :raises UsageError: there is none, and never was.
    """
    return _known("schedule", said, schedules, editions.schedules_met(conn))


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
        return editions.in_state(conn, name, [EditionState.LOCKED], since=since, until=until)
    if meant is Meant.HELD:
        held = set(facts.held_editions(conn))
        held |= {send["edition_id"] for send in sends.in_state(conn, SendState.HELD, SendState.PAUSED)}
        open_ones = [EditionState.DRAFT, EditionState.LOCKED]
        return [row for row in editions.in_state(conn, name, open_ones, since=since, until=until) if row["id"] in held]
    return []


def _several(fit: list[RowMapping], said: str, meant: Meant) -> UsageError:
    named = ", ".join(f"{row['id']} ({row['slot']})" for row in fit[:MOST_NAMED])
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
    met = editions.schedules_met(conn)
    if name in met:
        latest = editions.get(conn, editions.latest_id(conn, name) or 0)
        assert latest is not None  # noqa: S101 -- editions are never deleted
        local = latest["due_at"].astimezone(zone)
        remedy = f"Its latest is {name}@{local:%Y-%m-%d}, number {latest['id']}: publisher editions {name}"
        return UsageError(f"{name} has no edition on {day}", remedy=remedy)
    if name in schedules:
        return UsageError(f"{name} has no edition yet", remedy=f"See when it has: publisher plan {name}")
    known = sorted({*met, *schedules})
    near = get_close_matches(name, known, 1)
    hint = f"Did you mean {near[0]}? " if near else ""
    remedy = f"{hint}Schedules: {', '.join(known) or 'none'}; editions: publisher editions"
    return UsageError(f"there is no edition {name!r}", remedy=remedy)

"""Which edition a person means: a number, `morning` (its latest) or `morning@2026-11-24`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from publisher.errors import UsageError
from publisher.store import Connection, editions


def edition_named(conn: Connection, said: str, zone: ZoneInfo, schedules: Iterable[str] = ()) -> int:
    """Return the id of the edition that a person means.

    A day is one of the publication's own; of several editions on it the latest is meant. An edition that was skipped
    is meant only where there is no other.

    :param schedules: the names in schedules.yaml, for the answer to a wrong name.
    :raises UsageError: there is none; what there is.
    """
    if said.isdecimal():
        if editions.exists(conn, int(said)):
            return int(said)
        newest = editions.latest_id(conn)
        what = "See them: publisher editions" if newest else "There is none yet"
        raise UsageError(f"there is no edition {said}", remedy=what)
    name, at, day = said.partition("@")
    since, until = _day(day, said, zone) if at else (None, None)
    found = editions.latest_id(conn, name, since=since, until=until) if name else None
    if found is None:
        raise _unknown(conn, name, day, zone, schedules)
    return found


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

"""What is wrong before anything is sent: slots that nobody looked at, sources that are silent, stories that wait."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from publisher.app.standing import because, title
from publisher.app.trouble.kind import EVERYONE, Trouble, either, then
from publisher.app.waits import lets_nothing_go
from publisher.model.project import Project, Schedule
from publisher.runtime.slots import slots_after
from publisher.speech.phrases import _, joined, ngettext
from publisher.store import Connection, concerns, facts, held, schedules, sends

LATE = timedelta(minutes=10)  # after this an edition that has not begun is late
SOURCE_SILENT = timedelta(hours=6)


def late(conn: Connection, project: Project, now: datetime, watched_since: datetime | None) -> Iterator[Trouble]:
    if facts.held(conn) is not None or not _watched_long_enough(now, watched_since):
        return
    zone = ZoneInfo(project.publication.timezone)
    for edition in concerns.not_begun(conn, now - LATE):
        if facts.held_edition(conn, edition["id"]) is None and not _is_let_wait(conn, project, edition["id"], now):
            named = title(edition["id"], edition["schedule"], edition["slot"], zone)
            what = _("%(edition)s should have gone out and has not", edition=named)
            yield Trouble(f"late:{edition['id']}", what, EVERYONE, "publisher status", True, edition_id=edition["id"])


def _is_let_wait(conn: Connection, project: Project, edition_id: int, now: datetime) -> bool:
    """Say whether an edition has not begun because its channels let nothing go at this hour, or no more today."""
    via = {send["channel"] for send in sends.of_edition(conn, edition_id)}
    return bool(via) and all(lets_nothing_go(conn, project, project.rules_of(name), now) for name in via)


def missed(conn: Connection, project: Project, now: datetime, watched_since: datetime | None) -> Iterator[Trouble]:
    """Yield slots that passed without an edition: the scheduler stalls, or nobody runs it."""
    if not _watched_long_enough(now, watched_since):
        return
    known = schedules.every(conn)
    for schedule in project.schedules.values():
        row = known.get(schedule.name)
        if row is None or schedule.when.new or row["paused_at"] is not None or row["considered_until"] >= now - LATE:
            continue
        missed = _first_missed(schedule, ZoneInfo(project.publication.timezone), row["considered_until"], now - LATE)
        if missed:
            what = _(
                "%(schedule)s should have gone out at its slot %(slot)s and was not even begun",
                schedule=schedule.name,
                slot=missed,
            )
            command = "publisher run"
            if watched_since is not None:
                command = _("%(command)s, and the log of `%(run)s`", command="publisher status", run=command)
            yield Trouble(f"slot:{schedule.name}@{missed}", what, EVERYONE, command, True)


def _first_missed(schedule: Schedule, zone: ZoneInfo, since: datetime, until: datetime) -> str:
    found = next(islice(slots_after(schedule.when, zone, since), 1), None)
    return found.key if found is not None and found.due_at <= until else ""


def _watched_long_enough(now: datetime, watched_since: datetime | None) -> bool:
    """After a start there is a moment in which what was missed is still being caught up with."""
    return watched_since is None or now - watched_since > LATE


def silent_sources(conn: Connection, project: Project, now: datetime) -> Iterator[Trouble]:
    for row in concerns.failing_sources(conn, now - SOURCE_SILENT):
        if row["name"] not in project.sources or row["polled_at"] is None:
            continue
        error = (row["error"] or "").removeprefix(f"{row['name']}: ")
        command = "publisher sources"
        if row["stopped_at"] is not None:
            what: str = _("the source %(source)s is not asked any more", source=row["name"])
            again = _("to ask it again: %(command)s", command=f"publisher sources --start {row['name']}")
            command = joined([command, again], "; ")
        elif row["good_at"] is None:
            what = _("the source %(source)s has never been read", source=row["name"])
        else:
            good_at = row["good_at"].astimezone(ZoneInfo(project.publication.timezone))
            since = f"{good_at:%Y-%m-%d %H:%M %Z}"
            what = _("the source %(source)s has not been read since %(moment)s", source=row["name"], moment=since)
        what = because(what, error)
        yield Trouble(f"source:{row['name']}", what, _("articles from %(source)s", source=row["name"]), command, False)


def stories(conn: Connection) -> Iterator[Trouble]:
    """Yield what of each source's articles waits for a person: a flood as one, everything else as another."""
    waiting = held.count_by_source(conn)
    for row in waiting:
        if row["held_for"] == "flood":
            what = _(
                "%(count)s new articles of %(source)s are held: more at once than it usually has (flood)",
                count=row["count"],
                source=row["name"],
            )
            yield Trouble(f"flood:{row['name']}", what, _takers(row["name"]), _decide_on(row["name"]), True)
    for name in dict.fromkeys(row["name"] for row in waiting if row["held_for"] != "flood"):
        mine = [row for row in waiting if row["name"] == name and row["held_for"] != "flood"]
        count, first = sum(row["count"] for row in mine), min(mine, key=lambda row: row["first"])
        what = ngettext(
            "%(count)s article of %(source)s held; the first, %(first)s: %(why)s",
            "%(count)s articles of %(source)s held; the first, %(first)s: %(why)s",
            count,
            source=name,
            first=str(first["first"]),
            why=first["reason"],
        )
        yield Trouble(f"article:{name}", what, _takers(name), _decide_on(name), False)


def _takers(source: str) -> str:
    return _("schedules that take from %(source)s", source=source)


def _decide_on(source: str) -> str:
    which = f"--source {source}"
    decide = either(f"publisher articles release {which}", f"publisher articles discard {which}")
    return then(f"publisher articles --why {which}", decide)

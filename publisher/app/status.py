"""How things stand: who is at work, what comes next, what is under way, and what needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from publisher.app.accounts import resting
from publisher.app.at_work import Missing, Process, at_work, missing, sends_what_is_due
from publisher.app.standing import HeldEarly, SendNow, held_early, known, next_command, paused, send_now
from publisher.app.trouble import KINDS, Trouble, all_in
from publisher.app.trouble import MOST as MOST_NEEDING
from publisher.app.waits import Wait, waits
from publisher.app.warming import Warming, warming
from publisher.config.settings import Settings
from publisher.model.project import Project, Schedule
from publisher.model.states import SendState
from publisher.runtime.slots import slots_after
from publisher.store import (
    Connection,
    RowMapping,
    Store,
    alerts,
    by_hand,
    concerns,
    edition_lists,
    facts,
    project_versions,
    schedules,
    sends,
)
from publisher.store.processes import FIRING

MOST = 50  # lines of each kind
UNDER_WAY = (SendState.READY, SendState.ADDRESSED, SendState.SENDING)
WAITING = (SendState.HELD, SendState.WAITING, SendState.PAUSED)

HEADLINES = (
    "A person is needed.",
    "All is well.",
    "Nobody is needed yet: Publisher sees to what stands here.",
    "Nothing goes out by schedule: Publisher is not running, or a part of it.",
)


@dataclass(frozen=True, slots=True)
class NextSlot:
    """A schedule's next slot; no time for one that waits for articles, or is paused."""

    schedule: str
    due_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A send that waits for a person, with what to type."""

    send: SendNow
    schedule: str
    slot: str
    command: str


@dataclass(frozen=True, slots=True)
class Version:
    """The file that holds, and how the file on disk differs from it."""

    digest: str  # empty: none was accepted yet
    accepted_at: datetime | None
    file: str  # "same", "changed" or why it can't be used


@dataclass(frozen=True, slots=True)
class Wrong:
    """A trouble, and the alert that was raised for it; None: it is too new for one."""

    trouble: Trouble
    alert: dict[str, Any] | None
    is_found: bool  # in the ledger, now; else only its alert speaks of it

    @property
    def since(self) -> datetime | None:
        return self.alert["raised_at"] if self.alert else None

    @property
    def not_told(self) -> dict[str, str]:
        """Who never hears of it, and why."""
        return self.alert["not_told"] if self.alert else {}


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that `publisher status` says."""

    processes: tuple[Process, ...]
    held: facts.Held | None  # all sending
    slots: tuple[NextSlot, ...]
    drafts: tuple[dict[str, Any], ...]
    unmade: tuple[int, ...]  # locked editions whose sends are still to be made
    under_way: tuple[SendNow, ...]
    waits: tuple[Wait, ...]  # what of it goes on by itself, and when
    waiting: tuple[Waiting, ...]
    held_early: tuple[HeldEarly, ...]  # drafts, most often
    unknown: int
    channels: tuple[dict[str, Any], ...]  # those with trouble
    warming: tuple[Warming, ...]  # channels whose domain is new
    troubles: tuple[Trouble, ...]
    alerts: tuple[dict[str, Any], ...]  # open; "told": whether someone has heard; "not_told": who never will, and why
    version: Version
    practice: bool = False  # all goes to the built-in inbox

    @property
    def needs_a_person(self) -> bool:
        # An alert about what the ledger itself shows may be older than what it shows now.
        others = [alert for alert in self.alerts if alert["cause"].partition(":")[0] not in KINDS]
        waits = self.waiting or self.held_early or self.held
        return bool(self.troubles or waits or others or self.is_file_bad or self.is_left_alone)

    @property
    def headline(self) -> str:
        needed, well, seen_to, idle = HEADLINES
        if self.needs_a_person:
            return needed
        if self.missing:
            return idle
        return well if self.is_all_well else seen_to

    @property
    def wrong(self) -> tuple[Wrong, ...]:
        """What is wrong: what is found now, and the alerts that speak of nothing that is looked up anew."""
        raised = {alert["cause"]: alert for alert in self.alerts}
        found = [Wrong(trouble, raised.pop(trouble.cause, None), is_found=True) for trouble in self.troubles]
        return (*found, *(Wrong(_said(alert), alert, is_found=False) for alert in raised.values()))

    @property
    def untold(self) -> int:
        """How many alerts nobody has been told of yet."""
        return sum(not alert["told"] for alert in self.alerts)

    @property
    def is_all_well(self) -> bool:
        """Say whether there is nothing at all to speak of: no doubt, no channel in trouble, no alert."""
        return not (self.needs_a_person or self.unknown or self.channels or self.alerts)

    @property
    def is_left_alone(self) -> bool:
        """Say whether readers wait for an edition that is under way, and nobody is at work who sends."""
        return bool(self.under_way or self.unmade) and not sends_what_is_due(self.processes)

    @property
    def is_file_bad(self) -> bool:
        return self.version.file not in ("same", "changed")

    @property
    def missing(self) -> Missing | None:
        """The part that is not at work."""
        return missing(self.processes)


def status_of(
    store: Store,
    project: Project,
    now: datetime,
    trouble_with_file: str = "",
    settings: Settings | None = None,
    *,
    with_slots: bool = True,
    needing: Sequence[RowMapping] | None = None,
) -> Status:
    """Gather how things stand from the ledger and the file, in one short look.

    :param settings: by which it is told whose accounts rest; None: that is left out.
    :param with_slots: say what comes next, too.
    :param needing: the sends that need a person, MOST_NEEDING at most; None: they are looked up.
    """
    alive = at_work(store)
    runs = [process.since for process in alive if process.command in FIRING]
    with store.read() as conn:
        needing = sends.needing_a_person(conn, MOST_NEEDING) if needing is None else needing
        under_way = sends.in_state(conn, *UNDER_WAY)[:MOST]
        rests = resting(conn, project, settings, now) if settings else {}
        removals = resting(conn, project, settings, now, is_removal=True) if settings else {}
        return Status(
            processes=tuple(alive),
            held=facts.held(conn),
            slots=next_slots(conn, project, now) if with_slots else (),
            drafts=tuple(_plain(row) for row in edition_lists.drafts(conn)[:MOST]),
            unmade=tuple(edition_lists.locked_without_sends(conn)),
            under_way=tuple(send_now(row) for row in under_way),
            waits=tuple(waits(conn, project, now, under_way, rests, removals)),
            waiting=_waiting(project, needing),
            held_early=tuple(held_early(conn)),
            unknown=_in_doubt(conn, needing),
            channels=tuple(_channel(row, now) for row in concerns.of_channels(conn, project.channels, now)),
            warming=tuple(warming(conn, project, now)),
            troubles=tuple(all_in(conn, project, now, min(runs, default=None), needing)),
            alerts=tuple(_alert(conn, row) for row in alerts.open_ones(conn)),
            version=_version(conn, project, trouble_with_file),
            practice=project.practice,
        )


def next_slots(conn: Connection, project: Project, now: datetime) -> tuple[NextSlot, ...]:
    """Return each schedule's next slot, or why it has none."""
    known = schedules.every(conn)
    given_up = edition_lists.given_up_after(conn, now)
    zone = ZoneInfo(project.publication.timezone)
    found = []
    for schedule in project.schedules.values():
        if why := paused(known.get(schedule.name)):
            found.append(NextSlot(schedule.name, None, f"paused: {why}"))
            continue
        slots = iter(()) if schedule.when.new else slots_after(schedule.when, zone, now)
        slot = next((slot for slot in slots if not _is_given_up(project, schedule, slot.key, given_up)), None)
        note = "on every new article" if schedule.when.new else "" if slot else "no more slots"
        found.append(NextSlot(schedule.name, slot.due_at if slot else None, note))
    return tuple(found)


def _is_given_up(project: Project, schedule: Schedule, slot: str, given_up: set[tuple[str, str, str]]) -> bool:
    """Say whether somebody cancelled what a slot would have brought, in each of its languages."""
    return all((schedule.name, slot, project.language_of(each)) in given_up for each in schedule.by_language)


def _in_doubt(conn: Connection, needing: Sequence[RowMapping]) -> int:
    """Return how many deliveries may or may not have arrived; they are counted only where not all sends are known."""
    return sum(row["unknown"] for row in needing) if len(needing) < MOST_NEEDING else by_hand.count_doubtful(conn)


def _waiting(project: Project, needing: Sequence[RowMapping]) -> tuple[Waiting, ...]:
    rows = [row for row in needing[:MOST] if row["state"] in WAITING or sends.is_out_of_balance(row)]
    return tuple(
        Waiting(
            send_now(row),
            row["schedule"] or "",
            row["slot"] or "",
            next_command(row, known(row["schedule"], project.schedules)),
        )
        for row in rows
    )


def _version(conn: Connection, project: Project, trouble: str) -> Version:
    accepted = schedules.accepted_version(conn)
    row = None if accepted is None else project_versions.get(conn, accepted)
    if row is None:
        return Version("", None, trouble or "changed")
    return Version(row["digest"], row["accepted_at"], trouble or _compared(row["digest"], project.version))


def _compared(accepted: str, present: str) -> str:
    return "same" if accepted == present else "changed"


def _channel(row: Any, now: datetime) -> dict[str, Any]:
    rests = row["open_until"] if row["open_until"] and row["open_until"] > now else None
    return {**row, "open_until": rests}  # a rest that is over says nothing any more


def _alert(conn: Connection, row: Any) -> dict[str, Any]:
    not_told = {to: word for to, word in alerts.hearing(conn, row["id"]).items() if word != alerts.HEARD}
    return {**row, "told": row["told_at"] is not None, "not_told": not_told}


def _said(alert: dict[str, Any]) -> Trouble:
    return Trouble(alert["cause"], alert["what"], alert["affected"], alert["command"], alert["urgent"])


def _plain(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "schedule", "slot", "due_at", "made_at")}

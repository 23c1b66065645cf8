"""What a send that is under way waits for just now: its time, a channel's rest, a day's number, quiet hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from publisher.model.hours import day_of, end_of_quiet, is_quiet, next_midnight
from publisher.model.project import Channel, Project
from publisher.model.states import SendState
from publisher.pipeline import queues
from publisher.speech.phrases import _
from publisher.store import Connection, channels, concerns, deliveries, limits, trials
from publisher.store.sends import WITHDRAWAL, is_breaking, is_order

TRIED = _("its two subjects are tried")
NOBODY: Mapping[str, datetime] = MappingProxyType({})
GOES_BY_ITSELF = (SendState.MADE, SendState.READY, SendState.ADDRESSED, SendState.SENDING)


@dataclass(frozen=True, slots=True)
class Wait:
    """A send that goes on by itself at a moment, and not before."""

    send_id: int
    channel: str
    until: datetime
    why: str  # quiet hours of letters
    place: queues.Place | None = None  # in the queue whose turn it waits for

    def words(self, zone: ZoneInfo) -> str:
        if self.place is not None:
            return self.place.words(zone)
        moment = f"{self.until.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"
        return _("waits until %(moment)s (%(why)s)", moment=moment, why=self.why)


def waits(
    conn: Connection,
    project: Project,
    now: datetime,
    sends: Iterable[Any],
    resting: Mapping[str, datetime] = NOBODY,
    removals_resting: Mapping[str, datetime] = NOBODY,
) -> list[Wait]:
    """Return which of these sends wait, each with what it waits for last.

    A rate is left out: it lets some go at any moment.

    :param resting: until when channels wait for their accounts, by name.
    :param removals_resting: until when they wait with withdrawals.
    """
    waiting = [send for send in sends if send["state"] in GOES_BY_ITSELF]
    found = [
        _wait(conn, project, now, send, removals_resting if send["kind"] == WITHDRAWAL else resting) for send in waiting
    ]
    return [wait for wait in found if wait is not None]


def _wait(conn: Connection, project: Project, now: datetime, send: Any, resting: Mapping[str, datetime]) -> Wait | None:
    due = deliveries.first_due_at(conn, send["id"]) or send["due_at"]
    is_tried = due is not None and due >= trials.UNDECIDED
    due = _decided_at(send) if is_tried else due
    is_begun = send["state"] == SendState.SENDING
    if due is None or (is_begun and not send["pending"]):
        return None
    zone = ZoneInfo(project.publication.timezone)
    rules = project.rules_of(send["channel"])
    rules = replace(rules, quiet=None) if is_breaking(send) else rules
    moment, why = (due, TRIED if is_tried else _why_later(conn, send, is_begun)) if due > now else (now, "")
    is_urgent = is_order(send)
    if (rests_until := resting.get(rules.name, now)) > moment:
        moment, why = rests_until, _("%(channel)s's network takes no more requests for now", channel=rules.name)
    for until, cause in _of_channel(conn, rules, moment, now, zone, is_urgent=is_urgent):
        moment, why = max(moment, until), cause if until > moment else why
    if moment <= now:
        return None
    place = queues.place_of(conn, project, send["id"]) if moment == due else None
    return Wait(send["id"], send["channel"], moment, why, place)


def _decided_at(send: Any) -> datetime | None:
    """Return when it is decided which of two subjects the rest of a send gets; None where that is."""
    trial = trials.of(send)
    return trial.ends_at(send["started_at"]) if trial and send["started_at"] and not trial.winner else None


def _why_later(conn: Connection, send: Any, is_begun: bool) -> str:
    trouble = concerns.last_deferral(conn, send["id"]) if is_begun else None
    return _("to try again: %(why)s", why=trouble["reason"] or _("no answer")) if trouble else _("its time")


def _of_channel(
    conn: Connection, rules: Channel, moment: datetime, now: datetime, zone: ZoneInfo, *, is_urgent: bool
) -> Iterable[tuple[datetime, str]]:
    """Yield until when each of the channel's own rules lets nothing go that may go at this moment."""
    row = channels.get(conn, rules.name)
    if row is not None and row["open_until"] is not None and row["open_until"] > moment:
        moment = row["open_until"]
        yield moment, _("%(channel)s rests: %(why)s", channel=rules.name, why=row["reason"])
    if not is_urgent:
        yield from _by_its_rules(conn, rules, moment, now, zone)


def lets_nothing_go(conn: Connection, project: Project, rules: Channel, now: datetime) -> bool:
    """Say whether a channel's own rules let nothing go now: a day's number that is used up, quiet hours."""
    return any(_by_its_rules(conn, rules, now, now, ZoneInfo(project.publication.timezone)))


def _by_its_rules(
    conn: Connection, rules: Channel, moment: datetime, now: datetime, zone: ZoneInfo
) -> Iterable[tuple[datetime, str]]:
    today = day_of(now, zone)
    most = limits.number_of(conn, rules, today)
    if most is not None and day_of(moment, zone) == today:
        used = limits.used_on(conn, limits.daily(rules.name), today, lock=False)
        if used >= most:
            moment = next_midnight(moment, zone)
            yield moment, _("%(channel)s has sent its %(count)s of the day", channel=rules.name, count=most)
    if rules.quiet is not None and is_quiet(rules.quiet, moment, zone):
        yield end_of_quiet(rules.quiet, moment, zone), _("quiet hours of %(channel)s", channel=rules.name)

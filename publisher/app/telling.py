"""Telling people of alerts: by mail or post, never only through the channel that failed.

Once is meant and at least once is kept: that someone has heard is written down after they certainly got it, each by
themselves, so a crash in between tells it twice, under the same key. It goes straight to the sender and not through
the ledger of deliveries: what is wrong there must not keep it from being told. The rests and limits of its channel and
account hold for it all the same: it goes another way or waits, which is no try.
"""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import RowMapping

from publisher.app import asking
from publisher.errors import PublisherError
from publisher.model.call import Answer, Call, Outcome, Recipient, Scope, Verdict
from publisher.model.message import Mail, Message, Post
from publisher.model.project import Channel, Project
from publisher.model.tokens import wire_id
from publisher.pipeline.dispatch import beside
from publisher.senders.registry import sender_class
from publisher.store import Connection, alerts, channels, concerns, facts

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()

FIRST_RETRY, LONGEST_RETRY = 5.0, 600.0  # seconds
TRIES = 10  # of one entry that is not reached, once someone else has been told
REFUSALS = 3  # by one way that refuses an entry for good, whoever else was told: it isn't gone again
FOR_GOOD = (Scope.RECIPIENT, Scope.MESSAGE)
TURN = timedelta(minutes=2)  # of several processes on one ledger one tells


@dataclass(frozen=True, slots=True)
class Way:
    """One way to one person or channel."""

    to: str  # the entry of `alerts: to:`
    channel: str


Mark = tuple[int, bool, str]  # an alert's id, whether it is over, and the entry that is told so


@dataclass
class Notes:
    """What this process remembers of telling: how often each entry was tried, and when it is tried again."""

    tries: dict[Mark, int] = field(default_factory=dict)
    again_at: dict[Mark, float] = field(default_factory=dict)
    refusals: dict[Mark, dict[str, list[str]]] = field(default_factory=dict)  # why, by channel
    heard: set[Mark] = field(default_factory=set)  # the ledger may not know it yet


class Teller:
    """Tells people what the ledger's alerts say, each by itself. `tell` is called again and again, by one thread."""

    def __init__(self, app: App, steady: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._steady = steady
        self._notes = Notes()

    def tell(self) -> None:
        """Tell what has not been told: what began, and to those who heard of it, what is over."""
        with self._app.store.read() as conn:
            rows = alerts.to_tell(conn)
        told = [(row, to) for row in rows if (to := self._entries(row))]
        with self._app.store.read() as conn:
            found = [(row, _left(conn, row, to)) for row, to in told]
        due = [(row, left) for row, left in found if left or _is_over(row)]
        if not due or not self._is_ours():
            return
        for row, left in due:
            for entry in left:
                with _survived(row):
                    self._tell(row, entry)
            with _survived(row):
                self._close(row)

    def _entries(self, row: RowMapping) -> tuple[str, ...]:
        """Return who is told of an alert: where it asks for approval, those who are asked."""
        if not asking.is_asking(row):
            return self._app.project.alerts.to
        return asking.asked_by(self._app, row)

    def _is_ours(self) -> bool:
        with self._app.store.write() as conn:
            return facts.take_turn(conn, "alerts", self._app.process_id, self._app.store.now(conn), TURN)

    def _tell(self, row: RowMapping, to: str) -> None:
        mark = (row["id"], _is_over(row), to)
        if mark not in self._notes.heard and self._steady() >= self._notes.again_at.get(mark, 0.0):
            self._try(row, to, mark)
        if mark in self._notes.heard:
            self._write_down(row, to, alerts.HEARD)

    def _close(self, row: RowMapping) -> None:
        """Write down that an alert which is over has been told to everybody who is to hear of it."""
        with self._app.store.read() as conn:
            is_done = _is_over(row) and not _left(conn, row, self._entries(row))
        if is_done:
            with self._app.store.write() as conn:
                alerts.record_told_clear(conn, row["id"], self._app.clock())

    def _write_down(self, row: RowMapping, to: str, word: str) -> None:
        with self._app.store.write() as conn:
            alerts.note_hearing(conn, row["id"], to, word, self._app.clock(), is_over=_is_over(row))

    def _try(self, row: RowMapping, to: str, mark: Mark) -> None:
        tries = self._notes.tries.get(mark, 0)
        # Before anything is said: whatever fault comes of it, the next try is not at the next look.
        self._notes.again_at[mark] = self._steady() + min(FIRST_RETRY * 2 ** min(tries, 10), LONGEST_RETRY)
        refusals, waits, all_ways = self._notes.refusals.setdefault(mark, {}), list[datetime](), self._ways(row, to)
        ways = [way for way in all_ways if len(refusals.get(way.channel, ())) < REFUSALS]
        for way in ways:
            if until := self._has_to_wait(row, way):
                waits.append(until)
                continue
            verdict = self._said(row, way, mark)
            if mark in self._notes.heard:
                return
            if verdict is not None and verdict.outcome is Outcome.REFUSED and verdict.scope in FOR_GOOD:
                refusals.setdefault(way.channel, []).append(verdict.reason)
        if waits and len(waits) == len(ways):
            self._wait(row, to, mark, min(waits))
            return
        tries += 1
        self._notes.tries[mark] = tries
        if tries == 1:
            log.error("alert_not_told", cause=row["cause"], what=row["what"], command=row["command"], to=_unnamed(to))
        is_refused = bool(all_ways) and all(len(refusals.get(way.channel, ())) >= REFUSALS for way in all_ways)
        if is_refused or (tries >= TRIES and not waits and self._someone_heard(row)):
            why = f"refused: {refusals[all_ways[-1].channel][-1]}" if is_refused else "not reached"
            log.error("alert_given_up", cause=row["cause"], to=_unnamed(to), tries=tries, why=why)
            self._write_down(row, to, why)

    def _has_to_wait(self, row: RowMapping, way: Way) -> datetime | None:
        """Return until when a way may not be gone, by its rests and limits; None: it may, and was charged for it.

        What can wait till morning waits for the day's number and for quiet hours too.
        """
        app, now = self._app, self._app.store.now()
        counted_as = self._counted_as(way)
        if counted_as is None or app.doubted:  # what can't be built says so; what a wrong clock wrote would stay
            return None
        rules, is_urgent = app.project.rules_of(way.channel), bool(row["urgent"]) and not _is_over(row)
        with app.store.write() as conn:
            return beside.take_leave(conn, rules, counted_as, app.zone, now, is_urgent=is_urgent)

    def _counted_as(self, way: Way) -> str | None:
        """Return what the account of a way is counted as; None where its sender can't be built."""
        try:
            return self._app.senders.of(way.channel).counted_as
        except Exception:  # noqa: BLE001 -- a sender is anyone's package; `_said` finds the same fault and logs it
            return None

    def _wait(self, row: RowMapping, to: str, mark: Mark, until: datetime) -> None:
        """Look again when a way is free, or earlier: a person may end its rest. It is no try."""
        wait = max(0.0, (until - self._app.store.now()).total_seconds())
        self._notes.again_at[mark] = self._steady() + min(wait, LONGEST_RETRY)
        log.warning("alert_waits", cause=row["cause"], to=_unnamed(to), until=until.isoformat(timespec="seconds"))

    def _words(self, row: RowMapping, way: Way) -> Message:
        if asking.is_asking(row):
            return asking.words_for(self._app, row, way.to)
        return words_of(self._app.project, row, way, is_over=_is_over(row))

    def _hear(self, way: Way, answer: Answer) -> None:
        """Write down what an answer says of rests; whether someone has heard doesn't hang on it."""
        app = self._app
        if app.doubted:
            return
        try:
            with app.store.write() as conn:
                beside.hear(conn, way.channel, self._counted_as(way) or "", answer, app.store.now())
        except Exception as fault:  # noqa: BLE001 -- the answer is of anyone's package, and what it says was said
            log.error("rest_not_written", channel=way.channel, fault=type(fault).__name__)

    def _someone_heard(self, row: RowMapping) -> bool:
        with self._app.store.read() as conn:
            return alerts.HEARD in alerts.hearing(conn, row["id"], is_over=_is_over(row)).values()

    def _ways(self, row: RowMapping, to: str) -> list[Way]:
        try:
            return ways_to(self._app, to, row["channel"] or "")
        except PublisherError as error:
            log.error("alert_not_sent", cause=row["cause"], to=_unnamed(to), error=str(error))
            return []

    def _said(self, row: RowMapping, way: Way, mark: Mark) -> Verdict | None:
        """Tell it by this way; return what its provider said, None where it was not even asked.

        That somebody has heard is noted before what else the answer says: no fault of that tells it a second time.
        """
        app, is_over = self._app, _is_over(row)
        key = wire_id("alert-over" if is_over else "alert", row["id"], app.keys.current("wire")[1])
        try:
            message = self._words(row, way)  # here: its sender may not be installed
            call = Call(0, f"{key}-{way.channel}", message, (Recipient(0, key, way.to),))
            answer = app.senders.of(way.channel).send(call, Forgetful())
            verdict = answer.of(call.recipients[0])
        except Exception as fault:  # noqa: BLE001 -- a sender is anyone's package, and there are other ways
            log.error("alert_not_sent", cause=row["cause"], channel=way.channel, fault=type(fault).__name__)
            return None
        if verdict.outcome is Outcome.SENT:
            self._notes.heard.add(mark)
        self._hear(way, answer)
        if verdict.outcome is not Outcome.SENT:
            log.warning("alert_not_sent", cause=row["cause"], channel=way.channel, why=verdict.reason)
        return verdict


@contextmanager
def _survived(row: RowMapping) -> Iterator[None]:
    """Let no fault keep others from being told; what it kept from that comes up again."""
    try:
        yield
    except PublisherError as error:
        log.error("alert_not_told", cause=row["cause"], error=str(error))
    except Exception as fault:  # noqa: BLE001 -- a sender is anyone's package
        log.error("alert_not_told", cause=row["cause"], fault=type(fault).__name__)


def _is_over(row: RowMapping) -> bool:
    return row["cleared_at"] is not None


def _left(conn: Connection, row: RowMapping, entries: Sequence[str]) -> list[str]:
    """Return those to whom an alert is still to be told; that it is over, those of them who heard of it."""
    began = alerts.hearing(conn, row["id"])
    if asking.is_asking(row) and _is_over(row):
        return []  # whoever approved knows, and for the others there is nothing to do
    if not _is_over(row):
        return [to for to in entries if to not in began]
    over = alerts.hearing(conn, row["id"], is_over=True)
    return [to for to in entries if began.get(to) == alerts.HEARD and to not in over]


def _unnamed(to: str) -> str:
    """Addresses are never logged."""
    return "an address" if "@" in to else to


class Forgetful(dict[str, Mapping[str, object]]):
    """A journal of one try: an alert, or a test, has no steps worth going on from."""

    def note(self, step: str, data: Mapping[str, object]) -> None:
        self[step] = data

    def noted(self, step: str) -> Mapping[str, object] | None:
        return self.get(step)


def ways_to(app: App, to: str, failed: str) -> list[Way]:
    """Return the ways to an entry of `alerts: to:`, the sound ones first, without the channel that failed.

    A channel that is stopped is none either: whoever asks on behind a refused account makes it worse.
    """
    with app.store.read() as conn:
        ailing = {row["name"] for row in concerns.of_channels(conn, app.project.channels, app.clock())}
        closed = {failed} | {row["name"] for row in channels.stopped(conn)}
    if "@" not in to:
        return [] if to in closed else [Way(to, to)]
    found = [name for name in mail_channels(app.project) if name not in closed]
    return [Way(to, name) for name in sorted(found, key=lambda name: name in ailing)]


def mail_channels(project: Project) -> list[str]:
    """Return the channels that carry mail to people, in the order of the file.

    One that carries posts too, as a webhook, is one of them only where a schedule sends people mail through it.
    """
    to_people = {entry.via for schedule in project.schedules.values() for entry in schedule.send if entry.to}
    to_people |= {project.channels[name].fallback for name in to_people if name in project.channels}
    found = []
    for channel in project.channels.values():
        kinds = carries(channel)
        if "mail" in kinds and ("post" not in kinds or channel.name in to_people):
            found.append(channel.name)
    return found


def carries(channel: Channel) -> frozenset[str]:
    """Return the kinds of messages that a channel carries; none where its sender isn't installed."""
    try:
        return sender_class(channel.sender).carries
    except PublisherError:
        return frozenset()


def words_of(project: Project, row: RowMapping, way: Way, *, is_over: bool) -> Message:
    """Return the message: what happened, who is affected, the next command, whether it can wait till morning."""
    paper = project.publication
    title = f"{paper.name}: {'over: ' if is_over else ''}{row['what']}"
    lines = [("What happened", row["what"]), ("Who is affected", row["affected"])]
    if is_over:
        lines.append(("Now", "This is over. Nothing needs to be done."))
    else:
        lines.append(("What to do", row["command"]))
        lines.append(("When", "Now, not in the morning." if row["urgent"] else "It can wait till morning."))
    if "@" not in way.to:
        said = f"{title}\n" + "\n".join(f"{name}: {text}" for name, text in lines[1:])
        return Post((_cut(said, _limit(project, way.channel)),), language="en")
    text = "".join(f"{name}:\n  {text}\n\n" for name, text in lines)
    markup = "".join(f"<p><b>{html.escape(name)}</b><br>{html.escape(text)}</p>" for name, text in lines)
    page = f"<!DOCTYPE html><html><body>{markup}</body></html>"
    return Mail((_cut(title, 150),), (page,), (text,), (), paper.from_name, paper.from_email, language="en")


def _limit(project: Project, channel: str) -> int:
    spec = project.channels[channel]
    rules = sender_class(spec.sender).rules_of(spec.options)
    return rules.limit if rules else 2_000


def _cut(text: str, limit: int) -> str:
    folded = text if len(text) <= limit else text[: limit - 1] + "…"
    return folded.strip()

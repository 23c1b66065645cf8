"""Telling people of alerts: by mail or post, never only through the channel that failed.

Once is meant and at least once is kept: an alert is marked as told after someone certainly got it, so a crash in
between tells it twice, under the same key. It goes straight to the sender and not through the ledger of deliveries:
what is wrong there must not keep it from being told.
"""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import RowMapping

from publisher.errors import PublisherError
from publisher.model.call import Call, Outcome, Recipient
from publisher.model.message import Mail, Message, Post
from publisher.model.project import Channel, Project
from publisher.model.tokens import wire_id
from publisher.senders.registry import sender_class
from publisher.store import alerts, concerns, facts

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()

FIRST_RETRY, LONGEST_RETRY = 5.0, 600.0  # seconds
TRIES = 10  # of one way, once someone else has been told
TURN = timedelta(minutes=2)  # of several processes on one ledger one tells


@dataclass(frozen=True, slots=True)
class Way:
    """One way to one person or channel."""

    to: str  # the entry of `alerts: to:`
    channel: str


@dataclass
class Notes:
    """What this process remembers of telling: how often each entry was tried, and when it is tried again."""

    tries: dict[tuple[int, bool, str], int] = field(default_factory=dict)
    again_at: dict[tuple[int, bool, str], float] = field(default_factory=dict)
    done: set[tuple[int, bool, str]] = field(default_factory=set)


class Teller:
    """Tells people what the ledger's alerts say. `tell` is called again and again, by one thread."""

    def __init__(self, app: App, steady: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._steady = steady
        self._notes = Notes()

    def tell(self) -> None:
        """Tell what has not been told: what began, and of what was told, what is over."""
        to = self._app.project.alerts.to
        with self._app.store.read() as conn:
            untold = alerts.to_tell(conn) if to else []
        if not untold or not self._is_ours():
            return
        for row in untold:
            try:
                self._tell(row, is_over=row["cleared_at"] is not None)
            except PublisherError as error:  # the next alert is told all the same, and this one at the next look
                log.error("alert_not_told", cause=row["cause"], error=str(error))

    def _is_ours(self) -> bool:
        with self._app.store.write() as conn:
            return facts.take_turn(conn, "alerts", self._app.process_id, self._app.clock(), TURN)

    def _tell(self, row: RowMapping, *, is_over: bool) -> None:
        entries = self._app.project.alerts.to
        for to in entries:
            mark = (row["id"], is_over, to)
            if mark not in self._notes.done and self._steady() >= self._notes.again_at.get(mark, 0.0):
                self._try(row, to, mark)
        heard = [to for to in entries if (row["id"], is_over, to) in self._notes.done]
        given_up = [to for to in entries if self._notes.tries.get((row["id"], is_over, to), 0) >= TRIES]
        if heard and set(heard) | set(given_up) == set(entries):
            with self._app.store.write() as conn:
                write = alerts.record_told_clear if is_over else alerts.record_told
                write(conn, row["id"], self._app.clock())

    def _try(self, row: RowMapping, to: str, mark: tuple[int, bool, str]) -> None:
        for way in self._ways(row, to):
            if self._went(row, way, is_over=mark[1]):
                self._notes.done.add(mark)
                return
        tries = self._notes.tries.get(mark, 0) + 1
        self._notes.tries[mark] = tries
        self._notes.again_at[mark] = self._steady() + min(FIRST_RETRY * 2 ** (tries - 1), LONGEST_RETRY)
        if tries in (1, TRIES):
            log.error("alert_not_told", cause=row["cause"], what=row["what"], command=row["command"])

    def _ways(self, row: RowMapping, to: str) -> list[Way]:
        try:
            return ways_to(self._app, to, row["channel"] or "")
        except PublisherError as error:
            log.error("alert_not_sent", cause=row["cause"], to=_unnamed(to), error=str(error))
            return []

    def _went(self, row: RowMapping, way: Way, *, is_over: bool) -> bool:
        app = self._app
        key = wire_id("alert-over" if is_over else "alert", row["id"], app.keys.current("wire")[1])
        try:
            message = words_of(app.project, row, way, is_over=is_over)  # here: its sender may not be installed
            call = Call(0, f"{key}-{way.channel}", message, (Recipient(0, key, way.to),))
            verdict = app.sending.sender(way.channel).send(call, _Forgetful()).of(call.recipients[0])
        except Exception as fault:  # noqa: BLE001 -- a sender is anyone's package, and there are other ways
            log.error("alert_not_sent", cause=row["cause"], channel=way.channel, fault=type(fault).__name__)
            return False
        if verdict.outcome is not Outcome.SENT:
            log.warning("alert_not_sent", cause=row["cause"], channel=way.channel, why=verdict.reason)
        return verdict.outcome is Outcome.SENT


def _unnamed(to: str) -> str:
    """Addresses are never logged."""
    return "an address" if "@" in to else to


class _Forgetful(dict[str, Mapping[str, object]]):
    """A journal of one try: an alert has no steps worth going on from."""

    def note(self, step: str, data: Mapping[str, object]) -> None:
        self[step] = data

    def noted(self, step: str) -> Mapping[str, object] | None:
        return self.get(step)


def ways_to(app: App, to: str, failed: str) -> list[Way]:
    """Return the ways to an entry of `alerts: to:`, the sound ones first, without the channel that failed."""
    if "@" not in to:
        return [] if to == failed else [Way(to, to)]
    with app.store.read() as conn:
        ailing = {row["name"] for row in concerns.of_channels(conn)}
    found = [name for name in mail_channels(app.project) if name != failed]
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

"""Which schedules.yaml holds, and what becomes of schedules that are new in it, renamed or gone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import RowMapping

from publisher.app import templates
from publisher.app.following import follow, newer_than, parsed, project_of, saved_at
from publisher.app.mending import lift_stops
from publisher.app.reload import REFUSED
from publisher.app.templates import Proposal, to_propose
from publisher.config.schedules import load_project
from publisher.errors import ConfigError
from publisher.model.project import Project, Schedule
from publisher.pipeline.operate import holding, withdrawing
from publisher.runtime.slots import Slot, slots_between
from publisher.store import Connection, Store, edition_lists, editions, project_versions, schedules, staff
from publisher.store.sql import take_turn
from publisher.store.staff import Line

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()

GONE = "its schedule was taken out of schedules.yaml"
Rows = Mapping[str, RowMapping]


def load(folder: Path, *, go_on: bool) -> tuple[Project | None, ConfigError | None]:
    """Return the project of a directory; with `go_on`, what is wrong with it instead, if something is."""
    try:
        return load_project(folder), None
    except ConfigError as error:
        if not go_on:
            raise
        return None, error


def accepted(app: App) -> int:
    """Return the id of the version that holds, accepting the file's at first sight. Before anything polls or composes.

    On a ledger that machines share a file that is older than what holds changes nothing: what holds is gone by.
    """
    if app.version_id is None:
        ours = _accept_newest(app) if app.is_shared else accept(app, app.project)
        if ours is None:
            follow(app)
        else:
            app.version_id = ours
        lift_stops(app)
    assert app.version_id is not None  # noqa: S101 -- whoever follows has one
    return app.version_id


def _accept_newest(app: App, proposed: Proposal | None = None) -> int | None:
    """Let our file hold unless it is older than what holds; return its version, or None where it is.

    What is newer is decided anew where another machine accepts a version meanwhile: it may be newer than ours as well.

    :param proposed: the templates to go with what holds then, even if that is not our file.
    """
    while True:
        held = _held(app)
        newer = newer_than(app.store, app.folder, app.project, app.clock())
        if newer is not None and proposed is None:
            return None
        version_id = _accept_over(app, held, newer or app.project, app.actor, None, proposed)
        if version_id is not None:
            return None if newer else version_id


def propose(app: App) -> str:
    """Let the files beside us hold, unless others were accepted after they were saved: then those go on.

    Two schedulers whose files differ would else take turns at every start. Return the version of the file that was
    decided about.
    """
    app.follows = True
    decided = app.project.version
    proposed = _templates(app)
    _accept_newest(app, proposed)
    follow(app)
    lift_stops(app)
    return decided


def _templates(app: App) -> Proposal | None:
    """Return the templates to propose; none of them where one can't be taken to other machines, which is an alert."""
    try:
        return to_propose(app)
    except ConfigError as error:
        log.error("templates_refused", problem=str(error))
        words = {"affected": "what was changed in templates/", "command": "publisher check"}
        app.alert(REFUSED, what=f"the templates here are refused, what held goes on: {error}", **words, urgent=False)
        return None


def accept(
    app: App, project: Project, actor: str = "", *, line: Line | None = None, proposed: Proposal | None = None
) -> int:
    """Write down that this version of the file holds from now on; return its id.

    :param actor: who wrote it; empty: whoever asks.
    :param line: of the audit, in the same transaction.
    :param proposed: the templates that go with it; None: those that went with the version before it.
    :raises ConfigError: a `was:` that can't be meant; the version that held goes on.
    """
    while True:
        accepted_id = _accept_over(app, _held(app), project, actor or app.actor, line, proposed)
        if accepted_id is not None:
            return accepted_id


def _held(app: App) -> int | None:
    with app.store.read() as conn:
        return schedules.accepted_version(conn)


def _accept_over(
    app: App, held: int | None, project: Project, actor: str, line: Line | None, proposed: Proposal | None
) -> int | None:
    """Let a version hold in place of one; None where another process accepted one meanwhile."""
    with app.store.read() as conn:
        is_the_same = held is not None and project_versions.get(conn, held)["digest"] == project.version
    if held is not None and is_the_same:
        return _accept_again(app, held, project, actor, line, proposed)
    before = project_of(app, held) if held is not None else None
    with app.store.write() as conn:
        take_turn(conn, "accepted version")
        if schedules.accepted_version(conn) != held:
            return None
        now = believable_now(app, conn)
        is_known = project_versions.by_digest(conn, project.version) is not None
        version_id = project_versions.accept(conn, project.version, project.text, now, actor)
        news = _News(conn, before, held, project, now, saved_at(app.folder, now), actor)
        news.carry_over()
        schedules.set_accepted_version(conn, version_id)
        templates.settle(conn, version_id, held, proposed, actor)
        if is_known and held is not None:  # of one that is new its own row says it
            project_versions.note_holding(conn, version_id, now, actor)
        if before is not None and before.practice and not project.practice:
            holding.hold_practice(conn, now)
        if project.practice:
            withdrawing.keep_for_after_practice(conn)
        staff.note(conn, line)
    _tell(app, news)
    return version_id


def _accept_again(
    app: App, held: int, project: Project, actor: str, line: Line | None, proposed: Proposal | None
) -> int | None:
    """Write down what goes with a version that holds already; None where another one does by now."""
    if proposed is not None and not templates.take(app, held, proposed, actor):
        return None
    # Another process accepted it, and we went on practising.
    is_over = app.project.practice and not project.practice
    if is_over or line is not None:
        with app.store.write() as conn:
            if is_over:
                holding.hold_practice(conn, app.clock())
            staff.note(conn, line)
    return held


def notice_end_of_practice(store: Store, project: Project, now: datetime) -> None:
    """Hold what practice left where the file says that it is over, though no process has accepted that yet."""
    with store.read() as conn:
        is_over = ends_practice(conn, project)
    if is_over:
        with store.write() as conn:
            holding.hold_practice(conn, now)


def ends_practice(conn: Connection, project: Project) -> bool:
    """Say whether the file ends a practice that holds by the version accepted last."""
    held = schedules.accepted_version(conn)
    row = project_versions.get(conn, held) if held is not None else None
    before = parsed(row["text"]) if row is not None and row["digest"] != project.version else None
    return before is not None and before.practice and not project.practice


def believable_now(app: App, conn: Connection) -> datetime:
    """Return the moment from which something new counts: where the clock is far off, the last believable one."""
    now, awake_until = app.clock(), schedules.awake_until(conn)
    return now if awake_until is None or not app.watch.doubt(now, awake_until) else awake_until


class _News:
    """What a version of the file changes for the schedules that the ledger knows, in one transaction."""

    def __init__(
        self,
        conn: Connection,
        before: Project | None,
        before_id: int | None,
        after: Project,
        now: datetime,
        saved_at: datetime,
        actor: str,
    ) -> None:
        self.conn, self.before, self.before_id, self.after = conn, before, before_id, after
        self.now, self.saved_at, self.actor = now, saved_at, actor
        self.known = schedules.every(conn)
        self.renamed: dict[str, str] = {}  # new name: old name
        self.asked: dict[str, str] = {}  # new name: the question
        claimed = {schedule.was for schedule in after.schedules.values()}
        old = before.schedules if before else {}
        self.gone = [name for name in old if name not in after.schedules and name not in claimed]

    def carry_over(self) -> None:
        for schedule in self.after.schedules.values():
            if schedule.was in self.known:
                self._rename(schedule)
            elif schedule.name in self.known:
                self._go_on(schedule)
            else:
                self._begin(schedule)
        for draft in edition_lists.drafts(self.conn):
            if draft["schedule"] in self.gone:
                editions.cancel_draft(self.conn, draft["id"], GONE, self.now)

    def _rename(self, schedule: Schedule) -> None:
        old, new = schedule.was, schedule.name
        if old in self.after.schedules:
            what, remedy = f"`was: {old}`, and there still is a schedule {old}", "Take out one of them"
            raise ConfigError(what, where=schedule.where, remedy=remedy)
        if new in self.known and schedules.has_history(self.conn, new):
            what = f"`was: {old}`, and both {old} and {new} have editions of their own"
            raise ConfigError(what, where=schedule.where, remedy=f"Take `was: {old}` out")
        schedules.rename(self.conn, old, new)
        self.renamed[new] = old
        if self.before is None:
            return
        was = self.before.schedules.get(old)
        if was is None:  # taken out earlier, perhaps while we asked whether it is the new one: no slot was missed
            schedules.advance(self.conn, new, self.now)
        else:
            self._change_times(was, schedule)
            self._change_on_update(was, schedule)

    def _go_on(self, schedule: Schedule) -> None:
        if self.before is None:
            return
        old = self.before.schedules.get(schedule.name)
        if old is None:
            schedules.begin_again(self.conn, schedule.name, self.now)
        else:
            self._change_times(old, schedule)
            self._change_on_update(old, schedule)

    def _change_on_update(self, old: Schedule, new: Schedule) -> None:
        if old.on_update != new.on_update:
            schedules.change_on_update(self.conn, new.name, self.now)

    def _change_times(self, old: Schedule, new: Schedule) -> None:
        """New times hold from the saving of the file; slots that were due before are still the old version's."""
        assert self.before is not None and self.before_id is not None  # noqa: S101 -- old comes from there
        if _times(old, self.before) == _times(new, self.after):
            return
        name, zone = new.name, ZoneInfo(self.before.publication.timezone)
        since = self.known[old.name]["considered_until"]
        former = [each for each in schedules.former_times(self.conn, name) if each[1] > since]
        if former or slots_between(old.when, zone, since, self.saved_at):
            schedules.set_former_times(self.conn, name, [*former, (self.before_id, self.saved_at)])
        else:
            schedules.advance(self.conn, name, self.saved_at)

    def _begin(self, schedule: Schedule) -> None:
        schedules.begin(self.conn, schedule.name, self.now, self.actor)
        old = next((name for name in self.gone if self._may_be(name, schedule)), None)
        if old is None:
            return
        question = (
            f"is it {old} under a new name? Then write `was: {old}` under it. "
            f"If it is a new one: publisher resume {schedule.name}"
        )
        schedules.pause(self.conn, schedule.name, reason=question, actor="publisher", now=self.now)
        self.asked[schedule.name] = question

    def _may_be(self, gone: str, schedule: Schedule) -> bool:
        """Say whether it matters if a new one is one that is gone: that had editions, for some of the same people."""
        assert self.before is not None  # noqa: S101 -- what is gone was in it
        is_for_the_same = self.before.schedules[gone].reaches & schedule.reaches
        return bool(is_for_the_same) and schedules.had_editions(self.conn, gone)


def _times(schedule: Schedule, project: Project) -> tuple[object, ...]:
    when = schedule.when
    return when.at, when.days, when.cron, when.every, when.once, when.excluded, project.publication.timezone


def _tell(app: App, news: _News) -> None:
    for new, old in news.renamed.items():
        log.info("schedule_renamed", schedule=new, was=old)
        app.all_clear(question_cause(new))
    for name, question in news.asked.items():
        app.alert(
            question_cause(name),
            what=f"schedule {name} is held: {question}",
            affected=f"every edition of {name}",
            command=f"publisher resume {name}",
        )
    log.info("schedules_accepted", version=news.after.version, schedules=len(news.after.schedules))


def question_cause(name: str) -> str:
    return f"schedule-question:{name}"


def undecided(app: App, schedule: Schedule, since: datetime, now: datetime, *, is_edited: bool = True) -> list[Slot]:
    """Return a schedule's slots since a moment, each by the version of the file that held when it came.

    :param is_edited: False where it is known to have no former times.
    """
    if not is_edited:
        return slots_between(schedule.when, app.zone, since, now)
    with app.store.read() as conn:
        former = schedules.former_times(conn, schedule.name)
        names = [schedule.name, *schedules.former_names(conn, schedule.name)] if former else []
    found: list[Slot] = []
    for version_id, until in former:
        project = project_of(app, version_id)
        old = next((project.schedules[name] for name in names if project and name in project.schedules), None)
        if project is not None and old is not None:
            found += slots_between(old.when, ZoneInfo(project.publication.timezone), since, min(until, now))
        since = max(since, until)
    return found + slots_between(schedule.when, app.zone, since, now)

"""Drafts: an edition composed `prepare:` before its slot, so that what is wrong with it is known in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import RowMapping

from publisher.app import composing, papers
from publisher.model.project import Schedule
from publisher.model.states import EditionState
from publisher.pipeline import compose
from publisher.runtime.slots import Slot, slots_after
from publisher.store import Connection, alerts, edition_lists, editions

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()

MOMENT = timedelta(microseconds=1)
# While an edition is in such a state, what people were told under causes that begin so still stands.
STANDS_IN = {"draft": (EditionState.DRAFT,), "approval": (EditionState.DRAFT, EditionState.LOCKED)}


@dataclass(frozen=True, slots=True)
class Need:
    """A slot whose draft has its time now."""

    slot: Slot
    is_there: bool  # in each of its languages: it only may have to be composed anew


def need(app: App, schedule: Schedule, until: datetime) -> Need | None:
    """Return the schedule's next slot if its draft has its time; None otherwise."""
    if not schedule.when.prepare:
        return None
    now = app.clock()
    slot = next(slots_after(schedule.when, app.zone, max(now, until)), None)
    if slot is None or slot.due_at - schedule.when.prepare > now:
        return None
    with app.store.read() as conn:
        there = [_edition(conn, app, view, slot) for view in schedule.by_language]
    if all(map(_is_approved, there)):
        return None  # nothing joins it any more
    return Need(slot, is_there=None not in there)


def prepare(app: App, schedule: Schedule, wanted: Need, trouble: str) -> None:
    """Compose the draft, or compose it anew where there is something new; then say at once what is wrong with it."""
    for view in schedule.by_language:
        with app.store.read() as conn:
            row = _edition(conn, app, view, wanted.slot)
        if row is None or (not _is_approved(row) and _has_news(app, view, row["id"])):
            _compose(app, view, wanted.slot, trouble)


def _edition(conn: Connection, app: App, schedule: Schedule, slot: Slot) -> RowMapping | None:
    return editions.of_slot(conn, schedule.name, slot.key, app.project.language_of(schedule))


def _is_approved(row: RowMapping | None) -> bool:
    """Say whether the edition of a slot to come is no draft any more."""
    return row is not None and row["state"] != EditionState.DRAFT


def _compose(app: App, schedule: Schedule, slot: Slot, trouble: str) -> None:
    composed = composing.compose_known(app, schedule, slot, actor="schedule", trouble=trouble, as_draft=True)
    if schedule.write:
        _say_of_letter(app, schedule, slot, composed.choice.skipped)
    if composed.edition_id is not None:
        _check(app, schedule, composed.edition_id)


def _languages(app: App, schedule: Schedule) -> set[str]:
    return {app.project.language_of(edition) for edition in schedule.by_language}


def _say_of_letter(app: App, schedule: Schedule, slot: Slot, why_not: str) -> None:
    """Alert people to a letter that isn't there in time: its slot would be skipped."""
    if not why_not:
        app.all_clear(letter_cause(schedule))
        return
    app.alert(
        letter_cause(schedule),
        what=f"{schedule.name} has no letter: {why_not}",
        affected=f"its edition due {slot.due_at.astimezone(app.zone):%H:%M}, which is skipped without one",
        command=f"publisher plan {schedule.name}",
    )


def letter_cause(schedule: Schedule) -> str:
    return f"letter:{schedule.name}"


def _has_news(app: App, schedule: Schedule, draft_id: int) -> bool:
    if schedule.write:
        return papers.has_changed(app, schedule)
    there = compose.candidates_of(app.store, schedule, now=app.clock())
    with app.store.read() as conn:
        known = {(place["article_id"], place["revision"]) for place in editions.places_of(conn, draft_id)}
    now_there = [*there.found, *(there.updates if schedule.on_update != "ignore" else [])]
    return {(each.id, each.revision) for each in now_there} != known


def _check(app: App, schedule: Schedule, edition_id: int) -> None:
    """Render the draft's messages as the send will, and alert people to what would hold them."""
    from publisher.pipeline import produce  # here: who pauses a schedule renders nothing

    with app.store.read() as conn:
        edition = editions.get(conn, edition_id)
    assert edition is not None  # noqa: S101 -- it was composed a moment ago, and editions are never deleted
    products = produce.products_of(app.store, app.studio, app.project, schedule, edition_id)
    wrong = [f"{each.entry.via}: {f.what}. {f.remedy}" for each in products for f in each.findings if f.blocks]
    cause = cause_of(edition_id)
    if not wrong:
        app.all_clear(cause)
        return
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    app.alert(
        cause,
        what=f"the draft of {schedule.label} would be held: {wrong[0]}{more}",
        affected=f"edition {edition_id}, due {edition['due_at'].astimezone(app.zone):%H:%M}",
        command=f"publisher plan {schedule.name}",
    )


def cause_of(edition_id: int) -> str:
    return f"draft:{edition_id}"


def end_alerts(app: App) -> None:
    """Say no more of drafts that are none any more, and ask nobody to approve what has ended, whoever ended it."""
    with app.store.read() as conn:
        over = [row["cause"] for row in alerts.open_ones(conn) if _is_over(conn, row["cause"])]
    for cause in over:
        app.all_clear(cause)


def _is_over(conn: Connection, cause: str) -> bool:
    kind, _, rest = cause.partition(":")
    edition = editions.get(conn, int(rest.partition(":")[0])) if kind in STANDS_IN else None
    return edition is not None and edition["state"] not in STANDS_IN[kind]


def follow(app: App, until: Mapping[str, datetime]) -> None:
    """Let every draft follow its schedule: one whose slot is not produced any more moves to the next.

    :param until: up to when the slots of each schedule at work are decided.
    """
    with app.store.read() as conn:
        waiting = edition_lists.drafts(conn)
    for draft in waiting:
        schedule = app.project.schedules.get(draft["schedule"])
        if schedule is None or schedule.name not in until:
            continue
        if draft["language"] not in _languages(app, schedule):
            _give_up(app, draft, f"{schedule.name} has no edition in {draft['language']} any more")
        elif not _still_comes(app, schedule, draft, until):
            _move(app, schedule, draft, max(until[schedule.name], app.clock()))


def _still_comes(app: App, schedule: Schedule, draft: RowMapping, until: Mapping[str, datetime]) -> bool:
    slot = next(slots_after(schedule.when, app.zone, draft["due_at"] - MOMENT), None)
    return slot == Slot(draft["slot"], draft["due_at"]) and draft["due_at"] > until[schedule.name]


def _move(app: App, schedule: Schedule, draft: RowMapping, after: datetime) -> None:
    slot = next(slots_after(schedule.when, app.zone, after), None)
    with app.store.write() as conn:
        if slot is not None and editions.move_draft(conn, draft, slot.key, slot.due_at):
            log.info("draft_moved", edition=draft["id"], schedule=schedule.name, was=draft["slot"], slot=slot.key)
            return
    _give_up(app, draft, f"{schedule.name} has no slot {draft['slot']} any more")


def _give_up(app: App, draft: RowMapping, why: str) -> None:
    with app.store.write() as conn:
        editions.cancel_draft(conn, draft["id"], why, app.clock())
    log.warning("draft_cancelled", edition=draft["id"], schedule=draft["schedule"], slot=draft["slot"], why=why)


def cancel_all(app: App, schedule: str, why: str) -> None:
    """Give up a schedule's drafts; their articles are free again."""
    with app.store.write() as conn:
        for draft in edition_lists.drafts(conn, schedule):
            editions.cancel_draft(conn, draft["id"], why, app.clock())

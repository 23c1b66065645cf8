"""Choosing articles for a slot and writing the edition down, for slots that fire and for people who send now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from publisher.app import papers, presence, versions
from publisher.model.project import Project, Schedule
from publisher.pipeline import compose as verb
from publisher.pipeline.compose import Choice, Composed, Rest, Wishes
from publisher.runtime.slots import Slot
from publisher.steps import Step
from publisher.store import Connection, sources
from publisher.store.candidates import Look

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()

PATIENCE = timedelta(seconds=30)  # for a source that doesn't answer: the others' articles don't wait longer


def compose(
    app: App, schedule: Schedule, slot: Slot, *, actor: str, as_draft: bool = False, opens: bool = False
) -> Composed:
    """Poll the schedule's sources, choose, and write down the edition, or a draft of it."""
    versions.accepted(app)
    polled = [] if schedule.write else app.poll_all(schedule.pick.sources, patience=PATIENCE)
    trouble = "; ".join(collected.error for collected in polled if collected.error)
    return compose_known(app, schedule, slot, actor=actor, trouble=trouble, as_draft=as_draft, opens=opens)


def compose_known(
    app: App,
    schedule: Schedule,
    slot: Slot,
    *,
    actor: str,
    trouble: str = "",
    held: str = "",
    as_draft: bool = False,
    opens: bool = False,
    unapproved: str = "",
) -> Composed:
    """Choose among what the ledger knows already, and write down the edition.

    :param schedule: as one of its languages' editions has it.
    :param trouble: what was wrong with the sources: said when there is nothing to send.
    :param held: why its sends have to wait for a person.
    :param opens: a person wants the draft, whatever is in it.
    :param unapproved: why it is skipped though there is something to send: nobody approved it.
    """
    versions.accepted(app)
    with Step("compose", schedule=schedule.name, slot=slot.key) as step:
        no_letter = papers.take_in(app, schedule) if schedule.write else ""
        until = presence.in_time()
        while True:
            now = app.clock()
            with app.store.read() as conn:
                there = verb.candidates_in(conn, schedule, now=now)
                wishes = verb.wishes_of(conn, schedule, slot.key, app.project.language_of(schedule))
            choice = verb.decide(
                schedule,
                there.found,
                elsewhere=there.elsewhere,
                had=there.had,
                now=now,
                hint=no_letter or trouble or there.hint,
                updates=there.updates,
                settle=rests(app),
                wishes=wishes,
            )
            used = [candidate for candidate, _ in (*choice.picked, *choice.noted)]
            if not as_draft and presence.leave_out_gone(app, used, until):
                continue  # chosen anew, from what is left
            if unapproved and not choice.skipped:
                choice = choice.given_up(unapproved, wishes.changes.dropped)
            choice = replace(choice, held=held)
            how: dict[str, Any] = {"as_draft": as_draft, "opens": opens, "look": there.look, "seen": wishes}
            composed = record(app, schedule, slot, choice, actor=actor, **how)
            if not composed.is_stale:
                break
        if composed.edition_id is not None:
            step.done(edition=composed.edition_id, language=app.project.language_of(schedule))
    return composed


def rests(app: App, otherwise: timedelta = timedelta()) -> dict[str, Rest]:
    """Return how long new articles rest, by source, in a transaction of its own."""
    with app.store.read() as conn:
        return rests_in(conn, app.project, otherwise)


def rests_in(conn: Connection, project: Project, otherwise: timedelta = timedelta()) -> dict[str, Rest]:
    """Return how long new articles rest, by source.

    :param otherwise: for a source that doesn't say it.
    """
    begun = {row["name"]: row["baseline_at"] for row in sources.every(conn)}
    # What is pushed is new, the first of it too: it makes the source's row, in the moment in which it is first seen.
    begun |= {name: None for name, source in project.sources.items() if source.kind == "push"}
    return {
        name: Rest(otherwise if source.settle is None else source.settle, begun.get(name))
        for name, source in project.sources.items()
    }


def record(
    app: App,
    schedule: Schedule,
    slot: Slot,
    choice: Choice,
    *,
    actor: str,
    as_draft: bool = False,
    look: Look | None = None,
    seen: Wishes | None = None,
    opens: bool = False,
) -> Composed:
    """Write down an edition, a draft of it, or that a slot was skipped, under the version of the file that holds."""
    assert schedule.by_language == (schedule,)  # noqa: S101 -- else articles would go to readers of other languages
    composed = verb.record(
        app.store,
        schedule,
        choice,
        slot=slot.key,
        language=app.project.language_of(schedule),
        due_at=slot.due_at,
        now=app.clock(),
        version_id=versions.accepted(app),
        actor=actor,
        as_draft=as_draft,
        is_practice=app.is_practice,
        look=look,
        seen=seen,
        opens=opens,
    )
    if composed.edition_id is not None:
        state = "edition_drafted" if as_draft else "edition_skipped" if choice.skipped else "edition_locked"
        said = {"articles": len(choice.picked), "why": choice.skipped or choice.held}
        log.info(state, edition=composed.edition_id, schedule=schedule.label, slot=slot.key, **said)
    return composed


def manual_slot(app: App) -> Slot:
    """Return a slot of its own for a person who sends now."""
    now = app.clock()
    return Slot(f"manual:{now.strftime('%Y-%m-%dT%H:%M:%S.%fZ')}", now)

"""A slot of a schedule now, because a person says so: what `publisher send` and the console's button make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.app import composing, pauses, standing
from publisher.app.articles import fire_new_articles
from publisher.errors import UsageError
from publisher.model.project import Schedule
from publisher.model.staff import May
from publisher.store import approvals
from publisher.store.permission import allowed

if TYPE_CHECKING:
    from publisher.app.core import App


@dataclass(frozen=True, slots=True)
class Fired:
    """What was made."""

    edition_ids: tuple[int, ...]
    why_not: tuple[str, ...]  # of each edition that there is none of: ``morning/pt: skipped: nothing new``


def begun(app: App, schedule: Schedule) -> list[tuple[int, str]]:
    """Return number and slot of a schedule's editions that are unfinished: what becomes of them is said first."""
    with app.store.read() as conn:
        found = standing.unfinished(conn, schedule)
        # What is approved for a slot to come is no more unfinished than a draft.
        return [(row["id"], row["slot"]) for row in found if not approvals.waits_for_slot(conn, row, app.clock())]


def refuse_begun(app: App, schedule: Schedule, found: Sequence[tuple[int, str]]) -> None:
    """Make no edition beside one that is unfinished.

    :raises UsageError: there is one.
    """
    if found:
        named = ", ".join(standing.title(edition_id, schedule.name, slot, app.zone) for edition_id, slot in found)
        remedy = f"`publisher send {schedule.label} --finish` finishes it, `--skip` cancels what is left"
        raise UsageError(f"{named} {'is' if len(found) == 1 else 'are'} unfinished", remedy=remedy)


@allowed(May.APPROVE)
def fire(app: App, schedule: Schedule) -> Fired:
    """Make the edition of now, or one for each new article where the schedule says so.

    An edition that somebody has to approve waits for that as ever.

    :raises UsageError: it is paused, or an edition of it is unfinished.
    """
    refuse_begun(app, schedule, begun(app, schedule))
    pauses.refuse_paused(app, schedule)
    if schedule.when.new:
        app.poll_all(schedule.pick.sources)
        made = fire_new_articles(app, schedule, actor=app.actor)
        return Fired(tuple(made), () if made else (f"{schedule.name}: no new article",))
    slot, (first, *more) = composing.manual_slot(app), schedule.by_language
    found = [composing.compose(app, first, slot, actor=app.actor)]
    found += [composing.compose_known(app, each, slot, actor=app.actor) for each in more]
    skipped = [
        f"{edition.label}: skipped: {composed.choice.skipped}"
        for edition, composed in zip(schedule.by_language, found, strict=True)
        if composed.choice.skipped
    ]
    made = [each.edition_id for each in found if each.edition_id is not None and not each.choice.skipped]
    return Fired(tuple(made), tuple(skipped))

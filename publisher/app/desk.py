"""The editors' desk: the draft of a schedule's next edition, opened, changed and looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.app import composing
from publisher.app.audiences import Audience, audiences_of
from publisher.errors import MissingError, UsageError
from publisher.model.article import LedgerArticle, Standing
from publisher.model.desk import Changes, Note
from publisher.model.project import Entry, Schedule
from publisher.model.staff import May
from publisher.model.states import EditionState
from publisher.pipeline.operate import editing
from publisher.pipeline.operate.editing import Change
from publisher.runtime.slots import Slot, slots_after
from publisher.store import approvals, articles, desk, editions, facts, schedules, sends
from publisher.store.permission import allowed

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.pipeline.produce import Produced

TO_EACH = "each edition is one article, which goes by itself: there is no draft, and no room for a note"


@dataclass(frozen=True, slots=True)
class Story:
    """One candidate of an edition."""

    article: LedgerArticle
    position: int | None  # None: it is out
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """An edition as it lies on the desk."""

    edition_id: int
    schedule: str
    slot: Slot
    state: str
    reason: str
    stories: tuple[Story, ...]  # those that are in first, in order
    note: Note | None
    changes: Changes
    products: tuple[Produced, ...] = ()  # of a draft: what it would send
    audiences: tuple[Audience, ...] = ()  # for each product
    approvable: str = ""  # the version that waits for approval; empty: none does
    language: str = ""
    held_by: str = ""  # who holds it, why, and what lets it go on; empty: nobody does

    @property
    def is_held(self) -> bool:
        return any(each.is_held for each in self.products)


def next_slot(app: App, schedule: Schedule) -> Slot:
    """Return the slot of a schedule's next edition; one whose draft somebody cancelled has none.

    :raises UsageError: it has none to come, or each of its editions is one article.
    """
    if schedule.when.new:
        raise UsageError(TO_EACH, where=schedule.name)
    language = app.project.language_of(schedule)
    with app.store.read() as conn:
        row = schedules.get(conn, schedule.name)
        since = max(app.clock(), row["considered_until"]) if row else app.clock()
        for slot in slots_after(schedule.when, app.zone, since):
            there = editions.of_slot(conn, schedule.name, slot.key, language)
            if there is None or there["state"] != EditionState.CANCELLED:
                return slot
    raise UsageError("it has no slot to come", where=schedule.name, remedy="Look at its `when:`")


def draft_of(app: App, schedule: Schedule) -> int | None:
    """Return the draft of a schedule's next edition; None where it has none yet."""
    slot = next_slot(app, schedule)
    with app.store.read() as conn:
        return editions.draft_of(conn, schedule.name, slot.key, app.project.language_of(schedule))


def edition_of_next(app: App, schedule: Schedule) -> int | None:
    """Return the edition that a schedule's next slot has already, a draft or approved; None where it has none."""
    slot = None if schedule.when.new else next_slot(app, schedule)
    with app.store.read() as conn:
        row = editions.of_slot(conn, schedule.name, slot.key, app.project.language_of(schedule)) if slot else None
    return row["id"] if row is not None and row["state"] in (EditionState.DRAFT, EditionState.LOCKED) else None


@allowed(May.EDIT)
def open_draft(app: App, schedule: Schedule) -> int:
    """Return the draft of a schedule's next edition, made now where it has none yet."""
    slot = next_slot(app, schedule)
    found = draft_of(app, schedule)
    if found is not None:
        return found
    made = composing.compose(app, schedule, slot, actor=app.actor, as_draft=True, opens=True).edition_id
    if made is None:
        what = f"its slot {slot.key} has an edition that is no draft any more"
        raise UsageError(what, where=schedule.label, remedy=f"Look: publisher editions {schedule.name}")
    return made


@allowed(May.EDIT)
def change(app: App, edition_id: int, make: Change, what: str, seen: int | None = None) -> Changes:
    """Change a draft, and compose it anew, so that everybody sees what that makes of it.

    :raises UsageError: it is no draft any more.
    :raises StaleError: it was changed since the version that was seen.
    """
    after = editing.change(app.store, edition_id, make, what=what, actor=app.actor, now=app.clock(), seen=seen)
    compose_anew(app, edition_id)
    return after


@allowed(May.EDIT)
def write_note(app: App, schedule: Schedule, text: str, seen: int | None = None) -> Note | None:
    """Write the note of a schedule's next edition; return the one whose place it takes.

    :param seen: the note that waited when whoever writes it looked; 0: none did.
    :raises UsageError: the schedule has no room for a note.
    :raises StaleError: another one waits by now.
    """
    require_room(app, schedule)
    what = {"language": schedule.languages.only, "actor": app.actor}
    return editing.write_note(app.store, schedule.name, text, **what, now=app.clock(), seen=seen)


def require_room(app: App, schedule: Schedule) -> None:
    """Refuse a schedule whose editions have no room for a note.

    :raises UsageError: it has none to come, each of its editions is one article, or it sends no mail.
    """
    next_slot(app, schedule)
    if not schedule.mails_to:
        raise UsageError("it sends no mail, and a note stands in mails alone", where=schedule.name)


@allowed(May.EDIT)
def compose_next_anew(app: App, schedule: Schedule) -> None:
    """Compose the draft of a schedule's next edition, where it has one."""
    draft_id = draft_of(app, schedule)
    if draft_id is not None:
        compose_anew(app, draft_id)


def compose_anew(app: App, edition_id: int) -> None:
    """Compose a draft of a schedule that the file still has; whoever locked it meanwhile was faster."""
    with app.store.read() as conn:
        row = editions.get(conn, edition_id)
    if row is None or row["state"] != "draft" or row["schedule"] not in app.project.schedules:
        return
    schedule, slot = app.project.schedules[row["schedule"]], Slot(row["slot"], row["due_at"])
    schedule = schedule.in_language(row["language"])
    composing.compose_known(app, schedule, slot, actor=app.actor, as_draft=True)


def page(app: App, edition_id: int) -> Page:
    """Return an edition with its stories; of a draft also what it would send."""
    with app.store.read() as conn:
        row = editions.get(conn, edition_id)
        assert row is not None  # noqa: S101 -- it was named a moment ago, and editions are never deleted
        placed = articles.of_edition(conn, edition_id)
        is_draft = row["state"] == "draft"
        held = facts.held_edition(conn, edition_id)
        waiting = approvals.version_waiting(sends.of_edition(conn, edition_id))
        note = desk.waiting_note(conn, row["schedule"], row["language"]) if is_draft else desk.note_of(conn, edition_id)
    stories = tuple(Story(article, place["position"], place["reason"]) for place, article in placed)
    slot = Slot(row["slot"], row["due_at"])
    schedule = app.project.schedules.get(row["schedule"])
    of_draft = _products(app, schedule, edition_id, stories) if is_draft and schedule else ((), (), waiting)
    products, audiences, version = of_draft
    changes = Changes.of(row["changes"])
    return Page(
        edition_id,
        row["schedule"],
        slot,
        row["state"],
        row["reason"],
        stories,
        note,
        changes,
        products,
        audiences,
        version,
        row["language"],
        "{what}; {remedy}".format_map(facts.as_reason(held, edition_id)) if held else "",
    )


def _products(
    app: App, schedule: Schedule, edition_id: int, stories: tuple[Story, ...]
) -> tuple[tuple[Produced, ...], tuple[Audience, ...], str]:
    """Return what a draft would send, to whom, and the version of it that may be approved."""
    from publisher.pipeline import produce  # here: who only writes a note renders nothing

    made = produce.render(app.store, app.studio, app.project, schedule, edition_id)
    carried = [story.article for story in stories if story.position is not None]
    audiences = audiences_of(app, schedule, [product.entry for product in made.products], carried, app.clock())
    return made.products, audiences, made.version if schedule.approve and made.products else ""


def article(app: App, said: str) -> LedgerArticle:
    """Return an article that can be added to an edition.

    :raises UsageError: there is none with this number, or it must not be sent.
    """
    with app.store.read() as conn:
        found = articles.find(conn, [int(said)]) if said.isdecimal() else {}
    if not found:
        raise MissingError(f"there is no article {said}", remedy="See them: publisher articles")
    one = found[int(said)]
    if one.standing in (Standing.DISCARDED, Standing.HELD):
        what = f"article {one.id} is {one.standing.value}: no edition may carry it"
        raise UsageError(what, remedy=f"To let it go out: publisher articles release {one.id}")
    if one.gone_at is not None:
        raise UsageError(f"article {one.id} is gone from its source: no edition may carry it")
    return one


def entries_meant(schedule: Schedule, said: str, *, posts: bool) -> list[Entry]:
    """Return the entries of `send:` that a person means by a channel or an entry's key; empty: all of that kind.

    :raises UsageError: there is none, or several posts could be meant.
    """
    kind = "post" if posts else "mail"
    there = [entry for entry in schedule.send if bool(entry.to) is not posts]
    found = [entry for entry in there if said in ("", entry.key, entry.via)]
    named = ", ".join(entry.key for entry in there)
    if not found:
        what = f"it sends no {kind}" + (f" by {said}" if said and there else "")
        raise UsageError(what, where=schedule.name, remedy=f"It has: {named}" if there else "")
    if posts and len(found) > 1:
        raise UsageError("it isn't said which post", where=schedule.name, remedy=f"Give --for with one of: {named}")
    return found


def went_out(app: App, article_id: int, schedule: str) -> str:
    """Return when a schedule's editions brought an article last, in words; empty: never."""
    with app.store.read() as conn:
        found = articles.went_out_in(conn, [article_id]).get(article_id, [])
    mine = [each for each in found if each["schedule"] == schedule]
    return f"edition {mine[-1]['edition']}" if mine else ""

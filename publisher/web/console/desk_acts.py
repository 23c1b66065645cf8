"""What is done to a draft in the console: stories, words, note, order, test, approval; and opening the next one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from publisher.app import approving, changing, desk, naming, noting, proofs
from publisher.errors import UsageError
from publisher.model import desk as words_of
from publisher.model.staff import May
from publisher.speech.phrases import _, at, joined, ngettext
from publisher.web.acts import Acts, Done, Id, Words

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.app.changing import Step
    from publisher.model.project import Schedule
    from publisher.runtime.slots import Slot
    from publisher.web.console.edition import Room

EDITION = "/editions/{edition_id}"
NEXT = "/schedules/{name}/next"
Number = Annotated[int, Field(ge=1, le=2**63 - 1)]
Language = Annotated[str, Query(max_length=40, description="Which edition, where its slot has several.")]
Name = Annotated[str, InPath(max_length=200)]
OF_STORY = {
    "drop": "Leave an article out of this edition and of all later ones of its schedule",
    "later": "Leave an article for the next edition",
    "add": "Take an article in, whatever the schedule picks",
    "undo": "Let the schedule decide about an article again",
}
MOVES = {"up": -1, "down": 1}


class Seen(Words):
    """A change, and which version it is for."""

    seen: int | None = Field(default=None, ge=0, le=2**31, description="The version that was looked at.")


class Story(Seen):
    """A change that is about one article."""

    article: Number


class Order(Seen):
    """Which articles come first."""

    articles: tuple[Number, ...] = Field(min_length=1, max_length=500)


class Own(Seen):
    """Words for one line of `send:` in the place of what its schedule says; empty: that."""

    entry: str = Field(max_length=500, description="The line's key: letters:daily, mastodon.")
    subject: str = Field(default="", max_length=2_000)
    preheader: str = Field(default="", max_length=2_000)
    text: str = Field(default="", max_length=100_000, description="Of a post; a line of --- begins the next one.")


class OldNote(Words):
    """The note that waits."""

    seen: int | None = Field(
        default=None,
        ge=0,
        le=2**63 - 1,
        description="The note that waited then; 0: none.",
    )


class NewNote(OldNote):
    """A word on top."""

    text: str = Field(max_length=noting.LONGEST, description="Markdown.")
    anyway: bool = Field(default=False, description="Pictures elsewhere on the web are not asked for.")


class To(Words):
    """Who gets a test."""

    to: str = Field(max_length=4_000, description="Up to twenty addresses.")
    reader: str = Field(default="", max_length=320, description="A subscriber, whose own values hold.")


class Agree(Words):
    """To exactly what."""

    version: str = Field(max_length=64, description="That was shown.")
    seen: int | None = Field(default=None, ge=0, le=2**31, description="How many changes it had then.")
    why: str = Field(default="", max_length=1_000)


def add(app: App, acts: Acts, room: Room) -> None:
    """Say what is done."""
    for verb in OF_STORY:
        _add_story(app, acts, room, verb)
    for verb in MOVES:
        _add_move(app, acts, room, verb)
    _add_words(app, acts, room)
    _add_note(app, acts, room)
    _add_approval(app, acts, room)
    _add_test_and_next(app, acts, room)


def _add_story(app: App, acts: Acts, room: Room, verb: str) -> None:
    def do(edition_id: Id, said: Story) -> Done:
        schedule = changing.schedule_of(app, edition_id)
        steps = list(changing.about_stories(app, schedule, edition_id, {verb: [str(said.article)]}))
        beside = _beside(app, edition_id, said.article) if verb in ("drop", "later") else said.article
        changing.carry_out(app, edition_id, steps, said.seen)
        before = desk.went_out(app, said.article, schedule.name) if verb == "add" else ""
        again = _("It went out in %(edition)s already.", edition=before) if before else ""
        return Done(said=joined([_in_words(steps), again]), where=_at_story(edition_id, beside))

    do.__name__, do.__doc__ = f"{verb}_article", OF_STORY[verb]
    acts.post(f"{EDITION}/{verb}", may=May.EDIT, back=EDITION, again=room.again("story"))(do)


def _add_move(app: App, acts: Acts, room: Room, verb: str) -> None:
    def do(edition_id: Id, said: Story) -> Done:
        changing.schedule_of(app, edition_id)
        steps = [changing.moved(app, edition_id, said.article, MOVES[verb])]
        changing.carry_out(app, edition_id, steps, said.seen)
        return Done(said=_in_words(steps), where=_at_story(edition_id, said.article))

    do.__name__, do.__doc__ = f"move_{verb}", f"Move an article {verb} by one place"
    acts.post(f"{EDITION}/{verb}", may=May.EDIT, back=EDITION, again=room.again("story"))(do)


def _beside(app: App, edition_id: int, article: int) -> int | None:
    """Return the story after one that is to be left out, or else before it; None: there is no other."""
    order = changing.order_of(app, edition_id)
    if article not in order:
        return article
    at = order.index(article)
    return next(iter([*order[at + 1 : at + 2], *order[max(at - 1, 0) : at]]), None)


def _at_story(edition_id: int, article: int | None) -> str:
    """Return the address of an edition's page at one of its stories: there the keyboard goes on."""
    return f"/editions/{edition_id}#{'articles' if article is None else f'story-{article}'}"


def _in_words(steps: list[Step]) -> str:
    said = "; ".join(what for what, _ in steps)
    return f"{said[:1].upper()}{said[1:]}."


def _add_words(app: App, acts: Acts, room: Room) -> None:
    @acts.post(f"{EDITION}/order", may=May.EDIT, back=EDITION, again=room.again("story"))
    def order(edition_id: Id, said: Order) -> Done:
        """Put articles first, in this order."""
        schedule = changing.schedule_of(app, edition_id)
        numbers = ",".join(map(str, said.articles))
        steps = list(changing.about_stories(app, schedule, edition_id, {}, numbers))
        changing.carry_out(app, edition_id, steps, said.seen)
        return Done(said=_in_words(steps))

    @acts.post(f"{EDITION}/words", may=May.EDIT, back=EDITION, again=room.again("words"))
    def words(edition_id: Id, said: Own) -> Done:
        """Give a mail a subject and preheader of your own, or a post its words; what is empty the schedule says."""
        schedule = changing.schedule_of(app, edition_id)
        own = words_of.Words(said.subject, said.preheader, said.text)
        steps = [changing.worded(app, schedule, said.entry, own)]
        changing.carry_out(app, edition_id, steps, said.seen)
        return Done(said=_in_words(steps))


def _add_note(app: App, acts: Acts, room: Room) -> None:
    @acts.post(f"{EDITION}/note", may=May.EDIT, back=EDITION, again=room.again("note"))
    def note(edition_id: Id, said: NewNote) -> Done:
        """Write the note that stands on top."""
        schedule = changing.schedule_of(app, edition_id)
        kept = noting.write(app, schedule, said.text, "the note", anyway=said.anyway, seen=said.seen)
        due = at(kept.slot.due_at, app.zone)
        stands = _("The note stands on top of the edition of %(moment)s.", moment=due)
        return Done(said=joined([stands, *(f"{fault.said_of('The note')}." for fault in kept.faults)]))

    @acts.post(f"{EDITION}/note/clear", may=May.EDIT, back=EDITION, again=room.again("note"))
    def clear(edition_id: Id, said: OldNote) -> Done:
        """Take the note back."""
        before = noting.take_back(app, changing.schedule_of(app, edition_id), said.seen)
        return Done(said=_("The note is taken back.") if before else _("No note waited."))


def _add_approval(app: App, acts: Acts, room: Room) -> None:
    @acts.post(f"{EDITION}/approve", may=May.APPROVE, back=EDITION, again=room.again("approve"))
    def approve(edition_id: Id, said: Agree) -> Done:
        """Agree to an edition exactly as it was shown."""
        _require_there(app, edition_id)
        agreed = approving.approve(app, edition_id, said.version, actor=app.actor, why=said.why, seen=said.seen)
        begins = _("You have approved it:") if agreed.is_new else _("You had approved it already:")
        waits = "" if agreed.is_enough else _("It waits for the others.")
        return Done(said=joined([begins, f"{agreed}.", waits]))

    @acts.post(f"{EDITION}/reopen", may=May.APPROVE, back=EDITION, again=room.again("approve"))
    def reopen(edition_id: Id) -> Done:
        """Make an approved edition a draft again; its approvals are void."""
        _require_there(app, edition_id)
        count = approving.reopen(app, edition_id, actor=app.actor)
        return Done(
            said=ngettext(
                "It is open again; %(count)s approval is void.",
                "It is open again; %(count)s approvals are void.",
                count,
            )
        )


def _add_test_and_next(app: App, acts: Acts, room: Room) -> None:
    @acts.post(f"{EDITION}/test", may=May.EDIT, back=EDITION, again=room.again("test"))
    def test(edition_id: Id, said: To) -> Done:
        """Mail the draft to a few addresses, marked as a test; nothing counts as sent."""
        schedule = changing.schedule_of(app, edition_id)
        what = proofs.mail_to(app, schedule, said.to, like=said.reader)
        return Done(said=_("Test of %(name)s: %(what)s.", name=schedule.label, what=what))

    @acts.post(NEXT, may=May.EDIT, back=NEXT)
    def open_next(name: Name, language: Language = "") -> Done:
        """Open the draft of a schedule's next edition."""
        schedule = app.edition_to_come(f"{name}/{language}" if language else name)
        edition_id = desk.edition_of_next(app, schedule) or desk.open_draft(app, schedule)
        lies = _("Edition %(id)s lies on the desk.", id=str(edition_id))
        return Done(said=lies, where=f"/editions/{edition_id}", id=edition_id)


def _require_there(app: App, edition_id: int) -> None:
    with app.store.read() as conn:
        naming.require_edition(conn, edition_id)


def _local(app: App, moment: datetime) -> str:
    return f"{moment.astimezone(app.zone):%Y-%m-%d %H:%M %Z}"


def routes(app: App, acts: Acts, room: Room) -> APIRouter:
    """Return the address that leads to a schedule's next edition."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get(NEXT)
    def next_edition(name: Name, language: Language = "") -> Response:
        """Lead to the next edition, where it is made; else say so, with a button that opens it."""
        choices = app.editions_of(f"{name}/{language}" if language else name)
        if len(choices) == 1:
            edition_id = desk.edition_of_next(app, choices[0])
            if edition_id is not None:
                return RedirectResponse(f"/editions/{edition_id}", 303)
        slots = [(each, _slot(app, each)) for each in choices]
        return room.pages.page("next_edition.html", here="editions", name=name, choices=slots)

    return router


def _slot(app: App, schedule: Schedule) -> Slot | str:
    """Return the next slot of a schedule, or why it has none."""
    try:
        return desk.next_slot(app, schedule)
    except UsageError as error:
        return str(error)

"""What the console does to an edition that is under way: hold, release, cancel, withdraw, resend, settle doubts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from publisher.app import calls_now, handling, naming, standing, taking_back, withdrawals
from publisher.errors import EndedError, UsageError
from publisher.model.staff import May
from publisher.pipeline.operate import doubt
from publisher.pipeline.operate.doubt import Word
from publisher.speech.phrases import Phrase, _, at, joined, ngettext
from publisher.store import by_hand, editions, facts
from publisher.store.by_hand import Doubtful
from publisher.web.acts import Acts, Done, Id, Words

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.pipeline.operate.doubt import Decided
    from publisher.web.console.edition import Room

EDITION = "/editions/{edition_id}"
DOUBTS = 100  # on one page, the oldest first
Number = Annotated[int, Field(ge=1, le=2**63 - 1)]


class Why(Words):
    """The reason, for those who read it later."""

    why: str = Field(default="", max_length=1_000)


class ByHand(Why):
    """Which posts somebody took down themselves."""

    channels: tuple[Annotated[str, Field(max_length=200)], ...] = Field(min_length=1, max_length=100)


class Doubts(Why):
    """What became of deliveries that may or may not have arrived."""

    word: Word
    deliveries: tuple[Number, ...] = Field(default=(), max_length=500, description="Only these.")
    all: bool = Field(default=False, description="All of the edition, where none are named.")


def _add_holding(app: App, acts: Acts, room: Room) -> None:
    @acts.post(f"{EDITION}/hold", may=May.EDIT, back=EDITION, again=room.again("hold"))
    def hold(edition_id: Id, said: Why) -> Done:
        """Hold an edition: no call of it begins any more."""
        handling.hold(app, edition_id, said.why)
        held = _("%(edition)s is held: no call of it begins any more.", edition=titled(app, edition_id))
        return Done(said=joined([held, _calls(app, edition_id)]))

    @acts.post(f"{EDITION}/release", may=May.APPROVE, back=EDITION, again=room.again("release"))
    def release(edition_id: Id) -> Done:
        """Let a held edition go on; what checks hold of it is made and checked again."""
        title = _title(app, edition_id)
        done = handling.release(app, edition_id, app.sending.remake)
        if not done.did_something:
            raise EndedError("nothing of it was held", where=title)
        steps = handling.after_release(app, done)
        return Done(said=f"{title}: {'. '.join([handling.released_words(done), *steps])}.")

    @acts.post(f"{EDITION}/cancel", may=May.OPERATE, back=EDITION, again=room.again("cancel"))
    def cancel(edition_id: Id, said: Why) -> Done:
        """Stop an edition for good: whoever has not got it never will."""
        stopped = handling.cancel(app, edition_id, said.why)
        parts = [_("%(edition)s: cancelled.", edition=titled(app, edition_id))]
        parts += [ngettext("%(count)s delivery stopped.", "%(count)s deliveries stopped.", stopped)] if stopped else []
        return Done(said=joined([*parts, _calls(app, edition_id)]))


def _calls(app: App, edition_id: int) -> str:
    """Say what is under way at this moment, which nobody can stop."""
    calls = calls_now.of_edition(app.store, edition_id)
    if not calls:
        return ""
    readers = sum(call.readers for call in calls)
    to = ngettext("to %(count)s reader", "to %(count)s readers", readers)
    return ngettext(
        "%(count)s call %(to)s is under way: it ends by itself.",
        "%(count)s calls %(to)s are under way: they end by themselves.",
        len(calls),
        to=to,
    )


def _add_withdrawing(app: App, acts: Acts, room: Room) -> None:
    @acts.post(f"{EDITION}/withdraw", may=May.OPERATE, back=EDITION, again=room.again("withdraw"))
    def withdraw(edition_id: Id, said: Why) -> Done:
        """Take an edition back: stop what is left, and delete its posts where networks can."""
        taking_back.require_something(app, edition_id)
        taking_back.withdraw(app, edition_id, said.why)
        found = withdrawals.account_of(app, edition_id)
        lines = [str(line) for line in (*found.posts, *found.unposted, *found.mails)]
        return Done(said=f"{_title(app, edition_id)}: {'; '.join([found.outcome, *lines])}.")

    @acts.post(f"{EDITION}/withdraw/by-hand", may=May.OPERATE, back=EDITION, again=room.again("withdraw"))
    def by_hand_gone(edition_id: Id, said: ByHand) -> Done:
        """Say that posts of a withdrawn edition were taken down by hand."""
        taking_back.require_something(app, edition_id)
        taking_back.require_left(app, edition_id, said.channels)
        taking_back.say_by_hand(app, edition_id, said.channels, said.why)
        return Done(said=_("Taken down by hand: %(channels)s.", channels=", ".join(said.channels)))


def _add_again(app: App, acts: Acts, room: Room) -> None:
    @acts.post(f"{EDITION}/resend", may=May.OPERATE, back=EDITION, again=room.again("resend"))
    def resend(edition_id: Id) -> Done:
        """Send an edition again to those it failed for, and to nobody else."""
        title = _title(app, edition_id)
        if not handling.failed_of(app, edition_id):
            raise EndedError("nothing failed, so there is nothing to resend", where=title)
        done = handling.resend(app, edition_id)
        if not done.count:
            raise EndedError("what failed of it can't be sent again", where=title)
        again = _("%(edition)s: %(count)s to send again.", edition=titled(app, edition_id), count=done.count)
        return Done(said=joined([again, _alone(app)]))

    @acts.post(f"{EDITION}/unknown", may=May.OPERATE, back=f"{EDITION}/unknown")
    def settle(edition_id: Id, said: Doubts) -> Done:
        """Say what became of deliveries that may or may not have arrived."""
        title = _title(app, edition_id)
        if not (said.deliveries or said.all):
            raise UsageError("it isn't said which of them", where=title, remedy="Tick those that are meant, or “All”")
        done = handling.settle(app, Doubtful(edition_id, said.deliveries), said.word, said.why)
        lines = _settled(done, said.word)
        if not lines:
            raise EndedError("nothing of that is in doubt", where=title)
        settled = _("%(edition)s: %(what)s.", edition=titled(app, edition_id), what=joined(lines, "; "))
        return Done(said=joined([settled, _alone(app) if said.word is Word.RESEND else ""]))


def titled(app: App, edition_id: int) -> Phrase:
    """Return how an edition is called in what a page says: with the moment of its slot, as pages show it."""
    with app.store.read() as conn:
        row = editions.get(conn, edition_id)
    if row is None:
        return _("Edition %(id)s", id=edition_id)
    return _(
        "Edition %(id)s (%(schedule)s, %(moment)s)",
        id=str(edition_id),
        schedule=row["schedule"],
        moment=at(row["due_at"], app.zone),
    )


def _settled(done: Decided, word: Word) -> list[str]:
    lines = [f"{done.moved:,} {doubt.SAID[word]}"] if done.moved else []
    if done.by_itself:
        lines.append(f"{done.by_itself:,} not yet: they are about to be settled with the provider without you")
    if done.cancelled:
        lines.append(f"{done.cancelled:,} belong to a cancelled edition, of which nothing is sent any more")
    if done.of_practice:
        lines.append(f"{done.of_practice:,} were made in practice, which is over: no reader may get its words")
    return lines


def _alone(app: App) -> str:
    from publisher.app.at_work import at_work, missing

    alone = missing(at_work(app.store))
    if alone is None:
        return ""
    if alone.is_scheduler:
        return _("Nobody runs the schedules: %(command)s.", command=alone.command)
    return _("Nobody sends what is due: %(command)s.", command=alone.command)


def _title(app: App, edition_id: int) -> str:
    with app.store.read() as conn:
        naming.require_edition(conn, edition_id)
    return standing.edition_title(app.store, edition_id, app.zone)


def routes(app: App, acts: Acts, room: Room) -> APIRouter:
    """Return the addresses that ask, with counts, before something is done that can't be taken back."""
    _add_holding(app, acts, room)
    _add_withdrawing(app, acts, room)
    _add_again(app, acts, room)
    router = APIRouter(default_response_class=HTMLResponse)

    def asks(edition_id: int, verb: str, **more: Any) -> Response:
        with app.store.read() as conn:
            row = editions.get(conn, edition_id)
        if row is None:
            raise HTTPException(404, _("There is no such edition."))
        title = standing.edition_title(app.store, edition_id, app.zone)
        return room.pages.page("edition_ask.html", here="editions", row=row, verb=verb, title=title, **more)

    @router.get(f"{EDITION}/cancel")
    def ask_cancel(edition_id: Id) -> Response:
        found = standing.sends_of(app.store, edition_id)
        left = sum(send.left for send in found if send.state in standing.OPEN)
        return asks(edition_id, "cancel", lines=[str(send) for send in found], count=left)

    @router.get(f"{EDITION}/withdraw")
    def ask_withdraw(edition_id: Id) -> Response:
        found = withdrawals.account_of(app, edition_id)
        with app.store.read() as conn:
            before = facts.first_withdrawn_by(conn, edition_id)
        lines = [str(line) for line in (*found.posts, *found.unposted, *found.mails)]
        left = list(dict.fromkeys(post.channel for post in found.posts if post.became != withdrawals.TAKEN_DOWN))
        mine = left if before is not None else []
        return asks(edition_id, "withdraw", lines=lines, count=len(found.posts), before=before, by_hand=mine)

    @router.get(f"{EDITION}/resend")
    def ask_resend(edition_id: Id) -> Response:
        failed = handling.failed_of(app, edition_id)
        count = sum(send.failed for send in failed)
        return asks(edition_id, "resend", lines=[str(send) for send in failed], count=count)

    @router.get(f"{EDITION}/unknown")
    def doubts(edition_id: Id) -> Response:
        with app.store.read() as conn:
            found = by_hand.doubtful(conn, Doubtful(edition_id, limit=DOUBTS))
            count = by_hand.count_doubtful(conn, edition_id)
        return asks(edition_id, "unknown", lines=[], count=count, doubts=found)

    return router

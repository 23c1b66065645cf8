"""The console's page of a subscriber: what did you send to this address, when, and why? And what they tell you."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field, RootModel

from publisher.app import forgetting, people
from publisher.audience import by_phone
from publisher.audience.record import File, block_words, file_of, record_of
from publisher.errors import StaleError, UsageError
from publisher.model.staff import May
from publisher.model.states import DeliveryState
from publisher.model.subscriber import Subscriber
from publisher.speech.phrases import Phrase, _, at, joined, ngettext
from publisher.store import RowMapping, readership, staff, subscribers, suppressions
from publisher.store.permission import allowed
from publisher.web.acts import Acts, Done
from publisher.web.console.paging import PAGE, Limit, Mark, Page, cut_by_name
from publisher.web.console.subscriber_words import Added, Again, Asked, Erased, Moved, OfList, Quiet
from publisher.web.door import needs
from publisher.web.forms import Said
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.store.erasures import Receipt

HERE = "/subscribers"
ONE = f"{HERE}/{{name}}"
READER = "reader"  # the kind of a name by which a page is asked for: no address stands in one, or in what keeps them
MAILS = 200  # on a person's page
LONGEST_QUIET = timedelta(days=366)
NO_SUCH = _("There is no such subscriber, or they were erased.")
Name = Annotated[str, Path(max_length=64)]


class Reader(BaseModel):
    """By what a subscriber is asked for."""

    reader: str = Field(description="Ask for it below /subscribers; no address stands in one.")


class Record(RootModel[dict[str, Any]]):
    """All that is kept of a person, as they get it who ask for it."""


class ListLine(BaseModel):
    """How many read a list."""

    name: str
    states: dict[str, int] = Field(description="How many are in each state; empty: there are more than are counted.")
    is_more: bool = Field(description="There are more than 10,000, and they weren't counted.")
    last_letter_to: int | None = Field(description="For how many its last letter was.")
    last_letter_at: datetime | None


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses of the field that an address is typed into, and of each subscriber's file."""
    router = APIRouter(default_response_class=HTMLResponse)
    _find(router, app, pages, acts)
    _show(router, app, pages)
    _do(app, acts)
    _end(app, acts)
    _tell(app, acts)
    return router


def _find(router: APIRouter, app: App, pages: Pages, acts: Acts) -> None:
    def form(status: int = 200, *, whole: bool = False, **context: Any) -> Response:
        empty: dict[str, Any] = {"typed": "", "trouble": "", "blocks": (), "adding": {}, "wrong": ""}
        with app.store.read() as conn:
            numbers = readership.of_lists(conn, list(app.project.lists), whole=whole)
        own = {"here": "subscribers", "numbers": numbers, "most": readership.AT_MOST}
        return pages.page("subscribers.html", status=status, **(empty | own | context))

    def again(said: dict[str, str], wrong: str, status: int) -> Response:
        return form(status, adding=said, wrong=wrong)

    @router.get(HERE)
    def empty() -> Response:
        return form()

    @router.get(f"{HERE}/all-counted")
    def counted() -> Response:
        return form(whole=True)

    @router.post(HERE)
    def find(said: Said) -> Response:
        typed = said.get("address")
        try:
            address_hash = app.hash_of(people.address_of(typed))
        except UsageError as error:
            return form(400, typed=typed, trouble=error.what)
        with app.store.read() as conn:
            person = subscribers.find(conn, address_hash)
            blocks = [] if person else suppressions.of(conn, address_hash)
        if person is None:
            return form(typed=typed, blocks=told(blocks))
        return RedirectResponse(f"{HERE}/{app.wire_name(READER, person.id)}", 303)

    @acts.post(f"{HERE}/add", may=May.OPERATE, back=HERE, again=again)
    def add(said: Added) -> Done:
        """Subscribe one person, on your word."""
        lines = people.add(app, people.address_of(said.address), said.list, name=said.name)
        person = people.with_address(app, said.address)
        where = f"{HERE}/{app.wire_name(READER, person.id)}" if person else ""
        return Done(said=f"{'; '.join(lines)}.", where=where)


def _show(router: APIRouter, app: App, pages: Pages) -> None:
    @router.get(ONE)
    def file(name: Name) -> Response:
        found = _file(app, name)
        if found is None:
            raise HTTPException(404, NO_SUCH)
        waiting = sum(mail["state"] == DeliveryState.PENDING for mail, _ in found.mails)
        return pages.page(
            "subscriber.html",
            here="subscribers",
            file=found,
            name=name,
            blocks=told(found.blocks),
            is_blocked=any(suppressions.holds(row) for row in found.blocks),
            on=[row["list"] for row in found.lists if row["state"] != "left"],
            lists=list(app.project.lists),
            waiting=waiting,
            most=MAILS,
            today=app.clock().astimezone(app.zone).date(),
        )

    @router.post(f"{ONE}/record", dependencies=[Depends(needs(May.OPERATE))])
    def record(name: Name) -> Response:
        """Hand out all that is kept of a person: what they are owed who ask for it."""
        person = _there(app, name)
        with allowed(May.OPERATE), app.store.write() as conn:
            what = "took a subscriber’s record"
            staff.write_down(conn, app.actor, what, about=f"subscriber:{person.id}", now=app.clock())
        text = json.dumps(record_of(app.store, person.id), ensure_ascii=False, indent=2)
        said = {"Content-Disposition": f'attachment; filename="record-{person.id}.json"'}
        return Response(text, media_type="application/json", headers=said)


def _do(app: App, acts: Acts) -> None:
    @acts.post(f"{ONE}/unsubscribe", may=May.OPERATE, back=ONE)
    def unsubscribe(name: Name, said: OfList) -> Done:
        """Take a person off a list, or off all, because they asked you to."""
        person = _there(app, name)
        ended = by_phone.leave(app.store, person.id, said.list, why=said.why, now=app.clock(), actor=app.actor)
        if not ended:
            raise StaleError(f"they aren’t on {said.list or 'any list'}")
        return Done(said=_("They have left %(lists)s; what was not yet on its way doesn’t go.", lists=", ".join(ended)))

    @acts.post(f"{ONE}/suppress", may=May.OPERATE, back=ONE)
    def suppress(name: Name, said: OfList) -> Done:
        """Let nobody write to a person's address any more, whoever brings it in."""
        address_hash, chosen = _hash_of(app, name), app.list_named(said.list) if said.list else ""
        stood = by_phone.suppress(app.store, address_hash, chosen, why=said.why, now=app.clock(), actor=app.actor)
        if stood is not None:
            raise StaleError(f"it was suppressed already, by {stood['actor']}: {stood['reason']}")
        return Done(
            said=_("Nobody writes to them by %(list)s any more.", list=chosen)
            if chosen
            else _("Nobody writes to them any more.")
        )

    @acts.post(f"{ONE}/lift", may=May.OPERATE, back=ONE)
    def lift(name: Name, said: Again) -> Done:
        """Let a person be written to again who was suppressed wrongly."""
        return Done(said=people.lift(app, _hash_of(app, name), said.why, even_complaints=said.even_complaints))

    @acts.post(f"{ONE}/quiet", may=May.OPERATE, back=ONE)
    def quiet(name: Name, said: Quiet) -> Done:
        """Let a person have quiet until a day begins, or no more."""
        person, now = _there(app, name), app.clock()
        until = datetime.combine(said.until, time(), app.zone) if said.until else None
        if until and not now < until <= now + LONGEST_QUIET:
            raise UsageError("that day is past, or more than a year ahead", remedy="Choose another day")
        by_phone.pause(app.store, person.id, until, now=now, actor=app.actor)
        return Done(
            said=_("They have quiet until %(moment)s.", moment=at(until, app.zone))
            if until
            else _("Letters to them go on.")
        )


def _end(app: App, acts: Acts) -> None:
    @acts.post(f"{ONE}/move", may=May.OPERATE, back=ONE)
    def move(name: Name, said: Moved) -> Done:
        """Give a person another address, on your word; whoever has it already becomes one with them."""
        person, email = _there(app, name), people.address_of(said.address)
        address_hash, now = app.hash_of(email), app.clock()
        if app.hash_of(person.email) == address_hash:
            raise UsageError("that is the address that they have")
        other = people.with_address(app, email)
        by_phone.move(app.store, person.id, email, address_hash=address_hash, why=said.why, now=now, actor=app.actor)
        return Done(
            said=_("They have another address now; the two have become one person.")
            if other
            else _("They have another address now.")
        )

    @acts.post(f"{ONE}/erase", may=May.OPERATE, back=ONE)
    def erase(name: Name, said: Erased) -> Done:
        """Forget a person for good. What stays is a keyed hash, by which no import brings them back."""
        person = _there(app, name)
        if app.hash_of(people.address_of(said.address)) != app.hash_of(person.email):
            raise UsageError("nothing was erased: that isn’t their address", remedy="Type it as it stands on top")
        now, actor = app.clock(), app.actor
        how: dict[str, Any] = {"hash_of": app.hash_of, "why": said.why, "now": now, "actor": actor}
        receipt = forgetting.erase_for(app.folder, app.store, person.id, **how)
        gone = _("Erased. This can’t be undone; they themselves may join again.")
        return Done(said=joined([gone, _receipt_words(receipt) if receipt else ""]), where=HERE)


def _receipt_words(receipt: Receipt) -> Phrase:
    return ngettext(
        "Receipt %(receipt)s: %(count)s row.",
        "Receipt %(receipt)s: %(count)s rows.",
        receipt.total,
        receipt=str(receipt.number),
    )


def _tell(app: App, acts: Acts) -> None:
    @acts.api.get("/lists", response_model=Page[ListLine])
    def lists(after: Mark = "", limit: Limit = PAGE) -> Page[ListLine]:
        """Tell how many read each list, counted so far as that costs little."""
        names, mark = cut_by_name(list(app.project.lists), after, limit, str)
        with app.store.read() as conn:
            found = readership.of_lists(conn, list(names))
        return Page[ListLine](items=[_line(each) for each in found], after=mark)

    @acts.api.post(f"{HERE}/find", response_model=Reader)
    def find(said: Asked) -> Reader:
        """Find a subscriber by their address, which so stands in no URL."""
        person = people.with_address(app, said.address)
        if person is None:
            raise HTTPException(404, _("Nobody has this address."))
        return Reader(reader=app.wire_name(READER, person.id))

    @acts.api.get(ONE, dependencies=[Depends(needs(May.OPERATE))])  # as the file is handed out
    def record(name: Name) -> Record:
        """Tell all that is kept of a person: lists with their consent, changes, mails and events, suppressions."""
        return Record(record_of(app.store, _there(app, name).id))


def _line(each: readership.Readers) -> ListLine:
    last = each.last
    to, at = (last["candidates"], last["made_at"]) if last else (None, None)
    return ListLine(name=each.name, states=each.states, is_more=each.is_more, last_letter_to=to, last_letter_at=at)


def told(blocks: Sequence[RowMapping]) -> list[Mapping[str, object]]:
    """Return suppressions with what each does, for people."""
    return [{**block, "does": block_words(block)} for block in blocks]


def reader_named(app: App, name: str) -> Subscriber | None:
    """Return the person whom a page's address names; None for one who is gone, and for what is no such name."""
    number = app.number_of(READER, name)
    if number is None:
        return None
    with app.store.read() as conn:
        return subscribers.get(conn, number)


def _there(app: App, name: str) -> Subscriber:
    person = reader_named(app, name)
    if person is None:
        raise HTTPException(404, NO_SUCH)
    return person


def _hash_of(app: App, name: str) -> str:
    return app.hash_of(_there(app, name).email)


def _file(app: App, name: str) -> File | None:
    person = reader_named(app, name)
    if person is None:
        return None
    with app.store.read() as conn:
        return file_of(conn, person.id, MAILS)

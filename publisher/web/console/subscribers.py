"""The console's page of a subscriber: what did you send to this address, when, and why?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from publisher.audience.addresses import normalise
from publisher.audience.record import File, block_words, file_of
from publisher.model.subscriber import Subscriber
from publisher.store import RowMapping, subscribers, suppressions
from publisher.web.acts import Acts
from publisher.web.forms import Said
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

HERE = "/subscribers"
READER = "reader"  # the kind of a name by which a page is asked for: no address stands in one, or in what keeps them


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses of the field that an address is typed into, and of each subscriber's file."""
    router = APIRouter(default_response_class=HTMLResponse)

    def form(typed: str = "", trouble: str = "", blocks: Sequence[Mapping[str, object]] = ()) -> Response:
        status = 400 if trouble else 200
        return pages.page(
            "subscribers.html", status=status, here="subscribers", typed=typed, trouble=trouble, blocks=blocks
        )

    @router.get(HERE)
    def empty() -> Response:
        return form()

    @router.post(HERE)
    def find(said: Said) -> Response:
        typed = said.get("address")
        try:
            address_hash = app.hash_of(normalise(typed))
        except ValueError as why:
            return form(typed, str(why))
        with app.store.read() as conn:
            person = subscribers.find(conn, address_hash)
            blocks = [] if person else suppressions.of(conn, address_hash)
        if person is None:
            return form(typed, blocks=_told(blocks))
        return RedirectResponse(f"{HERE}/{app.wire_name(READER, person.id)}", 303)

    @router.get(f"{HERE}/{{name}}")
    def file(name: str) -> Response:
        found = _file(app, name)
        if found is None:
            raise HTTPException(404, "There is no such subscriber, or they were erased.")
        return pages.page("subscriber.html", here="subscribers", file=found, blocks=_told(found.blocks))

    return router


def _told(blocks: Sequence[RowMapping]) -> list[Mapping[str, object]]:
    return [{**block, "does": block_words(block)} for block in blocks]


def reader_named(app: App, name: str) -> Subscriber | None:
    """Return the person whom a page's address names; None for one who is gone, and for what is no such name."""
    number = app.number_of(READER, name)
    if number is None:
        return None
    with app.store.read() as conn:
        return subscribers.get(conn, number)


def _file(app: App, name: str) -> File | None:
    person = reader_named(app, name)
    if person is None:
        return None
    with app.store.read() as conn:
        return file_of(conn, person.id)

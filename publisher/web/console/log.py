"""The send log: every delivery, filtered, and all that a filter finds as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from publisher.app import send_log as asking
from publisher.app.send_log import PATIENCE, Asked, Form, filter_of
from publisher.audience.addresses import normalise
from publisher.errors import MissingError, UsageError
from publisher.model.staff import May
from publisher.model.states import DeliveryState
from publisher.store import RowMapping, log, sends, subscribers
from publisher.web.acts import Acts
from publisher.web.console.addresses import address
from publisher.web.console.subscribers import READER, reader_named
from publisher.web.door import needs
from publisher.web.forms import Said
from publisher.web.pages import Pages
from publisher.web.views import Share, in_part_of, shares_of, withdrawn_of

if TYPE_CHECKING:
    from publisher.app import App

PAGE = 50  # lines of the send log
TYPED = ("edition", "send", "channel", "state", "domain", "since", "until")  # what stands in a page's address as typed
Typed = Annotated[str, Query(max_length=200)]
TYPES = {Form.CSV: "text/csv; charset=utf-8", Form.JSON: "application/x-ndjson"}


@dataclass(frozen=True, slots=True)
class Books:
    """A send of the edition that is looked into, with its counters."""

    row: RowMapping
    shares: Sequence[tuple[Share, str]]  # each with the address of its deliveries


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses of the send log."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/log")
    def send_log(
        edition: Typed = "",
        send: Typed = "",
        channel: Typed = "",
        state: Typed = "",
        domain: Typed = "",
        since: Typed = "",
        until: Typed = "",
        reader: Typed = "",
        after: Typed = "",
    ) -> Response:
        asked = dict(zip(TYPED, (edition, send, channel, state, domain, since, until), strict=True))
        person = reader_named(app, reader)
        if reader and person is None:
            trouble = "There is no such subscriber, or they were erased"
            return shown({**asked, "reader": reader}, trouble=trouble, about="to")
        to = person.email if person else ""
        try:
            wanted = _asked(asked, person.id if person else None)
            sought = filter_of(app, replace(wanted, after=after), limit=PAGE)
        except UsageError as error:
            return shown({**asked, "reader": reader}, to=to, trouble=error.what)
        with app.store.read() as conn:
            page = log.look(conn, sought, PATIENCE)
            books = _books(sends.of_edition(conn, sought.edition_id), asked) if sought.edition_id else []
        return shown({**asked, "reader": reader}, page, to=to, after=after, sought=sought, books=books)

    @router.post("/log")
    def look_up(said: Said) -> Response:
        """Lead to a page of the log; the address that was typed stands in no address of a page."""
        asked = {name: said.get(name) for name in TYPED}
        typed = said.get("to")
        if not typed:
            return RedirectResponse(address("/log", **asked), 303)
        try:
            address_hash = app.hash_of(normalise(typed))
        except ValueError as why:
            return shown(asked, to=typed, trouble=str(why), about="to")
        with app.store.read() as conn:
            person = subscribers.find(conn, address_hash)
        if person is None:
            return shown(asked, to=typed)
        return RedirectResponse(address("/log", **asked, reader=app.wire_name(READER, person.id)), 303)

    @router.post("/log/export", dependencies=[Depends(needs(May.OPERATE))])
    def export(said: Said) -> Response:
        """Stream all that a filter finds, and write down who took it."""
        reader = said.get("reader")
        person = reader_named(app, reader)
        if reader and person is None:
            raise MissingError("there is no such subscriber, or they were erased")
        if said.get("as") not in set(Form):
            raise UsageError("an export is written as csv or json")
        form = Form(said.get("as"))
        asked = _asked({name: said.get(name) for name in TYPED}, person.id if person else None)
        pieces = asking.export(app, filter_of(app, asked, limit=PAGE), form, _in_words(asked))
        name = f"send-log.{'csv' if form is Form.CSV else 'ndjson'}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return StreamingResponse(pieces, media_type=TYPES[form], headers=headers)

    def shown(
        asked: Mapping[str, str],
        page: log.Page | None = None,
        *,
        to: str = "",
        after: str = "",
        sought: log.Filter | None = None,
        books: Sequence[Books] = (),
        trouble: str = "",
        about: str = "filter",
    ) -> Response:
        """Return a page of the log.

        :param to: the address that the field shows.
        :param about: the field that the trouble is about.
        """
        found = page.rows if page else ()
        posts = [row for row in found if row["message"] != "mail"]
        with app.store.read() as conn:
            withdrawn, in_part = withdrawn_of(conn, posts), in_part_of(conn, posts)
        is_recent = sought is not None and sought.since is not None and not asked["since"]
        return pages.page(
            "log.html",
            here="log",
            deliveries=found,
            withdrawn=withdrawn,
            in_part=in_part,
            asked={"reader": "", **asked, "to": to},
            recent_since=sought.since if sought and is_recent else None,
            cut_short=page is not None and page.is_cut_short,
            following=address("/log", **asked, after=page.goes_on) if page and page.goes_on else "",
            first=address("/log", **asked) if after else "",
            books=books,
            retention=app.project.retention,
            trouble=trouble,
            about=about,
            channels=sorted({*app.project.channels, asked["channel"]} - {""}),
            states=list(DeliveryState),
        )

    return router


def _asked(typed: Mapping[str, str], subscriber: int | None) -> Asked:
    words: dict[str, Any] = dict(typed)
    return Asked(**words | {"send": send_numbered(typed["send"])}, subscriber=subscriber)


def send_numbered(said: str) -> int | None:
    """Return the number of a send; None where nothing is said.

    :raises UsageError: it is none.
    """
    if not said:
        return None
    if not (said.isascii() and said.isdecimal()) or int(said) > asking.LARGEST:
        raise UsageError(f"there is no send {said[:30]!r}")
    return int(said)


def _books(rows: Sequence[RowMapping], asked: Mapping[str, str]) -> list[Books]:
    def leads(row: RowMapping, state: str) -> str:
        return address("/log", edition=asked["edition"], send=row["id"], state=state)

    return [Books(row, [(share, leads(row, share.state)) for share in shares_of(row)]) for row in rows]


def _in_words(asked: Asked) -> str:
    """Return what was asked for: numbers and names, and no address."""
    return ", ".join(f"{name} {value}" for name, value in asdict(asked).items() if value)

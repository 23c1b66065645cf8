"""The console's page of suppressions: whom nobody writes to, and why."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from publisher.app import people
from publisher.audience import by_phone
from publisher.errors import StaleError, UsageError
from publisher.model.event import EventKind
from publisher.model.staff import May
from publisher.speech.phrases import _
from publisher.store import RowMapping, suppressions
from publisher.web.acts import Acts, Done, Words
from publisher.web.console.addresses import address
from publisher.web.console.paging import PAGE, Limit, Mark, Page, Word, as_moment, as_number, pack, unpack
from publisher.web.console.subscriber_words import Address, ListName, Why
from publisher.web.console.subscribers import READER, told
from publisher.web.forms import Said
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

HERE = "/suppressions"
REASONS = (EventKind.HARD_BOUNCE.value, EventKind.COMPLAINED.value, "3 letters in a row", "bounced")


class SuppressionLine(BaseModel):
    """Somebody whom nobody writes to."""

    reader: str = Field(description="By which the subscriber is asked for; empty: nobody is known by the address.")
    email: str = Field(description="Empty where only a keyed hash is left.")
    scope: str = Field(description="all; list:NAME; erased")
    reason: str
    since: datetime
    by: str


class Suppress(Words):
    """Whom nobody is to write to any more."""

    address: Address
    list: ListName = ""
    why: Why


class Lift(Words):
    """Who may be written to again."""

    address: Address
    why: Why
    even_complaints: bool = Field(default=False, description="Also where they called a letter spam.")


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses of suppressions."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get(HERE)
    def every(reason: Word = "", scope: Word = "", channel: Word = "", after: Mark = "") -> Response:
        asked = {"reason": reason, "scope": scope, "channel": channel}
        lines, mark = _lines(app, **asked, after=after, limit=PAGE)
        return page(
            lines=[_line(app, row) for row in lines],
            asked=asked,
            older=address(HERE, **asked, after=mark) if mark else "",
            is_first=not after,
        )

    @router.post(f"{HERE}/look")
    def look(said: Said) -> Response:
        typed = said.get("address")
        try:
            address_hash = app.hash_of(people.address_of(typed))
        except UsageError as error:
            return page(status=400, typed=typed, trouble=f"{error.what}.")
        with app.store.read() as conn:
            blocks = suppressions.of(conn, address_hash)
        return page(typed=typed, blocks=told(blocks))

    def page(status: int = 200, **context: Any) -> Response:
        empty: dict[str, Any] = {
            "lines": [],
            "asked": {"reason": "", "scope": "", "channel": ""},
            "older": "",
            "is_first": True,
        }
        empty |= {"typed": "", "trouble": "", "blocks": []}
        scopes = ["all", *(f"list:{name}" for name in app.project.lists), suppressions.ERASED]
        choices = {"reasons": REASONS, "scopes": scopes, "channels": list(app.project.channels)}
        known = {"lists": list(app.project.lists)}
        return pages.page(
            "suppressions.html", status=status, here="suppressions", **(empty | choices | known | context)
        )

    def again(said: dict[str, str], wrong: str, status: int) -> Response:
        return page(status, typed=said.get("address", ""), trouble=wrong)

    @acts.post(f"{HERE}/add", may=May.OPERATE, back=HERE, again=again)
    def add(said: Suppress) -> Done:
        """Let nobody write to an address any more, known or not."""
        name = app.list_named(said.list) if said.list else ""
        address_hash, now = app.hash_of(people.address_of(said.address)), app.clock()
        stood = by_phone.suppress(app.store, address_hash, name, why=said.why, now=now, actor=app.actor)
        if stood is not None:
            raise StaleError(f"it was suppressed already, by {stood['actor']}: {stood['reason']}")
        return Done(
            said=_("Nobody writes to this address by %(list)s any more.", list=name)
            if name
            else _("Nobody writes to this address any more.")
        )

    @acts.post(f"{HERE}/lift", may=May.OPERATE, back=HERE, again=again)
    def lift(said: Lift) -> Done:
        """Let an address be written to again that was suppressed wrongly."""
        address_hash = app.hash_of(people.address_of(said.address))
        return Done(said=people.lift(app, address_hash, said.why, even_complaints=said.even_complaints))

    @acts.api.get(HERE, response_model=Page[SuppressionLine])
    def lines(
        reason: Word = "", scope: Word = "", channel: Word = "", after: Mark = "", limit: Limit = PAGE
    ) -> Page[SuppressionLine]:
        """List whom nobody writes to, newest first."""
        found, mark = _lines(app, reason, scope, channel, after, limit)
        return Page[SuppressionLine](items=[_line(app, each) for each in found], after=mark)

    return router


def _lines(app: App, reason: str, scope: str, channel: str, after: str, limit: int) -> tuple[list[RowMapping], str]:
    """Return a page of suppressions, and the mark of the next; empty: that was all."""
    at, key, of = unpack(after, int, str, str) if after else (0, "", "")
    wanted = suppressions.Wanted(
        reason=reason,
        scope=scope,
        actor=f"channel:{channel}" if channel else "",
        after=(as_moment(at), key, of) if after else None,
        limit=limit + 1,
    )
    with app.store.read() as conn:
        found = suppressions.find(conn, wanted)
    if len(found) <= limit:
        return found, ""
    last = found[limit - 1]
    return found[:limit], pack(as_number(last["made_at"]), last["address_hash"], last["scope"])


def _line(app: App, row: RowMapping) -> SuppressionLine:
    reader = app.wire_name(READER, row["subscriber_id"]) if row["subscriber_id"] else ""
    own = {"scope": row["scope"], "reason": row["reason"], "since": row["made_at"], "by": row["actor"]}
    return SuppressionLine(reader=reader, email=row["email"] or "", **own)

"""A delivery with its evidence, and the send log for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from publisher.app.evidence import Evidence, evidence_of
from publisher.app.send_log import PATIENCE, Asked, begun, filter_of, plain
from publisher.audience.addresses import normalise
from publisher.errors import UsageError
from publisher.model.states import CallState, DeliveryState
from publisher.speech.phrases import _
from publisher.store import log, subscribers
from publisher.web.acts import Acts, Id, Words
from publisher.web.console.paging import LONGEST, MOST, PAGE, Limit, Mark, Page, Word
from publisher.web.pages import Pages
from publisher.web.views import WITHDRAWN

if TYPE_CHECKING:
    from publisher.app import App

NONE_SUCH = _("There is no such delivery.")


class DeliveryLine(BaseModel):
    """A delivery, as a line of the log shows it."""

    delivery: int
    edition: int | None = Field(description="None: a letter that somebody asked for.")
    schedule: str | None
    slot: str | None
    send: int
    channel: str
    kind: str = Field(description="regular, correction, withdrawal, test or standing.")
    list: str | None = Field(description="By which list the reader is reached; None for a channel's own account.")
    to: str
    state: DeliveryState
    attempts: int
    due_at: datetime | None
    spoke_at: datetime | None = Field(description="When the last call that tried it began to speak.")
    status: int | None = Field(description="Of HTTP, of that call.")
    practice: bool
    reason: str
    provider_id: str | None
    url: str | None = Field(description="Of the post.")
    variant: str | None = Field(description="a or b, where two subjects were tried.")


class DeliveryPage(Page[DeliveryLine]):
    """A page of the log: the sends made last first, the readers of a send in their own order."""

    is_cut_short: bool = Field(description="The time to look was over before the page was full: go on from `after`.")
    since: datetime | None = Field(description="The sends began then or later; said by whoever asks, or seven days.")


class TryLine(BaseModel):
    """One of several tries of a call."""

    how: str = Field(description="first, repeat (said again under its key), or ask (the provider was asked of it).")
    spoke_at: datetime | None
    closed_at: datetime | None = Field(description="None: under way, or no answer was written down.")
    status: int | None
    outcome: str
    reason: str
    words: str


class AttemptLine(BaseModel):
    """A call that tried to bring a delivery."""

    call: int
    channel: str
    state: CallState
    size: int = Field(description="How many deliveries it was for.")
    key: str = Field(description="Idempotency key.")
    tries: int
    opened_at: datetime
    spoke_at: datetime | None
    closed_at: datetime | None
    status: int | None
    outcome: str = Field(description="For this delivery; empty: nothing is known yet.")
    reason: str
    provider_id: str = Field(description="By which the provider knows the request, or the letter.")
    url: str
    words: str = Field(description="The provider's, as far as they are kept.")
    each: list[TryLine] = Field(description="Where it was tried more than once: every try, oldest first.")


class LaterLine(BaseModel):
    """What a provider said later."""

    type: str
    happened_at: datetime
    received_at: datetime
    counts: bool = Field(description="False: it changed nothing.")
    words: str


class DeliveryWhole(DeliveryLine):
    """A delivery with its evidence."""

    is_withdrawn: bool = Field(description="Its post was taken down.")
    tried: list[AttemptLine] = Field(description="Oldest first.")
    later: list[LaterLine] = Field(description="In the order in which it happened.")


class Search(Words):
    """Which deliveries; what is left out is open."""

    edition: str = Field("", max_length=200, description="A number, `morning` (its latest) or `morning@2026-11-24`.")
    send: int | None = Field(None, ge=1, le=2**63 - 1)
    channel: str = Field("", max_length=200)
    state: DeliveryState | None = None
    domain: str = Field("", max_length=255)
    since: str = Field("", max_length=40, description="A day or a moment at which the send began.")
    until: str = Field("", max_length=40, description="A day wholly; a moment not.")
    to: str = Field("", max_length=320, description="An address; it stands in no address of a page.")
    after: str = Field("", max_length=LONGEST, description="What `after` of the page before said.")
    limit: int = Field(PAGE, ge=1, le=MOST)


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses of one delivery, and those of the interface."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/deliveries/{delivery_id}")
    def delivery(delivery_id: Id) -> Response:
        found = whole(delivery_id)
        state = WITHDRAWN if found.is_withdrawn else found.row["state"]
        return pages.page("delivery.html", here="log", found=found, row=found.row, state=state)

    @acts.api.get("/deliveries", summary="Deliveries, filtered")
    def every_delivery(
        edition: Word = "",
        send: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
        channel: Word = "",
        state: DeliveryState | None = None,
        domain: Word = "",
        since: Word = "",
        until: Word = "",
        after: Mark = "",
        limit: Limit = PAGE,
    ) -> DeliveryPage:
        asked = Asked(edition, send, channel, state or "", domain, since, until, after=after)
        return page(asked, limit)

    @acts.api.post("/deliveries/search", summary="Deliveries, filtered, also those to one address")
    def search(said: Search) -> DeliveryPage:
        words = said.model_dump(exclude={"to", "limit", "state"}) | {"state": said.state or ""}
        person = find(said.to) if said.to else None
        if said.to and person is None:
            return DeliveryPage(items=[], is_cut_short=False, since=None)
        return page(Asked(**words, subscriber=person), said.limit)

    @acts.api.get("/deliveries/{delivery_id}", summary="A delivery with every attempt and what was said later")
    def one_delivery(delivery_id: Id) -> DeliveryWhole:
        found = whole(delivery_id)
        tried = [AttemptLine(**asdict(each)) for each in found.attempts]
        later = [LaterLine(**asdict(each)) for each in found.later]
        line: dict[str, Any] = plain(found.row)
        return DeliveryWhole(**line, is_withdrawn=found.is_withdrawn, tried=tried, later=later)

    def whole(delivery_id: int) -> Evidence:
        with app.store.read() as conn:
            found = evidence_of(conn, delivery_id)
        if found is None:
            raise HTTPException(404, NONE_SUCH)
        return found

    def find(typed: str) -> int | None:
        try:
            address_hash = app.hash_of(normalise(typed))
        except ValueError as why:
            raise UsageError(f"to: {why}") from why
        with app.store.read() as conn:
            person = subscribers.find(conn, address_hash)
        return person.id if person else None

    def page(asked: Asked, limit: int) -> DeliveryPage:
        wanted = filter_of(app, asked, limit=limit)
        with app.store.read() as conn:
            found = log.look(conn, wanted, PATIENCE)
            parts = begun(conn, found.rows)
        lines: Sequence[dict[str, Any]] = [plain(row, parts.get(row["id"])) for row in found.rows]
        return DeliveryPage(
            items=[DeliveryLine(**each) for each in lines],
            after=str(found.goes_on or ""),
            is_cut_short=found.is_cut_short,
            since=wanted.since,
        )

    return router

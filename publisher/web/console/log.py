"""The send log: every delivery and attempt, filtered, with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from publisher.audience.addresses import normalise
from publisher.errors import UsageError
from publisher.model.states import DeliveryState
from publisher.model.subscriber import Subscriber
from publisher.store import RowMapping, calls, log, subscribers
from publisher.web.acts import Acts
from publisher.web.console.addresses import address
from publisher.web.console.subscribers import READER, reader_named
from publisher.web.forms import Said
from publisher.web.pages import Pages
from publisher.web.views import WITHDRAWN, in_part_of, withdrawn_of

if TYPE_CHECKING:
    from publisher.app import App

PAGE = 50  # lines of the send log


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses of the send log."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/log")
    def send_log(
        edition: str = "", channel: str = "", state: str = "", reader: str = "", before: int | None = None
    ) -> Response:
        asked = {"edition": edition, "channel": channel, "state": state, "reader": reader}
        person = reader_named(app, reader)
        if reader and person is None:
            return shown(asked, trouble="There is no such subscriber, or they were erased", about="to")
        wanted, trouble = _filter(app, edition, channel, state, person, before)
        with app.store.read() as conn:
            found = log.find(conn, wanted) if wanted else []
        return shown(asked, found, to=person.email if person else "", before=before, trouble=trouble)

    @router.post("/log")
    def look_up(said: Said) -> Response:
        """Lead to a page of the log; the address that was typed stands in no address of a page."""
        asked = {name: said.get(name) for name in ("edition", "channel", "state")}
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

    def shown(
        asked: Mapping[str, str],
        found: Sequence[RowMapping] = (),
        *,
        to: str = "",
        before: int | None = None,
        trouble: str = "",
        about: str = "edition",
    ) -> Response:
        """Return a page of the log.

        :param to: the address that the field shows.
        :param about: the field that the trouble is about.
        """
        with app.store.read() as conn:
            withdrawn, in_part = withdrawn_of(conn, found), in_part_of(conn, found)
        return pages.page(
            "log.html",
            here="log",
            deliveries=found[:PAGE],
            withdrawn=withdrawn,
            in_part=in_part,
            asked={**asked, "to": to},
            older=address("/log", **asked, before=found[PAGE - 1]["id"]) if len(found) > PAGE else "",
            newest=address("/log", **asked) if before else "",
            trouble=trouble,
            about=about,
            channels=sorted({*app.project.channels, asked["channel"]} - {""}),
            states=list(DeliveryState),
        )

    @router.get("/deliveries/{delivery_id}")
    def delivery(delivery_id: int) -> Response:
        with app.store.read() as conn:
            row = log.get(conn, delivery_id)
            if row is None:
                raise HTTPException(404, "There is no such delivery.")
            tried = calls.of_delivery(conn, delivery_id, row["call_id"])
            said = calls.outcomes_of(conn, delivery_id)
            state = WITHDRAWN if withdrawn_of(conn, [row]) & {delivery_id} else row["state"]
            part = in_part_of(conn, [row]).get(delivery_id)
        evidence = [(call, said.get(call["id"])) for call in tried]
        return pages.page(
            "delivery.html", here="log", row=row, state=state, left=len(part.parts) if part else 0, calls=evidence
        )

    return router


def _filter(
    app: App, edition: str, channel: str, state: str, reader: Subscriber | None, before: int | None
) -> tuple[log.Filter | None, str]:
    """Return what to look for; or None, and why that can't be looked for."""
    try:
        edition_id = app.edition(edition.strip()) if edition.strip() else None
    except UsageError as error:
        return None, error.what
    return log.Filter(
        edition_id=edition_id,
        channel=channel,
        subscriber_id=reader.id if reader else None,
        state=state,
        after_id=before,
        limit=PAGE + 1,
    ), ""

"""The console: what comes next, what went out, to whom, with what evidence. It only reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from publisher.app.sources import standing
from publisher.app.standing import known, paused, waiting_lines
from publisher.app.status import status_of
from publisher.audience.addresses import normalise
from publisher.errors import UsageError
from publisher.model.project import Schedule
from publisher.model.states import DeliveryState
from publisher.model.subscriber import Subscriber
from publisher.runtime.slots import Slot, slots_after
from publisher.store import RowMapping, by_language, calls, editions, log, schedules, sends, subscribers
from publisher.web import media
from publisher.web.forms import Said
from publisher.web.frames import framed
from publisher.web.pages import Pages
from publisher.web.places import Served
from publisher.web.subscribers import READER, reader_named
from publisher.web.views import WITHDRAWN, SendView, in_part_of, mail_view, withdrawn_of

if TYPE_CHECKING:
    from publisher.app import App

NEXT_SLOTS = 3  # of each schedule
LATEST = 8  # editions on the first page
PAGE = 50  # lines of the send log
MOST_EDITIONS = 1_000


def routes(app: App, pages: Pages) -> APIRouter:
    """Return the console's addresses."""
    router = APIRouter(default_response_class=HTMLResponse)
    _overview(router, app, pages)
    _send_log(router, app, pages)
    _sources(router, app, pages)
    _parts_of_pages(router, app)
    return router


def _overview(router: APIRouter, app: App, pages: Pages) -> None:
    @router.get("/")
    def overview() -> Response:
        with app.store.read() as conn:
            latest = editions.latest(conn, limit=LATEST)
            waiting = [
                SendView(row, None, None, known(row["schedule"], app.project.schedules))
                for row in sends.needing_a_person(conn, PAGE)
            ]
            waits = waiting_lines(conn, app.project.schedules, {row["id"] for row in latest})
        return pages.page(
            "overview.html",
            here="overview",
            slots=_next_slots(app),
            latest=latest,
            several=by_language.schedules_among(latest),
            waiting=waiting,
            found=status_of(app.store, app.project, app.clock(), app.trouble, app.settings),
            waits=waits,
        )

    @router.get("/editions")
    def every_edition(schedule: str = "", limit: Annotated[int, Query(ge=1, le=MOST_EDITIONS)] = PAGE) -> Response:
        with app.store.read() as conn:
            found = editions.latest(conn, limit=limit + 1, schedule=schedule)
            waits = waiting_lines(conn, app.project.schedules, {row["id"] for row in found})
        more = min(limit * 4, MOST_EDITIONS) if len(found) > limit else 0
        return pages.page(
            "editions.html",
            here="editions",
            editions=found[:limit],
            several=by_language.schedules_among(found),
            waits=waits,
            schedule=schedule,
            schedules=list(app.project.schedules),
            more=_address("/editions", schedule=schedule, limit=more) if more > limit else "",
            limit=limit,
        )


def _next_slots(app: App) -> list[dict[str, Any]]:
    """Return each schedule with its next slots; one that waits for articles, or is paused, has none of its own."""
    with app.store.read() as conn:
        known = schedules.every(conn)
    return [
        {"schedule": schedule, "paused": why, "slots": [] if why else _slots_of(app, schedule)}
        for schedule in app.project.schedules.values()
        for why in [paused(known.get(schedule.name))]
    ]


def _slots_of(app: App, schedule: Schedule) -> list[Slot]:
    return [] if schedule.when.new else list(islice(slots_after(schedule.when, app.zone, app.clock()), NEXT_SLOTS))


def _send_log(router: APIRouter, app: App, pages: Pages) -> None:
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
            return RedirectResponse(_address("/log", **asked), 303)
        try:
            address_hash = app.hash_of(normalise(typed))
        except ValueError as why:
            return shown(asked, to=typed, trouble=str(why), about="to")
        with app.store.read() as conn:
            person = subscribers.find(conn, address_hash)
        if person is None:
            return shown(asked, to=typed)
        return RedirectResponse(_address("/log", **asked, reader=app.wire_name(READER, person.id)), 303)

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
            older=_address("/log", **asked, before=found[PAGE - 1]["id"]) if len(found) > PAGE else "",
            newest=_address("/log", **asked) if before else "",
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


def _sources(router: APIRouter, app: App, pages: Pages) -> None:
    @router.get("/sources")
    def every_source() -> Response:
        return pages.page("sources.html", here="sources", sources=standing(app))


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


def _parts_of_pages(router: APIRouter, app: App) -> None:
    @router.get("/messages/{send_id}/html")
    def mail_frame(send_id: int, dark: bool = False) -> Response:
        with app.store.read() as conn:
            view = mail_view(app, conn, send_id)
        if view is None:
            raise HTTPException(404, "There is no such mail.")
        return framed(view.html, Served(app.project.publication.public_url), dark=dark)

    @router.get("/media/{name}")
    def picture(name: str) -> Response:
        path = media.find(app, name)
        if path is None:
            raise HTTPException(404, "There is no such picture.")
        return FileResponse(path, media_type=media.TYPES[path.suffix.lower()])


def _address(path: str, **query: object) -> str:
    said = urlencode({name: value for name, value in query.items() if value})
    return f"{path}?{said}" if said else path

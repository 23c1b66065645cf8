"""The console's page of an edition: what lies on the desk, what is under way, what became of it, what can be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, Response

from publisher.app import desk
from publisher.model.desk import Changes
from publisher.speech.phrases import _
from publisher.store import articles
from publisher.web.acts import Acts, Id
from publisher.web.console.laid_out import Laid, Table
from publisher.web.console.laid_out import routes as laid_out
from publisher.web.console.offers import Offers
from publisher.web.headers import PICTURES
from publisher.web.pages import Pages
from publisher.web.views import edition_view

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.model.project import Schedule

LINES = 100  # of the send log on the page
NEWEST = 30  # articles that may be added by choosing them from a list


@dataclass(frozen=True)
class Desk:
    """A draft as its page shows it."""

    page: desk.Page
    laid: Laid
    schedule: Schedule | None  # None: schedules.yaml has it no more
    newest: list[Any]  # articles that aren't in it, the newest first

    @property
    def out(self) -> set[int]:
        """Return what people left out of it, which may be put back."""
        return {*self.page.changes.dropped, *self.page.changes.later}


class Room:
    """Makes the page of an edition, also anew where something that was asked for won't do."""

    def __init__(self, app: App, pages: Pages, table: Table) -> None:
        self.app = app
        self.pages = pages
        self.table = table
        self._offers = Offers(app)

    def show(
        self, edition_id: int, *, status: int = 200, wrong: str = "", typed: Mapping[str, Any] | None = None
    ) -> Response:
        """Return the page.

        :param wrong: why what was asked for was not done.
        :param typed: what stood in the form then, with the form's name as ``form``: it stays there.
        """
        view = edition_view(self.app, edition_id, deliveries=LINES)
        if view is None:
            raise HTTPException(404, _("There is no such edition."))
        shown, places = self._desk(edition_id) if view.row["state"] == "draft" else (None, None)
        return self.pages.page(
            "edition.html",
            status=status,
            pictures=PICTURES,
            places=places,
            here="editions",
            live=f"edition-{edition_id}",
            edition=view,
            retention=self.app.project.retention,
            lines=LINES,
            desk=shown,
            **self._offers.of(view, shown.page.approvable if shown else None, mails=_mails(shown)),
            changes=Changes.of(view.row["changes"]),
            wrong=wrong,
            typed=typed or {},
        )

    def again(self, form: str) -> Callable[..., Response]:
        """Return what makes the page anew for a form of this name, with what was typed into it."""
        return partial(self._again, form)

    def _again(self, form: str, edition_id: int, said: dict[str, Any], wrong: str, status: int) -> Response:
        return self.show(edition_id, status=status, wrong=wrong, typed={**said, "form": form})

    def _desk(self, edition_id: int) -> tuple[Desk, Any]:
        page = desk.page(self.app, edition_id)
        laid, places = self.table.lay(page.products, page.audiences)
        there = {story.article.id for story in page.stories}
        with self.app.store.read() as conn:
            newest = [each for each in articles.latest(conn, limit=NEWEST) if each.id not in there]
        schedule = self.app.project.schedules.get(page.schedule)
        return Desk(page, laid, schedule.in_language(page.language) if schedule else None, newest), places


def _mails(shown: Desk | None) -> bool:
    """Say whether a test of a draft has mails to go by."""
    return shown is not None and shown.schedule is not None and bool(shown.schedule.mails_to)


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the address of an edition's page, and those of its frames."""
    from publisher.web.console import breaking, correcting, desk_acts, edition_api, under_way

    router = APIRouter(default_response_class=HTMLResponse)
    table = Table(app)
    room = Room(app, pages, table)
    router.include_router(laid_out(table))

    @router.get("/editions/{edition_id}")
    def show(edition_id: Id) -> Response:
        return room.show(edition_id)

    edition_api.add(app, acts)
    desk_acts.add(app, acts, room)
    for more in (desk_acts, under_way, correcting, breaking):
        router.include_router(more.routes(app, acts, room))
    return router

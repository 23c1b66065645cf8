"""The console's pages of sources: how each stands, what it brought, and a look at it now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, HTTPException, Path
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from publisher.app.sources import SourceNow, look_now, standing
from publisher.config.values import NAME
from publisher.model.staff import May
from publisher.speech.phrases import _, joined
from publisher.store import headlines
from publisher.web.acts import Acts, Done
from publisher.web.console.hiding import Hide
from publisher.web.console.paging import PAGE, Limit, Mark, Page, cut_by_name
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

LATEST = 20  # articles on a source's page
LATELY = timedelta(days=7)  # over which it is counted what a source brought
Name = Annotated[str, Path(pattern=f"^{NAME.pattern}$", max_length=64)]


class SourceLine(BaseModel):
    """How a source stands."""

    name: str
    kind: str
    place: str = Field(description="Its address, without what may be secret in it.")
    title: str = Field(description="What it calls itself.")
    state: str = Field(description="well, in part, failing, stopped, never asked, nothing yet")
    every_seconds: float | None = Field(description="How often it is asked; null: its articles come by themselves.")
    polled_at: datetime | None
    good_at: datetime | None
    next_poll_at: datetime | None = Field(description="Null: at once, or never where it is stopped.")
    stopped_at: datetime | None = Field(description="Since when it is not asked any more, until a person says so.")
    failures: int = Field(description="Looks in a row that gave nothing.")
    lately: int = Field(description="Articles that it brought within seven days.")
    said: list[str] = Field(description="What is wrong, why it waits, what to do.")


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses of sources."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/sources")
    def every_source() -> Response:
        return pages.page("sources.html", here="sources", sources=standing(app), lately=_lately(app), hide=Hide(app))

    @router.get("/sources/{name}")
    def one_source(name: Name) -> Response:
        source = _named(standing(app), name)
        with app.store.read() as conn:
            held = headlines.find(conn, headlines.Wanted(name, "held", limit=LATEST))
            latest = headlines.find(conn, headlines.Wanted(name, limit=LATEST))
        lately = _lately(app).get(name, 0)
        told: dict[str, Any] = {"source": source, "held": held, "latest": latest, "lately": lately, "hide": Hide(app)}
        return pages.page("source.html", here="sources", **told)

    @acts.post("/sources/{name}/look", may=May.EDIT, back="/sources/{name}")
    def look(name: Name) -> Done:
        """Look at a source now, whenever its turn would be, and say what came of it."""
        said = Hide(app)(look_now(app, name, actor=app.actor)).rstrip(".")
        return Done(said=joined([f"{said}."]))  # as it is: it begins with the source's name

    @acts.api.get("/sources", response_model=Page[SourceLine])
    def lines(after: Mark = "", limit: Limit = PAGE) -> Page[SourceLine]:
        """List the sources in the order of the file: how each stands, and what it brought lately."""
        lately, hide = _lately(app), Hide(app)
        found, mark = cut_by_name(standing(app), after, limit, lambda each: each.name)
        items = [_line(each, lately.get(each.name, 0), hide) for each in found]
        return Page[SourceLine](items=items, after=mark)

    @acts.api.get("/sources/{name}", response_model=SourceLine)
    def line(name: Name) -> SourceLine:
        """Tell how one source stands."""
        return _line(_named(standing(app), name), _lately(app).get(name, 0), Hide(app))

    return router


def _lately(app: App) -> dict[str, int]:
    with app.store.read() as conn:
        return headlines.seen_since(conn, app.clock() - LATELY)


def _named(found: Iterable[SourceNow], name: str) -> SourceNow:
    for each in found:
        if each.name == name:
            return each
    raise HTTPException(404, _("There is no such source in schedules.yaml."))


def _line(each: SourceNow, lately: int, hide: Hide) -> SourceLine:
    own = ("name", "kind", "place", "title", "state", "polled_at", "good_at", "next_poll_at", "stopped_at", "failures")
    return SourceLine(
        **{name: getattr(each, name) for name in own},
        every_seconds=each.every.total_seconds() if each.every else None,
        lately=lately,
        said=[hide(line) for line in each.lines],
    )

"""The console's pages about articles: what the ledger knows, and what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import HTMLResponse, Response

from publisher.app.provenance import place_words, provenance_of
from publisher.store import articles, held
from publisher.web.acts import Acts
from publisher.web.frames import with_pictures
from publisher.web.headers import MAIL, PICTURES
from publisher.web.pages import Pages
from publisher.web.places import Served

if TYPE_CHECKING:
    from publisher.app import App

PAGE = 50
MOST = 1_000


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/articles")
    def every(source: str = "", limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE) -> Response:
        with app.store.read() as conn:
            found = articles.latest(conn, limit=limit + 1, source=source)
            sent = articles.went_out_in(conn, [each.id for each in found])
            waiting = held.count_by_source(conn)
        return pages.page(
            "articles.html",
            here="articles",
            articles=found[:limit],
            sent=sent,
            waiting=waiting,
            source=source,
            sources=list(app.project.sources),
            more=min(limit * 4, MOST) if len(found) > limit < MOST else 0,
        )

    @router.get("/articles/{article_id}")
    def one(article_id: int) -> Response:
        with app.store.read() as conn:
            found = articles.find(conn, [article_id])
            told = provenance_of(conn, list(found.values()))
        if not told:
            raise HTTPException(404, "There is no such article.")
        only = told[0]
        places = [(row, place_words(row)) for row in only.places]
        return pages.page(
            "article.html",
            pictures=PICTURES,
            here="articles",
            each=only.article,
            history=only.history,
            editions=places,
        )

    @router.get("/articles/{article_id}/text")
    def text(article_id: int) -> Response:
        """Return the text as it was cleaned, for the frame that shows it: sandboxed, with pictures and no scripts."""
        with app.store.read() as conn:
            found = articles.find(conn, [article_id]).get(article_id)
        if found is None:
            raise HTTPException(404, "There is no such article.")
        html = pages.html("article_text.html", Served(), article=found.article)
        return HTMLResponse(with_pictures(html, Served()), headers={"Content-Security-Policy": MAIL})

    return router

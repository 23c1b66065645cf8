"""The console's pages about articles: what the ledger knows, what became of each, and what people say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from publisher.app.provenance import place_words, provenance_of
from publisher.app.sources import check_name
from publisher.errors import MissingError, StaleError, UsageError
from publisher.model.staff import May
from publisher.pipeline.operate import intake
from publisher.speech.phrases import _, joined, ngettext
from publisher.store import articles, headlines, held, sources
from publisher.web.acts import Acts, Done, Id, Words
from publisher.web.console.addresses import address
from publisher.web.console.article_records import ArticleLine, ArticleWhole, line_of, whole_of
from publisher.web.console.paging import PAGE, Limit, Mark, Page, Word, number_in, pack
from publisher.web.frames import with_pictures
from publisher.web.headers import MAIL, PICTURES
from publisher.web.pages import Pages
from publisher.web.places import Served
from publisher.web.pressing import begun

if TYPE_CHECKING:
    from publisher.app import App

MOST = 1_000  # articles that are decided on at once
NO_SUCH = _("There is no such article.")
Standing = Annotated[str, Query(pattern=f"^(|{'|'.join(headlines.STANDINGS)})$", description="How it stands.")]
Older = Annotated[int, Query(ge=0, le=2**63 - 1)]  # than the article with this number; 0: the newest
Why = Annotated[str, Field(max_length=500, description="The reason, for those who read it later.")]


class Decision(Words):
    """What is said of one article."""

    why: Why = ""


class Release(Decision):
    """What is said of one that may go."""

    as_new: bool = Field(default=False, description="Also if it was there when its source was first looked at.")


class Several(Decision):
    """What is said of several: by number, or all of a source that are held."""

    ids: list[Annotated[int, Field(ge=1, le=2**63 - 1)]] = Field(default=[], max_length=MOST)
    source: str = Field(default="", max_length=64, description="All of this source that are held; instead of `ids`.")


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses."""
    router = APIRouter(default_response_class=HTMLResponse)
    _show(router, app, pages)
    _do(app, acts)
    _tell(app, acts)
    return router


def _show(router: APIRouter, app: App, pages: Pages) -> None:
    @router.get("/articles")
    def every(source: Word = "", standing: Standing = "", words: Word = "", after: Older = 0) -> Response:
        wanted = headlines.Wanted(source, standing, words.strip(), after, PAGE)
        with app.store.read() as conn:
            found = headlines.find(conn, wanted)
            sent = articles.went_out_in(conn, [each.id for each in found.articles])
            waiting = held.count_by_source(conn)
            met = [row["name"] for row in sources.every(conn)]
        asked = {"source": source, "standing": standing, "words": wanted.words}
        return pages.page(
            "articles.html",
            here="articles",
            found=found,
            sent=sent,
            waiting=waiting,
            asked=asked,
            standings=headlines.STANDINGS,
            within=headlines.WITHIN,
            sources=sorted({*app.project.sources, *met}),
            newest=address("/articles", **asked) if after else "",
            older=address("/articles", **asked, after=found.before) if found.before else "",
        )

    @router.get("/articles/{article_id}")
    def one(article_id: Id) -> Response:
        with app.store.read() as conn:
            told = provenance_of(conn, list(articles.find(conn, [article_id]).values()))
        if not told:
            raise HTTPException(404, NO_SUCH)
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
    def text(article_id: Id) -> Response:
        """Return the text as it was cleaned, for the frame that shows it: sandboxed, with pictures and no scripts."""
        with app.store.read() as conn:
            found = articles.find(conn, [article_id]).get(article_id)
        if found is None:
            raise HTTPException(404, NO_SUCH)
        html = pages.html("article_text.html", Served(), article=found.article)
        return HTMLResponse(with_pictures(html, Served()), headers={"Content-Security-Policy": MAIL})


def _do(app: App, acts: Acts) -> None:
    one = "/articles/{article_id}"

    @acts.post(f"{one}/release", may=May.EDIT, back=one)
    def release(article_id: Id, said: Release) -> Done:
        """Let an article go out that was held, discarded, or (as new) there from the beginning."""
        return _decided(app, "released", [article_id], why=said.why, as_new=said.as_new)

    @acts.post(f"{one}/discard", may=May.EDIT, back=one)
    def discard(article_id: Id, said: Decision) -> Done:
        """Let an article go out no more; it stays known, and is new no second time."""
        return _decided(app, "discarded", [article_id], why=said.why)

    @acts.post("/articles/release", may=May.EDIT, back="/articles?standing=held")
    def release_several(said: Several) -> Done:
        """Let several articles go out: by number, or all of a source that are held."""
        return _decided(app, "released", said.ids, source=said.source, why=said.why)

    @acts.post("/articles/discard", may=May.EDIT, back="/articles?standing=held")
    def discard_several(said: Several) -> Done:
        """Let several articles go out no more: by number, or all of a source that are held."""
        return _decided(app, "discarded", said.ids, source=said.source, why=said.why)


def _decided(
    app: App, word: intake.Word, ids: list[int], *, source: str = "", why: str = "", as_new: bool = False
) -> Done:
    if bool(ids) == bool(source):
        raise UsageError("it isn't said which articles", remedy="Mark some, or say all that a source has held")
    if source:
        with app.store.read() as conn:
            check_name(source, [*app.project.sources, *(row["name"] for row in sources.every(conn))])
    now, actor = app.clock(), app.actor
    done = intake.decide(app.store, word, ids, source=source, as_new=as_new, actor=actor, why=why, now=now)
    lines = intake.already_out(app.store, done) if word == "discarded" else []
    lines += intake.remarks(app.store, word, ids, done)
    if not done and ids and not _any_there(app, ids):
        raise MissingError(f"there is no article {ids[0]}")
    if not done:
        raise StaleError("; ".join(lines) or f"nothing of {source} is held")
    count = len(done)
    told = {
        "released": ngettext("%(count)s article released.", "%(count)s articles released.", count),
        "discarded": ngettext("%(count)s article discarded.", "%(count)s articles discarded.", count),
    }
    return Done(said=joined([told[word], *(f"{begun(line)}." for line in lines)]))


def _any_there(app: App, ids: list[int]) -> bool:
    with app.store.read() as conn:
        return bool(articles.find(conn, ids))


def _tell(app: App, acts: Acts) -> None:
    @acts.api.get("/articles", response_model=Page[ArticleLine])
    def every(
        source: Word = "", standing: Standing = "", words: Word = "", after: Mark = "", limit: Limit = PAGE
    ) -> Page[ArticleLine]:
        """List articles, newest first; a search by words looks through 10,000 of them a page."""
        wanted = headlines.Wanted(source, standing, words.strip(), number_in(after) or 0, limit)
        with app.store.read() as conn:
            found = headlines.find(conn, wanted)
            sent = articles.went_out_in(conn, [each.id for each in found.articles])
        lines = [line_of(each, [one["edition"] for one in sent[each.id]]) for each in found.articles]
        return Page[ArticleLine](items=lines, after=pack(found.before) if found.before else "")

    @acts.api.get("/articles/{article_id}", response_model=ArticleWhole)
    def one(article_id: Id) -> ArticleWhole:
        """Tell all of an article: what stands in it, what became of it, and its place in every edition."""
        with app.store.read() as conn:
            told = provenance_of(conn, list(articles.find(conn, [article_id]).values()))
        if not told:
            raise HTTPException(404, NO_SUCH)
        return whole_of(told[0])

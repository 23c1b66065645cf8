"""The article that a person names, by its number or by the address of its page, which the ledger need not have yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from publisher.app import desk, presence
from publisher.errors import SourceError, UsageError
from publisher.model.article import Article, LedgerArticle, Reading, Standing
from publisher.model.identity import canonical_url
from publisher.model.project import Source
from publisher.pipeline import push
from publisher.store import Connection, articles, held, identity

if TYPE_CHECKING:
    from publisher.app.core import App

BY_HAND = Source("by hand", "push", "")  # where articles come from that a person names by address; no name of the file


@dataclass(frozen=True, slots=True)
class Meant:
    """The article that a person means."""

    article: LedgerArticle  # as the ledger has it, or would
    given: Article | None = None  # read from a page or written by hand just now: the ledger doesn't have it yet


def article_meant(app: App, said: str, *, headline: str = "", summary: str = "", allow_private: bool = False) -> Meant:
    """Return the article with a number, or on a page: the ledger's where it has that page, else as it is read now.

    :param headline: of an article that is written by hand, which needs no page that can be read.
    :raises PublisherError: there is none, or it must not be sent.
    """
    from publisher.sources.address import is_web

    if said.isdecimal():
        return _still_there(app, desk.article(app, said))
    if not is_web(said):
        raise UsageError(f"{said!r} is neither the number of an article nor a web address")
    number = _in_ledger(app, said)
    if number is None:
        given = _written(app, said, headline, summary) if headline else _read(app, said, allow_private=allow_private)
        number = _in_ledger(app, given.url or said)
        if number is None:
            return Meant(_as_ledger_would(app, given), given)
    if headline:
        raise UsageError(
            f"article {number} is this page: it has its headline", remedy="Leave --title and --summary out"
        )
    return _still_there(app, desk.article(app, str(number)))


def _still_there(app: App, article: LedgerArticle) -> Meant:
    if presence.leave_out_gone(app, [article], presence.in_time()):
        raise UsageError(f"article {article.id} is gone from its source: no edition may carry it")
    return Meant(article)


def _in_ledger(app: App, url: str) -> int | None:
    link = canonical_url(url)
    with app.store.read() as conn:
        return identity.find_links(conn, [link]).get(link)


def _read(app: App, url: str, *, allow_private: bool) -> Article:
    from publisher.app.completing import completed
    from publisher.app.extracting import extract
    from publisher.app.reading import reach

    try:
        found = Reading((extract(url, allow_private=allow_private),), scope="some")
        source, location, fetcher = reach(app, replace(BY_HAND, allow_private=allow_private), None)
        (measured,) = completed(app, source, location, found, fetcher, first_poll=False).articles
        return measured
    except SourceError as error:
        remedy = f"{error.remedy} Or write it yourself: --title, --summary".strip()
        raise SourceError(error.what, where=error.where, remedy=remedy) from error


def _written(app: App, url: str, headline: str, summary: str) -> Article:
    from publisher.sources.pushed import article_from

    values: dict[str, Any] = {"id": url, "title": headline, "url": url, "summary": summary, "text": summary}
    values |= {"language": app.project.publication.language, "published_at": app.clock()}
    return replace(article_from(values, {"url": "the address", "title": "--title", "summary": "--summary"}), guid=None)


def _as_ledger_would(app: App, given: Article) -> LedgerArticle:
    """Return an article as it will be when it is written down: known again, and one story with what others tell."""
    with app.store.rehearsal() as conn:
        return added(conn, given, app.clock(), app.actor)


def added(conn: Connection, given: Article, now: datetime, actor: str) -> LedgerArticle:
    """Write down an article that a person names. Its date is no reason to ask: they know what they send.

    :raises UsageError: it must not be sent, or others wrote it down in other words meanwhile.
    """
    done = push.push_in(conn, BY_HAND, given, now)
    if done.outcome == "refused":
        raise UsageError(
            f"article {done.article_id} came meanwhile, with other words", remedy="Look at it and try again"
        )
    found = articles.get(conn, done.article_id)
    if found.standing in (Standing.HELD, Standing.DISCARDED) and found.about_id is not None:
        what = f"article {found.about_id} tells the same story, and is {found.standing.value}"
        raise UsageError(what, remedy=f"To let it go out: publisher articles release {found.about_id}")
    if found.standing is not Standing.NEW:
        held.release(conn, [found.id], f"sent at once by {actor}", now, as_new=True)
    return articles.get(conn, done.article_id)

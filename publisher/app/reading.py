"""Reading one source: where it is by now, what may fetch from there, and what the ledger knows of it already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import structlog

from publisher.app.completing import completed
from publisher.config.values import VARIABLE
from publisher.errors import PublisherError, SourceError
from publisher.model.article import LedgerArticle, Reading
from publisher.model.project import Source
from publisher.pipeline import rhythm
from publisher.store import RowMapping, articles, links, sources

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.sources.base import Memory
    from publisher.sources.fetch import Fetcher

log = structlog.get_logger()


@contextmanager
def in_words(app: App, source: Source) -> Iterator[None]:
    """Say what nobody foresaw about a source as its own trouble: the others go on. No error shows a secret of `.env`.

    :raises SourceError: it can't be understood.
    """
    try:
        yield
    except PublisherError as error:
        error.what, error.remedy = (_without_secrets(app, source, text) for text in (error.what, error.remedy))
        error.args = (error.what,)
        raise
    except Exception as error:
        log.exception("source_not_understood", source=source.name)
        what = f"can't be understood ({type(error).__name__}: see the log)"
        raise SourceError(what, where=source.name, remedy="It is tried again at a later poll.") from error


def _without_secrets(app: App, source: Source, text: str) -> str:
    """Return a text without what the source's address is made of and `.env` holds: it may stand in the path."""
    names = VARIABLE.findall(f"{source.location} {source.user} {source.password}")
    for secret in {app.settings.get(name) for name in names} & app.settings.hidden - {""}:
        for form in (secret, quote(secret), quote(secret, safe="")):
            text = text.replace(form, "…")
    return text


def row_of(app: App, source: Source) -> RowMapping | None:
    """Return what the ledger knows of a source; None: it was never asked."""
    with app.store.read() as conn:
        return sources.find(conn, source.name)


def read(app: App, source: Source, row: RowMapping | None) -> Reading:
    """Look at one source and write nothing.

    :param row: what the ledger knows of it.
    :raises SourceError: it can't be read.
    """
    # Here: commands that read no source need not wait for the parsers of feeds and pages.
    from publisher.sources.base import Validators, open_source

    known = None
    if row is not None and not rhythm.asks_whole(row, source, app.clock()):
        known = Validators(row["etag"], row["last_modified"])
    resolved, location, fetcher = reach(app, source, row)
    reading = open_source(resolved, location, fetcher, app.folder, _memory(app, source, row)).read(known)
    first_poll = row is None or row["baseline_at"] is None
    return completed(app, source, location, reading, fetcher, first_poll=first_poll)


def reach(app: App, source: Source, row: RowMapping | None) -> tuple[Source, str, Fetcher]:
    """Return a source with its secrets, where it is by now, and what may fetch from there.

    :raises ConfigError: a secret is not set.
    """
    from publisher.sources.address import web_url
    from publisher.sources.fetch import Fetcher

    resolve = app.settings.resolve
    location = rhythm.address_of(row, source) or resolve(source.location, source.where)
    resolved = replace(source, user=resolve(source.user, source.where), password=resolve(source.password, source.where))
    opened_by = tuple(each for each in location.split() if "@" in each and web_url(each))
    return resolved, location, Fetcher(user_agent=agent(app), allow_private=source.allow_private, opened_by=opened_by)


def agent(app: App) -> str:
    """Return what we say of ourselves to whom we fetch from."""
    return f"Publisher ({app.project.publication.name}; {app.project.publication.url})"


def _memory(app: App, source: Source, row: RowMapping | None) -> Memory:
    from publisher.sources.base import Memory

    if row is None:
        return Memory(wanted=source.backfill)

    def tried(names: Sequence[str]) -> Mapping[str, int | None]:
        with app.store.read() as conn:
            return links.tried(conn, row["id"], names)

    since = row["good_at"] if row["baseline_at"] else None
    memory = Memory(since, max(0, source.backfill - row["backfilled"]), tried)
    return _with_visits(app, source, memory) if source.kind == "page" else memory


def _with_visits(app: App, source: Source, memory: Memory) -> Memory:
    from publisher.sources import again

    def taken() -> Sequence[LedgerArticle]:
        with app.store.read() as conn:
            return articles.latest(conn, limit=again.MOST, source=source.name)

    app.intake.visits = app.intake.visits or again.Visits(app.clock)
    return replace(memory, taken=taken, visits=app.intake.visits)

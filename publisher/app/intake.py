"""Looking at sources: one by one, and several side by side with patience for the slow."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING

import structlog

from publisher.app.completing import completed
from publisher.model.article import Reading
from publisher.model.project import Source
from publisher.pipeline.collect import Collected
from publisher.store import sources

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()


def read(app: App, source: Source) -> Reading:
    """Look at one source and write nothing.

    :raises SourceError: it can't be read.
    """
    # Here: commands that read no source need not wait for the parsers of feeds and pages.
    from publisher.sources.base import Validators, open_source
    from publisher.sources.fetch import Fetcher

    with app.store.read() as conn:
        row = sources.find(conn, source.name)
    known = Validators(row["etag"], row["last_modified"]) if row else None
    location = app.settings.resolve(source.location, source.where)
    agent = f"Publisher ({app.project.publication.name}; {app.project.publication.url})"
    fetcher = Fetcher(user_agent=agent, allow_private=source.allow_private)
    reading = open_source(source, location, fetcher, app.folder).read(known)
    first_poll = row is None or row["baseline_at"] is None
    return completed(app, source, location, reading, fetcher, first_poll=first_poll)


def side_by_side(
    poll: Callable[[Source], Collected], chosen: Sequence[Source], patience: timedelta | None
) -> list[Collected]:
    """Poll each source in a thread of its own; one that keeps us waiting too long is left to itself."""
    found: dict[str, Collected] = {}

    def one(source: Source) -> None:
        try:
            found[source.name] = poll(source)
        except Exception as error:
            log.exception("poll_failed", source=source.name)
            found[source.name] = Collected(source.name, error=f"{source.name}: {error}")

    threads = [Thread(target=one, args=(source,), name=f"poll-{source.name}", daemon=True) for source in chosen]
    for thread in threads:
        thread.start()
    until = None if patience is None else time.monotonic() + patience.total_seconds()
    for thread in threads:
        thread.join(None if until is None else max(0.0, until - time.monotonic()))
    return [found.get(source.name) or _too_slow(source, patience) for source in chosen]


def _too_slow(source: Source, patience: timedelta | None) -> Collected:
    seconds = patience.total_seconds() if patience else 0
    log.warning("source_slow", source=source.name, seconds=seconds)
    return Collected(source.name, error=f"{source.name}: no answer within {seconds:g} s")

"""Looking at sources: each when its turn comes, and all of an edition's at once with patience for the slow."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooSlowError
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from random import random
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import RowMapping

from publisher.app import versions
from publisher.app.reading import in_words, read, row_of
from publisher.errors import PublisherError, StoreError
from publisher.model.article import Reading
from publisher.model.project import Source
from publisher.pipeline import collect, polls, rhythm
from publisher.pipeline.collect import Collected
from publisher.store import Connection, sources

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.sources.again import Visits

log = structlog.get_logger()

LEASE = timedelta(minutes=5)  # after which a turn that was begun and never came to an end is given again
AT_ONCE = 200  # turns that are claimed in one transaction


class Intake:
    """What this process is about to do at its sources, and has still to write down of them."""

    def __init__(self) -> None:
        self.turns: dict[str, RowMapping] = {}  # rows of the sources that it has claimed, and not asked yet
        self.unchanged: deque[sources.Unchanged] = deque()
        self.visits: Visits | None = None  # made with the first source whose pages are looked at again
        self.silent: dict[str, float] = {}  # sources that did not say whether they have articles, and until when

    def take_unchanged(self) -> list[sources.Unchanged]:
        notes = []
        with suppress(IndexError):  # another thread took the last one
            while self.unchanged:
                notes.append(self.unchanged.popleft())
        return sorted(notes, key=lambda note: note.source_id)  # every process locks rows in the same order


def poll(app: App, source: Source) -> Collected:
    """Look at one source and write down what is there; trouble is written down too and never raised."""
    row = app.intake.turns.pop(source.name, None) or row_of(app, source)
    refused = rhythm.may_not(row, source, app.clock())
    if refused:
        return Collected(source.name, error=refused)
    asked_at = app.clock()
    try:
        with in_words(app, source):
            return _record(app, source, row, read(app, source, row), asked_at)
    except StoreError:
        raise  # the ledger is in trouble, not the source
    except PublisherError as error:
        trouble = error
    log.warning("source_failed", source=source.name, error=str(trouble))
    return collect.record_failure(app.store, source, trouble, app.clock(), random())  # noqa: S311 -- jitter


def _record(app: App, source: Source, row: RowMapping | None, reading: Reading, asked_at: datetime) -> Collected:
    """Write down what was read; that nothing is new can wait a moment for others of whom the same is to be said."""
    now, chance = app.clock(), random()  # noqa: S311 -- jitter
    note = polls.unchanged(row, source, reading, now, chance) if row is not None else None
    if note is None:
        return collect.record(app.store, source, reading, now, chance, asked_at)
    app.intake.unchanged.append(note)
    if len(app.intake.unchanged) >= AT_ONCE:
        write_down(app)
    return Collected(source.name)


def write_down(app: App) -> None:
    """Write down of which sources nothing is new."""
    notes = app.intake.take_unchanged()
    if notes:
        app.store.submit(lambda conn: sources.record_unchanged(conn, notes))


def poll_now(app: App, chosen: Sequence[Source], patience: timedelta | None) -> list[Collected]:
    """Poll these sources before any others; one that keeps us waiting too long is left to itself."""
    asked = [(source, app.polling.ask(source.name, urgent=True)) for source in chosen]
    until = None if patience is None else time.monotonic() + patience.total_seconds()
    found = [_await(source, future, until, patience) for source, future in asked]
    write_down(app)
    return found


def _await(source: Source, future: Future[Collected], until: float | None, patience: timedelta | None) -> Collected:
    try:
        return future.result(None if until is None else max(0.0, until - time.monotonic()))
    except TooSlowError:
        seconds = patience.total_seconds() if patience else 0
        log.warning("source_slow", source=source.name, seconds=seconds)
        return Collected(source.name, error=f"{source.name}: no answer within {seconds:g} s")
    except StoreError:
        raise  # the ledger is in trouble, not the source
    except Exception as error:
        log.exception("poll_failed", source=source.name)
        return Collected(source.name, error=f"{source.name}: {error}")


def begin_due(app: App) -> int:
    """Begin to poll the sources whose turn has come; return how many. Waits for none of them."""
    write_down(app)
    now = app.clock()
    with app.store.read() as conn:
        rows = {row["name"]: row for row in sources.every(conn)}
    due = [source for source in app.project.sources.values() if rhythm.is_due(rows.get(source.name), source, now)]
    if due:
        versions.accepted(app)  # first: a schedule sees what is first seen after it was added
    taken: dict[str, RowMapping] = {}
    for first in range(0, len(due), AT_ONCE):  # all before the first is asked: what comes of it is written meanwhile
        batch = due[first : first + AT_ONCE]
        taken |= app.store.submit(partial(_claim, batch=batch, met=rows.keys(), now=now))
    app.intake.turns.update(taken)
    for name, row in taken.items():
        app.polling.ask(name, apart=bool(row["failures"]))
    return len(due)


def _claim(conn: Connection, batch: Sequence[Source], met: Collection[str], now: datetime) -> dict[str, RowMapping]:
    """Take the turns that are still to be had; return the row of each source, by name.

    :param met: sources that have a row; where it can't be had, someone else is at it.
    """
    rows = sources.lock_free(conn, [source.name for source in batch])
    taken = {}
    for source in batch:
        row = rows.get(source.name)
        if row is None and source.name in met:
            continue
        if row is None or row["place"] != rhythm.place_of(source):
            row = polls.row_of(conn, source)
        if rhythm.is_due(row, source, now):
            taken[source.name] = row
    sources.claim(conn, [row["id"] for row in taken.values()], now + LEASE)
    return taken

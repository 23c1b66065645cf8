"""How long things are kept: what is let go, batch by batch, in the nights and never in the way of a send."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

import structlog

from publisher.app import verification
from publisher.config.keys import KeyRing
from publisher.errors import BooksError
from publisher.model.project import Schedule
from publisher.model.retention import Retention
from publisher.pipeline.compose.gather import reach
from publisher.store import Connection, Store, keeping
from publisher.store.keeping import CALLS, DELIVERIES, Kept
from publisher.store.seals import Sealer

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()

BATCH = 500  # rows of one transaction: whoever else writes waits for no more
PAUSE = 0.05  # seconds between two of them, in the nights
PAGES = 1_000  # of a ledger in a file that are given back at once
FIRST_HOUR, LAST_HOUR = 1, 5  # of the night, by the publication's clock


@dataclass(frozen=True, slots=True)
class Gone:
    """How much was let go, or would be."""

    events: int = 0  # that a letter arrived, or was delayed
    words: int = 0  # of other events: what the provider said
    calls: int = 0
    deliveries: int = 0
    articles: int = 0  # their html
    is_whole: bool = True  # False: it stopped before the end, and goes on another time
    left: tuple[str, ...] = ()  # what is wrong with each send that was left alone

    def __add__(self, more: Gone) -> Gone:
        return Gone(
            self.events + more.events,
            self.words + more.words,
            self.calls + more.calls,
            self.deliveries + more.deliveries,
            self.articles + more.articles,
            left=self.left + more.left,
        )

    @property
    def plain(self) -> dict[str, int]:
        """Return how much of each kind."""
        return {name: count for name, count in asdict(self).items() if name not in ("is_whole", "left")}


def sealer_of(keys: KeyRing) -> Sealer:
    """Return what seals the totals of this project: by the key of what the world sees, also of retired ones."""
    return Sealer((*keys.all_of("wire"), keys.current("wire")[1]))


def count(store: Store, retention: Retention, schedules: Iterable[Schedule], now: datetime) -> Gone:
    """Return how much `prune` would let go."""
    with store.read() as conn:
        heard = list(_heard(conn, now - retention.events))
        of_calls = keeping.due(conn, CALLS, now - retention.attempts)
        of_deliveries = keeping.due(conn, DELIVERIES, now - retention.deliveries)
        of_deliveries += keeping.due(conn, CALLS, now - retention.deliveries)  # their calls go first
        html = list(_articles(conn, _unreached(conn, retention, schedules, now)))
        return Gone(
            events=sum(len(each.gone) for each in heard),
            words=sum(len(each.emptied) for each in heard),
            calls=keeping.number_of(conn, CALLS, of_calls),
            deliveries=keeping.number_of(conn, DELIVERIES, of_deliveries),
            articles=sum(map(len, html)),
        )


def _heard(conn: Connection, came_before: datetime) -> Iterator[keeping.Heard]:
    first_kept, after = keeping.heard_before(conn, came_before), 0
    while (heard := keeping.old_words(conn, after=after, first_kept=first_kept, limit=BATCH)).through:
        yield heard
        after = heard.through


def _articles(conn: Connection, seen_before: datetime) -> Iterator[list[int]]:
    after = 0
    while ids := keeping.with_html(conn, seen_before, after=after, limit=BATCH):
        yield ids
        after = ids[-1]


def _unreached(conn: Connection, retention: Retention, schedules: Iterable[Schedule], now: datetime) -> datetime:
    """Return before when articles came that are kept long enough, and that no schedule takes any more."""
    return min([now - retention.articles, *(reach(conn, schedule, now=now) for schedule in schedules)])


def prune(
    store: Store,
    retention: Retention,
    schedules: Iterable[Schedule],
    sealer: Sealer,
    now: datetime,
    *,
    may_go_on: Callable[[], bool] = lambda: True,
) -> Gone:
    """Let go of what was kept long enough, each batch by itself.

    A send whose sealed total somebody changed is left as it is, with an alert.

    :param schedules: those that may still take an article.
    :param may_go_on: asked before each batch; what is left is let go another time.
    """
    gone, batches = Gone(), _batches(store, retention, schedules, sealer, now)
    while may_go_on():
        more = next(batches, None)
        if more is None:
            return gone
        gone += more
    return replace(gone, is_whole=False)


def _batches(
    store: Store, retention: Retention, schedules: Iterable[Schedule], sealer: Sealer, now: datetime
) -> Iterator[Gone]:
    """Let go of a batch at each step, and yield how much it was."""
    yield from _let_words_go(store, now - retention.events)
    for kept, ended_before in ((CALLS, now - retention.attempts), (DELIVERIES, now - retention.deliveries)):
        yield from _let_rows_go(store, kept, sealer, ended_before, now)
    with store.read() as conn:
        seen_before = _unreached(conn, retention, schedules, now)
    yield from _let_html_go(store, seen_before, now)
    yield from _give_back_room(store)


def _let_words_go(store: Store, came_before: datetime) -> Iterator[Gone]:
    with store.read() as conn:
        first_kept = keeping.heard_before(conn, came_before)
    heard = keeping.Heard(0, (), ())
    while True:
        with store.write() as conn:
            heard = keeping.old_words(conn, after=heard.through, first_kept=first_kept, limit=BATCH)
            keeping.let_words_go(conn, heard)
        if not heard.through:
            return
        yield Gone(events=len(heard.gone), words=len(heard.emptied))


def _let_rows_go(store: Store, kept: Kept, sealer: Sealer, ended_before: datetime, now: datetime) -> Iterator[Gone]:
    with store.read() as conn:
        send_ids = keeping.due(conn, kept, ended_before)
    for send_id in send_ids:
        count = 1
        while count:
            try:
                with store.write() as conn:
                    count = keeping.let_go(conn, kept, sealer, send_id, ended_before, limit=BATCH, now=now)
            except BooksError as error:
                verification.say_wrong(store, lambda: now, send_id, error.what)
                yield Gone(left=(str(error),))
                break
            yield Gone(calls=count) if kept is CALLS else Gone(deliveries=count)


def _let_html_go(store: Store, seen_before: datetime, now: datetime) -> Iterator[Gone]:
    ids: list[int] = []
    while True:
        with store.write() as conn:
            ids = keeping.with_html(conn, seen_before, after=ids[-1] if ids else 0, limit=BATCH)
            keeping.let_html_go(conn, ids, now)
        if not ids:
            return
        yield Gone(articles=len(ids))


def _give_back_room(store: Store) -> Iterator[Gone]:
    is_more = True
    while is_more:
        with store.write() as conn:
            is_more = keeping.give_back_room(conn, PAGES)
        yield Gone()


class Nightly:
    """Lets go each night of what was kept long enough; while letters are on their way it waits."""

    def __init__(self, app: App, sleep: Callable[[float], object] = time.sleep) -> None:
        self._app = app
        self._sleep = sleep
        self._done_on: date | None = None

    def look(self) -> None:
        """Do it now, if it is night, and this night's is still to be done."""
        app = self._app
        now = app.clock().astimezone(app.zone)
        if not FIRST_HOUR <= now.hour < LAST_HOUR or self._done_on == now.date() or not self._may_go_on():
            return
        kept, schedules = app.project.retention, app.project.schedules.values()
        gone = prune(app.store, kept, schedules, sealer_of(app.keys), app.clock(), may_go_on=self._may_go_on)
        if gone.is_whole:
            self._done_on = now.date()
        if any(gone.plain.values()):
            log.info("let_go", **gone.plain)
        for wrong in gone.left:
            log.error("not_let_go", why=wrong)

    def _may_go_on(self) -> bool:
        self._sleep(PAUSE)
        with self._app.store.read() as conn:
            return not keeping.is_sending(conn, self._app.clock())

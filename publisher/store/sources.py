"""Sources as the ledger knows them: when they were polled, how it went, and when their turn comes next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, select, update

from publisher.model.source import Move, Turn
from publisher.store.sql import among, upsert
from publisher.store.tables import sources, update_row

MICROSECOND = timedelta(microseconds=1)
# What is known of one place means nothing at another.
_VOID = {
    **dict.fromkeys(("etag", "last_modified", "next_poll_at", "waits_why", "not_before", "stopped_at", "whole_at")),
    **dict.fromkeys(("problems", "moved_to", "moved_times", "moved_at", "error")),
    "failures": 0,
}

_TURN = ("next_poll_at", "waits_why", "not_before", "failures", "rhythm")

_NAMED = select(sources).where(sources.c.name == bindparam("source"))
_LOCKING = _NAMED.with_for_update(key_share=True)


def ensure(conn: Connection, name: str, place: str | None = None) -> RowMapping:
    """Return the source's row, making it at first sight. Until the transaction ends nobody else writes of it.

    :param place: digest of its address: where that has changed, what was known of the old one is forgotten.
    """
    row = conn.execute(_LOCKING, {"source": name}).mappings().one_or_none()
    if row is None:
        conn.execute(upsert(conn, sources).values(name=name, title="", backfilled=0).on_conflict_do_nothing())
        row = conn.execute(_LOCKING, {"source": name}).mappings().one()
    if place is not None and row["place"] != place:
        void = _VOID if row["place"] is not None else {}
        update_row(conn, sources, row["id"], {"place": place, **void})
        row = conn.execute(_LOCKING, {"source": name}).mappings().one()
    return row


def find(conn: Connection, name: str) -> RowMapping | None:
    return conn.execute(_NAMED, {"source": name}).mappings().one_or_none()


def every(conn: Connection) -> list[RowMapping]:
    return list(conn.execute(select(sources).order_by(sources.c.name)).mappings())


def lock_free(conn: Connection, names: Sequence[str]) -> dict[str, RowMapping]:
    """Return the rows of these sources that nobody else is at, and keep others from them until the transaction ends."""
    query = select(sources).where(among(sources.c.name, names)).order_by(sources.c.id)
    rows = conn.execute(query.with_for_update(key_share=True, skip_locked=True)).mappings()
    return {row["name"]: row for row in rows}


def claim(conn: Connection, ids: Collection[int], until: datetime) -> None:
    """Give these sources' turns to whoever claims: nobody else asks them until it has, or until a moment."""
    conn.execute(update(sources).where(among(sources.c.id, ids)).values(next_poll_at=until, rhythm=None))


def record_good_poll(
    conn: Connection,
    row: RowMapping,
    at: datetime,
    turn: Turn,
    *,
    every: timedelta,
    move: Move,
    changed: dict[str, Any],
    is_baseline: bool = True,
) -> None:
    """Write down a good poll; validators go with the articles in one transaction, from the same answer.

    :param changed: what else its answer changes: title, validators, problems.
    :param is_baseline: what was found is all that was there: what comes later is new.
    """
    values: dict[str, Any] = {"polled_at": at, "good_at": at, "error": None, "stopped_at": None}
    values |= {"moved_to": move.to, "moved_times": move.times, "moved_at": move.at}
    if row["baseline_at"] is None and is_baseline:
        values["baseline_at"] = at
    update_row(conn, sources, row["id"], values | changed | _turn(turn, every))


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A poll whose answer was that nothing is new."""

    source_id: int
    place: str  # where it was asked: if it is elsewhere by now, nothing is written down
    at: datetime
    turn: Turn
    every: timedelta


_NOTHING_NEW = (
    update(sources)
    .where(sources.c.id == bindparam("source_id"), sources.c.place == bindparam("at_place"))
    .values({name: bindparam(name) for name in ("polled_at", "good_at", *_TURN)} | {"error": None, "stopped_at": None})
)


def record_unchanged(conn: Connection, notes: Sequence[Unchanged]) -> None:
    """Write down many polls that brought nothing."""
    rows = [
        {"source_id": note.source_id, "at_place": note.place, "polled_at": note.at, "good_at": note.at}
        | _turn(note.turn, note.every)
        for note in notes
    ]
    if rows:
        conn.execute(_NOTHING_NEW, rows)


def record_backfill(conn: Connection, source_id: int, number: int) -> None:
    update_row(conn, sources, source_id, {"backfilled": number})


def record_bad_poll(
    conn: Connection, row: RowMapping, at: datetime, turn: Turn, *, every: timedelta, error: str
) -> None:
    """Write down a poll that gave nothing; an address that it had moved to is not trusted any more."""
    values: dict[str, Any] = {"polled_at": at, "error": error, "moved_to": None, "moved_times": 0, "moved_at": None}
    values["stopped_at"] = at if turn.stopped else None
    update_row(conn, sources, row["id"], values | _turn(turn, every))


def start(conn: Connection, name: str, *, actor: str) -> None:
    """Let a source's turn come at once, whether it was stopped, waits after failures, or has been asked just now."""
    free = {"stopped_at": None, "next_poll_at": None, "not_before": None, "waits_why": None, "failures": 0}
    conn.execute(update(sources).where(sources.c.name == name).values(actor=actor, **free))


def _turn(turn: Turn, every: timedelta) -> dict[str, Any]:
    return {
        "next_poll_at": turn.next_poll_at,
        "waits_why": turn.why or None,
        "not_before": turn.not_before,
        "failures": turn.failures,
        "rhythm": every // MICROSECOND,
    }

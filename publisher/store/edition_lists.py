"""Editions found by schedule, slot, state and time; each by itself is in `store/editions.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    case,
    func,
    or_,
    select,
)

from publisher.model.states import EditionState, SendState
from publisher.store import sends as sends_of
from publisher.store.sql import among
from publisher.store.tables import editions, sends

LOOKED_BACK = 3_000  # editions: more than the busiest newsroom makes in a day


def last_but_one_due_at(conn: Connection, schedule: str, language: str = "") -> datetime | None:
    """Return when the edition before the schedule's latest was due, skipped and cancelled ones left out.

    :param language: only of the editions in it; empty: of all.
    """
    states = [EditionState.LOCKED, EditionState.CLOSED]
    query = select(editions.c.due_at).where(editions.c.schedule == schedule, editions.c.state.in_(states))
    query = query.where(editions.c.language == language) if language else query
    return conn.execute(query.order_by(editions.c.due_at.desc()).offset(1).limit(1)).scalar_one_or_none()


def drafts(conn: Connection, schedule: str = "") -> list[RowMapping]:
    """Return the drafts, of one schedule or of all."""
    query = select(editions).where(editions.c.state == EditionState.DRAFT).order_by(editions.c.id)
    return list(conn.execute(query.where(editions.c.schedule == schedule) if schedule else query).mappings())


def latest(
    conn: Connection, *, limit: int, schedule: str = "", state: str = "", after: RowMapping | None = None
) -> list[RowMapping]:
    """Return the newest editions with the sums of their sends' counters.

    :param after: only those that follow this one, in this order.
    """
    chosen = select(editions.c.id).order_by(editions.c.due_at.desc(), editions.c.id.desc()).limit(limit)
    chosen = chosen.where(editions.c.schedule == schedule) if schedule else chosen
    chosen = chosen.where(editions.c.state == state) if state else chosen
    if after is not None:
        same = and_(editions.c.due_at == after["due_at"], editions.c.id < after["id"])
        chosen = chosen.where(or_(editions.c.due_at < after["due_at"], same))
    return _with_sums(conn, chosen)


def due_since(conn: Connection, since: datetime, until: datetime, *, limit: int) -> list[RowMapping]:
    """Return the editions that were due since then, as `latest` does; drafts wait still, and are left out.

    Only the newest few thousand of all are looked at, by their ids, so that a ledger of years costs no more.
    """
    newest = select(editions.c.id).order_by(editions.c.id.desc()).limit(LOOKED_BACK).scalar_subquery()
    due = editions.c.due_at.between(since, until) & (editions.c.state != EditionState.DRAFT)
    mine = select(editions.c.id).where(editions.c.id.in_(newest), due)
    return _with_sums(conn, mine.order_by(editions.c.due_at.desc(), editions.c.id.desc()).limit(limit))


def _with_sums(conn: Connection, ids: Select[Any]) -> list[RowMapping]:
    """Return editions with the sums of their sends' counters, the one that was due last first."""
    mine = ids.subquery()
    sums = [func.coalesce(func.sum(sends.c[name]), 0).label(name) for name in ("candidates", "sent", "failed")]
    sums += [func.coalesce(func.sum(sends.c[name]), 0).label(f"n_{name}") for name in ("unknown", "pending", "taken")]
    sums += [func.coalesce(func.sum(case((sends.c.state == SendState.WAITING, 1), else_=0)), 0).label("n_waiting")]
    query = (
        select(editions, func.count(sends.c.id).label("sends"), *sums)
        .join(mine, mine.c.id == editions.c.id)
        .outerjoin(sends, and_(sends.c.edition_id == editions.c.id, sends.c.kind.not_in(sends_of.FOLLOWING)))
        .group_by(editions.c.id)
        .order_by(editions.c.due_at.desc(), editions.c.id.desc())
    )
    return list(conn.execute(query).mappings())


def of_slots(conn: Connection, slots: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[RowMapping]]:
    """Return the editions of these slots by schedule and slot, in the order of their languages."""
    if not slots:
        return {}
    names, keys = zip(*slots, strict=True)
    query = select(editions).where(among(editions.c.schedule, set(names)), among(editions.c.slot, set(keys)))
    found: dict[tuple[str, str], list[RowMapping]] = {}
    for row in conn.execute(query.order_by(editions.c.language)).mappings():
        if (slot := (row["schedule"], row["slot"])) in slots:
            found.setdefault(slot, []).append(row)
    return found


def given_up_after(conn: Connection, moment: datetime) -> set[tuple[str, str, str]]:
    """Return schedule, slot and language of the editions due later that somebody cancelled."""
    mine = (editions.c.state == EditionState.CANCELLED, editions.c.due_at > moment)
    query = select(editions.c.schedule, editions.c.slot, editions.c.language).where(*mine)
    return {(row.schedule, row.slot, row.language) for row in conn.execute(query)}


def latest_id(
    conn: Connection,
    schedule: str = "",
    language: str = "",
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int | None:
    """Return the latest edition, one that was skipped only where there is no other.

    :param language: only of the editions in it; empty: of all.
    :param since: only editions due from then on, and before `until`.
    """
    was_skipped = editions.c.state == EditionState.SKIPPED
    query = select(editions.c.id).where(*_due_between(schedule, since, until))
    query = query.where(editions.c.language == language) if language else query
    query = query.order_by(was_skipped, editions.c.due_at.desc(), editions.c.id.desc())
    return conn.execute(query.limit(1)).scalar_one_or_none()


def in_state(
    conn: Connection,
    schedule: str,
    states: Sequence[EditionState],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[RowMapping]:
    """Return the schedule's editions in these states, oldest first.

    :param since: only editions due from then on, and before `until`.
    """
    query = select(editions).where(editions.c.state.in_(states), *_due_between(schedule, since, until))
    return list(conn.execute(query.order_by(editions.c.due_at, editions.c.id)).mappings())


def _due_between(schedule: str, since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    found = [editions.c.schedule == schedule] if schedule else []
    found += [editions.c.due_at >= since] if since is not None else []
    return found + ([editions.c.due_at < until] if until is not None else [])


def schedules_met(conn: Connection) -> list[str]:
    """Return the names of all schedules that ever had an edition."""
    return list(conn.execute(select(editions.c.schedule).distinct().order_by(editions.c.schedule)).scalars())


def locked_without_sends(conn: Connection) -> list[int]:
    """Return the editions whose messages are still to be made."""
    # One that is made still has no message that counts: its edition was opened again, and is locked by now.
    has_words = (sends.c.edition_id == editions.c.id, sends.c.state != SendState.MADE)
    made = select(sends.c.id).where(*has_words).exists()
    query = select(editions.c.id).where(editions.c.state == EditionState.LOCKED, ~made)
    return list(conn.execute(query.order_by(editions.c.id)).scalars())


def unfinished(conn: Connection, schedule: str) -> list[RowMapping]:
    """Return what was begun and has not ended; a draft waits for its slot and is no business of anyone else."""
    return in_state(conn, schedule, [EditionState.LOCKED])


def slots_had(conn: Connection, schedule: str, slots: Sequence[str]) -> set[str]:
    """Return which of these slots of a schedule have an edition, whatever became of it."""
    query = select(editions.c.slot).where(editions.c.schedule == schedule, among(editions.c.slot, slots))
    return set(conn.execute(query).scalars())

"""What webhooks are told: messages that wait, one try at a time, and what came of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, literal, select, text, update

from publisher.model.hook import HookKind, MessageState
from publisher.store.sql import among
from publisher.store.tables import hook_messages, hook_tries, hooks, insert_row

S = MessageState
AT_ONCE = 1_000  # rows that are dropped in one transaction
# In the words of the partial indexes.
_WAITS, _IS_GIVEN_UP = text("hook_messages.state = 'waiting'"), text("hook_messages.state = 'given up'")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that this process says next; nobody else does, until its lease is over."""

    id: int
    key: str
    kind: str
    data: str  # JSON
    made_at: datetime
    tries: int  # with the one that is made now
    until: datetime  # the end of the lease: who claims it later has another one


@dataclass(frozen=True, slots=True)
class Try:
    """What came of saying a message once."""

    status: int | None  # of HTTP; None: no answer came
    trouble: str  # why it doesn't count as taken; empty: it does
    words: str  # the beginning of the answer
    took: timedelta


def claim(conn: Connection, hook_id: int, *, now: datetime, lease: timedelta, limit: int) -> list[Waiting]:
    """Take what is due. Whoever else looks finds it due only after the lease, where nobody wrote down what came."""
    m = hook_messages.c
    is_due = (m.hook_id == hook_id, _WAITS, m.due_at <= now)
    query = select(m.id).where(*is_due).order_by(m.due_at, m.id).limit(limit).with_for_update(skip_locked=True)
    ids = list(conn.execute(query).scalars())
    if not ids:
        return []
    taken = update(hook_messages).where(among(m.id, ids)).values(due_at=now + lease, tries=m.tries + 1)
    rows = conn.execute(taken.returning(m.id, m.key, m.kind, m.data, m.made_at, m.tries, m.due_at))
    return sorted((Waiting(*row) for row in rows), key=lambda each: each.id)


def note(conn: Connection, said: Waiting, came: Try, state: S, due_at: datetime | None, now: datetime) -> bool:
    """Write down a try, and where it leaves the message; say whether it was still this try's.

    What came is kept in any case: the receiver has heard it.

    :param due_at: of the next try, where it still waits.
    """
    values: dict[str, Any] = {"at": now, "took": int(came.took.total_seconds() * 1_000), "status": came.status}
    conn.execute(insert(hook_tries).values(message_id=said.id, **values, trouble=came.trouble, words=came.words))
    mine = (hook_messages.c.id == said.id, hook_messages.c.state == S.WAITING, hook_messages.c.due_at == said.until)
    left = {"due_at": due_at} if due_at is not None else {"ended_at": now}
    return conn.execute(update(hook_messages).where(*mine).values(state=state.value, **left)).rowcount == 1


def add(conn: Connection, hook_id: int, key: str, kind: HookKind, data: str, now: datetime) -> int:
    """Write down a message for one webhook, whatever it wants to hear of."""
    said = {"hook_id": hook_id, "key": key, "kind": kind.value, "data": data, "made_at": now, "due_at": now}
    return insert_row(conn, hook_messages, **said, state=S.WAITING.value, tries=0)


def again(conn: Connection, hook_id: int, now: datetime, message_id: int | None = None) -> int:
    """Say again what has ended, at once and with all its tries; return how many messages.

    :param message_id: this one, said or given up; None: all that were given up.
    """
    mine = [hook_messages.c.hook_id == hook_id]
    if message_id is None:
        mine.append(_IS_GIVEN_UP)  # type: ignore[arg-type] # words of ours
    else:
        mine += [hook_messages.c.id == message_id, hook_messages.c.state != S.WAITING.value]
    values = {"state": S.WAITING.value, "due_at": now, "tries": 0, "ended_at": None}
    return conn.execute(update(hook_messages).where(*mine).values(values)).rowcount


def get(conn: Connection, hook_id: int, message_id: int) -> RowMapping | None:
    mine = (hook_messages.c.id == message_id, hook_messages.c.hook_id == hook_id)
    return conn.execute(select(hook_messages).where(*mine)).mappings().one_or_none()


def latest(
    conn: Connection, hook_id: int, *, before: int | None = None, state: S | None = None, limit: int = 50
) -> list[RowMapping]:
    """Return messages of a webhook with what came of the last try, newest first.

    :param before: only those older than the one with this id.
    """
    m = hook_messages.c
    each = hook_tries.alias()
    last = select(func.max(each.c.id)).where(each.c.message_id == m.id).scalar_subquery()
    query = (
        select(
            *(m[name] for name in ("id", "hook_id", "key", "kind", "made_at", "state", "due_at", "tries", "ended_at")),
            hook_tries.c.status,
            hook_tries.c.trouble,
        )
        .select_from(hook_messages.outerjoin(hook_tries, hook_tries.c.id == last))
        .where(m.hook_id == hook_id)
        .order_by(m.id.desc())
        .limit(limit)
    )
    query = query if before is None else query.where(m.id < before)
    if state is not None:
        query = query.where({S.WAITING: _WAITS, S.GIVEN_UP: _IS_GIVEN_UP}.get(state, m.state == state.value))
    return list(conn.execute(query).mappings())


def tries_of(conn: Connection, message_id: int) -> list[RowMapping]:
    """Return each time that a message was said, oldest first."""
    query = select(hook_tries).where(hook_tries.c.message_id == message_id).order_by(hook_tries.c.id)
    return list(conn.execute(query).mappings())


def waiting(conn: Connection, hook_id: int, most: int) -> int:
    """Return how many messages wait for a webhook; counted only up to so many."""
    found = select(literal(1)).select_from(hook_messages).where(hook_messages.c.hook_id == hook_id, _WAITS)
    return int(conn.execute(select(func.count()).select_from(found.limit(most).subquery())).scalar_one())


def given_up(conn: Connection, hook_id: int, most: int) -> int:
    """Return how many messages of a webhook were given up; counted only up to so many."""
    found = select(literal(1)).select_from(hook_messages).where(hook_messages.c.hook_id == hook_id, _IS_GIVEN_UP)
    return int(conn.execute(select(func.count()).select_from(found.limit(most).subquery())).scalar_one())


def forget(conn: Connection, before: datetime) -> int:
    """Drop some of the oldest messages that were written before a moment, and what waits for whoever has ended."""
    m = hook_messages.c
    oldest = select(m.id, m.made_at).order_by(m.id).limit(AT_ONCE).subquery()
    ended = select(m.id).join(hooks, hooks.c.id == m.hook_id).where(hooks.c.ended_at.is_not(None), _WAITS)
    ids: Sequence[int] = [
        *conn.execute(select(oldest.c.id).where(oldest.c.made_at < before)).scalars(),
        *conn.execute(ended.limit(AT_ONCE)).scalars(),
    ]
    conn.execute(delete(hook_tries).where(among(hook_tries.c.message_id, ids)))
    return conn.execute(delete(hook_messages).where(among(m.id, ids))).rowcount

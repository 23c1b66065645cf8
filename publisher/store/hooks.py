"""Webhooks: the addresses that are told, what each wants to hear of, and how it does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, literal, or_, select, update

from publisher.model.hook import TO_CHOOSE, HookKind
from publisher.store.credentials import Sealed
from publisher.store.tables import Moment, hooks, insert_row, update_row

ALL = "*"
ITSELF = "publisher"  # who paused or ended one that a person did not
NOTED_EACH = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook as the ledger has it."""

    id: int
    address: str
    description: str
    kinds: tuple[HookKind, ...]  # what it wants to hear of
    wants_all: bool  # also what may come to be told in a later version
    allow_private: bool
    made_at: datetime
    made_by: str
    old_until: datetime | None  # so long the secret before the last change signs too
    paused_at: datetime | None
    paused_by: str
    paused_why: str
    ended_at: datetime | None
    ended_by: str
    ended_why: str
    failures: int
    failing_since: datetime | None
    rests_until: datetime | None
    said_at: datetime | None
    secrets: tuple[Sealed | None, Sealed | None] = field(default=(None, None), repr=False)  # the one now, and before it

    @property
    def state(self) -> str:
        """Where it stands, in a word: open, failing, paused or ended."""
        if self.ended_at is not None:
            return "ended"
        if self.paused_at is not None:
            return "paused"
        return "failing" if self.failing_since is not None else "open"


def add(
    conn: Connection,
    *,
    address: str,
    description: str,
    kinds: Iterable[HookKind],
    allow_private: bool,
    actor: str,
    now: datetime,
) -> int:
    """Write down a webhook, still without a secret.

    :param kinds: what it wants to hear of; none: all there is.
    """
    wanted = set(kinds)
    words = [kind.value for kind in TO_CHOOSE if kind in wanted] or [ALL]
    said = {"address": address, "description": description, "kinds": f" {' '.join(words)} "}
    return insert_row(conn, hooks, **said, allow_private=allow_private, made_at=now, made_by=actor, failures=0)


def get(conn: Connection, hook_id: int) -> Hook | None:
    row = conn.execute(select(hooks).where(hooks.c.id == hook_id)).mappings().one_or_none()
    return None if row is None else _hook(row)


def every(conn: Connection, *, after: int = 0, limit: int = 200) -> list[Hook]:
    """Return webhooks, oldest first, ended ones too.

    :param after: only those behind the one with this id.
    """
    query = select(hooks).where(hooks.c.id > after).order_by(hooks.c.id).limit(limit)
    return [_hook(row) for row in conn.execute(query).mappings()]


def count(conn: Connection) -> int:
    """Return how many there are that have not ended."""
    return int(conn.execute(select(func.count()).where(hooks.c.ended_at.is_(None))).scalar_one())


def lock(conn: Connection, hook_id: int) -> Hook | None:
    """Return a webhook, kept as it is until the transaction ends."""
    query = select(hooks).where(hooks.c.id == hook_id).with_for_update(key_share=True)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else _hook(row)


def keep_secret(conn: Connection, hook_id: int, sealed: Sealed, old: Sealed | None, old_until: datetime | None) -> None:
    """Keep a secret in place of another, which goes on signing for a while. The row is locked."""
    values: dict[str, Any] = {"key_id": sealed.key_id, "sealed": sealed.content, "old_until": old_until}
    values |= {"old_key_id": old.key_id if old else None, "old_sealed": old.content if old else None}
    update_row(conn, hooks, hook_id, values)


def pause(conn: Connection, hook_id: int, *, by: str, why: str, now: datetime) -> bool:
    """Write nothing for a webhook, and say nothing to it; say whether it was told until now."""
    mine = (hooks.c.id == hook_id, hooks.c.paused_at.is_(None), hooks.c.ended_at.is_(None))
    values = {"paused_at": now, "paused_by": by, "paused_why": why}
    return conn.execute(update(hooks).where(*mine).values(values)).rowcount == 1


def resume(conn: Connection, hook_id: int) -> bool:
    """Tell a webhook again, from a clean slate; say whether it was paused."""
    mine = (hooks.c.id == hook_id, hooks.c.paused_at.is_not(None), hooks.c.ended_at.is_(None))
    values = dict.fromkeys(("paused_at", "paused_by", "paused_why", "failing_since", "rests_until"))
    return conn.execute(update(hooks).where(*mine).values({**values, "failures": 0})).rowcount == 1


def end(conn: Connection, hook_id: int, *, by: str, why: str, now: datetime) -> bool:
    """Tell a webhook nothing any more, and forget its secrets; say whether it had not ended."""
    mine = (hooks.c.id == hook_id, hooks.c.ended_at.is_(None))
    gone = dict.fromkeys(("key_id", "sealed", "old_key_id", "old_sealed", "old_until"))
    values = {**gone, "ended_at": now, "ended_by": by, "ended_why": why}
    return conn.execute(update(hooks).where(*mine).values(values)).rowcount == 1


def due(conn: Connection, now: datetime) -> list[Hook]:
    """Return the webhooks that may be told something now."""
    is_open = (hooks.c.paused_at.is_(None), hooks.c.ended_at.is_(None))
    rested = or_(hooks.c.rests_until.is_(None), hooks.c.rests_until <= now)
    return [_hook(row) for row in conn.execute(select(hooks).where(*is_open, rested)).mappings()]


def note_taken(conn: Connection, hook_id: int, now: datetime) -> None:
    """Note that it took what it was told; not each time, for the row is everybody's who tells it."""
    is_old = or_(hooks.c.said_at.is_(None), hooks.c.said_at < now - NOTED_EACH)
    is_news = or_(hooks.c.failures > 0, hooks.c.failing_since.is_not(None), is_old)
    values = {"failures": 0, "failing_since": None, "rests_until": None, "said_at": now}
    conn.execute(update(hooks).where(and_(hooks.c.id == hook_id, is_news)).values(values))


def note_failed(conn: Connection, hook_id: int, failures: int, rests_until: datetime | None, now: datetime) -> None:
    """Note that it did not take it; the row is locked.

    :param failures: in a row, with this one.
    """
    since = func.coalesce(hooks.c.failing_since, literal(now, Moment))
    values = {"failures": failures, "rests_until": rests_until, "failing_since": since}
    conn.execute(update(hooks).where(hooks.c.id == hook_id).values(values))


def _hook(row: RowMapping) -> Hook:
    words = row["kinds"].split()
    given = {name: row[name] for name in ("id", "address", "description", "allow_private", "made_at", "made_by")}
    given |= {name: row[name] for name in ("old_until", "paused_at", "ended_at", "failures", "failing_since")}
    given |= {name: row[name] or "" for name in ("paused_by", "paused_why", "ended_by", "ended_why")}
    return Hook(
        **given,
        kinds=TO_CHOOSE if ALL in words else tuple(HookKind(word) for word in words if word in set(HookKind)),
        wants_all=ALL in words,
        rests_until=row["rests_until"],
        said_at=row["said_at"],
        secrets=(_sealed(row["key_id"], row["sealed"]), _sealed(row["old_key_id"], row["old_sealed"])),
    )


def _sealed(key_id: str | None, content: bytes | None) -> Sealed | None:
    return None if key_id is None or content is None else Sealed(key_id, bytes(content))

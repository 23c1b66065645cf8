"""Who is at work on this ledger. Each process holds a lock that ends with it; a free lock means that it is dead."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from publisher.errors import StoreError
from publisher.store.database import Store
from publisher.store.tables import insert_row, processes, update_row


@contextmanager
def at_work(store: Store, command: str, now: datetime) -> Iterator[int]:
    """Register this process and hold its lock; yield its id."""
    with ExitStack() as stack:
        with store.write() as conn:
            values = {"host": socket.gethostname(), "pid": os.getpid(), "command": command, "started_at": now}
            process_id = insert_row(conn, processes, **values)
            # Locked before the row can be seen: nobody may find us and think us dead.
            stack.enter_context(store.hold(str(process_id)))
        yield process_id


def record_end(store: Store, process_id: int, now: datetime) -> None:
    with store.write() as conn:
        update_row(conn, processes, process_id, {"ended_at": now})


def is_alive(store: Store, process_id: int) -> bool:
    """Say whether the process still holds its lock."""
    return store.is_held(str(process_id))


def seems_alive(store: Store, process_id: int) -> bool:
    """Say whether it holds its lock at this moment: for people to look at, never to take its calls over."""
    return store.seems_held(str(process_id))


@contextmanager
def only_one(store: Store, command: str, now: datetime) -> Iterator[None]:
    """Be the only process that runs this command on a SQLite file; on PostgreSQL there may be several.

    :raises StoreError: there is one already; with its pid, host and since when.
    """
    about = f"pid {os.getpid()} on {socket.gethostname()}, since {now.astimezone():%Y-%m-%d %H:%M:%S %Z}"
    with store.alone(command, about) as other:
        if other:
            raise StoreError(
                f"`publisher {command}` is at work on this ledger already: {other}",
                where=store.where,
                remedy="Leave it to that one, or end it first; several at once need PostgreSQL (DATABASE_URL)",
            )
        yield

"""Who is at work on this ledger. Each process holds a locked file; a free lock means that it is dead."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import update

from publisher.store.database import Store
from publisher.store.tables import insert_row, processes


@contextmanager
def at_work(store: Store, command: str, now: datetime) -> Iterator[int]:
    """Register this process and hold its lock; yield its id."""
    with store.write() as conn:
        values = {"host": socket.gethostname(), "pid": os.getpid(), "command": command, "started_at": now}
        process_id = insert_row(conn, processes, **values)
        # Locked before the row can be seen: nobody may find us and think us dead.
        descriptor = os.open(lock_path(store, process_id), os.O_CREAT | os.O_RDWR, 0o644)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield process_id
    finally:
        lock_path(store, process_id).unlink(missing_ok=True)
        os.close(descriptor)


def record_end(store: Store, process_id: int, now: datetime) -> None:
    with store.write() as conn:
        conn.execute(update(processes).where(processes.c.id == process_id).values(ended_at=now))


def is_alive(store: Store, process_id: int) -> bool:
    """Say whether the process still holds its lock. Only for processes of this machine (SQLite has no others)."""
    try:
        descriptor = os.open(lock_path(store, process_id), os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        lock_path(store, process_id).unlink(missing_ok=True)
        return False
    finally:
        os.close(descriptor)


def lock_path(store: Store, process_id: int) -> Path:
    folder = store.path.with_name(store.path.name + ".locks")
    folder.mkdir(exist_ok=True)
    return folder / str(process_id)

"""Who is at work on this ledger. Each process holds a lock that ends with it; a free lock means that it is dead."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, insert, select

from publisher.errors import StoreError, UpgradeError
from publisher.store import migrate
from publisher.store.database import Store
from publisher.store.tables import facts, insert_row, processes, update_row

UPGRADE = "upgrade"  # the command
FIRING = ("run", "scheduler")  # commands that run the schedules, and look at the clock and the disk of their machine
# Commands that carry on what is under way, whosever it is.
SENDING = ("run", "worker", "send", "breaking", "resend", "correct", "withdraw", "try")
CONSOLE = "console:"  # so begin the facts that say where a process shows the console
WHEN_DONE = "Start again when that is done"


@contextmanager
def at_work(store: Store, command: str, now: datetime) -> Iterator[int]:
    """Register this process and hold its lock; yield its id.

    :raises UpgradeError: the ledger is being upgraded, or was since it was opened.
    """
    with registered(store, command, now) as process_id:
        # We can be seen by now: whoever upgrades the ledger waits for us, or we see them.
        if (why := upgraded(store)) is not None:
            record_end(store, process_id, now)
            raise why
        yield process_id


@contextmanager
def upgrading(store: Store, now: datetime) -> Iterator[int]:
    """Be an upgrade, of a ledger of whatever version: all others end, and nobody begins. Yield the process's id."""
    with registered(store, UPGRADE, now) as process_id:
        try:
            yield process_id
        finally:
            record_end(store, process_id, now)


@contextmanager
def registered(store: Store, command: str, now: datetime) -> Iterator[int]:
    with ExitStack() as stack:
        with store.write() as conn:
            values = {"host": socket.gethostname(), "pid": os.getpid(), "command": command, "started_at": now}
            process_id = insert_row(conn, processes, **values)
            # Locked before the row can be seen: nobody may find us and think us dead.
            stack.enter_context(store.hold(str(process_id)))
        store.guard = None  # it is waited for: what it has begun it may end
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


def living(store: Store) -> list[RowMapping]:
    """Return the processes that hold their locks at this moment: who seems to be at work."""
    columns = [processes.c[name] for name in ("id", "command", "pid", "host", "started_at")]  # of every schema
    with store.read() as conn:
        query = select(*columns).where(processes.c.ended_at.is_(None)).order_by(processes.c.id)
        begun = list(conn.execute(query).mappings())
    return [row for row in begun if seems_alive(store, row["id"])]


@contextmanager
def showing(store: Store, process_id: int, url: str) -> Iterator[None]:
    """Let others know where this process shows the console, for as long as it does."""
    name = f"{CONSOLE}{process_id}"
    with store.read() as conn:
        before = _shown(conn)
    gone = [each for each in before if not seems_alive(store, each)]  # they ended in the midst of it
    with store.write() as conn:
        conn.execute(delete(facts).where(facts.c.name.in_([name, *(f"{CONSOLE}{each}" for each in gone)])))
        conn.execute(insert(facts).values(name=name, value=url))
    try:
        yield
    finally:
        with store.write() as conn:
            conn.execute(delete(facts).where(facts.c.name == name))


def console_of(store: Store, host: str) -> str:
    """Return where a process at work on a machine shows the console, the newest; empty: none does."""
    with store.read() as conn:
        shown = _shown(conn)
        here = select(processes.c.id).where(processes.c.id.in_(list(shown)), processes.c.host == host)
        found = sorted(conn.execute(here).scalars(), reverse=True)
    return next((shown[each] for each in found if seems_alive(store, each)), "")


def _shown(conn: Connection) -> dict[int, str]:
    """Return where processes show the console, or did when they died, by their ids."""
    rows = conn.execute(select(facts.c.name, facts.c.value).where(facts.c.name.startswith(CONSOLE, autoescape=True)))
    return {int(name.removeprefix(CONSOLE)): url for name, url in rows}


def named(row: RowMapping) -> str:
    return f"publisher {row['command']} (pid {row['pid']} on {row['host']})"


def upgraded(store: Store) -> UpgradeError | None:
    """Return why nobody of this version may be at work: the ledger is being upgraded, or was. Costs next to nothing."""
    with store.read() as conn:
        return _upgraded(store, conn)


def end_writing_for_upgrades(store: Store) -> None:
    """Let whoever is not registered write nothing any more once an upgrade has begun: it is not waited for.

    What such a command has written by then is kept by the upgrade; it says where it stopped, and is run again.
    """

    def guard(conn: Connection) -> None:
        is_free = migrate.keep_off(conn)
        if (why := _upgraded(store, conn)) is not None:
            raise why
        if not is_free:
            raise UpgradeError("the ledger is being upgraded", where=store.where, remedy=WHEN_DONE)

    store.guard = guard


def _upgraded(store: Store, conn: Connection) -> UpgradeError | None:
    mine = (processes.c.command == UPGRADE, processes.c.ended_at.is_(None))
    begun = set(conn.execute(select(processes.c.id).where(*mine)).scalars())
    is_current = migrate.is_current(conn)
    if begun and (row := next((row for row in living(store) if row["id"] in begun), None)):
        return UpgradeError(f"the ledger is being upgraded by {named(row)}", where=store.where, remedy=WHEN_DONE)
    if is_current:
        return None
    what = f"the ledger has schema {store.schema()} by now, and this version of Publisher works with {migrate.HEAD}"
    return UpgradeError(what, where=store.where, remedy="Start again as the version that upgraded it")


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

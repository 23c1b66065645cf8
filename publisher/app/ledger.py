"""Opening the ledger with its journal, and seeing that it was restored: then nothing is sent until a person says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import structlog

from publisher.audience.remembering import remember
from publisher.clock import Clock
from publisher.config.keys import KeyRing
from publisher.config.settings import FILE, Settings
from publisher.errors import ConfigError
from publisher.model.counting import many
from publisher.model.tokens import address_hash
from publisher.pipeline.operate import holding
from publisher.store import Store, marks, numbers, owed, processes
from publisher.store.farewells import Farewell
from publisher.store.journal import Journal, Mark
from publisher.store.journal_file import JournalFile

log = structlog.get_logger()

DATABASE = "publisher.db"
JOURNAL = "publisher.journal"
LATE = 10  # marks: of several processes, one a minute each
RESTORED = "publisher (restored)"  # who holds a ledger that was restored
UNSAID = (
    "Set JOURNAL to a file that all machines reach, or to another database (postgresql://…): a backup that is "
    "restored would else write to people who have left (docs/backups.md)"
)


def open_ledger(folder: Path, settings: Settings, clock: Clock, *, to_upgrade: bool = False) -> Store:
    """Open the ledger of a project directory, and hold it where it was restored from a backup.

    :param to_upgrade: one of an earlier version is let in, as it is.
    :raises ConfigError: machines may share it, and nobody said where its journal is.
    :raises StoreError: it can't be opened, or its journal is not as it was written.
    """
    journal = journal_of(folder, settings)
    store = Store.open(settings.database_url or folder / DATABASE, clock, to_upgrade=to_upgrade)
    store.journal = journal
    if not to_upgrade:
        processes.end_writing_for_upgrades(store)
        notice_restore(store, lambda email: _hash_of(folder, email), clock)
    return store


def journal_of(folder: Path, settings: Settings) -> Journal:
    """Return the journal of a project, wherever `JOURNAL` says that it is; nothing is read or written yet.

    :raises ConfigError: the ledger's machines would each have one of their own, and so know of a few who left.
    :raises StoreError: it names no database.
    """
    said = settings.get("JOURNAL")
    if settings.database_url and not said:
        raise ConfigError("a ledger that machines share needs a journal that they share", where=FILE, remedy=UNSAID)
    if "://" not in said:
        return JournalFile(folder / (said or JOURNAL))
    from publisher.store.journal_database import JournalDatabase  # here: a file needs no driver for PostgreSQL

    return JournalDatabase(said)


def notice_restore(store: Store, hash_of: Callable[[str], str], clock: Clock) -> bool:
    """Say whether the ledger knows of less than its journal; then hold it, and leave alone who left since.

    No number that was given since is given again: that comes first, for what follows writes rows too.
    """
    journal, said = store.journal, _unknown_mark(store)
    if journal is None or said is None:
        return False
    with store.read() as conn:
        epoch, number = marks.epoch(conn), marks.number(conn)
    leave_out_lost(store)
    why = f"the ledger was restored: what it knows of is older than {said.at:%Y-%m-%d %H:%M} UTC"
    holding.hold_all(store, actor=RESTORED, why=why, now=clock())
    done = remember(store, _since(journal, epoch, number), hash_of=hash_of, now=clock())
    log.warning("ledger_restored", held=why, left_alone_again=many(done.total(), "person", "people"))
    _mark(store, clock, beyond=said.number)
    return True


def is_behind(store: Store) -> bool:
    """Say whether the ledger knows of less than its journal: a journal that ends with it says nothing of what came."""
    return _unknown_mark(store) is not None


def _unknown_mark(store: Store) -> Mark | None:
    """Return how far its journal says that the ledger was, where the ledger doesn't know it: then it was restored."""
    said = store.journal.last_mark() if store.journal else None
    if said is None:
        return None
    with store.read() as conn:
        is_known = said.epoch == marks.epoch(conn) and said.number <= marks.number(conn)
    return None if is_known else said


def leave_out_lost(store: Store) -> None:
    """Let a restored ledger give no number that it may have given since its backup."""
    with store.write() as conn:
        numbers.leave_out_lost(conn, store.now(conn))


def keep_mark(store: Store, clock: Clock) -> None:
    """Say how far the ledger is; not where it was restored and nobody has noticed yet: that would hide it.

    What could not be written into the journal before is written first, by whomever it was said.

    :raises StoreError: the journal can't be written.
    """
    if _unknown_mark(store) is None:
        _write_owed(store)
        _mark(store, clock)


def _write_owed(store: Store) -> None:
    """Write what the journal lacks. Two processes may both do so: a line said twice means what it means once."""
    if store.journal is None:
        return
    with store.read() as conn:
        lacking = owed.lines(conn)
    if lacking:
        store.journal.append([line for part in lacking.values() for line in part])
        with store.write() as conn:
            owed.settle(conn, list(lacking))


def _mark(store: Store, clock: Clock, *, beyond: int = 0) -> None:
    """Say it in the ledger itself first: what its journal says it knows of, it does know of."""
    if store.journal is None:
        return
    with store.write() as conn:
        epoch, number = marks.epoch(conn), marks.rise(conn, beyond)
    store.journal.append([Mark(epoch, number, clock())])


def _since(journal: Journal, epoch: str, number: int) -> Iterator[Farewell]:
    """Yield what was said since the ledger is what it is, and some before: who has left already stays so.

    A mark is in the ledger first. Until it is in the journal others may have said something that the ledger, as it was
    copied meanwhile, doesn't know; so the last marks that it knows of end nothing.
    """
    waiting: list[Farewell] = []
    for line in journal.read():
        if isinstance(line, Farewell):
            waiting.append(line)
        elif line.epoch == epoch and line.number <= number - LATE:
            waiting.clear()
    yield from waiting


def _hash_of(folder: Path, email: str) -> str:
    return address_hash(email, KeyRing.load(folder / "keys.json").current("suppression")[1])

"""Opening the ledger with its journal, and seeing that it was restored: then nothing is sent until a person says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import structlog

from publisher.audience.remembering import remember
from publisher.clock import Clock
from publisher.config.keys import KeyRing
from publisher.config.settings import Settings
from publisher.model.counting import many
from publisher.model.tokens import address_hash
from publisher.pipeline.operate import holding
from publisher.store import Store, marks, processes
from publisher.store.farewells import Farewell
from publisher.store.journal import Journal, Mark

log = structlog.get_logger()

DATABASE = "publisher.db"
JOURNAL = "publisher.journal"
RESTORED = "publisher (restored)"  # who holds a ledger that was restored


def open_ledger(folder: Path, settings: Settings, clock: Clock, *, to_upgrade: bool = False) -> Store:
    """Open the ledger of a project directory, and hold it where it was restored from a backup.

    :param to_upgrade: one of an earlier version is let in, as it is.
    :raises StoreError: it can't be opened, or its journal is not as it was written.
    """
    store = Store.open(settings.database_url or folder / DATABASE, clock, to_upgrade=to_upgrade)
    store.journal = Journal(Path(settings.get("JOURNAL") or folder / JOURNAL))
    if not to_upgrade:
        processes.end_writing_for_upgrades(store)
        notice_restore(store, lambda email: _hash_of(folder, email), clock)
    return store


def notice_restore(store: Store, hash_of: Callable[[str], str], clock: Clock) -> bool:
    """Say whether the ledger knows of less than its journal; then hold it, and leave alone who left since."""
    journal = store.journal
    said = journal.last_mark() if journal else None
    if journal is None or said is None:
        return False
    with store.read() as conn:
        epoch, number = marks.epoch(conn), marks.number(conn)
    if said.epoch == epoch and said.number <= number:
        return False
    why = f"the ledger was restored: what it knows of is older than {said.at:%Y-%m-%d %H:%M} UTC"
    holding.hold_all(store, actor=RESTORED, why=why, now=clock())
    done = remember(store, _since(journal, epoch, number), hash_of=hash_of, now=clock())
    log.warning("ledger_restored", held=why, left_alone_again=many(done.total(), "person", "people"))
    keep_mark(store, clock, beyond=said.number)
    return True


def keep_mark(store: Store, clock: Clock, *, beyond: int = 0) -> None:
    """Say how far the ledger is, in itself first: what its journal says it knows of, it does know of."""
    if store.journal is None:
        return
    with store.write() as conn:
        epoch, number = marks.epoch(conn), marks.rise(conn, beyond)
    store.journal.append([Mark(epoch, number, clock())])


def _since(journal: Journal, epoch: str, number: int) -> Iterator[Farewell]:
    """Yield what was said after the last mark that the ledger knows of; all of it, where it knows of none."""
    waiting: list[Farewell] = []
    for line in journal.read():
        if isinstance(line, Farewell):
            waiting.append(line)
        elif line.epoch == epoch and line.number <= number:
            waiting.clear()
    yield from waiting


def _hash_of(folder: Path, email: str) -> str:
    return address_hash(email, KeyRing.load(folder / "keys.json").current("suppression")[1])

"""Power loss: a real run's write-ahead log, cut or torn at a random byte, opened again by the product.

While a run is recorded, a reader of ours keeps SQLite from moving anything out of the log. So the database file stays
as it was when the recording began, and every prefix of the log is what a disk may hold after the power went.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from publisher.pipeline import dispatch
from publisher.store import Store
from tests.crash.loop import Loop, Plan
from tests.crash.oracle import judge_ledger
from tests.crash.sink import Temper, serving

ENOUGH = 6_000_000  # bytes of log
NOW = datetime(2027, 1, 1, tzinfo=UTC)
RECORDED = Plan(
    deliveries=1_200, kills=0, readers=300, per_call=3, temper=Temper(unavailable=0.05, drop_after=0.05, latency=0.1)
)


class Recording:
    """The database and the log of a run that was killed several times, as the disk held them."""

    def __init__(self, folder: Path) -> None:
        self.database, self.wal = folder / "base.db", folder / "base.db-wal"

    @classmethod
    def make(cls, folder: Path) -> Recording:
        """Record a run; an earlier recording in this folder is taken as it is."""
        made = cls(folder)
        if made.wal.exists():
            return made
        loop = Loop(folder / "run", RECORDED)
        loop.folder.mkdir(parents=True)
        with serving(loop.log, RECORDED.temper) as url:
            loop.set_up(url)
            reader = sqlite3.connect(loop.database, isolation_level=None)
            reader.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sends").fetchone()
            wal = loop.database.with_name("publisher.db-wal")
            while not wal.exists() or wal.stat().st_size < ENOUGH:
                loop.interrupted_life()
            shutil.copy(wal, folder / "wal.new")
            shutil.copy(loop.database, made.database)
            (folder / "wal.new").rename(made.wal)
            reader.close()
        return made


def tear(wal: bytes, random: Random) -> tuple[str, bytes]:
    """Return the log as a disk may hold it after the power went, and in which way it was harmed."""
    at = random.randrange(len(wal))
    kind = random.choice(sorted(TEARS))
    return kind, TEARS[kind](wal, at, random)


def _sector(wal: bytes, at: int, random: Random) -> bytes:
    start = at - at % 512
    return wal[:start] + random.randbytes(512) + wal[start + 512 :]


TEARS: dict[str, Callable[[bytes, int, Random], bytes]] = {
    "cut": lambda wal, at, random: wal[:at],
    "garbage after": lambda wal, at, random: wal[:at] + random.randbytes(random.randrange(1, 20_000)),
    "zeros after": lambda wal, at, random: wal[:at] + bytes(random.randrange(1, 20_000)),
    "a sector torn": _sector,  # what was written after it is on the disk, and must not count
}


def cut_and_judge(recording: Recording, cuts: int, seed: int) -> tuple[list[str], Counter[str]]:
    """Harm the log so many times; return what was wrong, and how many cuts left which state of the run."""
    # In memory where there is such a place: the harm is done by us, and no disk need be waited for.
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with TemporaryDirectory(dir=memory) as folder:
        return _cut_in(Path(folder), recording, cuts, seed)


def _cut_in(folder: Path, recording: Recording, cuts: int, seed: int) -> tuple[list[str], Counter[str]]:
    random, wal = Random(seed), recording.wal.read_bytes()
    wrong: list[str] = []
    seen: Counter[str] = Counter()
    database = folder / "publisher.db"
    for number in range(cuts):
        for old in folder.glob("publisher.db*"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        kind, harmed = tear(wal, random)
        shutil.copy(recording.database, database)
        database.with_name("publisher.db-wal").write_bytes(harmed)
        faults, had_open_calls = _judge(database)
        wrong += [f"cut {number} of seed {seed} ({kind}, {len(harmed)} bytes): {fault}" for fault in faults]
        seen[kind] += 1
        seen["with calls under way"] += had_open_calls
    return wrong, seen


def _judge(database: Path) -> tuple[list[str], bool]:
    conn = sqlite3.connect(database)
    (integrity,) = conn.execute("PRAGMA integrity_check").fetchone()
    (open_calls,) = conn.execute("SELECT count(*) FROM calls WHERE state IN ('claimed', 'sending')").fetchone()
    conn.close()
    faults = [] if integrity == "ok" else [f"integrity_check: {integrity}"]
    faults += judge_ledger(database).examples
    store = Store.open(database)  # the product itself opens it, and finds everybody dead
    dispatch.take_over(store, lambda _: False, now=NOW)
    store.close()
    return faults + judge_ledger(database, is_settled=True).examples, bool(open_calls)

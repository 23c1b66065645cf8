"""What an import costs beside a bare `executemany` of the same rows, and how much memory it takes.

    python -m benchmarks.importing [--rows 1000000] [--rounds 3] [--folder DIR] [--postgresql URL]

Each round times both, one after the other, into new ledgers: on a busy machine compare within a round. The bare loop
writes the same people and the same subscriptions, with the ids ready, through the driver alone, durable at its end. The
import is a process of its own, whose peak of resident memory is the kernel's own figure.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from publisher.model.tokens import address_hash
from publisher.store import Store
from publisher.store.address import parse

CITIES = ("Porto", "Lisboa", "Faro", "Braga", "Évora")
KEY = b"0" * 32
IMPORT = r"""
import json, re, sys, time
from datetime import UTC, datetime
from pathlib import Path
from publisher.audience import imports
from publisher.store import Store
target, file, key = sys.argv[1:]
store = Store.open(target if "://" in target else Path(target))
began, worked = time.monotonic(), time.process_time()
said = {"hash_key": key.encode(), "now": datetime.now(UTC), "actor": "benchmark"}
report = imports.import_csv(store, Path(file), "daily", **said)
seconds, cpu = time.monotonic() - began, time.process_time() - worked
# Not getrusage's figure, which a process has from the one that started it.
peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps({"seconds": seconds, "cpu": cpu, "mb": peak, "added": report.added}))
"""


def write_people(path: Path, rows: int) -> None:
    """Write a file as other systems export them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Email", "Name", "City"])
        for n in range(rows):
            writer.writerow([f"reader.{n}@mail{n % 997}.example.org", f"Reader {n}", CITIES[n % len(CITIES)]])


def people(path: Path) -> list[tuple]:
    """Return the rows as the ledger keeps them, made before the clock runs."""
    now = int(datetime.now(UTC).timestamp() * 1_000_000)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [
        (n, email, address_hash(email, KEY), 1, name, json.dumps({"city": city}), now)
        for n, (email, name, city) in enumerate(rows, start=1)
    ]


PEOPLE = "INSERT INTO subscribers (id, email, address_hash, domain_id, name, attributes, made_at) VALUES ({})"
CHOICES = "INSERT INTO subscriptions (list_id, subscriber_id, state, basis, since, actor) VALUES ({})"


def bare(target: str | Path, rows: list[tuple]) -> tuple[float, float]:
    """Return the seconds of a bare executemany of the same rows, and those of them that this process was at work."""
    Store.open(target).close()
    chosen = [(1, row[0], "confirmed", "imported from people.csv on 2026-11-30", row[6], "benchmark") for row in rows]
    if isinstance(target, Path):
        conn, sign = sqlite3.connect(target), "?"
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute("PRAGMA foreign_keys = ON")
    else:
        import psycopg

        conn, sign = psycopg.connect(parse(target).set(drivername="postgresql").render_as_string(False)), "%s"
    conn.execute("INSERT INTO domains (id, name) VALUES (1, 'example.org')")
    conn.execute("INSERT INTO lists (id, name) VALUES (1, 'daily')")
    began, worked = time.monotonic(), time.process_time()
    cursor = conn.cursor()
    cursor.executemany(PEOPLE.format(", ".join([sign] * 7)), rows)
    cursor.executemany(CHOICES.format(", ".join([sign] * 6)), chosen)
    conn.commit()
    seconds, cpu = time.monotonic() - began, time.process_time() - worked
    conn.close()
    return seconds, cpu


def imported(target: str | Path, file: Path) -> dict:
    """Import the file in a process of its own; return its seconds, its peak of memory, and how many are new."""
    command = [sys.executable, "-c", IMPORT, str(target), str(file), KEY.decode()]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def empty(url: str) -> str:
    """Take everything out of a database that is there for this."""
    import psycopg

    with psycopg.connect(parse(url).set(drivername="postgresql").render_as_string(False), autocommit=True) as conn:
        conn.execute("DROP SCHEMA public CASCADE")
        conn.execute("CREATE SCHEMA public")
    return url


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the ledgers are made; then gone")
    parser.add_argument("--postgresql", metavar="URL", help="a database that may be emptied, instead of SQLite")
    given = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="publisher-importing-", dir=given.folder))
    try:
        file = root / "people.csv"
        write_people(file, given.rows)
        rows, ratios, peaks = people(file), [], []
        print(f"{'round':>6} {'bare s':>9} {'import s':>9} {'times':>7} {'of CPU':>7} {'MB':>6}")
        for number in range(1, given.rounds + 1):
            targets = [
                empty(given.postgresql) if given.postgresql else root / f"{kind}{number}.db"
                for kind in ("bare", "import")
            ]
            seconds, cpu = bare(targets[0], rows)
            if given.postgresql:
                empty(given.postgresql)
            found = imported(targets[1], file)
            assert found["added"] == given.rows, found
            ratios.append(found["seconds"] / seconds)
            peaks.append(found["mb"])
            print(
                f"{number:>6} {seconds:>9.1f} {found['seconds']:>9.1f} {ratios[-1]:>7.2f}"
                f" {found['cpu'] / cpu:>7.2f} {found['mb']:>6.0f}"
            )
        print(
            json.dumps(
                {
                    "benchmark": "importing",
                    "rows": given.rows,
                    "engine": "postgresql" if given.postgresql else "sqlite",
                    "times_bare": round(statistics.median(ratios), 2),
                    "max_mb": round(max(peaks)),
                }
            )
        )
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()

"""Small writes of many threads: a commit each (`write`), or gathered into groups (`submit`).

    python benchmarks/commits.py [FOLDER-OR-DATABASE_URL] [--threads 16] [--seconds 5]

Each write is the size of a claim: it reads what is due, opens a call, takes ten deliveries and moves the books.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, text

from publisher.model.message import Post
from publisher.model.states import EditionState, SendState
from publisher.pipeline import address
from publisher.store import (
    Store,
    calls,
    deliveries,
    editions,
    messages,
    processes,
    project_versions,
    sends,
    subscribers,
)

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
SIZE = 10
CROWD = """
    INSERT INTO subscribers (email, address_hash, domain_id, name, attributes, made_at)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :most)
    SELECT 'r' || i || '@example.org', CAST(i AS TEXT), :domain, '', '{}', 0 FROM n
"""
ON_THE_LIST = """
    INSERT INTO subscriptions (list_id, subscriber_id, state, basis, since, actor)
    SELECT :list, id, 'confirmed', 'test', 0, 'test' FROM subscribers
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", default="")
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--readers", type=int, default=400_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        target = options.target if "://" in options.target else Path(options.target or folder) / "commits.db"
        store = Store.open(target)
        process_id = prepare(store, options.readers)
        for name, run in (("write", writing(store)), ("submit", store.submit)):
            rate, median, worst = measure(lambda run=run: run(claim_of(process_id)), options)
            sys.stdout.write(f"{name:7} {rate:8.0f} claims/s   median {median:6.2f} ms   99th {worst:6.2f} ms\n")
        store.close()


def writing(store: Store) -> Callable[[Callable[[Connection], bool]], bool]:
    def run(work: Callable[[Connection], bool]) -> bool:
        with store.write() as conn:
            return work(conn)

    return run


def claim_of(process_id: int) -> Callable[[Connection], bool]:
    def claim(conn: Connection) -> bool:
        due = deliveries.next_due(conn, "letters", NOW)
        if due is None:
            return False
        said = {"send_id": due.send_id, "message_id": due.message_id, "channel": "letters", "key": uuid4().hex}
        call = calls.open_call(conn, process_id=process_id, lease_until=NOW, now=NOW, **said)
        taken = deliveries.take(conn, due, call_id=call, limit=SIZE, now=NOW)
        sends.post_to_books(conn, due.send_id, {"pending": -len(taken), "taken": len(taken)})
        return True

    return claim


def measure(work: Callable[[], bool], options: argparse.Namespace) -> tuple[float, float, float]:
    """Return claims a second, and how many ms one took: the median, and the slowest but one in a hundred."""
    took: list[float] = []
    end = time.monotonic() + options.seconds

    def repeat() -> None:
        while time.monotonic() < end:
            begun = time.monotonic()
            if not work():
                raise SystemExit("nothing is left to claim: give more --readers")
            took.append((time.monotonic() - begun) * 1000)

    threads = [threading.Thread(target=repeat) for _ in range(options.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took.sort()
    return len(took) / options.seconds, took[len(took) // 2], took[len(took) * 99 // 100]


def prepare(store: Store, readers: int) -> int:
    """Fill the ledger with one send to that many readers; return the id of a process."""
    with store.write() as conn:
        domain, daily = subscribers.ensure_domain(conn, "example.org"), subscribers.ensure_list(conn, "daily")
        conn.execute(text(CROWD), {"most": readers, "domain": domain})
        conn.execute(text(ON_THE_LIST), {"list": daily})
        version = project_versions.accept(conn, "digest", "text", NOW, "test")
        slot = {"schedule": "morning", "slot": "2026-11-24T07:00", "language": "en", "due_at": NOW, "now": NOW}
        slot |= {"state": EditionState.LOCKED, "reason": "", "version_id": version, "actor": "test", "places": []}
        said = {"entry": "letters", "kind": "regular", "number": 1, "channel": "letters", "audience": ["daily"]}
        said |= {"priority": 2, "state": SendState.READY, "reasons": [], "made_at": NOW, "actor": "test"}
        send = sends.add(conn, edition_id=editions.add(conn, **slot), give_up_at=NOW + timedelta(hours=6), **said)
        messages.add(conn, send, Post(("A story",)), NOW)
        values = {"host": "here", "pid": 1, "command": "benchmark", "started_at": NOW}
        process_id = processes.insert_row(conn, processes.processes, **values)
    address.record(store, send, now=NOW)
    return process_id


if __name__ == "__main__":
    main()

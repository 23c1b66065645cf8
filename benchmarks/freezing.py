"""Freezing an audience with a segment, against a bare INSERT … SELECT of the same readers into the same table.

    python -m benchmarks.freezing [--readers 1000000] [--rounds 3] [--engine sqlite] [--folder DIR]
    python -m benchmarks.freezing --condition 'age > 40 and domain == "example.org"'
    python -m benchmarks.freezing --share 20      # percent of the readers, on whom two subjects are tried

Both run in turns on the same ledger, in one transaction each, which is taken back; a first one of each is not counted.
The readers have had mail before, so their rows as recipients are there. Half of them are in the segment.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, text

from publisher.model.segment import Selection
from publisher.store import Store, audience
from tests.ledger import add_edition, add_send, subscribe
from tests.stores import start_postgresql

CONDITION = 'city == "Porto" and joined > 90d'
PEOPLE = """
    INSERT INTO subscribers (id, email, address_hash, domain_id, name, attributes, made_at)
    SELECT n, 'reader' || n || '@example.org', 'h' || n, 1, 'Reader',
        CAST('{{"city": "' || CASE n % 2 WHEN 0 THEN 'Porto' ELSE '' END || '", "age": "' || n % 90 || '"}}' AS {json}),
        0
    FROM ({numbers}) AS numbers
"""
SUBSCRIPTIONS = """
    INSERT INTO subscriptions (list_id, subscriber_id, state, basis, since, actor)
    SELECT 1, id, 'confirmed', 'benchmark', id, 'benchmark' FROM subscribers WHERE id > 2
"""
RECIPIENTS = "INSERT INTO recipients (subscriber_id) SELECT id FROM subscribers WHERE id > 2"
BARE = """
    INSERT INTO deliveries (send_id, recipient_id, message_id, list_id, domain_id, state, due_at, attempts)
    SELECT :send_id, recipients.id, :message_id, 1, subscribers.domain_id, 'pending', 0, 0
    FROM subscribers JOIN subscriptions ON subscriptions.subscriber_id = subscribers.id
        JOIN recipients ON recipients.subscriber_id = subscribers.id
    WHERE subscriptions.list_id = 1 AND subscriptions.state = 'confirmed' AND subscribers.id % 2 = 0
"""
NUMBERS = {
    "sqlite": "WITH RECURSIVE n(n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM n WHERE n < :last) SELECT n FROM n",
    "postgresql": "SELECT n FROM generate_series(3, :last) AS n",
}


def fill(store: Store, engine: str, readers: int) -> None:
    """Write the readers down, each with a row as a recipient."""
    subscribe(store, 2)
    add_send(store, add_edition(store, "before"))
    words = PEOPLE.format(numbers=NUMBERS[engine], json="TEXT" if engine == "sqlite" else "JSON")
    with store.write() as conn:
        conn.execute(text(words), {"last": readers + 2})
        conn.exec_driver_sql(SUBSCRIPTIONS)
        conn.exec_driver_sql(RECIPIENTS)
        conn.exec_driver_sql("ANALYZE")


def bare(conn: Connection, send: dict[str, int], _: Selection) -> None:
    conn.execute(text(BARE), {"send_id": send["send_id"], "message_id": send["message_id"]})


def ours(share: int, conn: Connection, send: dict[str, int], selection: Selection) -> None:
    now, halves = datetime.now(UTC), audience.Halves(1, 1, share) if share else None
    audience.freeze_readers(conn, **send, list_id=1, due_at=now, selection=selection, now=now, halves=halves)


def measure(store: Store, selection: Selection, rounds: int, share: int) -> dict[str, list[float]]:
    edition = add_edition(store, "now")
    send = {"send_id": add_send(store, edition, lists=("nobody",)), "edition_id": edition, "message_id": 1}
    taken: dict[str, list[float]] = {"bare": [], "ours": []}
    for _ in range(rounds + 1):
        for name, freeze in (("bare", bare), ("ours", partial(ours, share))):
            began = time.perf_counter()
            with store.rehearsal() as conn:
                freeze(conn, send, selection)
            taken[name].append(time.perf_counter() - began)
    return {name: each[1:] for name, each in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engine", choices=tuple(NUMBERS), default="sqlite")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--condition", default=CONDITION)
    parser.add_argument("--share", type=int, default=0)
    given = parser.parse_args()
    with ExitStack() as stack:
        if given.engine == "postgresql":
            server = start_postgresql()
            stack.callback(server.stop)
            store = Store.open(server.ledger())
        else:
            folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            store = Store.create(folder / "publisher.db")
        stack.callback(store.close)
        fill(store, given.engine, given.readers)
        taken = measure(store, Selection("s", given.condition), given.rounds, given.share)
    middle = {name: statistics.median(each) for name, each in taken.items()}
    for name, each in taken.items():
        print(f"{name}: {', '.join(f'{one:.2f}' for one in each)} s")
    print(
        f"{given.readers:,} readers on {given.engine}: {middle['ours'] / middle['bare']:.2f} × a bare INSERT … SELECT"
    )


if __name__ == "__main__":
    main()

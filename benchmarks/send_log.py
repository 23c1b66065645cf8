"""The send log of many deliveries: the first and the next page of every filter, within each scope.

    python -m benchmarks.send_log [--deliveries 10000000] [--engine sqlite] [--folder DIR] [--keep FILE]

A tenth of the deliveries go to all readers of each of nine editions, one a day; a tenth by a second channel, and by
letters that went out one by one. One edition is under way, in one three letters failed, in one all but three did, one
was cancelled halfway. Of the readers two fifths are in one domain, five in another, fifteen hundred in a third.
Each page is read three times, each in a transaction of its own, as the console does; the time is the middle one, of
the whole answer without its HTML.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

from sqlalchemy import text

from publisher.app.send_log import PATIENCE
from publisher.model.call import Recipient
from publisher.store import Store, calls, log
from publisher.store.log import Filter
from publisher.store.tables import COUNTED
from tests.ledger import NOW, add_edition, add_send
from tests.stores import start_postgresql

DAYS = 9
PAGE = 50
TRIES = 3
DOMAINS = {"large.example": 1, "middling.example": 2, "tiny.example": 3, "some.example": 4, "nobody.example": 5}
NUMBERS = {
    "sqlite": "(WITH RECURSIVE n(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM n WHERE n < {last})"
    " SELECT n FROM n)",
    "postgresql": "(SELECT n FROM generate_series({first}, {last}) AS n)",
}
PEOPLE = """
    INSERT INTO subscribers (id, email, address_hash, domain_id, name, attributes, made_at)
    SELECT n, 'reader' || n || '@' || domains.name, 'h' || n, domains.id, 'Reader', CAST('{{}}' AS {json}), 0
    FROM {numbers} AS numbers JOIN domains ON domains.id = CASE
        WHEN n IN (7, 1007, 2007, 3007, {last}) THEN 3 WHEN n BETWEEN 5000 AND 6499 THEN 4
        WHEN n % 5 < 2 THEN 1 WHEN n % 5 < 4 THEN 2 ELSE 10 + n % 200 END
"""
RECIPIENTS = "INSERT INTO recipients (id, subscriber_id) SELECT id, id FROM subscribers"
# What became of the reader with this number, of this many; {n} and {last}.
USUAL = """CASE WHEN {n} % 200 = 1 THEN 'suppressed' WHEN {n} % 333 = 2 THEN 'excluded'
    WHEN {n} % 500 = 3 THEN 'failed' ELSE 'sent' END"""
FATES = {
    0: """CASE WHEN {n} % 200 = 1 THEN 'suppressed' WHEN {n} <= {last} / 100 THEN 'sent'
        WHEN {n} <= {last} / 100 + 1000 THEN 'taken' ELSE 'pending' END""",
    1: "CASE WHEN {n} IN (500, {last} / 2, {last} - 1) THEN 'failed' ELSE 'sent' END",
    2: "CASE WHEN {n} IN (500, {last} / 2, {last} - 1) THEN 'sent' ELSE 'failed' END",
    3: "CASE WHEN {n} < {last} / 2 THEN 'sent' ELSE 'cancelled' END",
}
CALLS = """
    INSERT INTO calls (id, send_id, message_id, channel, key, state, process_id, lease_until, size, opened_at, spoke_at,
        closed_at, outcome, status, provider_id)
    SELECT {base} + n, {send}, {message}, '{channel}', 'k' || ({base} + n), 'answered', 1, 0, {size}, {at}, {at}, {at},
        'sent', 200, 'id-' || ({base} + n)
    FROM {numbers} AS numbers
"""
DELIVERIES = """
    INSERT INTO deliveries (send_id, recipient_id, message_id, list_id, domain_id, state, due_at, call_id, attempts,
        reason)
    SELECT {send}, n, {message}, 1, subscribers.domain_id, state, {at},
        CASE WHEN state IN ('sent', 'failed') THEN {base} + n / {size} END, CASE state WHEN 'sent' THEN 1 ELSE 0 END,
        CASE state WHEN 'suppressed' THEN 'hard bounce' END
    FROM (SELECT n, {fate} AS state FROM {numbers} AS numbers) AS made JOIN subscribers ON subscribers.id = made.n
    ORDER BY n
"""


class Ledger:
    """A ledger that is filled for this."""

    def __init__(self, store: Store, engine: str, deliveries: int) -> None:
        self.store, self.engine, self.readers = store, engine, deliveries // 10
        self.calls = 1

    def fill(self) -> None:
        names = [(number, name) for name, number in DOMAINS.items()] + [(10 + n, f"d{n}.example") for n in range(200)]
        self.run("INSERT INTO processes (id, host, pid, command, started_at) VALUES (1, 'h', 1, 'run', 0)")
        self.run(f"INSERT INTO domains (id, name) VALUES {', '.join(map(repr, names))}")
        json_type = "TEXT" if self.engine == "sqlite" else "JSON"
        self.run(PEOPLE.format(numbers=self.numbers(), last=self.readers, json=json_type))
        self.run(RECIPIENTS)
        for day in reversed(range(DAYS)):
            edition = add_edition(self.store, f"day-{day}")
            self.send(edition, day, "letters", FATES.get(day, USUAL), size=500)
            self.send(edition, day, "second", USUAL, size=500, share=20)
            self.send(edition, day, "single", USUAL, size=1, share=20)
        if self.engine == "postgresql":
            with self.store.write() as conn:
                conn.exec_driver_sql("ANALYZE")

    def send(self, edition: int, day: int, channel: str, fate: str, *, size: int, share: int = 1) -> None:
        send = add_send(self.store, edition, channel=channel, lists=("nobody",))
        began = NOW - timedelta(days=day)
        at = int(began.timestamp() * 1_000_000)
        last = self.readers // share
        with self.store.read() as conn:
            message = conn.execute(text("SELECT max(id) FROM messages")).scalar_one()
        made = {"send": send, "message": message, "channel": channel, "size": size, "base": self.calls, "at": at}
        self.run(CALLS.format(**made, numbers=self.numbers(0, last // size)))
        self.calls += last // size + 1
        self.run(DELIVERIES.format(**made, numbers=self.numbers(1, last), fate=fate.format(n="n", last=last)))
        self.books(send, at)
        if day == 0 and channel == "letters":
            self.take(send, message)
            self.calls += 1

    def books(self, send: int, at: int) -> None:
        with self.store.write() as conn:
            query = text("SELECT state, count(*) FROM deliveries WHERE send_id = :send GROUP BY state")
            counted = {str(state): int(count) for state, count in conn.execute(query, {"send": send})}
            values = {name: counted.get(name, 0) for name in COUNTED} | {"candidates": sum(counted.values())}
            said = ", ".join(f"{name} = {count}" for name, count in values.items())
            conn.exec_driver_sql(
                f"UPDATE sends SET state = 'done', started_at = {at}, made_at = {at}, {said} WHERE id = {send}"
            )

    def take(self, send: int, message: int) -> None:
        """Let what is taken be so by calls that are open."""
        with self.store.write() as conn:
            query = text("SELECT id FROM deliveries WHERE send_id = :send AND state = 'taken'")
            ids = list(conn.execute(query, {"send": send}).scalars())
            if self.engine == "postgresql":
                conn.exec_driver_sql("SELECT setval('calls_id_seq', (SELECT max(id) FROM calls))")
            members = tuple(Recipient(each, f"d{each}", "someone@example.org") for each in ids)
            common = {"send_id": send, "message_id": message, "channel": "letters", "process_id": 1}
            (call,) = calls.open_calls(conn, [calls.Fresh("open", members)], **common, lease_until=NOW, now=NOW)
            conn.execute(text("UPDATE deliveries SET call_id = :call WHERE send_id = :send AND state = 'taken'"),
                         {"call": call, "send": send})  # fmt: skip

    def numbers(self, first: int = 1, last: int = 0) -> str:
        return NUMBERS[self.engine].format(first=first, last=last or self.readers)

    def run(self, statement: str) -> None:
        with self.store.write() as conn:
            if self.engine == "postgresql":
                conn.exec_driver_sql("SET LOCAL session_replication_role = replica")  # each row is known to be right
            conn.execute(text(statement))


def scopes(ledger: Ledger) -> dict[str, Filter]:
    with ledger.store.read() as conn:
        ids = {row.slot: row.id for row in conn.execute(text("SELECT id, slot FROM editions"))}
    week, day = NOW - timedelta(days=7) + timedelta(hours=1), timedelta(days=1)
    return {
        **{f"edition of day {number}": Filter(edition_id=ids[f"day-{number}"]) for number in (0, 1, 2, 3, 5)},
        "one address": Filter(subscriber_id=1007),
        "seven days": Filter(since=week),
        "the oldest day": Filter(since=NOW - DAYS * day, before=NOW - (DAYS - 2) * day),
    }


def filters(scope: Filter) -> Iterator[tuple[str, Filter]]:
    states = ("", *COUNTED)
    channels = ("", "letters", "single", "none")
    for state, channel, domain in product(states, channels, ("", *DOMAINS)):
        words = ", ".join(filter(None, (state, channel, domain))) or "all"
        yield words, replace(scope, state=state, channel=channel, domain=domain, limit=PAGE)


def measure(store: Store, wanted: Filter) -> tuple[list[float], bool]:
    """Return how long the first page and the next took, in milliseconds, and whether either was cut short."""
    taken, is_cut = [], False
    for _ in range(2):
        tries = []
        for _ in range(TRIES):
            began = time.perf_counter()
            with store.read() as conn:
                page = log.look(conn, wanted, PATIENCE)
            tries.append((time.perf_counter() - began) * 1_000)
        taken.append(statistics.median(tries))
        is_cut = is_cut or page.is_cut_short
        if page.goes_on is None:
            break
        wanted = replace(wanted, after=page.goes_on)
    return taken, is_cut


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deliveries", type=int, default=10_000_000)
    parser.add_argument("--engine", choices=tuple(NUMBERS), default="sqlite")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--keep", type=Path, help="add the figures to this file")
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
        began = time.perf_counter()
        ledger = Ledger(store, given.engine, given.deliveries)
        ledger.fill()
        print(f"filled in {time.perf_counter() - began:.0f} s", flush=True)
        figures = {name: report(store, name, scope) for name, scope in scopes(ledger).items()}
    if given.keep:
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ")
        line = {"benchmark": "send_log", "at": at, "engine": given.engine, "deliveries": given.deliveries}
        with given.keep.open("a", encoding="utf-8") as kept:
            kept.write(json.dumps({**line, "scopes": figures}) + "\n")


def report(store: Store, name: str, scope: Filter) -> dict[str, object]:
    """Measure every filter in a scope; print and return the worst page and the middle one."""
    found = {words: measure(store, wanted) for words, wanted in filters(scope)}
    pages = [(each, words) for words, (taken, _) in found.items() for each in taken]
    slowest, which = max(pages)
    middle = statistics.median(each for each, _ in pages)
    cut = [words for words, (_, is_cut) in found.items() if is_cut]
    over = sum(each > 200 for each, _ in pages)
    print(f"{name}: {len(pages)} pages, middle {middle:.1f} ms, slowest {slowest:.0f} ms ({which}), {over} over 200 ms")
    if cut:
        print(f"    cut short, to be gone on with: {len(cut)} filters: {'; '.join(cut)}", flush=True)
    return {"pages": len(pages), "middle_ms": round(middle, 1), "slowest_ms": round(slowest), "slowest": which,
            "over_200_ms": over, "cut_short": len(cut)}  # fmt: skip


if __name__ == "__main__":
    main()

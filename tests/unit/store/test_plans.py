"""Statements that run for every call find their rows by an index, however many rows the ledger has."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import text

from publisher.model.segment import Selection
from publisher.model.states import DeliveryState as D
from publisher.store import Store, audience, calls, channels, deliveries, log, trials
from tests.ledger import NOW, add_edition, add_send, open_store, subscribe
from tests.stores import overheard

STATEMENTS = {
    "next_due": lambda conn: deliveries.next_due(conn, "letters", NOW),
    "first_due_at": lambda conn: deliveries.first_due_at(conn, 1),
    "choose": lambda conn: deliveries.choose(conn, deliveries.Due(1, 1), limit=2, now=NOW),
    "take": lambda conn: deliveries.take(conn, {1: [1, 2]}, 1),
    "take for several": lambda conn: deliveries.take(conn, {1: [1], 2: [2, 3]}, 1),
    "put_off": lambda conn: deliveries.put_off(conn, [1, 2], NOW),
    "sent": lambda conn: deliveries.sent(conn, [1, 2], [1, 2]),
    "begin": lambda conn: calls.begin(conn, [1, 2], now=NOW, lease_left=timedelta()),
    "close_plain": lambda conn: calls.close_plain(conn, [calls.Plain(n, 200, "", "", "") for n in (1, 2)], NOW),
    "members": lambda conn: deliveries.members(conn, [1, 2], NOW),
    "attempts_of": lambda conn: deliveries.attempts_of(conn, [1, 2]),
    "move": lambda conn: deliveries.move(conn, [1, 2], call_id=1, origin=D.TAKEN, to=D.SENT),
    "open_ones": calls.open_ones,
    "has_waiting": lambda conn: trials.has_waiting(conn, 1),
    "has_untried": lambda conn: trials.has_untried(conn, 1),
    "let_go": lambda conn: trials.let_go(conn, 1, 1, NOW),
    "look": lambda conn: channels.look(conn, "letters", NOW),
    "a page of the log": lambda conn: log.find(conn, log.Filter(edition_id=1, limit=2)),
    "the log's domain": lambda conn: log.find(conn, log.Filter(since=NOW, domain="example.org", limit=2)),
    "the log's address": lambda conn: log.find(conn, log.Filter(subscriber_id=1, limit=2)),
    "the log's pending": lambda conn: log.find(conn, log.Filter(state="pending", limit=2)),
}
BIG = ("deliveries", "calls", "subscribers", "subscriptions", "recipients")


@pytest.fixture
def used(tmp_path):
    """A ledger on SQLite with a send to a few."""
    with closing(open_store(tmp_path)) as store:
        subscribe(store, 3)
        add_send(store, add_edition(store))
        yield store


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_of_every_call_looks_at_no_whole_table(used, name):
    with used.write() as conn:
        with overheard(conn) as asked:
            STATEMENTS[name](conn)
        said = [(sql, values) for sql, values in asked if "deliveries" in sql or "calls" in sql]
        assert said
        plans = [row[3] for sql, one in said for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", one)]
    # A scan of the index of open calls is all right: it holds only what is under way.
    assert not [line for line in plans if line.startswith(tuple(f"SCAN {table}" for table in BIG)) and OPEN not in line]


OPEN = "USING INDEX ix_calls_open"


@pytest.fixture(scope="module")
def long_used_url(postgresql):
    """A ledger on PostgreSQL with many settled deliveries and calls, and a few to go."""
    url = postgresql.create("long_used")
    store = Store.open(url)
    subscribe(store, 200)
    old = [add_send(store, add_edition(store, f"slot-{number}")) for number in range(3)]
    add_send(store, add_edition(store))
    settle = "UPDATE deliveries SET state = 'sent' WHERE send_id = ANY (:old)"
    books = "UPDATE sends SET sent = pending, pending = 0, state = 'done' WHERE id = ANY (:old)"
    with store.write() as conn:
        for statement in (settle, books):
            conn.execute(text(statement), {"old": old})
        conn.execute(text(MORE_CALLS), {"send": old[0]})
        conn.exec_driver_sql("SET LOCAL session_replication_role = replica")  # rows without their people
        conn.execute(text(MORE_DELIVERIES), {"send": old[0]})
        conn.exec_driver_sql("ANALYZE")
    store.close()
    return url


MORE_CALLS = """
    WITH one AS (INSERT INTO processes (host, pid, command, started_at) VALUES ('h', 1, 'run', 0) RETURNING id)
    INSERT INTO calls (send_id, message_id, channel, key, state, process_id, lease_until, size, opened_at)
    SELECT :send, (SELECT min(id) FROM messages), 'letters', 'k' || n, 'answered', one.id, 0, 1, 0
    FROM one, generate_series(1, 20000) AS n
"""
MORE_DELIVERIES = """
    INSERT INTO deliveries (send_id, recipient_id, message_id, state, due_at, attempts)
    SELECT :send, 1000000 + n, 1, 'sent', 0, 1 FROM generate_series(1, 50000) AS n
"""


@pytest.mark.parametrize("name", STATEMENTS)
def test_on_postgresql_a_statement_of_every_call_reads_no_large_table_whole(long_used_url, name):
    with closing(Store.open(long_used_url)) as store, store.write() as conn:
        before = conn.begin_nested()
        with overheard(conn) as asked:
            STATEMENTS[name](conn)
        said = [(sql, values) for sql, values in asked if "deliveries" in sql or "calls" in sql]
        assert said
        plans = [row[0] for sql, one in said for row in conn.exec_driver_sql(f"EXPLAIN {sql}", one)]
        before.rollback()  # the next statement finds the ledger as it was
    assert not [line for line in plans if "Seq Scan on deliveries" in line or "Seq Scan on calls" in line], plans


def test_the_first_list_of_a_send_is_frozen_without_a_look_at_what_is_being_written(postgresql_url):
    store = Store.open(postgresql_url)
    subscribe(store, 3)
    edition = add_edition(store)
    send = {"send_id": add_send(store, edition), "edition_id": edition, "list_id": 1, "message_id": 1}
    with store.write() as conn:
        conn.exec_driver_sql("DELETE FROM deliveries")
        with overheard(conn) as asked:
            audience.freeze_readers(conn, **send, due_at=NOW, selection=Selection(), now=NOW)
        [(sql, values)] = [(sql, values) for sql, values in asked if sql.startswith("INSERT INTO deliveries")]
        plan = [row[0] for row in conn.exec_driver_sql(f"EXPLAIN {sql}", values)]
    assert [line for line in plan if " on deliveries" in line] == [line for line in plan if "Insert on" in line]
    store.close()

"""Statements that run for every call find their rows by an index, however many rows the ledger has."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from publisher.model.states import DeliveryState as D
from publisher.store import deliveries
from tests.ledger import NOW, add_edition, add_send, open_store, subscribe

STATEMENTS = {
    "next_due": lambda conn: deliveries.next_due(conn, "letters", NOW),
    "next_due_at": lambda conn: deliveries.next_due_at(conn, "letters"),
    "take": lambda conn: deliveries.take(conn, deliveries.Due(1, 1), call_id=1, limit=2, now=NOW),
    "members": lambda conn: deliveries.members(conn, [1, 2]),
    "attempts_of": lambda conn: deliveries.attempts_of(conn, [1, 2]),
    "move": lambda conn: deliveries.move(conn, [1, 2], call_id=1, origin=D.TAKEN, to=D.SENT),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_of_every_call_looks_at_no_whole_table(tmp_path, name):
    store = open_store(tmp_path)
    subscribe(store, 3)
    add_send(store, add_edition(store))
    asked: list = []
    with store.write() as conn:
        event.listen(conn, "before_cursor_execute", lambda c, cursor, sql, values, *_: asked.append((sql, values)))
        STATEMENTS[name](conn)
        said = [(sql, values) for sql, values in asked if "deliveries" in sql]
        assert said
        plans = [row[3] for sql, values in said for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert not [line for line in plans if line.startswith(("SCAN deliveries", "SCAN subscri", "SCAN recip"))], plans

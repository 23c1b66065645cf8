"""What the ledger says of past editions: page by page by an index, however many there are."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from publisher.store import archive, messages
from publisher.store.tables import editions, sends
from publisher.store.tables import messages as message_rows
from tests.ledger import MAIL, NOW, add_edition
from tests.stores import overheard

EDITIONS = 10_000
LIMIT = 20


def fill(store, count: int) -> None:
    """Write down sends to `daily`, a minute apart, and to another list some; each with its mail."""
    first = add_edition(store)
    common = {"kind": "regular", "number": 1, "channel": "letters", "priority": 2}
    common |= {"state": "done", "reasons": [], "made_at": NOW, "actor": "test"}
    rows = [
        {
            **common,
            "edition_id": first + number,
            "entry": name,
            "audience": [name],
            "archive": name,
            "started_at": NOW + minutes(number),
        }
        for number in range(count)
        for name in (("daily", "weekly") if number % 10 == 0 else ("daily",))
    ]
    content = messages.encode(MAIL)
    with store.write() as conn:
        like = dict(conn.execute(select(editions).where(editions.c.id == first)).mappings().one()) | {"state": "closed"}
        more = range(1, count)
        conn.execute(insert(editions), [{**like, "id": first + each, "slot": f"slot-{each}"} for each in more])
        conn.execute(insert(sends), rows)
        ids = conn.execute(sends.select().with_only_columns(sends.c.id)).scalars().all()
        mail = {"revision": 1, "variant": "", "kind": "mail", "digest": "", "made_at": NOW, "content": content}
        conn.execute(insert(message_rows), [{**mail, "send_id": each} for each in ids])


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def every(store, list_name: str = "daily") -> list[archive.Past]:
    """Return all past editions of a list, page by page."""
    found: list[archive.Past] = []
    with store.read() as conn:
        while page := archive.page(conn, list_name, before=found[-1] if found else None, limit=LIMIT):
            found += page
    return found


def test_pages_follow_one_another_and_nothing_is_missed_or_said_twice(store):
    fill(store, 45)
    found = every(store)
    assert [each.sent_at for each in found] == [NOW + minutes(number) for number in range(44, -1, -1)]
    assert found[0].subject == MAIL.subject


def test_an_edition_knows_the_one_before_and_the_one_after(store):
    fill(store, 3)
    newest, middle, oldest = every(store)
    with store.read() as conn:
        assert archive.after(conn, "daily", middle) == newest
        assert archive.after(conn, "daily", newest) is None
        assert archive.page(conn, "daily", before=middle, limit=1) == [oldest]
        assert archive.get(conn, "daily", middle.send_id) == middle
        assert archive.get(conn, "weekly", middle.send_id) is None


def test_editions_that_began_at_the_same_moment_are_told_apart(store):
    fill(store, 30)
    with store.write() as conn:
        conn.execute(sends.update().values(started_at=NOW))
    found = every(store)
    assert len({each.send_id for each in found}) == len(found) == 30


@pytest.fixture
def long_used(store):
    fill(store, EDITIONS)
    if store.where.startswith("postgresql"):
        with store.write() as conn:
            conn.exec_driver_sql("ANALYZE sends, messages, editions")
    return store


def test_a_page_of_ten_thousand_editions_takes_no_time_and_reads_no_whole_table(long_used):
    with long_used.read() as conn:
        number = conn.execute(select(sends.c.id).where(sends.c.started_at == NOW + minutes(EDITIONS // 2))).scalars()
        middle = archive.get(conn, "daily", number.first())
    with long_used.write() as conn:
        with overheard(conn) as asked:
            archive.page(conn, "daily", limit=LIMIT)
            archive.after(conn, "daily", middle)
            took = [seconds_for_a_page(conn, middle) for _ in range(5)]
        for sql, values in asked[:3]:
            assert_by_index(conn, sql, values)
    assert min(took) < 0.1  # the best of some: others are at work on this machine


def seconds_for_a_page(conn, before: archive.Past) -> float:
    begun = time.perf_counter()
    assert len(archive.page(conn, "daily", before=before, limit=LIMIT)) == LIMIT
    return time.perf_counter() - begun


def assert_by_index(conn, sql, values) -> None:
    if conn.dialect.name == "postgresql":
        plan = [row[0] for row in conn.exec_driver_sql(f"EXPLAIN {sql}", values)]
        assert not [line for line in plan if "Seq Scan" in line and "on facts" not in line], plan  # a page of them here
        assert [line for line in plan if "ix_sends_archive" in line], plan
    else:
        plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
        assert not [line for line in plan if line.startswith("SCAN")], json.dumps(plan)
        assert not [line for line in plan if "TEMP B-TREE" in line and "LAST TERM" not in line], json.dumps(plan)
        assert [line for line in plan if "ix_sends_archive" in line], json.dumps(plan)

"""Group commit: what small writes that share one hear of what befell another of them."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from threading import Event

import pytest
from sqlalchemy import insert

from publisher.errors import UnkeptError
from publisher.store import suppressions
from publisher.store.journal_file import JournalFile
from publisher.store.tables import facts
from tests.ledger import NOW, open_store
from tests.unit.audience.people import hash_of

WHOM = hash_of("reader1@example.org")


@pytest.fixture
def store(tmp_path):
    """A ledger whose journal's disk is gone."""
    with closing(open_store(tmp_path)) as store:
        store.journal = JournalFile(tmp_path / "nowhere" / "publisher.journal")
        yield store


def complain(conn) -> None:
    suppressions.add(conn, WHOM, "all", reason="complaint", now=NOW, actor="channel:letters")


def begin(conn) -> str:
    conn.execute(insert(facts).values(name="begun", value=""))
    return "begun"


def in_one_commit(store, *works) -> list[Future]:
    """Submit writes so that they wait behind another one, and are made durable together."""
    is_writing, may_end = Event(), Event()

    def first(_conn) -> None:
        is_writing.set()
        may_end.wait()

    with ThreadPoolExecutor(len(works) + 1) as pool:
        pool.submit(store.submit, first)
        is_writing.wait()
        found = [pool.submit(store.submit, work) for work in works]
        while store._writer._queue.qsize() < len(works):
            pass
        may_end.set()
    return found


def test_a_journal_that_cannot_be_written_is_told_to_those_alone_whose_word_it_lacks(store):
    complained, begun = in_one_commit(store, complain, begin)
    with pytest.raises(UnkeptError, match="the journal can't be written"):
        complained.result()
    assert begun.result() == "begun"
    with store.read() as conn:
        assert [row["scope"] for row in suppressions.of(conn, WHOM)] == ["all"]


def test_one_who_complains_alone_is_told_so_too(store):
    with pytest.raises(UnkeptError, match="is in the ledger already"):
        store.submit(complain)
    with store.read() as conn:
        assert suppressions.of(conn, WHOM)

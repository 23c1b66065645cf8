"""What the ledger keeps of the addresses on a listing."""

from __future__ import annotations

from publisher.model.article import Link
from publisher.store import links, sources
from tests.ledger import NOW

A, B, C = (f"//harbor.example/{name}" for name in "abc")


def record(store, *found: Link) -> int:
    with store.write() as conn:
        source_id = sources.ensure(conn, "site")["id"]
        links.record(conn, source_id, found, NOW)
    return source_id


def tried(store, source_id: int, *names: str) -> dict[str, int | None]:
    with store.read() as conn:
        return dict(links.tried(conn, source_id, names))


def test_a_link_that_is_done_is_told_from_one_that_is_to_be_tried_again(store):
    source_id = record(store, Link(A, True), Link(B, False, "in trouble"))
    assert tried(store, source_id, A, B, C) == {A: None, B: 1}


def test_each_try_counts_until_it_succeeds(store):
    for _ in range(3):
        source_id = record(store, Link(A, False, "in trouble"))
    assert tried(store, source_id, A) == {A: 3}
    record(store, Link(A, True))
    assert tried(store, source_id, A) == {A: None}


def test_links_belong_to_their_source(store):
    source_id = record(store, Link(A, True))
    assert tried(store, source_id + 1, A) == {}


def test_50_000_links_are_written_and_looked_up_at_once(store):
    names = [f"//harbor.example/{number}" for number in range(50_000)]
    source_id = record(store, *(Link(name, True) for name in names))
    assert len(tried(store, source_id, *names)) == 50_000

"""Whoever is erased is nobody any more: no word of theirs is left, and no letter goes to them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert, select

from publisher.audience import erasing, moving, record
from publisher.model.event import Event, EventKind
from publisher.model.subscriber import SubscriptionState
from publisher.store import events, log, newcomers, subscribers, suppressions, tables
from tests.ledger import NOW, add_edition, add_send, books, subscribe
from tests.unit.audience.people import choose, find, hash_of, join, states
from tests.unit.pipeline.dispatch.conftest import Bench, Told

ADA = "reader1@example.org"


def erase(store, email: str = ADA) -> bool:
    said = {"hash_of": hash_of, "why": "she wrote", "now": NOW + timedelta(days=1), "actor": "cli:bo"}
    return erasing.erase(store, find(store, email).id, **said)


def whole_ledger(store) -> str:
    """Return every row of every table as one text."""
    with store.read() as conn:
        rows = [row for table in tables.metadata.sorted_tables for row in conn.execute(select(table))]
    return "\n".join(map(repr, rows))


def test_nothing_of_a_person_is_left_anywhere_but_the_hash(store):
    subscribe(store, 2)
    choose(store, ADA, "daily", SubscriptionState.LEFT, basis="told Reader1 O‘Brien")
    choose(store, ADA, "daily", SubscriptionState.CONFIRMED)
    send_id = add_send(store, add_edition(store))
    Bench(store).all(Told())
    with store.write() as conn:
        delivery = log.find(conn, log.Filter(send_id=send_id, address_hash=hash_of(ADA)))[0]
        bounce = Event(EventKind.HARD_BOUNCE, "1", NOW)
        words = "550 <READER1@example.org>: no such user"
        events.add(conn, "letters", bounce, delivery["id"], words=words, now=NOW)
        suppressions.add(conn, hash_of(ADA), "all", reason=f"hard bounce: {words}", now=NOW, actor="channel:letters")
    assert erase(store)
    text = whole_ledger(store).casefold()
    assert "reader1" not in text
    assert "reader2@example.org" in text
    assert "550 <(erased)>: no such user" in text
    assert hash_of(ADA) in text
    with store.read() as conn:
        assert {row["to"] for row in log.find(conn, log.Filter(send_id=send_id))} == {"(erased)", "reader2@example.org"}
        assert {row["scope"] for row in suppressions.of(conn, hash_of(ADA))} == {"all", "erased"}
        assert [row["email"] for row in subscribers.everyone(conn)] == ["reader2@example.org"]
    assert books(store, send_id) == {"sent": 2}


def test_letters_that_have_not_begun_go_to_nobody(store):
    subscribe(store, 3)
    send_id = add_send(store, add_edition(store))
    person_id = find(store, ADA).id
    with store.write() as conn:  # a letter that is about no list
        conn.execute(tables.deliveries.update().values(list_id=None).where(tables.deliveries.c.id == 2))
    assert erase(store)
    assert erase(store, "reader2@example.org")
    sender = Told()
    Bench(store).all(sender)
    assert [each.address for call in sender.calls for each in call.recipients] == ["reader3@example.org"]
    assert books(store, send_id) == {"sent": 1, "suppressed": 2}
    assert record.record_of(store, person_id) == {}


def test_an_erased_id_is_nobodys_and_the_address_may_join_anew(store):
    first = join(store, ADA)
    assert erase(store)
    gone = {"hash_of": hash_of, "why": "", "now": NOW, "actor": "x"}
    assert not erasing.erase(store, first.id, **gone)
    with store.write() as conn:
        again = {"email": ADA, "address_hash": hash_of(ADA), "name": "", "attributes": {}, "made_at": NOW}
        subscribers.add_many(conn, [{**again, "domain_id": subscribers.ensure_domain(conn, "example.org")}])
    assert find(store, ADA).id != first.id
    assert erase(store)  # and be erased anew


def test_former_and_second_addresses_are_erased_too(store):
    join(store, ADA)
    join(store, "ada@elsewhere.example", "weekly")
    moving.move(store, find(store, ADA).id, find(store, "ada@elsewhere.example").id, now=NOW, actor="subscriber")
    with store.write() as conn:
        said = {"reason": f"550 {ADA}", "now": NOW, "actor": "x"}
        suppressions.add(conn, hash_of(ADA), "all", **said)
    assert erase(store, "ada@elsewhere.example")
    text = whole_ledger(store)
    assert ADA not in text
    assert "ada@elsewhere" not in text
    assert states(store, "ada@elsewhere.example") == {}
    with store.read() as conn:  # by which no old file brings them back
        assert newcomers.erased(conn) == {hash_of(ADA), hash_of("ada@elsewhere.example")}


def test_a_trap_row_with_a_formula_for_an_address_cannot_widen_what_is_taken_out(store):
    join(store, "a.b+c@example.org")
    with store.write() as conn:
        said = {"reason": "axbbc@example.org and A.B+C@example.org", "now": NOW, "actor": "x"}
        suppressions.add(conn, hash_of("a.b+c@example.org"), "all", **said)
        conn.execute(insert(tables.domains).values(name="other.example"))
    assert erase(store, "a.b+c@example.org")
    with store.read() as conn:
        assert suppressions.of(conn, hash_of("a.b+c@example.org"))[0]["reason"] == "axbbc@example.org and (erased)"

"""Erasing beside those who claim, settle, hold and erase, on PostgreSQL: on SQLite every write is alone."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from publisher.audience import erasing
from publisher.pipeline import dispatch
from publisher.pipeline.dispatch.answer import post, reserve
from publisher.pipeline.dispatch.claim import Wanted, next_due, open_calls
from publisher.store import calls, deliveries, erasures, sends, subscribers
from publisher.store.erasures import Names
from publisher.store.postgresql import WRITING
from tests.conformance.test_store_sends import somebody_waits
from tests.ledger import NOW, Clock, add_edition, add_send, books, desk, subscribe
from tests.unit.audience.people import find, hash_of

ADA, BO = "reader1@example.org", "reader2@example.org"
SAID = {"hash_of": hash_of, "why": "wrote", "now": NOW, "actor": "cli:bo"}
AT_A_GATE = " AND wait_event = 'advisory'"


@pytest.fixture
def send(stores):
    subscribe(stores[0], 2)
    return add_send(stores[0], add_edition(stores[0]))


@pytest.fixture(params=["at once", "what was cut short"])
def erase(request, stores, send):
    """Erases a reader: the whole of it, or what is left of an erasure that was cut short before their letters."""
    person_id = find(stores[0], ADA).id
    if request.param == "at once":
        return lambda: erasing.erase(stores[1], person_id, **SAID)
    with stores[0].write() as conn:
        erasing._begin(conn, subscribers.lock(conn, person_id), **SAID, besides={})
    return lambda: erasing.finish(stores[1], person_id)


def claim_both(conn, mine) -> int:
    """Claim the letters to both readers, as a turn does; return the call."""
    wanted = Wanted("letters", 2)
    found = next_due(conn, mine, wanted)
    moved: dict[int, Counter[str]] = {}
    send = reserve(conn, {found.due.send_id})[found.due.send_id]
    [claimed] = open_calls(conn, mine, wanted, found, send, moved)
    post(conn, moved, [], NOW)
    return claimed.call.id


def addresses_in(store, call_id: int) -> list[str]:
    with store.read() as conn:
        return [each.address for each in calls.thaw(calls.get(conn, call_id)["members"])]


def test_whoever_is_erased_while_a_claim_freezes_their_address_is_in_no_call(stores, send):
    person_id, mine = find(stores[0], ADA).id, desk(stores[0], Clock())
    with ThreadPoolExecutor(1) as pool:
        with stores[0].write() as conn:
            call_id = claim_both(conn, mine)
            erased = pool.submit(erasing.erase, stores[1], person_id, **SAID)
            somebody_waits(stores[0])
        assert erased.result()
    assert addresses_in(stores[0], call_id) == ["", BO]


def test_letters_are_found_as_a_claim_under_way_leaves_them(stores, send):
    """Their send had ended when an erasure looked, and was opened again."""
    person_id, mine = find(stores[0], ADA).id, desk(stores[0], Clock())

    def letters() -> list[erasures.Letter]:
        with stores[1].write() as conn:
            return erasures.letters_to(conn, [person_id])

    with ThreadPoolExecutor(1) as pool:
        with stores[0].write() as conn:
            call_id = claim_both(conn, mine)
            found = pool.submit(letters)
            somebody_waits(stores[0])
        assert [letter.call_id for letter in found.result()] == [call_id]


def test_an_erasure_waits_at_the_gates_of_open_sends_before_it_holds_any_letter(stores, send, erase):
    """Who settles goes from the call to its letters: an erasure that held those already would wait in a circle."""
    mine = desk(stores[0], Clock())
    claimed = dispatch.claim(stores[0], mine, "letters", 2)
    assert dispatch.begin(stores[0], mine, claimed)
    with ThreadPoolExecutor(1) as pool:
        with stores[0].write() as conn:
            reserve(conn, {send})
            assert calls.close_plain(conn, [calls.Plain(claimed.call.id, 200, "", "", "")], NOW)
            erased = pool.submit(erase)
            somebody_waits(stores[0], AT_A_GATE)
            ids = [reader.delivery_id for reader in claimed.call.recipients]
            assert deliveries.sent(conn, [claimed.call.id], ids) == len(ids)
            post(conn, {send: Counter(taken=-len(ids), sent=len(ids))}, [], NOW)
        assert erased.result()
    assert books(stores[0], send)["sent"] == len(ids)


@pytest.fixture
def impatient(monkeypatch):
    """A database that soon gives up who waits for others."""
    monkeypatch.setitem(WRITING, "lock_timeout", "50ms")


def test_an_erasure_that_the_database_gives_up_is_tried_again(impatient, stores, send, erase):
    with ThreadPoolExecutor(1) as pool:
        with stores[0].write() as conn:
            sends.lock(conn, send)
            erased = pool.submit(erase)
            with pytest.raises(TimeoutError):
                erased.result(timeout=0.3)
        assert erased.result()


def test_a_reason_that_comes_while_an_erasure_sweeps_is_not_lost(stores, send):
    subscribe(stores[0], 3)
    other = find(stores[0], "reader3@example.org").id  # whom the send does not concern, so that its gate is open
    hold = {"check": "person-all", "blocks": True, "what": "held", "remedy": ""}
    with stores[0].write() as conn:
        named = {"check": "x", "blocks": False, "what": "550 reader3@example.org: no", "remedy": ""}
        sends.set_reasons(conn, send, [named])
    with ThreadPoolExecutor(1) as pool:
        with stores[0].write() as conn:
            sends.add_reasons(conn, send, [hold])
            erased = pool.submit(erasing.erase, stores[1], other, **SAID)
            somebody_waits(stores[0])
        assert erased.result()
    with stores[0].read() as conn:
        assert sends.get(conn, send)["reasons"] == [{**named, "what": "550 (erased): no"}, hold]


def test_two_of_one_call_who_are_erased_at_the_same_time_are_both_taken_out(stores, send):
    call_id = dispatch.claim(stores[0], desk(stores[0], Clock()), "letters", 2).call.id

    def unname(conn, address: str) -> None:
        person = subscribers.find(conn, hash_of(address))
        erasures.unname(conn, erasures.letters_to(conn, [person.id]), Names([address]))

    def other() -> None:
        with stores[1].write() as conn:
            unname(conn, BO)

    with ThreadPoolExecutor(1) as pool:
        with stores[0].write() as conn:
            unname(conn, ADA)
            done = pool.submit(other)
            somebody_waits(stores[0])
        done.result()
    assert addresses_in(stores[0], call_id) == ["", ""]

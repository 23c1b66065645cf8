"""A reader who was suppressed wrongly is written to again, and what was done stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.audience import lifting
from publisher.model.tokens import address_hash
from publisher.store import subscribers, suppressions
from tests.ledger import HASH_KEY, NOW, subscribe

READER = address_hash("reader1@example.org", HASH_KEY)
BOUNCE, COMPLAINT = "hard bounce: no such user", "complained: abuse"


def suppress(store, reason: str, scope: str = "all") -> None:
    with store.write() as conn:
        suppressions.add(conn, READER, scope, reason=reason, now=NOW, actor="channel:letters")


def lift(store, *, even_complaints: bool = False, at: int = 1):
    now = NOW + timedelta(hours=at)
    return lifting.lift(store, READER, why="she rang", even_complaints=even_complaints, now=now, actor="cli:ada")


def is_reached(store) -> bool:
    with store.read() as conn:
        return subscribers.count(conn, ["daily"]) == 1


def test_whoever_is_let_back_is_reached_again_and_the_past_stays(store):
    subscribe(store, 1)
    suppress(store, BOUNCE)
    suppress(store, "asked by letter", "list:daily")
    assert not is_reached(store)
    assert {row["reason"] for row in lift(store).lifted} == {BOUNCE, "asked by letter"}
    assert is_reached(store)
    with store.read() as conn:
        told = [row["reason"] for row in suppressions.of(conn, READER)]
        assert f"{BOUNCE}; lifted by cli:ada: she rang" in told
        assert suppressions.newest(conn, 10) == []


def test_whoever_is_suppressed_anew_can_be_let_back_anew(store):
    subscribe(store, 1)
    for hour in (1, 2):
        suppress(store, BOUNCE)
        assert not is_reached(store)
        assert len(lift(store, at=hour).lifted) == 1
        assert is_reached(store)
    assert lift(store, at=3).lifted == ()
    with store.read() as conn:
        assert len(suppressions.of(conn, READER)) == 2


@pytest.mark.parametrize("even_complaints", [False, True])
def test_a_complaint_stands_unless_it_is_said_that_it_does_not(store, even_complaints):
    subscribe(store, 1)
    suppress(store, COMPLAINT)
    done = lift(store, even_complaints=even_complaints)
    assert (done.complaint, is_reached(store)) == (("", True) if even_complaints else (COMPLAINT, False))


def test_whom_nobody_writes_to_is_shown_newest_first_also_without_an_address(store):
    subscribe(store, 1)
    suppress(store, BOUNCE)
    with store.write() as conn:
        suppressions.add(conn, "0" * 32, "all", reason=COMPLAINT, now=NOW + timedelta(1), actor="channel:letters")
    with store.read() as conn:
        found = [(row["email"], row["reason"]) for row in suppressions.newest(conn, 10)]
    assert found == [(None, COMPLAINT), ("reader1@example.org", BOUNCE)]

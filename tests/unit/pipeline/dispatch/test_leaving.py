"""Leaving, pausing, suppression and erasure in the midst of a send: nobody is claimed who was gone before the claim."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import update

from publisher.model.call import Call
from publisher.model.tokens import address_hash
from publisher.store import suppressions
from publisher.store.tables import subscribers as people
from tests.ledger import HASH_KEY, NOW, add_edition, add_send, books, leave, subscribe
from tests.unit.pipeline.dispatch.conftest import SENT, Bench, Told

READERS = 30


@pytest.mark.parametrize("seed", range(2))
def test_nobody_is_claimed_after_they_were_gone(store, seed):
    """Threads send while others leave: who was gone when a claim's transaction began is in no call of it."""
    subscribe(store, READERS)
    send = add_send(store, add_edition(store))
    chance = random.Random(seed)
    gone: list[str] = []  # whoever's leaving is committed, in that order
    late: list[str] = []  # whoever was claimed all the same
    before: dict[int, int] = {}  # by thread: how many were gone before it looked for its next call

    def hear(thread: int, call: Call):
        late.extend(each.address for each in call.recipients if each.address in gone[: before[thread]])
        return SENT

    def work(thread: int) -> None:
        bench, answers = Bench(store), [lambda call: hear(thread, call)] * READERS
        bench.desk = replace(bench.desk, looked={})
        sender = Told(*answers, batch=2)
        while True:
            before[thread] = len(gone)
            bench.desk.looked.clear()
            if not bench.once(sender):
                return

    def go() -> None:
        for number in chance.sample(range(1, READERS + 1), READERS // 2):
            email = f"reader{number}@example.org"
            chance.choice(WAYS)(store, email)
            gone.append(email)

    threads = [Thread(target=work, args=(each,)) for each in range(2)] + [Thread(target=go)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counted = books(store, send)
    assert late == []
    assert sum(counted.values()) == READERS
    assert set(counted) <= {"sent", "suppressed"}


def _suppress(store, email: str) -> None:
    with store.write() as conn:
        suppressions.add(conn, address_hash(email, HASH_KEY), "all", reason="bounced", now=NOW, actor="provider")


def _pause(store, email: str) -> None:
    with store.write() as conn:
        mine = people.c.address_hash == address_hash(email, HASH_KEY)
        conn.execute(update(people).where(mine).values(paused_until=NOW + timedelta(days=1)))


WAYS = (leave, _suppress, _pause)

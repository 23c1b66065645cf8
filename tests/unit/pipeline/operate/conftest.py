"""A ledger with one edition to four readers."""

from __future__ import annotations

import pytest

from publisher.model.call import Answer
from publisher.pipeline import dispatch
from publisher.store import deliveries, log, sends
from tests.ledger import NOW, Clock, add_edition, add_send, desk, subscribe


@pytest.fixture
def store(store):
    subscribe(store, 4)
    return store


@pytest.fixture
def edition(store):
    return add_edition(store)


@pytest.fixture
def send(store, edition):
    return add_send(store, edition)


@pytest.fixture
def state(store):
    """Return a send's state."""

    def ask(send_id):
        with store.read() as conn:
            return sends.get(conn, send_id)["state"]

    return ask


@pytest.fixture
def is_due(store):
    """Say whether the channel has something to claim."""

    def ask(channel="letters"):
        with store.read() as conn:
            return deliveries.next_due(conn, channel, NOW) is not None

    return ask


@pytest.fixture
def begun(store):
    """Begin a call with everything due; return what says the provider's answer."""

    def begin(limit=100, channel="letters", now=NOW):
        place = desk(store, Clock(now))
        claimed = dispatch.claim(store, place, channel, limit)
        dispatch.begin(store, place, claimed)
        return lambda answer: dispatch.record_answer(store, place, claimed, answer)

    return begin


@pytest.fixture
def answered(begun):
    """Carry out a call with everything due, of which the provider says this."""

    def carry_out(verdict, limit=100, now=NOW):
        begun(limit, now=now)(Answer(verdict))

    return carry_out


@pytest.fixture
def lines(store):
    """Return the send log's lines in a state."""

    def find(wanted):
        with store.read() as conn:
            return log.find(conn, log.Filter(state=wanted))

    return find

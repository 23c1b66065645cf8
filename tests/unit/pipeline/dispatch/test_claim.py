"""A new call of a post: it goes on where the one before it stopped."""

from __future__ import annotations

import pytest

from publisher.model.project import Channel
from publisher.senders.registry import build
from publisher.store.tables import calls
from publisher.testing import FakeProvider, Fault, sample_post
from tests.ledger import add_edition, add_send, books

TAKEN = Fault(accept=True, delay=0.01)


@pytest.fixture
def network():
    with FakeProvider("mastodon") as running:
        yield running


@pytest.fixture
def sender(network):
    options = {"instance": "https://news.example", "token": "mastodon-t0ken", "base_url": network.url}
    return build(Channel("mastodon", "mastodon", options), options)


def said(network):
    return [taken.request.json["status"] for taken in network.accepted]


def test_a_thread_that_was_deferred_half_way_goes_on_under_a_new_call(store, bench, network, sender):
    thread = sample_post(3)
    send = add_send(store, add_edition(store), channel="mastodon", lists=(), message=thread)
    network.fails(TAKEN, Fault.too_many())
    bench.all(sender, "mastodon")
    assert books(store, send) == {"pending": 1}
    bench.later(hours=1)
    bench.all(sender, "mastodon")
    assert books(store, send) == {"sent": 1}
    assert said(network) == list(thread.parts)
    assert len({taken.key.partition(":")[0] for taken in network.accepted}) == 2  # calls


def test_half_a_thread_on_another_channel_is_none_to_go_on_with(store, bench, network, sender):
    thread = sample_post(2)
    send = add_send(store, add_edition(store), channel="mastodon", lists=(), message=thread)
    network.fails(TAKEN, Fault.too_many())
    bench.all(sender, "mastodon")
    with store.write() as conn:
        conn.execute(calls.update().values(channel="another"))
    bench.later(hours=1)
    bench.all(sender, "mastodon")
    assert books(store, send) == {"sent": 1}
    assert said(network) == [thread.parts[0], *thread.parts]

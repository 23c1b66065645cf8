"""Who gets what: each person once per edition, the suppressed and the left not at all."""

from __future__ import annotations

from publisher.store import log, sends
from tests.ledger import POST, add_edition, add_send, books, subscribe


def test_an_audience_of_nobody_is_held_with_the_command_that_fills_it(store):
    send = add_send(store, add_edition(store))
    with store.read() as conn:
        row = sends.get(conn, send)
    assert row["state"] == "held"
    assert row["reasons"][0]["what"] == "nobody is subscribed to daily"
    assert "subscribers import" in row["reasons"][0]["remedy"]


def test_a_reader_of_two_lists_gets_the_edition_by_the_first_only(store):
    subscribe(store, 3, "daily")
    subscribe(store, 5, "breaking")
    edition = add_edition(store)
    first = add_send(store, edition, channel="letters", lists=("daily",))
    second = add_send(store, edition, channel="others", lists=("breaking",))
    assert books(store, first) == {"pending": 3}
    assert books(store, second) == {"pending": 2, "excluded": 3}
    with store.read() as conn:
        excluded = log.find(conn, log.Filter(state="excluded"))
    assert {row["reason"] for row in excluded} == {"gets this edition by another list"}


def test_a_reader_of_two_lists_of_one_entry_is_one_candidate(store):
    subscribe(store, 3, "daily")
    subscribe(store, 5, "breaking")
    send = add_send(store, add_edition(store), lists=("daily", "breaking"))
    assert books(store, send) == {"pending": 5}


def test_the_same_readers_get_the_next_edition_again(store):
    subscribe(store, 3)
    add_send(store, add_edition(store, "monday"))
    assert books(store, add_send(store, add_edition(store, "tuesday"))) == {"pending": 3}


def test_a_post_goes_to_the_channels_own_account(store):
    send = add_send(store, add_edition(store), channel="mastodon", lists=(), message=POST)
    assert books(store, send) == {"pending": 1}
    with store.read() as conn:
        assert [row["to"] for row in log.find(conn, log.Filter(send_id=send))] == ["mastodon"]

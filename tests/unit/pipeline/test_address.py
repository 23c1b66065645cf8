"""Who gets what: each person once per edition, the suppressed and the left not at all."""

from __future__ import annotations

from datetime import timedelta

from publisher.model.call import Call
from publisher.model.states import SendState
from publisher.model.tokens import address_hash
from publisher.pipeline import address, settle
from publisher.store import deliveries, editions, log, messages, sends, subscribers, suppressions
from tests.ledger import HASH_KEY, NOW, POST, add_edition, add_send, books, leave, subscribe
from tests.unit.pipeline.dispatch.conftest import Bench, Told


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


def carry_out(store, channel: str) -> list[Call]:
    sender, bench = Told(), Bench(store)
    bench.all(sender, channel)
    settle.settle_finished(store, now=NOW)
    return sender.calls


def test_whoever_left_the_first_list_of_an_entry_gets_it_by_the_second_with_a_link_that_ends_that_one(store):
    subscribe(store, 3, "daily")
    subscribe(store, 5, "breaking")
    send = add_send(store, add_edition(store), lists=("daily", "breaking"))
    leave(store, "reader1@example.org", "daily")
    leave(store, "reader2@example.org", "daily", "breaking")
    carry_out(store, "letters")
    assert books(store, send) == {"sent": 4, "suppressed": 1}
    with store.read() as conn:
        rows = {row["to"]: row for row in log.find(conn, log.Filter(send_id=send))}
        first = deliveries.members(conn, [rows["reader1@example.org"]["id"]], NOW)[0]
        breaking = subscribers.list_name(conn, first.list_id)
    assert (breaking, rows["reader2@example.org"]["state"]) == ("breaking", "suppressed")


def test_whoever_left_the_first_list_gets_the_edition_by_the_other_send(store):
    subscribe(store, 3, "daily")
    subscribe(store, 5, "breaking")
    edition = add_edition(store)
    first = add_send(store, edition, channel="letters", lists=("daily",))
    second = add_send(store, edition, channel="others", lists=("breaking",))
    carry_out(store, "others")
    assert books(store, second) == {"sent": 2, "excluded": 3}
    leave(store, "reader1@example.org", "daily")
    leave(store, "reader2@example.org", "daily", "breaking")
    carry_out(store, "letters")
    assert books(store, first) == {"sent": 1, "suppressed": 2}
    assert books(store, second) == {"sent": 2, "pending": 1, "excluded": 2}
    calls = carry_out(store, "others")
    assert [recipient.address for call in calls for recipient in call.recipients] == ["reader1@example.org"]
    assert books(store, second) == {"sent": 3, "excluded": 2}
    with store.read() as conn:
        assert [sends.get(conn, send)["state"] for send in (first, second)] == ["done", "done"]
        assert editions.get(conn, edition)["state"] == "closed"


def test_whoever_left_one_of_three_lists_gets_the_edition_once(store):
    for name in ("a", "b", "c"):
        subscribe(store, 1, name)
    edition = add_edition(store)
    made = [add_send(store, edition, channel=name, lists=(name,)) for name in ("a", "b", "c")]
    leave(store, "reader1@example.org", "a")
    for name in ("a", "b", "c"):
        carry_out(store, name)
    assert [books(store, send) for send in made] == [{"suppressed": 1}, {"sent": 1}, {"excluded": 1}]


def test_the_same_readers_get_the_next_edition_again(store):
    subscribe(store, 3)
    add_send(store, add_edition(store, "monday"))
    assert books(store, add_send(store, add_edition(store, "tuesday"))) == {"pending": 3}


def test_a_post_goes_to_the_channels_own_account(store):
    send = add_send(store, add_edition(store), channel="mastodon", lists=(), message=POST)
    assert books(store, send) == {"pending": 1}
    with store.read() as conn:
        assert [row["to"] for row in log.find(conn, log.Filter(send_id=send))] == ["mastodon"]


def after_mail(store, edition: int, wait: timedelta) -> int:
    """Add a post that goes out so long after its edition's mail."""
    with store.write() as conn:
        send_id = sends.add(
            conn,
            edition_id=edition,
            entry="mastodon",
            kind="regular",
            number=1,
            channel="mastodon",
            audience=[],
            priority=2,
            state="ready",
            reasons=[],
            made_at=NOW,
            after_mail=wait // timedelta(microseconds=1),
            actor="test",
        )
        messages.add(conn, send_id, POST, NOW)
    address.record(store, send_id, now=NOW)
    return send_id


def state_of(store, send_id: int) -> str:
    with store.read() as conn:
        return sends.get(conn, send_id)["state"]


def test_a_post_waits_until_its_editions_mail_has_begun(store):
    subscribe(store, 2)
    edition = add_edition(store)
    mail = add_send(store, edition)
    post = after_mail(store, edition, timedelta(minutes=30))
    assert state_of(store, post) == "ready"
    with store.write() as conn:
        sends.begin(conn, mail, NOW + timedelta(minutes=1))
    assert address.record(store, post, now=NOW + timedelta(minutes=2))
    with store.read() as conn:
        assert deliveries.first_due_at(conn, post) == NOW + timedelta(minutes=31)


def test_a_post_goes_out_though_nobody_was_left_to_get_the_mail(store):
    subscribe(store, 2)
    for number in (1, 2):
        with store.write() as conn:
            hashed = address_hash(f"reader{number}@example.org", HASH_KEY)
            suppressions.add(conn, hashed, "all", reason="hard bounce", now=NOW, actor="provider")
    edition = add_edition(store)
    mail = add_send(store, edition)
    post = after_mail(store, edition, timedelta(minutes=30))
    settle.settle_finished(store, now=NOW)
    assert state_of(store, mail) == "done"
    assert address.record(store, post, now=NOW)


def test_a_post_whose_mail_was_cancelled_is_held_until_a_person_releases_it(store):
    subscribe(store, 2)
    edition = add_edition(store)
    mail = add_send(store, edition)
    post = after_mail(store, edition, timedelta(minutes=30))
    with store.write() as conn:
        sends.move(conn, mail, SendState.CANCELLED)
    address.record(store, post, now=NOW)
    with store.read() as conn:
        row = sends.get(conn, post)
    assert row["state"] == "held"
    assert f"publisher release {edition}" in row["reasons"][0]["remedy"]
    with store.write() as conn:
        sends.move(conn, post, SendState.READY)
    assert address.record(store, post, now=NOW)

"""What Brevo says afterwards."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.event import Event, EventKind
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.bodies import basic
from publisher.senders.events import Incoming, NotBelieved
from publisher.senders.http import Http
from publisher.senders.registry import build

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
EPOCH = 1_767_323_000_000
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
JSON = LEAF | st.lists(LEAF, max_size=2) | st.dictionaries(st.text(max_size=3), LEAF, max_size=2)
KEYS = ("email", "message-id", "ts_epoch", "reason", "X-Mailin-custom", "id")


def made(**options: object) -> Sender:
    given = {"api_key": "xkeysib-0123456789", "events_password": "new old", **options}
    sender = build(Channel("letters", "brevo"), given)
    sender.http = Http(clock=lambda: NOW)
    return sender


def incoming(body: object, password: str = "new") -> Incoming:
    return Incoming(json.dumps(body).encode(), {"authorization": basic("brevo", password)})


def heard(**item: object) -> list[Event]:
    return list(made().hear(incoming({"email": "ana@example.org", "ts_epoch": EPOCH, **item})))


def test_both_passwords_hold_and_nobody_else_is_believed() -> None:
    for password in ("new", "old"):
        assert made().hear(incoming([{"event": "delivered"}], password))
    for password in ("", "other", "new old"):
        with pytest.raises(NotBelieved) as refusal:
            made().hear(incoming([{"event": "hard_bounce"}], password))
        assert refusal.value.status == 401


def test_a_channel_without_a_password_believes_nobody() -> None:
    with pytest.raises(NotBelieved, match="events_password"):
        made(events_password=None).hear(incoming({"event": "hard_bounce"}, ""))


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("delivered", EventKind.DELIVERED),
        ("deferred", EventKind.DELAYED),
        ("soft_bounce", EventKind.SOFT_BOUNCE),
        ("hard_bounce", EventKind.HARD_BOUNCE),
        ("invalid_email", EventKind.HARD_BOUNCE),
        ("blocked", EventKind.DROPPED),
        ("error", EventKind.DROPPED),
        ("spam", EventKind.COMPLAINED),
        ("complaint", EventKind.COMPLAINED),
        ("unsubscribe", EventKind.UNSUBSCRIBED),
    ],
)
def test_each_word_of_the_provider_has_its_kind(word: str, kind: EventKind) -> None:
    assert [event.kind for event in heard(event=word)] == [kind]


@pytest.mark.parametrize(
    "word", ["request", "opened", "unique_opened", "proxy_open", "unique_proxy_open", "click", "list_addition", "", 7]
)
def test_what_is_no_event_of_ours_is_left_out(word: object) -> None:
    assert heard(event=word) == []


def test_everything_that_the_provider_tells_is_kept() -> None:
    said = {"event": "hard_bounce", "message-id": "<1@relay>", "X-Mailin-custom": "d7-ref", "reason": "550 no\r\nuser"}
    (event,) = heard(**said, ts=1, date="2026-01-02 09:00:00", id=42)
    assert (event.kind, event.reference, event.provider_id) == (EventKind.HARD_BOUNCE, "d7-ref", "<1@relay>")
    assert (event.address, event.words) == ("ana@example.org", "550 no user")
    assert event.happened_at == datetime(2026, 1, 2, 3, 3, 20, tzinfo=UTC)


def test_a_group_of_events_is_heard_in_one() -> None:
    items = [{"event": "delivered", "email": f"r{n}@example.org"} for n in range(500)]
    events = made().hear(incoming(items))
    assert len({event.key for event in events}) == 500


def test_the_same_word_twice_has_the_same_key_though_the_webhook_has_an_id() -> None:
    said = {"event": "delivered", "message-id": "<1@relay>", "id": 42}
    (first,), (again,), (later,) = heard(**said), heard(**said), heard(**said, ts_epoch=EPOCH + 1)
    assert first.key == again.key != later.key


@settings(max_examples=25, deadline=timedelta(seconds=2))
@given(
    JSON | st.lists(st.dictionaries(st.sampled_from(KEYS), JSON), max_size=3), st.sampled_from(["spam", "error", ""])
)
def test_nothing_that_is_believed_is_a_fault(value: object, event: str) -> None:
    items = [{**each, "event": event} for each in value if isinstance(each, dict)] if isinstance(value, list) else value
    for said in made().hear(incoming(items)):
        assert said.key
        assert said.happened_at <= NOW


def test_a_body_that_is_no_json_is_a_bad_request() -> None:
    with pytest.raises(NotBelieved) as refusal:
        made().hear(Incoming(b"[{", {"authorization": basic("brevo", "new")}))
    assert refusal.value.status == 400

"""What a receiver says afterwards, in our own words, signed with the channel's secret."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook as Oracle

from publisher.model.event import Event, EventKind
from publisher.model.project import Channel
from publisher.senders.events import Incoming, NotBelieved
from publisher.senders.registry import build

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEXT = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
AT = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
LISTENER = build(
    Channel("hook", "webhook"), {"url": "https://hooks.example/press", "secret": f"{NEXT} {SECRET}"}, clock=lambda: AT
)


def heard(body: object, secret: str = SECRET, at: datetime = AT) -> list[Event]:
    raw = body.decode() if isinstance(body, bytes) else json.dumps(body)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": f"{at.timestamp():.0f}"}
    headers["webhook-signature"] = Oracle(secret).sign("msg_1", at, raw)
    return list(LISTENER.hear(Incoming(raw.encode(), headers)))


@pytest.mark.parametrize("kind", EventKind)
def test_the_types_are_our_own_words(kind: EventKind) -> None:
    at = "2026-11-24T06:59:00Z"
    said = {"type": kind.value, "id": "e1", "reference": "d1-ref", "email": "a@example.org", "at": at, "reason": "why"}
    assert heard(said) == [Event(kind, "e1", AT - timedelta(minutes=1), "d1-ref", "", "a@example.org", "why")]


def test_an_event_without_an_id_is_known_by_its_place_in_the_request() -> None:
    first, second = heard([{"type": "delivered"}, {"type": "delivered"}])
    assert first.key != second.key
    assert [first.key] == [event.key for event in heard({"type": "delivered"})]


def test_what_is_no_event_of_ours_is_left_out() -> None:
    assert heard([{"type": "opened"}, 7, None, {}, {"type": ["delivered"]}]) == []


def test_during_a_rotation_both_secrets_hold() -> None:
    assert heard({"type": "delivered"}, NEXT) == heard({"type": "delivered"}, SECRET)


@pytest.mark.parametrize("late", [-301, 301])
def test_an_old_request_is_not_believed(late: int) -> None:
    with pytest.raises(NotBelieved) as refusal:
        heard({"type": "complained"}, at=AT + timedelta(seconds=late))
    assert refusal.value.status == 401


def test_a_stranger_is_not_believed() -> None:
    with pytest.raises(NotBelieved) as refusal:
        heard({"type": "complained"}, "whsec_c3RyYW5nZXJzdHJhbmdlcnN0cmFuZ2Vy")
    assert refusal.value.status == 401


def test_what_is_signed_and_no_json_is_a_bad_request() -> None:
    with pytest.raises(NotBelieved) as refusal:
        heard(b"{")
    assert refusal.value.status == 400


@settings(max_examples=60)
@given(JSON | st.fixed_dictionaries({"type": st.just("dropped"), "at": JSON, "id": JSON}))
def test_nothing_that_is_signed_raises(body: object) -> None:
    heard(body)

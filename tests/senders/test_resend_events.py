"""What Resend says afterwards, and who is believed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from svix.webhooks import Webhook as Svix

from publisher.model.event import Event, EventKind
from publisher.model.project import Channel
from publisher.senders.events import Incoming, NotBelieved
from publisher.senders.registry import build

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AT = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
LISTENER = build(
    Channel("letters", "resend"), {"api_key": "re_k3y", "events_secret": f"{OLD} {SECRET}"}, clock=lambda: AT
)


def said(kind: str, **more: object) -> dict[str, object]:
    data = {
        "email_id": "re-1-0",
        "to": ["reader1@example.org"],
        "tags": {"reference": "d1-ref"},
        "created_at": "2026-11-24T06:00:00.000Z",
        **more,
    }
    return {"type": kind, "created_at": "2026-11-24T06:59:30.500Z", "data": data}


def heard(body: object, secret: str = SECRET, listener=LISTENER) -> list[Event]:
    raw = body.decode() if isinstance(body, bytes) else json.dumps(body)
    headers = {"svix-id": "msg_1", "svix-timestamp": f"{AT.timestamp():.0f}"}
    headers["svix-signature"] = Svix(secret).sign("msg_1", AT, raw)
    return list(listener.hear(Incoming(raw.encode(), headers)))


BOUNCE = {"message": "No such user", "diagnosticCode": ["smtp; 550 5.1.1 user unknown"], "subType": "General"}


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (said("email.delivered"), EventKind.DELIVERED, ""),
        (said("email.delivery_delayed"), EventKind.DELAYED, ""),
        (said("email.bounced", bounce={**BOUNCE, "type": "Permanent"}), EventKind.HARD_BOUNCE,
         "No such user smtp; 550 5.1.1 user unknown"),
        (said("email.bounced", bounce={"type": "Transient", "message": "Full"}), EventKind.SOFT_BOUNCE, "Full"),
        (said("email.bounced", bounce={"type": "Undetermined"}), EventKind.SOFT_BOUNCE, ""),
        (said("email.bounced", bounce={"type": "Permanent", "subType": "Suppressed"}), EventKind.DROPPED, ""),
        (said("email.bounced"), EventKind.SOFT_BOUNCE, ""),
        (said("email.complained"), EventKind.COMPLAINED, ""),
        (said("email.failed", failed={"reason": "reached_daily_quota"}), EventKind.DROPPED, "reached_daily_quota"),
        (said("email.suppressed", suppressed={"type": "x", "reason": "bounce", "message": "On the list"}),
         EventKind.DROPPED, "bounce On the list"),
    ],
)  # fmt: skip
def test_each_event_is_what_it_means(body: object, kind: EventKind, words: str) -> None:
    at = datetime(2026, 11, 24, 6, 59, 30, 500_000, tzinfo=UTC)
    assert heard(body) == [Event(kind, "msg_1", at, "d1-ref", "re-1-0", "reader1@example.org", words)]


@pytest.mark.parametrize("kind", ["email.sent", "email.opened", "email.clicked", "email.received", "contact.created"])
def test_what_is_no_event_of_ours_is_left_out(kind: str) -> None:
    assert heard(said(kind)) == []


def test_an_event_that_says_nearly_nothing_is_taken_all_the_same() -> None:
    assert heard({"type": "email.delivered"}) == [Event(EventKind.DELIVERED, "msg_1", AT)]
    (event,) = heard(said("email.delivered", to=["Ada <ada@example.org>"], tags=[], created_at=None))
    assert (event.address, event.reference) == ("ada@example.org", "")


def test_during_a_rotation_both_secrets_hold() -> None:
    assert heard(said("email.delivered"), OLD) == heard(said("email.delivered"), SECRET) != []


def test_a_stranger_is_not_believed() -> None:
    with pytest.raises(NotBelieved) as refusal:
        heard(said("email.complained"), "whsec_c3RyYW5nZXJzdHJhbmdlcnN0cmFuZ2Vy")
    assert refusal.value.status == 401


def test_without_a_secret_nobody_is_believed() -> None:
    deaf = build(Channel("letters", "resend"), {"api_key": "re_k3y"}, clock=lambda: AT)
    with pytest.raises(NotBelieved, match="events_secret") as refusal:
        heard(said("email.delivered"), listener=deaf)
    assert refusal.value.status == 401


def test_what_is_signed_and_no_json_is_a_bad_request() -> None:
    with pytest.raises(NotBelieved) as refusal:
        heard(b"{")
    assert refusal.value.status == 400


@settings(max_examples=60)
@given(JSON | st.fixed_dictionaries({"type": st.sampled_from(["email.bounced", "email.failed"]), "data": JSON}))
def test_nothing_that_is_signed_raises(body: object) -> None:
    heard(body)

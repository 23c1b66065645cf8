"""What Mailgun says afterwards, and who is believed."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.event import Event, EventKind
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.events import Incoming, NotBelieved
from publisher.senders.registry import build

AT = datetime.fromtimestamp(1767323045, UTC)
TOKEN = "a" * 50
KNOWN = "0e73b22a94d06ba5eab0bbf01bd620e0d734ba89fc18ee5c515b02169416ed00"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def made(now: datetime = AT, **options: object) -> Sender:
    given = {"domain": "mg.harbor.example", "api_key": "key-0123456789", **options}
    return build(Channel("letters", "mailgun"), given, clock=lambda: now)


LISTENER = made(events_key="next-signing-key kat-signing-key")


def said(kind: str, **more: object) -> dict[str, object]:
    return {
        "event": kind,
        "id": "DACSsAdVSeGpLid7TN03WA",
        "timestamp": 1767323044.5,
        "recipient": "reader1@example.org",
        "message": {"headers": {"message-id": "1@mg"}},
        "user-variables": {"reference": "d1-ref"},
        **more,
    }


def signed(key: str = "kat-signing-key", timestamp: str = "1767323045", token: str = TOKEN) -> dict[str, str]:
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {"timestamp": timestamp, "token": token, "signature": signature}


def heard(event: object, signature: object = None, listener: Sender = LISTENER) -> list[Event]:
    body = {"signature": signed() if signature is None else signature, "event-data": event}
    return list(listener.hear(Incoming(json.dumps(body).encode(), {"content-type": "application/json"})))


def status(code: int, message: str) -> dict[str, object]:
    return {"code": code, "message": message, "description": "not this", "attempt-no": 1}


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (said("delivered", **{"delivery-status": status(250, "OK")}), EventKind.DELIVERED, "250 OK"),
        (said("failed", severity="permanent", reason="bounce", **{"delivery-status": status(550, "No such user")}),
         EventKind.HARD_BOUNCE, "550 No such user bounce"),
        (said("failed", severity="permanent", reason="suppress-bounce"), EventKind.DROPPED, "suppress-bounce"),
        (said("failed", severity="permanent", reason="suppress-complaint"), EventKind.DROPPED, "suppress-complaint"),
        (said("failed", severity="permanent", reason="old", **{"delivery-status": status(602, "Too old")}),
         EventKind.SOFT_BOUNCE, "602 Too old old"),
        (said("failed", severity="permanent", reason="generic", **{"delivery-status": status(452, "Full")}),
         EventKind.SOFT_BOUNCE, "452 Full generic"),
        (said("failed", severity="temporary", reason="generic", **{"delivery-status": status(451, "Later")}),
         EventKind.DELAYED, "451 Later generic"),
        (said("failed", severity="permanent", reason="bounce", **{"delivery-status": None}), EventKind.HARD_BOUNCE,
         "bounce"),
        (said("complained"), EventKind.COMPLAINED, ""),
        (said("unsubscribed"), EventKind.UNSUBSCRIBED, ""),
    ],
)  # fmt: skip
def test_each_event_is_what_it_means(body: object, kind: EventKind, words: str) -> None:
    at = AT - timedelta(seconds=0.5)
    assert heard(body) == [Event(kind, TOKEN, at, "d1-ref", "1@mg", "reader1@example.org", words)]


def test_a_rejected_letter_names_no_recipient() -> None:
    body = said("rejected", reject={"reason": "Sandbox"}, message={"headers": {}})
    del body["recipient"]
    (event,) = heard(body)
    assert (event.kind, event.address, event.reference) == (EventKind.DROPPED, "", "d1-ref")
    assert (event.provider_id, event.words) == ("", "Sandbox")


@pytest.mark.parametrize("kind", ["accepted", "opened", "clicked", "stored", ""])
def test_what_is_no_event_of_ours_is_left_out(kind: str) -> None:
    assert heard(said(kind)) == []


def test_the_known_answer_is_believed() -> None:
    assert signed()["signature"] == KNOWN
    assert heard(said("delivered"), {"timestamp": 1767323045, "token": TOKEN, "signature": KNOWN})


def test_a_token_that_is_said_again_with_another_body_has_the_same_key() -> None:
    (first,), (forged,) = heard(said("delivered")), heard(said("complained"))
    assert first.key == forged.key


def test_during_a_rotation_both_keys_hold() -> None:
    assert heard(said("delivered"), signed("next-signing-key"))


@pytest.mark.parametrize("hours", [-12, 0, 12])
def test_twelve_hours_are_fresh(hours: int) -> None:
    listener = made(AT + timedelta(hours=hours), events_key="kat-signing-key")
    assert heard(said("delivered"), listener=listener)


@pytest.mark.parametrize(
    "signature",
    [
        {},
        [],
        "x",
        {**signed(), "signature": ""},
        {**signed(), "signature": KNOWN[:-1] + "1"},
        {**signed(), "signature": KNOWN.upper()},
        {**signed(), "token": "b" * 50},
        {**signed(), "timestamp": "1767323046"},
        {**signed(timestamp="1767323045", token="e0" + "a" * 48), "timestamp": "1767323045e0", "token": "a" * 48},
        {**signed(token=""), "token": ""},
        signed("key-0123456789"),
        signed(timestamp="1767366246"),
        signed(timestamp="1767279844"),
    ],
)
def test_nobody_else_is_believed(signature: object) -> None:
    with pytest.raises(NotBelieved) as refusal:
        heard(said("complained"), signature)
    assert refusal.value.status == 401


def test_without_a_key_nobody_is_believed() -> None:
    with pytest.raises(NotBelieved, match="events_key") as refusal:
        heard(said("delivered"), listener=made())
    assert refusal.value.status == 401


def test_an_old_webhook_is_told_to_stop() -> None:
    form = Incoming(
        b"timestamp=1&token=a&signature=b&event=bounced", {"content-type": "application/x-www-form-urlencoded"}
    )
    with pytest.raises(NotBelieved, match="add a new one") as refusal:
        LISTENER.hear(form)
    assert refusal.value.status == 406  # which Mailgun takes as: don't say it again


@settings(max_examples=60)
@given(JSON | st.fixed_dictionaries({"event": st.sampled_from(["failed", "rejected"]), "delivery-status": JSON}))
def test_nothing_that_is_signed_raises(body: object) -> None:
    heard(body)


@settings(max_examples=40)
@given(JSON | st.fixed_dictionaries({"signature": JSON | st.fixed_dictionaries({"timestamp": JSON, "token": JSON})}))
def test_nothing_that_is_not_signed_is_believed(body: object) -> None:
    with pytest.raises(NotBelieved):
        LISTENER.hear(Incoming(json.dumps(body).encode(), {}))

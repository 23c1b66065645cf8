"""What Postmark says afterwards, and who is believed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.event import Event, EventKind
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.bodies import basic
from publisher.senders.events import Incoming, NotBelieved
from publisher.senders.registry import build

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
AT = datetime(2026, 11, 24, 6, 59, 30, 500_000, tzinfo=UTC)
TIME = "2026-11-24T06:59:30.5000000Z"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def made(**options: object) -> Sender:
    return build(Channel("letters", "postmark"), {"server_token": "pm-t0ken", **options}, clock=lambda: NOW)


LISTENER = made(events_password="new-p4ss old-p4ss")


def said(record: str, **more: object) -> dict[str, object]:
    who = (
        {"Email": "reader1@example.org"}
        if record in ("Bounce", "SpamComplaint")
        else {"Recipient": "reader1@example.org"}
    )
    return {"RecordType": record, "MessageID": "pm-1-0", "Metadata": {"reference": "d1-ref"}, **who, **more}


def bounce(kind: str, *, inactive: bool = False) -> dict[str, object]:
    return said("Bounce", Type=kind, ID=42, BouncedAt=TIME, Inactive=inactive, Description="Gone.", Details="550 5.1.1")


def heard(body: object, password: str = "new-p4ss", listener: Sender = LISTENER) -> list[Event]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(listener.hear(Incoming(raw, {"authorization": basic("postmark", password)})))


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (said("Delivery", DeliveredAt=TIME, Details="250 OK"), EventKind.DELIVERED, "250 OK"),
        (said("SpamComplaint", Type="SpamComplaint", ID=7, BouncedAt=TIME), EventKind.COMPLAINED, ""),
        (said("SubscriptionChange", ChangedAt=TIME, SuppressSending=True, SuppressionReason="ManualSuppression"),
         EventKind.UNSUBSCRIBED, ""),
        *[(bounce(kind), EventKind.HARD_BOUNCE, "Gone. 550 5.1.1")
          for kind in ("HardBounce", "BadEmailAddress", "ManuallyDeactivated")],
        *[(bounce(kind), EventKind.SOFT_BOUNCE, "Gone. 550 5.1.1")
          for kind in ("SoftBounce", "Transient", "DnsError", "Unknown", "Blocked", "SpamNotification")],
        *[(bounce(kind), EventKind.DROPPED, "Gone. 550 5.1.1")
          for kind in ("DMARCPolicy", "TemplateRenderingFailed", "VirusNotification", "SMTPApiError")],
        (bounce("SoftBounce", inactive=True), EventKind.HARD_BOUNCE, "Gone. 550 5.1.1"),
        (bounce("DMARCPolicy", inactive=True), EventKind.DROPPED, "Gone. 550 5.1.1"),
        (bounce("Unsubscribe"), EventKind.UNSUBSCRIBED, "Gone. 550 5.1.1"),
    ],
)  # fmt: skip
def test_each_event_is_what_it_means(body: object, kind: EventKind, words: str) -> None:
    (event,) = heard(body)
    assert event == Event(kind, event.key, AT, "d1-ref", "pm-1-0", "reader1@example.org", words)


@pytest.mark.parametrize(
    "body",
    [
        said("Open"),
        said("Click"),
        said("SubscriptionChange", SuppressSending=False, SuppressionReason=None),
        said("SubscriptionChange", SuppressSending=True, SuppressionReason="HardBounce"),
        said("SubscriptionChange", SuppressSending=True, SuppressionReason="SpamComplaint"),
        *[bounce(kind, inactive=True) for kind in ("AutoResponder", "ChallengeVerification", "AddressChange",
                                                   "OpenRelayTest", "Subscribe", "Newer")],
        {},
    ],
)  # fmt: skip
def test_what_is_no_event_of_ours_is_left_out(body: object) -> None:
    assert heard(body) == []


def test_the_same_word_has_the_same_key_and_another_has_another() -> None:
    delivered, bounced = said("Delivery", DeliveredAt=TIME), bounce("Unknown")
    changes = ({"DeliveredAt": "2026-11-24T06:59:31Z"}, {"Recipient": "b@example.org"}, {"MessageID": "pm-1-1"})
    words = [delivered, *({**delivered, **change} for change in changes), bounced, {**bounced, "ID": 43}]
    keys = [heard(word)[0].key for word in words]
    assert len(set(keys)) == len(words)
    assert keys == [heard(word)[0].key for word in words]


@pytest.mark.parametrize("password", ["new-p4ss", "old-p4ss"])
def test_during_a_rotation_both_passwords_hold(password: str) -> None:
    assert heard(bounce("HardBounce"), password)


@pytest.mark.parametrize("password", ["", "other", "new-p4ss old-p4ss", "pm-t0ken"])
def test_a_stranger_is_not_believed(password: str) -> None:
    with pytest.raises(NotBelieved) as refusal:
        heard(bounce("HardBounce"), password)
    assert refusal.value.status == 401  # 403 would make Postmark stop


def test_without_a_password_nobody_is_believed() -> None:
    with pytest.raises(NotBelieved, match="events_password") as refusal:
        heard(bounce("HardBounce"), listener=made())
    assert refusal.value.status == 401


def test_what_is_no_json_is_a_bad_request() -> None:
    with pytest.raises(NotBelieved) as refusal:
        heard(b"{")
    assert refusal.value.status == 400


@settings(max_examples=60)
@given(
    JSON
    | st.fixed_dictionaries({"RecordType": st.sampled_from(["Bounce", "Delivery"]), "Type": JSON, "BouncedAt": JSON})
)
def test_nothing_that_is_believed_raises(body: object) -> None:
    heard(body)

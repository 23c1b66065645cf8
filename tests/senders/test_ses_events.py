"""What Amazon SES says afterwards; who is believed is in test_sns.py."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.event import Event, EventKind
from publisher.senders.base import Sender
from publisher.senders.events import Incoming, NotBelieved
from publisher.senders.ses import Ses
from publisher.senders.ses_events import events_in
from tests.senders.sns import NOW, TOPIC, Amazon, said
from tests.senders.test_ses import made as sending

LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
JSON = LEAF | st.lists(LEAF, max_size=2) | st.dictionaries(st.sampled_from(["emailAddress", "reference"]), LEAF)
TYPES = ("Bounce", "Complaint", "Delivery", "DeliveryDelay", "Reject", "Rendering Failure")
MORE = ("mail", "bounce", "complaint", "delivery", "deliveryDelay", "reject", "failure")
INNER = ("bouncedRecipients", "complainedRecipients", "recipients", "destination", "tags", "timestamp", "bounceType")
MAIL = {
    "messageId": "0100-abc",
    "timestamp": "2026-01-02T03:00:00.000Z",
    "destination": ["=?utf-8?q?=C3=85sa?= <Ana@example.org>"],
    "tags": {"reference": ["d7-ref"], "ses:configuration-set": ["news"]},
}


def made(**options: object) -> Sender:
    sender = sending(**{"events_topic": TOPIC, "configuration_set": "news", **options})
    sender.http = Amazon()
    return sender


def word(kind: str, **more: Any) -> dict[str, Any]:
    return {"eventType": kind, "mail": MAIL, **more}


def notified(message: object) -> Incoming:
    return said(Message=message if isinstance(message, str) else json.dumps(message) + "\n")


def heard(message: object) -> list[Event]:
    return list(made().hear(notified(message)))


def bounce(kind: str, subtype: str = "General") -> dict[str, Any]:
    who = {"emailAddress": "Ana@example.org", "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 no"}
    more = {"bounceType": kind, "bounceSubType": subtype, "bouncedRecipients": [who], "feedbackId": "f1"}
    return word("Bounce", bounce={**more, "timestamp": "2026-01-02T03:03:20.000Z"})


def complaint(**more: str) -> dict[str, Any]:
    return word("Complaint", complaint={"complainedRecipients": [{"emailAddress": "Ana@example.org"}], **more})


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (word("Delivery", delivery={"recipients": ["Ana@example.org"], "smtpResponse": "250 ok"}), EventKind.DELIVERED),
        (bounce("Permanent"), EventKind.HARD_BOUNCE),
        (bounce("Transient"), EventKind.SOFT_BOUNCE),
        (bounce("Undetermined"), EventKind.SOFT_BOUNCE),
        (bounce("Permanent", "Suppressed"), EventKind.DROPPED),
        (bounce("Permanent", "OnAccountSuppressionList"), EventKind.DROPPED),
        (complaint(complaintFeedbackType="abuse"), EventKind.COMPLAINED),
        (complaint(complaintSubType="OnAccountSuppressionList"), EventKind.DROPPED),
        (word("DeliveryDelay", deliveryDelay={"delayType": "MailboxFull"}), EventKind.DELAYED),
        (word("Reject", reject={"reason": "Bad content"}), EventKind.DROPPED),
        (word("Rendering Failure", failure={"errorMessage": "Attribute 'x' is not present"}), EventKind.DROPPED),
    ],
)
def test_each_word_of_the_provider_has_its_kind(message: dict[str, Any], kind: EventKind) -> None:
    (event,) = heard(message)
    assert (event.kind, event.reference, event.address) == (kind, "d7-ref", "Ana@example.org")


@pytest.mark.parametrize(
    "message",
    [
        word("Send", send={}),
        word("Open", open={}),
        word("Click", click={}),
        word("Subscription", subscription={}),
        "Successfully validated SNS topic for Amazon SES event publishing.",
        "",
        "[]",
        "7",
    ],
)
def test_what_is_no_event_of_ours_is_left_out(message: object) -> None:
    assert heard(message) == []


def test_everything_that_the_provider_tells_is_kept() -> None:
    assert heard(bounce("Permanent")) == [
        Event(
            EventKind.HARD_BOUNCE,
            "sns-1",
            datetime(2026, 1, 2, 3, 3, 20, tzinfo=UTC),
            reference="d7-ref",
            provider_id="0100-abc",
            address="Ana@example.org",
            words="Permanent General 5.1.1 smtp; 550 no",
        )
    ]


def test_several_readers_in_one_word_are_several_events() -> None:
    both = word("Delivery", delivery={"recipients": ["a@example.org", "b@example.org"]})
    assert [(event.key, event.address) for event in heard(both)] == [
        ("sns-1", "a@example.org"),
        ("sns-1/1", "b@example.org"),
    ]


def test_a_channel_without_a_topic_believes_nobody() -> None:
    with pytest.raises(NotBelieved, match="events_topic") as refusal:
        made(events_topic=None).hear(notified(bounce("Permanent")))
    assert refusal.value.status == 401


def test_several_topics_are_heard() -> None:
    other = TOPIC.replace("ses-events", "complaints")
    assert made(events_topic=f"{TOPIC} {other}").hear(notified(complaint()))
    assert made(events_topic=f"{other} {TOPIC}").hear(notified(complaint()))


def test_the_topic_is_subscribed_to_by_itself() -> None:
    sender = made()
    assert list(sender.hear(said("SubscriptionConfirmation"))) == []
    assert isinstance(sender.http, Amazon)
    assert len(sender.http.asked) == 2


@settings(max_examples=25, deadline=timedelta(seconds=2))
@given(
    st.sampled_from(TYPES),
    JSON | st.dictionaries(st.sampled_from(MORE), JSON | st.dictionaries(st.sampled_from(INNER), JSON)),
    JSON,
)
def test_nothing_that_is_signed_is_a_fault(kind: str, more: object, stamp: object) -> None:
    message = {"eventType": kind, **more} if isinstance(more, dict) else more
    for event in events_in({"Message": json.dumps(message), "MessageId": "m", "Timestamp": stamp}, NOW):
        assert event.key
        assert event.happened_at <= NOW


@settings(max_examples=25, deadline=timedelta(seconds=2))
@given(JSON | st.dictionaries(st.sampled_from(["Type", "TopicArn", "SignatureVersion", "SigningCertURL"]), JSON))
def test_whatever_comes_is_believed_or_not_and_never_a_fault(value: object) -> None:
    body = {"Type": "Notification", "TopicArn": TOPIC, **value} if isinstance(value, dict) else value
    sender = made()
    assert isinstance(sender, Ses)
    with pytest.raises(NotBelieved):
        sender.hear(Incoming(json.dumps(body).encode(), {"x-amz-sns-message-type": "Notification"}))

"""SendGrid as we speak it and as django-anymail does. What may differ is taken away by name; the rest is equal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from anymail.exceptions import AnymailAPIError, AnymailWebhookValidationFailure

from publisher.model.call import Call, Outcome
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.events import NotBelieved
from publisher.senders.registry import build
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_mail
from tests.senders.oracle import anymail
from tests.senders.test_sendgrid_events import OUR_KEY, incoming, made, signed

KEY = "SG.0123456789"


def ours(provider: FakeProvider) -> Sender:
    return build(Channel("letters", "sendgrid"), {"api_key": KEY, "base_url": provider.url})


def theirs(provider: FakeProvider, call: Call) -> Mapping[str, Any]:
    message = anymail.merged(call, lambda name: f"-reader.{name}-")
    message.esp_extra = {"merge_field_format": "-reader.{}-"}
    return anymail.say("sendgrid", message, f"{provider.url}/v3/", api_key=KEY)


def test_the_same_mail_has_the_same_payload() -> None:
    call = call_to(sample_mail(), 7)
    with FakeProvider("sendgrid") as provider:
        ours(provider).send(call, MemoryJournal())
        theirs(provider, call)
        (us, them) = (request.json for request in provider.requests)
        assert [r.path for r in provider.requests] == ["/v3/mail/send"] * 2
        assert len({r.headers["authorization"] for r in provider.requests}) == 1
    assert us["reply_to"] == them.pop("reply_to_list")[0]  # one address may stand in either
    us.pop("reply_to")
    for tracking in ("subscription_tracking", "ganalytics"):  # anymail leaves these to the account
        assert us["tracking_settings"].pop(tracking) == {"enable": False}
    assert us["tracking_settings"]["click_tracking"].pop("enable_text") is False  # as above
    for person in them["personalizations"]:
        person["custom_args"].pop("anymail_id")  # its own id of a letter; ours is the reference
    assert us == them


@pytest.mark.parametrize(
    "fault", [None, Fault(400, {"errors": [{"message": "bad", "field": "subject"}]}), Fault(401), Fault(500)]
)
def test_the_same_answer_has_the_same_verdict(fault: Fault | None) -> None:
    call = call_to(sample_mail(), 2)
    with FakeProvider("sendgrid") as provider:
        provider.fails(*[fault] * 2 if fault else ())
        answer = ours(provider).send(call, MemoryJournal())
        if fault is None:
            status = theirs(provider, call)
            assert all(status[r.address].status in anymail.OUTCOMES[answer.of(r).outcome] for r in call.recipients)
        else:
            with pytest.raises(AnymailAPIError):
                theirs(provider, call)
            assert answer.verdict.outcome in (Outcome.REFUSED, Outcome.UNKNOWN)  # a 500 may have been accepted


@pytest.mark.parametrize(
    "item",
    [
        {"event": "delivered", "response": "250 OK"},
        {"event": "deferred", "response": "451 later", "attempt": "3"},
        {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 no such user"},
        {"event": "bounce", "type": "blocked", "reason": "554 blocked"},
        {"event": "dropped", "reason": "Bounced Address"},
        {"event": "dropped", "reason": "Invalid"},
        {"event": "spamreport"},
        {"event": "unsubscribe"},
        {"event": "group_unsubscribe", "asm_group_id": 10},
    ],
)
def test_the_same_word_is_understood_alike(item: dict[str, object]) -> None:
    about = {"email": "Ana@example.org", "timestamp": 1_767_323_000, "sg_event_id": "e1", "reference": "d1-ref"}
    request = signed(json.dumps([{**about, **item}]).encode() + b"\r\n")
    (us,), (them,) = made(events_key=OUR_KEY).hear(request), heard(request)
    assert them.event_type in anymail.KINDS[us.kind]
    assert (us.address, us.key, us.happened_at) == (them.recipient, them.event_id, them.timestamp)
    assert us.reference == them.metadata["reference"]


def test_a_forged_word_is_believed_by_neither() -> None:
    forged = incoming(b"[]", signed(b"[ ]").headers["x-twilio-email-event-webhook-signature"])
    with pytest.raises(NotBelieved):
        made(events_key=OUR_KEY).hear(forged)
    with pytest.raises(AnymailWebhookValidationFailure):
        heard(forged)


def heard(request: Any) -> list[Any]:
    return anymail.hear(
        "sendgrid",
        "SendGridTrackingWebhookView",
        request.body,
        request.headers,
        tracking_webhook_verification_key=OUR_KEY,
    )

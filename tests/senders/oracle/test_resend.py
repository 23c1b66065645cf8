"""Resend, as django-anymail speaks to it and hears it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import getaddresses

import pytest
from anymail.exceptions import AnymailRequestsAPIError
from svix.webhooks import Webhook as Svix

from publisher.model.call import Call, Outcome
from publisher.model.event import EventKind
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.events import Incoming
from publisher.senders.registry import build
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_mail
from tests.senders.oracle.anymail import KINDS, OUTCOMES, hear, rendered, say

LENIENT = {"ignore_unsupported_features": True}  # tracking is set per domain at Resend, not per letter
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def made(base_url: str = "") -> Sender:
    given = {"api_key": "re_k3y", "events_secret": SECRET, **({"base_url": base_url} if base_url else {})}
    return build(Channel("letters", "resend"), given)


def said_by_anymail(provider: FakeProvider, call: Call):
    return say("resend", rendered(call, call.recipients[0]), f"{provider.url}/", api_key="re_k3y", **LENIENT)


def test_the_same_mail_has_the_same_payload():
    for number in range(1, 8):  # every kind of name
        call = call_to(sample_mail(), number)
        call = Call(call.id, f"key-{number}", call.message, call.recipients[-1:])
        with FakeProvider("resend") as provider:
            made(provider.url).send(call, MemoryJournal())
            said_by_anymail(provider, call)
        (ours,), (theirs,) = (request.json for request in provider.requests)
        assert provider.requests[0].path == provider.requests[1].path
        for side in (ours, theirs):  # a name may be quoted, or written as an encoded word
            side["to"], side["from"] = getaddresses(side["to"]), getaddresses([side["from"]])
        assert json.loads(theirs["headers"].pop("X-Metadata")) == {"reference": call.recipients[0].reference}
        assert ours.pop("tags") == [{"name": "reference", "value": call.recipients[0].reference}]  # no header of ours
        theirs["reply_to"] = theirs["reply_to"][0]  # either is documented
        assert ours == theirs


@pytest.mark.parametrize(
    "answer",
    [
        Fault(200, {"data": [{"id": "re-1"}]}),
        Fault(403, {"statusCode": 403, "name": "invalid_api_key", "message": "API key is invalid"}),
        Fault(422, {"statusCode": 422, "name": "validation_error", "message": "Invalid `to` field."}),
        Fault(429, {"statusCode": 429, "name": "daily_quota_exceeded", "message": "quota"}),
        Fault(500, {"statusCode": 500, "name": "application_error", "message": "x"}),
        Fault(200, "Bad gateway"),
        Fault(200, {"object": "?"}),
    ],
)
def test_the_same_answer_has_the_same_verdict(answer: Fault):
    call = call_to(sample_mail())
    with FakeProvider("resend") as provider:
        provider.fails(answer, answer)
        ours = made(provider.url).send(call, MemoryJournal()).of(call.recipients[0])
        try:
            theirs = said_by_anymail(provider, call)["reader1@example.org"]
        except AnymailRequestsAPIError:  # it raises for whatever isn't a success, and leaves the rest to its caller
            assert ours.outcome is not Outcome.SENT
        else:
            assert theirs.status in OUTCOMES[ours.outcome]
            assert theirs.message_id == ours.provider_id


@pytest.mark.parametrize("permanent", ["Permanent", "Transient"])
@pytest.mark.parametrize(
    "kind", ["sent", "delivered", "delivery_delayed", "complained", "bounced", "opened", "clicked", "suppressed"]
)
def test_the_same_event_is_read_alike(kind: str, permanent: str):
    now = datetime.now(UTC)
    body = json.dumps(
        {
            "type": f"email.{kind}",
            "created_at": now.isoformat(),
            "data": {
                "email_id": "re-1",
                "to": ["reader1@example.org"],
                "tags": {"reference": "d1-ref"},
                "headers": [{"name": "X-Metadata", "value": '{"reference": "d1-ref"}'}],
                "bounce": {"type": permanent, "message": "The server sent a hard bounce message"},
                "click": {"link": "https://harbor.example"},
            },
        }
    )
    headers = {"svix-id": "msg_1", "svix-timestamp": f"{int(now.timestamp())}"}
    headers["svix-signature"] = Svix(SECRET).sign("msg_1", now, body)
    (theirs,) = hear("resend", "ResendTrackingWebhookView", body.encode(), headers, signing_secret=SECRET)
    ours = made().hear(Incoming(body.encode(), headers))
    if kind == "suppressed":  # newer than anymail
        assert (ours[0].kind, theirs.event_type) == (EventKind.DROPPED, "unknown")
    elif not ours:
        assert theirs.event_type in ("sent", "opened", "clicked")
    else:
        assert theirs.event_type in KINDS[ours[0].kind]
        assert (ours[0].address, ours[0].key) == (theirs.recipient, theirs.event_id)
        assert (ours[0].provider_id, ours[0].happened_at) == (theirs.message_id, theirs.timestamp)
        assert ours[0].reference == theirs.metadata["reference"]

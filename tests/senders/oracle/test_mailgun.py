"""Mailgun, as django-anymail speaks to it and hears it."""

from __future__ import annotations

import hashlib
import hmac
import json
import time

import pytest
from anymail.exceptions import AnymailRequestsAPIError

from publisher.model.call import Call, Outcome
from publisher.model.event import EventKind
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.events import Incoming
from publisher.senders.registry import build
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, expand_mailgun, sample_mail
from tests.senders.oracle.anymail import KINDS, OUTCOMES, hear, merged, say


def made(base_url: str = "") -> Sender:
    given = {"domain": "mg.harbor.example", "api_key": "key-0123456789", "events_key": "kat-signing-key"}
    return build(Channel("letters", "mailgun"), {**given, **({"base_url": base_url} if base_url else {})})


def said_by_anymail(provider: FakeProvider, call: Call):
    given = {"api_key": "key-0123456789", "sender_domain": "mg.harbor.example"}
    return say("mailgun", merged(call, lambda name: f"%recipient.{name}%"), f"{provider.url}/v3/", **given)


def test_every_reader_gets_the_same_mail():
    call = call_to(sample_mail(), 7)  # every kind of name
    with FakeProvider("mailgun") as provider:
        made(provider.url).send(call, MemoryJournal())
        said_by_anymail(provider, call)
    ours, theirs = (expand_mailgun(request.form) for request in provider.requests)
    assert provider.requests[0].path == provider.requests[1].path
    for mine, other in zip(ours, theirs, strict=True):
        assert mine == other
    mine, other = (dict(request.form) for request in provider.requests)
    assert mine.keys() - other.keys() == {"o:tracking"}  # one switch for both of these
    assert other.keys() - mine.keys() == {"o:tracking-opens", "o:tracking-clicks"}
    assert mine["from"] == other["from"]


@pytest.mark.parametrize(
    "answer",
    [
        Fault(200, {"id": "<1@mg>", "message": "Queued. Thank you."}),
        Fault(200, "Mailgun Magnificent API"),
        Fault(200, {"object": "?"}),
        Fault(400, {"message": "'to' parameter is not a valid address. please check documentation"}),
        Fault(401, "Forbidden"),
        Fault(404, {"message": "Domain not found"}),
        Fault(429, {"message": "too many"}),
        Fault(500, "x"),
    ],
)
def test_the_same_answer_has_the_same_verdict(answer: Fault):
    call = call_to(sample_mail(), 2)
    with FakeProvider("mailgun") as provider:
        provider.fails(answer, answer)
        ours = made(provider.url).send(call, MemoryJournal()).verdict
        try:
            theirs = said_by_anymail(provider, call)
        except AnymailRequestsAPIError:  # it raises for whatever isn't a success, and leaves the rest to its caller
            assert ours.outcome is not Outcome.SENT
        else:
            assert {status.status for status in theirs.values()} <= OUTCOMES[ours.outcome]
            assert {status.message_id for status in theirs.values()} == {f"<{ours.provider_id}>"}


@pytest.mark.parametrize(
    "event",
    [
        {"event": "delivered", "delivery-status": {"code": 250, "message": "OK", "description": ""}},
        {"event": "failed", "severity": "permanent", "reason": "bounce", "delivery-status": {"code": 550}},
        {"event": "failed", "severity": "permanent", "reason": "old"},
        {"event": "failed", "severity": "permanent", "reason": "suppress-bounce", "delivery-status": None},
        {"event": "failed", "severity": "temporary", "reason": "generic"},
        {"event": "rejected", "reject": {"reason": "Sandbox"}},
        {"event": "complained"},
        {"event": "unsubscribed"},
        {"event": "opened"},
        {"event": "clicked", "url": "https://harbor.example"},
        {"event": "accepted"},
    ],
)
def test_the_same_event_is_read_alike(event: dict[str, object]):
    timestamp, token = str(int(time.time())), "b" * 50
    signature = hmac.new(b"kat-signing-key", f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    common = {
        "timestamp": float(timestamp),
        "recipient": "reader1@example.org",
        "message": {"headers": {"message-id": "1@mg"}},
        "user-variables": {"reference": "d1-ref"},
    }
    stamp = {"timestamp": timestamp, "token": token, "signature": signature}
    body = json.dumps({"signature": stamp, "event-data": {**common, **event}}).encode()
    (theirs,) = hear("mailgun", "MailgunTrackingWebhookView", body, webhook_signing_key="kat-signing-key")
    ours = made().hear(Incoming(body, {"content-type": "application/json"}))
    if not ours:
        assert theirs.event_type in ("queued", "opened", "clicked")
        return
    if str(event.get("reason", "")).startswith("suppress"):  # never left; anymail calls it a bounce with a reason
        assert (ours[0].kind, theirs.event_type) == (EventKind.DROPPED, "bounced")
    else:
        assert theirs.event_type in KINDS[ours[0].kind]
    assert (ours[0].address, ours[0].key) == (theirs.recipient, theirs.event_id)
    assert (f"<{ours[0].provider_id}>", ours[0].happened_at) == (theirs.message_id, theirs.timestamp)
    assert ours[0].reference == theirs.metadata["reference"]

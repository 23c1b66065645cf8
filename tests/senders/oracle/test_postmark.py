"""Postmark, as django-anymail speaks to it and hears it."""

from __future__ import annotations

import json
from email.utils import getaddresses

import pytest
from anymail.exceptions import AnymailRecipientsRefused, AnymailRequestsAPIError

from publisher.model.call import Call, Outcome, Scope
from publisher.model.event import EventKind
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.bodies import basic
from publisher.senders.events import Incoming
from publisher.senders.registry import build
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_mail
from tests.senders.oracle.anymail import KINDS, OUTCOMES, hear, merged, rendered, say


def made(base_url: str = "", **options: object) -> Sender:
    given = {"server_token": "pm-t0ken", "unsubscribe": "us", "events_password": "p4ss", **options}
    return build(Channel("letters", "postmark"), {**given, **({"base_url": base_url} if base_url else {})})


def said_by_anymail(provider: FakeProvider, message: object, **options: object):
    given = {"server_token": "pm-t0ken", "message_stream": "broadcast", **options}
    return say("postmark", message, f"{provider.url}/", **given)


def alike(letter: dict) -> dict:
    """Return a letter with what may be written in several ways written in one."""
    letter = dict(letter)
    for name in letter.keys() & {"To", "From", "ReplyTo"}:  # names are quoted, or encoded words
        letter[name] = getaddresses([letter[name]])
    if "Headers" in letter:
        letter["Headers"] = sorted((header["Name"], header["Value"]) for header in letter["Headers"])
    if "Metadata" in letter:
        letter["Metadata"] = {"reference": letter["Metadata"]["reference"]}  # ours names the call too, anymail an id
    return letter


def test_the_same_mail_has_the_same_payload():
    for number in range(1, 8):  # every kind of name
        call = call_to(sample_mail(), number)
        call = Call(call.id, call.key, call.message, call.recipients[-1:])
        with FakeProvider("postmark") as provider:
            made(provider.url).send(call, MemoryJournal())
            said_by_anymail(provider, rendered(call, call.recipients[0]))
        (ours,), (theirs,) = (request.json for request in provider.requests)
        assert provider.requests[0].path == provider.requests[1].path
        assert alike(ours) == alike(theirs)


def test_the_same_bulk_mail_has_the_same_payload():
    call = call_to(sample_mail(), 7)
    with FakeProvider("postmark") as provider:
        made(provider.url, bulk=True).send(call, MemoryJournal())
        message = merged(call, lambda name: f"{{{{{{{name}}}}}}}")
        provider.fails(Fault(200, {"ID": "b", "Status": "Accepted", "PercentageCompleted": 0}))
        said_by_anymail(provider, message, use_bulk_api=True)
    ours, theirs = (alike(request.json) for request in provider.requests)
    assert [alike(letter) for letter in ours.pop("Messages")] == [alike(letter) for letter in theirs.pop("Messages")]
    assert ours == theirs


@pytest.mark.parametrize(
    "answer",
    [
        Fault(200, [{"To": "reader1@example.org", "MessageID": "a", "ErrorCode": 0, "Message": "OK"}]),
        Fault(
            200, [{"To": "reader1@example.org", "MessageID": "a", "Message": "accepted, but delivery may be delayed."}]
        ),
        Fault(
            200,
            [{"ErrorCode": 406, "Message": "Found inactive addresses: reader1@example.org. Inactive recipients are"}],
        ),
        Fault(200, [{"ErrorCode": 300, "Message": "Invalid 'To' address: 'reader1@example.org'."}]),
        Fault(200, [{"ErrorCode": 300, "Message": "Invalid 'From' address: 'x'."}]),
        Fault(422, {"ErrorCode": 412, "Message": "Pending approval"}),
        Fault(401, {"ErrorCode": 10, "Message": "No token"}),
        Fault(500, "x"),
        Fault(200, "x"),
        Fault(200, [{"ErrorCode": 0}]),
    ],
)
def test_the_same_answer_has_the_same_verdict(answer: Fault):
    call = call_to(sample_mail())
    with FakeProvider("postmark") as provider:
        provider.fails(answer, answer)
        ours = made(provider.url).send(call, MemoryJournal()).of(call.recipients[0])
        try:
            theirs = said_by_anymail(provider, rendered(call, call.recipients[0]))["reader1@example.org"]
        except AnymailRecipientsRefused:
            assert (ours.outcome, ours.scope) == (Outcome.REFUSED, Scope.RECIPIENT)
        except AnymailRequestsAPIError:  # it raises for whatever concerns no reader, and leaves the rest to its caller
            assert ours.outcome is not Outcome.SENT
        else:
            assert theirs.status in OUTCOMES[ours.outcome]
            assert (theirs.message_id or "") == ours.provider_id


# What anymail calls otherwise: it counts as bounced or deferred what we call by whose fault it is.
OTHERWISE = {
    "BadEmailAddress": "rejected", "ManuallyDeactivated": "rejected", "Transient": "deferred", "DnsError": "deferred",
    "Blocked": "rejected", "SpamNotification": "complained", "Unknown": "unknown", "VirusNotification": "bounced",
}  # fmt: skip


@pytest.mark.parametrize(
    "event",
    [
        {"RecordType": "Delivery", "DeliveredAt": "2026-11-24T06:59:30Z", "Recipient": "reader1@example.org"},
        {"RecordType": "Open", "ReceivedAt": "2026-11-24T06:59:30Z", "Recipient": "reader1@example.org"},
        {"RecordType": "Click", "ReceivedAt": "2026-11-24T06:59:30Z", "Recipient": "reader1@example.org"},
        {"RecordType": "SpamComplaint", "Type": "SpamComplaint"},
        *[{"RecordType": "Bounce", "Type": kind} for kind in ("HardBounce", "SoftBounce", "DMARCPolicy",
          "TemplateRenderingFailed", "SMTPApiError", "AutoResponder", "Subscribe", "Unsubscribe", *OTHERWISE)],
        *[{"RecordType": "SubscriptionChange", "ChangedAt": "2026-11-24T06:59:30Z", "Recipient": "reader1@example.org",
           "SuppressSending": reason is not None, "SuppressionReason": reason}
          for reason in ("ManualSuppression", "HardBounce", None)],
    ],
)  # fmt: skip
def test_the_same_event_is_read_alike(event: dict[str, object]):
    if event["RecordType"] in ("Bounce", "SpamComplaint"):
        event = {**event, "ID": 42, "Email": "reader1@example.org", "BouncedAt": "2026-11-24T06:59:30Z"}
    body = json.dumps({"MessageID": "pm-1", "Metadata": {"reference": "d1-ref"}, **event}).encode()
    password = {"authorization": basic("us", "p4ss")}
    (theirs,) = hear("postmark", "PostmarkTrackingWebhookView", body, password, webhook_secret="us:p4ss")
    ours = made().hear(Incoming(body, password))
    if not ours:  # no event of ours, or told by another one
        assert theirs.event_type in ("opened", "clicked", "autoresponded", "subscribed", "bounced")
        return
    otherwise = OTHERWISE.get(str(event.get("Type")))
    assert theirs.event_type in ({otherwise} if otherwise else KINDS[ours[0].kind])
    assert (ours[0].address, ours[0].provider_id) == (theirs.recipient, theirs.message_id)
    assert (ours[0].happened_at, ours[0].reference) == (theirs.timestamp, theirs.metadata["reference"])
    assert (ours[0].kind is EventKind.UNSUBSCRIBED) == (theirs.event_type == "unsubscribed")

"""Mailjet as we speak it and as django-anymail does. What may differ is taken away by name; the rest is equal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from anymail.exceptions import AnymailAPIError

from publisher.model.call import Call, Outcome
from publisher.model.message import fill
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_mail
from tests.senders.oracle import anymail
from tests.senders.test_mailjet import FIRST, error, made, success
from tests.senders.test_mailjet_events import incoming
from tests.senders.test_mailjet_events import made as listening

REFUSED = {"ErrorCode": "mj-0015", "ErrorMessage": "no", "StatusCode": 401}
JSON = {"Content-Type": "application/json"}


def theirs(provider: FakeProvider, call: Call) -> Mapping[str, Any]:
    message = anymail.merged(call, lambda name: f"[[var:{name}]]")
    keys = {"api_key": "mailjet-k3y", "secret_key": "mailjet-s3cret"}
    return anymail.say("mailjet", message, f"{provider.url}/v3.1/", **keys)


def test_the_same_mail_has_the_same_payload() -> None:
    mail, call = sample_mail(), call_to(sample_mail(), 7)
    with FakeProvider("mailjet") as provider:
        made(base_url=provider.url).send(call, MemoryJournal())
        theirs(provider, call)
        (us, them) = (request.json for request in provider.requests)
        assert [r.path for r in provider.requests] == ["/v3.1/send"] * 2
        assert len({r.headers["authorization"] for r in provider.requests}) == 1
    them["Globals"].pop("Subject")  # ours is filled in reader by reader: variables don't work there
    for reader, ours, other in zip(call.recipients, us["Messages"], them["Messages"], strict=True):
        assert ours.pop("Subject") == fill(mail.subject, reader.values)
        # Our reference goes where Mailjet can be asked about it.
        assert json.loads(other.pop("EventPayload")) == {"reference": ours.pop("CustomID")}
        assert other["Headers"].pop("List-Id")  # which Mailjet documents that it refuses
    assert us == them


@pytest.mark.parametrize("row", [success(2), error("mj-0013"), error("send-0011"), error("send-0008", 403)])
def test_the_same_answer_has_the_same_verdict(row: dict[str, object]) -> None:
    call = call_to(sample_mail(), 2)
    to = [{"Email": reader.address, "MessageID": FIRST + n} for n, reader in enumerate(call.recipients)]
    first = success(1, To=[to[0]])
    second = {**row, "To": [to[1]]} if row["Status"] == "success" else row
    with FakeProvider("mailjet") as provider:
        provider.fails(*[Fault(400, {"Messages": [first, second]}, JSON)] * 2)
        answer, status = made(base_url=provider.url).send(call, MemoryJournal()), theirs(provider, call)
    for reader in call.recipients:
        verdict = answer.of(reader)
        assert status[reader.address].status in anymail.OUTCOMES[verdict.outcome]
        assert verdict.provider_id == (status[reader.address].message_id or "")


@pytest.mark.parametrize("fault", [Fault(401, REFUSED, JSON), Fault.web_page(429), Fault(500), Fault(200, "no JSON")])
def test_what_is_no_answer_to_single_letters_is_none_for_either(fault: Fault) -> None:
    call = call_to(sample_mail(), 2)
    with FakeProvider("mailjet") as provider:
        provider.fails(fault, fault)
        assert made(base_url=provider.url).send(call, MemoryJournal()).verdict.outcome is not Outcome.SENT
        with pytest.raises(AnymailAPIError):
            theirs(provider, call)


@pytest.mark.parametrize(
    "item",
    [
        {"event": "sent", "smtp_reply": "sent (250 2.0.0 OK)"},
        {"event": "bounce", "hard_bounce": True, "error_related_to": "recipient", "error": "user unknown"},
        {"event": "bounce", "hard_bounce": False, "error_related_to": "domain", "error": "greylisted"},
        {"event": "blocked", "error_related_to": "mailjet", "error": "preblocked"},
        {"event": "spam", "source": "JMRPP"},
        {"event": "unsub", "mj_list_id": 1, "ip": "127.0.0.1"},
    ],
)
@pytest.mark.parametrize("grouped", [True, False])
def test_the_same_word_is_understood_alike(item: dict[str, object], grouped: bool) -> None:
    about = {"email": "Ana@example.org", "time": 1_767_323_000, "MessageID": FIRST, "CustomID": "d1-ref"}
    request = incoming([{**about, **item}] if grouped else {**about, **item})
    (us,) = listening().hear(request)
    (them,) = anymail.hear("mailjet", "MailjetTrackingWebhookView", request.body, request.headers)
    assert them.event_type in anymail.KINDS[us.kind]
    assert (us.address, us.provider_id, us.happened_at) == (them.recipient, them.message_id, them.timestamp)

"""SparkPost as we speak it and as django-anymail does. What may differ is taken away by name; the rest is equal."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any

import pytest
from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused

from publisher.model.call import Call, Outcome
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_mail
from publisher.testing.dialects.sparkpost import expand_sparkpost
from tests.senders.oracle import anymail
from tests.senders.test_sparkpost import counted, made, says
from tests.senders.test_sparkpost_events import incoming, wrapped
from tests.senders.test_sparkpost_events import made as listening


def theirs(provider: FakeProvider, call: Call) -> Mapping[str, Any]:
    message = anymail.merged(call, lambda name: "{{{" + name + "}}}")
    return anymail.say("sparkpost", message, f"{provider.url}/api/v1/", api_key="sparkpost-k3y")


def test_the_same_mail_arrives_at_every_reader() -> None:
    call = call_to(sample_mail(), 7)
    with FakeProvider("sparkpost") as provider:
        made(base_url=provider.url).send(call, MemoryJournal())
        theirs(provider, call)
        (us, them) = (request.json for request in provider.requests)
        assert {r.path.rstrip("/") for r in provider.requests} == {"/api/v1/transmissions"}
        assert {r.headers["authorization"] for r in provider.requests} == {"sparkpost-k3y"}
    assert us["options"].pop("transactional") is False  # anymail leaves it to the account
    assert us["options"] == them["options"]
    sender = us["content"]["from"]
    assert (sender["name"], sender["email"]) == parseaddr(them["content"]["from"])  # an object says the same
    assert us["content"]["reply_to"] == them["content"]["reply_to"]
    for ours, other in zip(us["recipients"], them["recipients"], strict=True):
        name, address = parseaddr(other["address"]["header_to"])  # it writes the whole mailbox itself
        assert (ours["address"].get("name", ""), ours["address"]["email"]) == (name, address)
    # Links of ours begin in the body, so variables differ; what they come to is the same.
    for ours, other in zip(expand_sparkpost(us), expand_sparkpost(them), strict=True):
        assert other["headers"].pop("List-Id").endswith(us["override"]["list_id"])  # SparkPost's own place for it
        assert ours == other


@pytest.mark.parametrize("fault", [counted(2, 0), counted(1, 1), counted(1, 0), counted(3, 0)])
def test_the_same_answer_has_the_same_verdict(fault: Fault) -> None:
    call = call_to(sample_mail(), 2)
    with FakeProvider("sparkpost") as provider:
        provider.fails(fault, fault)
        answer, status = made(base_url=provider.url).send(call, MemoryJournal()), theirs(provider, call)
    for reader in call.recipients:
        assert status[reader.address].status in anymail.OUTCOMES[answer.of(reader).outcome]
        if answer.of(reader).outcome is Outcome.SENT:
            assert answer.of(reader).provider_id == status[reader.address].message_id


@pytest.mark.parametrize("fault", [says(422, "1300"), says(401, ""), says(420, "2101"), Fault(500), Fault(200, "x")])
def test_what_refuses_everything_does_so_for_either(fault: Fault) -> None:
    call = call_to(sample_mail(), 2)
    with FakeProvider("sparkpost") as provider:
        provider.fails(fault, fault, counted(0, 2), counted(0, 2))
        assert made(base_url=provider.url).send(call, MemoryJournal()).verdict.outcome is not Outcome.SENT
        with pytest.raises(AnymailAPIError):
            theirs(provider, call)
        assert made(base_url=provider.url).send(call, MemoryJournal()).verdict.outcome is Outcome.REFUSED
        with pytest.raises(AnymailRecipientsRefused):
            theirs(provider, call)


@pytest.mark.parametrize(
    "item",
    [
        {"type": "delivery"},
        {"type": "delay", "error_code": "400"},
        {"type": "bounce", "bounce_class": "10", "raw_reason": "550 no such user"},
        {"type": "bounce", "bounce_class": "22", "raw_reason": "452 mailbox full"},
        {"type": "bounce", "bounce_class": "90"},
        {"type": "out_of_band", "bounce_class": "30"},
        {"type": "policy_rejection"},
        {"type": "generation_failure"},
        {"type": "generation_rejection"},
        {"type": "spam_complaint"},
        {"type": "list_unsubscribe"},
        {"type": "link_unsubscribe"},
    ],
)
def test_the_same_word_is_understood_alike(item: dict[str, object]) -> None:
    about = {"raw_rcpt_to": "Ana@example.org", "timestamp": "1767323000", "event_id": "e1", "transmission_id": "tx1"}
    request = incoming(wrapped({**about, **item, "rcpt_meta": {"reference": "d1-ref"}}))
    (us,) = listening().hear(request)
    (them,) = anymail.hear("sparkpost", "SparkPostTrackingWebhookView", request.body, request.headers)
    assert them.event_type in anymail.KINDS[us.kind]
    assert (us.address, us.key, us.provider_id) == (them.recipient, them.event_id, them.message_id)
    assert (us.happened_at, us.reference) == (them.timestamp, them.metadata["reference"])

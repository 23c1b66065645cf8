"""What is the webhook's own; what every sender does is in tests/conformance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook as Oracle

from publisher.errors import ConfigError
from publisher.model.call import Outcome, Scope
from publisher.model.message import fill
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.registry import build
from publisher.senders.standard_webhooks import headers_for, keys_of
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_mail, sample_post

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEXT = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("webhook") as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url)


def made(**options: object) -> Sender:
    return build(Channel("hook", "webhook"), {"url": "https://hooks.example/press/", "secret": SECRET, **options})


@pytest.mark.parametrize(
    ("secret", "message_id", "at", "body", "signature"),
    [
        (SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}',
         "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        (NEXT, "msg_kat1", 1767323045, b'{"type":"email.delivered","created_at":"2026-01-02T03:04:05.000Z",'
         b'"data":{"email_id":"e1","to":["a@example.com"]}}', "v1,gz5h2kFSt4AodacSx8AgsiEWLflh+QCZwlQUlOkhs5Y="),
    ],
)  # fmt: skip
def test_signatures_are_those_of_the_standard(
    secret: str, message_id: str, at: int, body: bytes, signature: str
) -> None:
    assert headers_for(keys_of(SecretStr(secret)), message_id, at, body)["webhook-signature"] == signature
    assert Oracle(secret).sign(message_id, datetime.fromtimestamp(at, UTC), body.decode()) == signature


@pytest.mark.parametrize("secret", [SECRET, NEXT])
def test_during_a_rotation_both_secrets_verify(provider: FakeProvider, secret: str) -> None:
    made(base_url=provider.url, secret=f"{NEXT} {SECRET}").send(call_to(sample_mail()), MemoryJournal())
    (request,) = provider.requests
    assert Oracle(secret).verify(request.body, dict(request.headers)) == request.json


def test_the_request_is_what_the_provider_documents(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail())
    sender.send(call, MemoryJournal())
    (request,), (reader,) = provider.requests, call.recipients
    assert (request.method, request.path) == ("POST", "/press/")
    assert request.headers["webhook-id"] == call.key
    assert request.json == {
        "type": "mail.send",
        "id": "d1-ref",
        "batch_id": call.key,
        "from": {"email": "news@harbor.example", "name": "Harbor Gazette"},
        "reply_to": "desk@harbor.example",
        "subject": fill(sample_mail().subject, reader.values),
        "html": fill(sample_mail().html, reader.values),
        "text": fill(sample_mail().text, reader.values),
        "headers": {name: fill(value, reader.values) for name, value in sample_mail().headers},
        "recipients": [{"email": "reader1@example.org", "name": reader.name, "id": "d1-ref"}],
    }


def test_a_post_is_an_event_with_its_card(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_post(2)), MemoryJournal())
    body = provider.requests[0].json
    assert body["type"] == "post.published"
    assert datetime.fromisoformat(body["timestamp"]).tzinfo is not None
    assert body["data"]["parts"] == list(sample_post(2).parts)
    assert body["data"]["card"]["image"]["alt"] == "A ferry leaves the quay"
    assert (body["data"]["id"], body["data"]["account"]) == ("d1-ref", "@gazette@news.example")


def test_our_reference_goes_with_every_recipient(provider: FakeProvider) -> None:
    made(base_url=provider.url, batch=10).send(call_to(sample_mail(), 3), MemoryJournal())
    body = provider.requests[0].json
    assert body["type"] == "mail.batch"
    assert [letter["id"] for letter in body["messages"]] == ["d1-ref", "d2-ref", "d3-ref"]


def test_a_refusal_of_the_message_carries_the_providers_words(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault(422, {"error": "no such template"}), Fault(422, {"error": "no such template"}))
    mail = sender.send(call_to(sample_mail()), MemoryJournal()).verdict
    post = sender.send(call_to(sample_post()), MemoryJournal()).verdict
    assert (mail.outcome, mail.scope) == (Outcome.REFUSED, Scope.RECIPIENT)  # one letter, so one reader
    assert (post.outcome, post.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert mail.reason == post.reason == "HTTP 422: no such template"


@pytest.mark.parametrize("status", [404, 405, 410])
def test_an_address_that_is_gone_stops_the_account(sender: Sender, provider: FakeProvider, status: int) -> None:
    provider.fails(Fault(status, "gone"))
    verdict = sender.send(call_to(sample_mail()), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)


def test_a_receiver_that_is_busy_with_this_very_id_may_be_taking_it(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault(409, "busy"))
    assert sender.send(call_to(sample_mail()), MemoryJournal()).verdict.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("status", [408, 425])
def test_a_receiver_that_is_busy_is_asked_again(sender: Sender, provider: FakeProvider, status: int) -> None:
    provider.fails(Fault(status, "later"))
    assert sender.send(call_to(sample_mail()), MemoryJournal()).verdict.outcome is Outcome.DEFERRED


def test_a_receiver_may_answer_reader_by_reader(provider: FakeProvider) -> None:
    results = [
        {"id": "d1-ref", "status": "accepted", "message_id": "m1"},
        {"id": "d2-ref", "status": "rejected", "error": "no such mailbox"},
        {"id": "d3-ref", "status": "retry"},
        {"id": "somebody else", "status": "accepted"},
    ]
    provider.fails(Fault(200, {"results": results}))
    call = call_to(sample_mail(), 4)
    answer = made(base_url=provider.url, batch=10).send(call, MemoryJournal())
    outcomes = [answer.of(reader).outcome for reader in call.recipients]
    assert outcomes == [Outcome.SENT, Outcome.REFUSED, Outcome.DEFERRED, Outcome.UNKNOWN]
    assert answer.of(call.recipients[0]).provider_id == "m1"
    assert answer.of(call.recipients[1]).reason == "no such mailbox"


@pytest.mark.parametrize("results", ["none", {"a": 1}, [None, 3, {"status": "accepted"}]])
def test_results_that_make_no_sense_are_unknown(sender: Sender, provider: FakeProvider, results: object) -> None:
    provider.fails(Fault(200, {"results": results}))
    call = call_to(sample_mail())
    assert sender.send(call, MemoryJournal()).of(call.recipients[0]).outcome is Outcome.UNKNOWN


def test_the_receivers_id_and_url_of_a_post_are_kept(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault(201, {"id": 77, "url": "https://site.example/77"}))
    verdict = sender.send(call_to(sample_post()), MemoryJournal()).verdict
    assert (verdict.provider_id, verdict.url) == ("77", "https://site.example/77")


def test_a_body_over_the_limit_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    sender.max_bytes = 30
    assert sender.send(call_to(sample_mail()), MemoryJournal()).verdict.outcome is Outcome.REFUSED
    assert sender.send(call_to(sample_post()), MemoryJournal()).verdict.outcome is Outcome.REFUSED
    assert provider.requests == []


@pytest.mark.parametrize(
    "secret", ["whsec_dG9vIHNob3J0", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!", f"{SECRET} x"]
)
def test_a_secret_that_cannot_sign_is_refused_at_start_and_not_shown(secret: str) -> None:
    with pytest.raises(ConfigError, match="whsec_") as refused:
        made(secret=secret)
    assert secret.split()[-1].removeprefix("whsec_") not in str(refused.value).replace("text", "").split()


def test_the_same_address_twice_is_still_two_letters_of_two_calls(provider: FakeProvider) -> None:
    first, second = call_to(sample_mail(), 2).recipients
    call = replace(call_to(sample_mail()), recipients=(first, replace(second, address=first.address)))
    answer = made(base_url=provider.url, batch=10).send(call, MemoryJournal())
    assert answer.of(second).outcome is Outcome.DEFERRED

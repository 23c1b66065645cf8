"""What is Mailpit's own; what every sender does is in tests/conformance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from publisher.errors import ConfigError
from publisher.model.call import Outcome, Scope
from publisher.model.message import fill
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.registry import build
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_mail


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("mailpit") as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(provider.url)


def made(base_url: str, **options: object) -> Sender:
    return build(Channel("inbox", "mailpit"), {"base_url": base_url, **options})


def test_the_request_is_what_the_provider_documents(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail())
    answer = sender.send(call, MemoryJournal())
    (request,) = provider.requests
    (reader,) = call.recipients
    assert (request.method, request.path) == ("POST", "/api/v1/send")
    assert request.json == {
        "From": {"Name": "Harbor Gazette", "Email": "news@harbor.example"},
        "To": [{"Name": reader.name, "Email": "reader1@example.org"}],
        "ReplyTo": [{"Email": "desk@harbor.example"}],
        "Subject": fill(sample_mail().subject, reader.values),
        "Text": fill(sample_mail().text, reader.values),
        "HTML": fill(sample_mail().html, reader.values),
        "Headers": {
            "List-Unsubscribe": "<https://letters.harbor.example/u/1?l=daily&t=x1>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Id": "Morning briefing <daily.letters.harbor.example>",
            "X-Publisher-Reference": "d1-ref",
        },
    }
    assert answer.verdict.provider_id == "mp1"


def test_what_is_not_used_is_absent_from_the_request(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(replace(sample_mail(), reply_to="")), MemoryJournal())
    assert "ReplyTo" not in provider.requests[0].json


def test_our_reference_goes_with_every_recipient(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_mail()), MemoryJournal())
    assert provider.requests[0].json["Headers"]["X-Publisher-Reference"] == "d1-ref"


def test_a_refusal_of_the_message_carries_the_providers_words(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault(400, {"Error": "invalid address"}))
    verdict = sender.send(call_to(sample_mail()), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.RECIPIENT)  # one letter, so one reader
    assert verdict.reason == "HTTP 400: invalid address"


def test_a_body_over_the_limit_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    sender.max_bytes = 500
    verdict = sender.send(call_to(sample_mail()), MemoryJournal()).verdict
    assert verdict.outcome is Outcome.REFUSED
    assert "500" in verdict.reason
    assert provider.requests == []


def test_credentials_go_into_the_header_only(provider: FakeProvider) -> None:
    sender = made(provider.url, username="press", password="s3cret")
    sender.send(call_to(sample_mail()), MemoryJournal())
    assert provider.requests[0].headers["authorization"] == "Basic cHJlc3M6czNjcmV0"
    assert b"s3cret" not in provider.requests[0].body


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "[::1]", "mailpit", "mail.internal", "localhost"])
def test_a_host_of_the_own_network_is_taken(host: str) -> None:
    assert made(f"http://{host}:8025").name == "mailpit"


def test_a_public_host_is_refused_unless_the_editor_says_so() -> None:
    with pytest.raises(ConfigError, match="allow_public: true"):
        made("https://mailpit.example.com")
    assert made("https://mailpit.example.com", allow_public=True).name == "mailpit"

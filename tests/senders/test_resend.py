"""What is Resend's own; what every sender does is in tests/conformance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from publisher.model.call import Outcome, Scope
from publisher.model.message import fill
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.registry import build
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_mail
from publisher.testing.dialects.resend import ResendDialect

NOW = datetime(2026, 11, 29, 16, 0, tzinfo=UTC)


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("resend") as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url)


def made(**options: object) -> Sender:
    return build(Channel("letters", "resend"), {"api_key": "re_k3y", **options}, clock=lambda: NOW)


def test_the_request_is_what_the_provider_documents(sender: Sender, provider: FakeProvider) -> None:
    answer = sender.send(call_to(sample_mail(), 2), MemoryJournal())
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/emails/batch")
    assert request.headers["idempotency-key"] == "call-1-k3y"
    assert request.headers["x-batch-validation"] == "permissive"
    first, second = request.json
    assert first == {
        "from": "Harbor Gazette <news@harbor.example>",
        "to": ["Åsa & Søn <reader1@example.org>"],
        "subject": "Good morning, Åsa & Søn: the harbour reopens",
        "html": first["html"],
        "text": first["text"],
        "reply_to": "desk@harbor.example",
        "headers": {
            "List-Unsubscribe": "<https://letters.harbor.example/u/1?l=daily&t=x1>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Id": "Morning briefing <daily.letters.harbor.example>",
        },
        "tags": [{"name": "reference", "value": "d1-ref"}],
    }
    assert second["to"] == ['"Dr. \\"Bo\\" Li" <reader2@example.org>']
    assert [answer.of(r).provider_id for r in call_to(sample_mail(), 2).recipients] == ["re-1-0", "re-1-1"]


def test_what_is_not_used_is_absent_from_the_request(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(replace(sample_mail(), reply_to="")), MemoryJournal())
    assert not {"reply_to", "cc", "bcc", "attachments", "scheduled_at"} & provider.requests[0].json[0].keys()


def test_a_hundred_readers_get_what_the_preview_shows(sender: Sender, provider: FakeProvider) -> None:
    mail, call = sample_mail(), call_to(sample_mail(), 100)
    answer = sender.send(call, MemoryJournal())
    assert answer.verdict.outcome is Outcome.SENT
    assert len(provider.requests) == 1
    for reader, letter in zip(call.recipients, provider.requests[0].json, strict=True):
        assert letter["html"] == fill(mail.html, reader.values)
        assert letter["text"] == fill(mail.text, reader.values)
        assert letter["subject"] == fill(mail.subject, reader.values)


def test_nothing_of_another_reader_is_in_a_readers_mail(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_mail(), 30), MemoryJournal())
    for number, letter in enumerate(provider.requests[0].json, start=1):
        seen = repr(letter)
        assert not any(f"/u/{n}?" in seen or f"reader{n}@" in seen for n in range(1, 31) if n != number)


def test_authored_braces_reach_the_reader_as_written(sender: Sender, provider: FakeProvider) -> None:
    text = "Write {{{FIRST_NAME}}} and %recipient.x% here"
    sender.send(call_to(replace(sample_mail(), subject=(text,), html=(text,), text=(text,))), MemoryJournal())
    letter = provider.requests[0].json[0]
    assert {letter["subject"], letter["html"], letter["text"]} == {text}  # inline bodies have no variables


def test_header_values_go_out_in_ascii_and_international_domains_in_punycode(
    sender: Sender, provider: FakeProvider
) -> None:
    mail = replace(sample_mail(), headers=(("List-Id", ('"Träume" <daily.harbor.example>',)),))
    call = call_to(mail)
    reader = replace(call.recipients[0], address="ada@bücher.org", name="")
    sender.send(replace(call, recipients=(reader,)), MemoryJournal())
    letter = provider.requests[0].json[0]
    assert letter["headers"]["List-Id"] == "=?utf-8?q?Tr=C3=A4ume?= <daily.harbor.example>"
    assert letter["to"] == ["ada@xn--bcher-kva.org"]


def test_a_bad_address_among_several_is_refused_alone(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 4)
    bad = replace(call.recipients[1], address="not an address")
    call = replace(call, recipients=(call.recipients[0], bad, *call.recipients[2:]))
    answer = sender.send(call, MemoryJournal())
    said = [answer.of(reader) for reader in call.recipients]
    assert [verdict.outcome for verdict in said] == [Outcome.SENT, Outcome.REFUSED, Outcome.SENT, Outcome.SENT]
    assert (said[1].scope, said[1].reason[:18]) == (Scope.RECIPIENT, "Invalid `to` field")
    assert [verdict.provider_id for verdict in said] == ["re-1-0", "", "re-1-2", "re-1-3"]  # past the bad one


def test_what_is_wrong_with_every_letter_is_the_message(sender: Sender, provider: FakeProvider) -> None:
    fault = {"data": [], "errors": [{"index": n, "message": "Invalid `from` field."} for n in range(3)]}
    provider.fails(Fault(200, fault))
    verdict = sender.send(call_to(sample_mail(), 3), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)


def test_a_bad_address_asks_for_halves_where_the_batch_is_refused_whole() -> None:
    with FakeProvider(ResendDialect(permissive=False)) as provider:
        call = call_to(sample_mail(), 3)
        bad = replace(call.recipients[2], address="not an address")
        answer = made(base_url=provider.url).send(
            replace(call, recipients=(*call.recipients[:2], bad)), MemoryJournal()
        )
        assert (answer.split, answer.verdict.outcome) == (True, Outcome.DEFERRED)
        answer = made(base_url=provider.url).send(replace(call, recipients=(bad,)), MemoryJournal())
        assert (answer.verdict.outcome, answer.verdict.scope) == (Outcome.REFUSED, Scope.RECIPIENT)


@pytest.mark.parametrize(
    "body",
    [
        {"data": [{"id": "a"}]},
        {"data": [{"id": "a"}] * 3},
        {"data": [{"id": "a"}], "errors": [{"index": 7, "message": "x"}]},
        {"data": [{"id": "a"}], "errors": [{"message": "x"}]},
        {"data": [{"id": "a"}] * 2, "errors": [{"index": -1}]},
        {"data": {}},
        [],
        {"id": "one"},
    ],
)
def test_a_count_that_does_not_match_is_unknown_for_everyone(
    sender: Sender, provider: FakeProvider, body: object
) -> None:
    provider.fails(Fault(200, body, accept=True))
    call = call_to(sample_mail(), 2)
    answer = sender.send(call, MemoryJournal())
    assert {answer.of(reader).outcome for reader in call.recipients} == {Outcome.UNKNOWN}


def test_a_letter_without_an_id_is_unknown_alone(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault(200, {"data": [{"id": "a"}, {}]}, accept=True))
    call = call_to(sample_mail(), 2)
    answer = sender.send(call, MemoryJournal())
    assert [answer.of(reader).outcome for reader in call.recipients] == [Outcome.SENT, Outcome.UNKNOWN]


@pytest.mark.parametrize("quota", ["daily_quota_exceeded", "monthly_quota_exceeded"])
def test_a_used_up_quota_waits_for_midnight_instead_of_looping(
    sender: Sender, provider: FakeProvider, quota: str
) -> None:
    said = {"statusCode": 429, "name": quota, "message": "You have reached your quota."}
    provider.fails(Fault(429, said, {"retry-after": "1"}), Fault(429, said, {"retry-after": "7200"}), Fault(429, said))
    for until in (datetime(2026, 11, 30, tzinfo=UTC), NOW + timedelta(hours=2), datetime(2026, 11, 30, tzinfo=UTC)):
        verdict = sender.send(call_to(sample_mail()), MemoryJournal()).verdict
        assert (verdict.outcome, verdict.until) == (Outcome.DEFERRED, until)


def test_a_passing_rate_limit_waits_as_long_as_it_says(sender: Sender, provider: FakeProvider) -> None:
    said = {"statusCode": 429, "name": "rate_limit_exceeded", "message": "2 requests per second"}
    provider.fails(Fault(429, said, {"retry-after": "1"}))
    verdict = sender.send(call_to(sample_mail()), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.until) == (Outcome.DEFERRED, NOW + timedelta(seconds=1))


def test_other_words_under_a_known_key_are_in_doubt(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_mail()), MemoryJournal())
    verdict = sender.send(call_to(replace(sample_mail(), subject=("Other",))), MemoryJournal()).verdict
    assert verdict.outcome is Outcome.UNKNOWN
    assert "another payload" in verdict.reason


def test_a_try_that_is_still_under_way_is_in_doubt(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault(409, {"name": "concurrent_idempotent_requests", "message": "in progress"}))
    assert sender.send(call_to(sample_mail()), MemoryJournal()).verdict.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("status", "name", "message"),
    [
        (401, "restricted_api_key", "This API key is restricted to only send emails"),
        (403, "validation_error", "The harbor.example domain is not verified."),
        (403, "validation_error", "You can only send testing emails to your own email address."),
        (404, "not_found", "The requested endpoint does not exist"),
    ],
)
def test_what_concerns_the_account_stops_it(
    sender: Sender, provider: FakeProvider, status: int, name: str, message: str
) -> None:
    provider.fails(Fault(status, {"statusCode": status, "name": name, "message": message}))
    verdict = sender.send(call_to(sample_mail(), 2), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
    assert message in verdict.reason


def test_a_body_over_the_limit_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    sender.max_bytes = 500
    assert sender.send(call_to(sample_mail()), MemoryJournal()).verdict.outcome is Outcome.REFUSED
    assert sender.send(call_to(sample_mail(), 2), MemoryJournal()).split
    assert provider.requests == []


def test_a_body_that_is_too_large_for_resend_is_halved(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault(413, "too large"), Fault(413, "too large"))
    assert sender.send(call_to(sample_mail(), 2), MemoryJournal()).split
    answer = sender.send(call_to(sample_mail()), MemoryJournal())
    assert (answer.split, answer.verdict.outcome) == (False, Outcome.REFUSED)

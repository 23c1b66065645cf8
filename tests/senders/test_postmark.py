"""What is Postmark's own; what every sender does is in tests/conformance."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from publisher.model.call import Answer, Call, Outcome, Scope
from publisher.model.message import fill
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.registry import build
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_mail
from publisher.testing.dialects.postmark import PostmarkDialect

SPOKE_AT = datetime(2026, 11, 29, 16, 0, tzinfo=UTC)


@pytest.fixture
def dialect() -> PostmarkDialect:
    return PostmarkDialect()


@pytest.fixture
def provider(dialect: PostmarkDialect) -> Iterator[FakeProvider]:
    with FakeProvider(dialect) as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url, unsubscribe="us")


def made(after: timedelta = timedelta(), **options: object) -> Sender:
    given = {"server_token": "pm-t0ken", **options}
    return build(Channel("letters", "postmark"), given, clock=lambda: SPOKE_AT + after)


def test_the_request_is_what_the_provider_documents(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 2)
    answer = sender.send(call, MemoryJournal())
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/email/batch")
    assert request.headers["accept"] == "application/json"
    first, second = request.json
    assert first == {
        "From": "Harbor Gazette <news@harbor.example>",
        "To": "Åsa & Søn <reader1@example.org>",
        "Subject": "Good morning, Åsa & Søn: the harbour reopens",
        "HtmlBody": fill(sample_mail().html, call.recipients[0].values),
        "TextBody": fill(sample_mail().text, call.recipients[0].values),
        "ReplyTo": "desk@harbor.example",
        "MessageStream": "broadcast",
        "TrackOpens": False,
        "TrackLinks": "None",
        "Headers": [
            {"Name": "List-Unsubscribe", "Value": "<https://letters.harbor.example/u/1?l=daily&t=x1>"},
            {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
            {"Name": "List-Id", "Value": "Morning briefing <daily.letters.harbor.example>"},
        ],
        "Metadata": {"reference": "d1-ref", "call": "call-1-k3y"},
    }
    assert second["To"] == '"Dr. \\"Bo\\" Li" <reader2@example.org>'
    assert [answer.of(reader).provider_id for reader in call.recipients] == ["pm-1-0", "pm-1-1"]


def test_what_is_not_used_is_absent_from_the_request(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(replace(sample_mail(), reply_to="")), MemoryJournal())
    assert not {"ReplyTo", "Cc", "Bcc", "Tag", "Attachments"} & provider.requests[0].json[0].keys()


def test_unsubscribing_is_postmarks_unless_its_support_says_otherwise(provider: FakeProvider) -> None:
    forced = made(base_url=provider.url)
    forced.send(call_to(sample_mail()), MemoryJournal())
    assert [header["Name"] for header in provider.requests[0].json[0]["Headers"]] == ["List-Id"]
    assert "support" in forced.forces_unsubscribe
    assert made(unsubscribe="us").forces_unsubscribe == ""


def test_in_bulk_the_body_goes_out_once_and_every_reader_gets_what_the_preview_shows(provider: FakeProvider) -> None:
    mail, call = sample_mail(), call_to(sample_mail(), 500)
    answer = made(base_url=provider.url, bulk=True, unsubscribe="us").send(call, MemoryJournal())
    assert (answer.verdict.outcome, answer.verdict.provider_id) == (Outcome.SENT, "bulk-1")
    (request,) = provider.requests
    assert request.path == "/email/bulk"
    assert len(request.json["Messages"]) == 500
    for reader, letter in zip(call.recipients, request.json["Messages"], strict=True):
        for part, text in (("Subject", mail.subject), ("HtmlBody", mail.html), ("TextBody", mail.text)):
            model = letter["TemplateModel"]
            shown = re.sub(r"\{\{\{(\w+)\}\}\}", lambda found, model=model: model[found[1]], request.json[part])
            assert shown == fill(text, reader.values)
        assert letter["Headers"][0]["Value"] == f"<{reader.values['unsubscribe_url']}>"
        assert letter["Metadata"]["reference"] == reader.reference


@pytest.mark.parametrize("bulk", [False, True])
def test_nothing_of_another_reader_is_in_a_readers_mail(provider: FakeProvider, bulk: bool) -> None:
    made(base_url=provider.url, bulk=bulk, unsubscribe="us").send(call_to(sample_mail(), 30), MemoryJournal())
    letters = provider.requests[0].json["Messages"] if bulk else provider.requests[0].json
    for number, letter in enumerate(letters, start=1):
        seen = repr(letter)
        assert not any(f"/u/{n}?" in seen or f"reader{n}@" in seen for n in range(1, 31) if n != number)


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize("tag", ["{{{ pm:unsubscribe }}}", "{{name}}", "{{{first_name_html}}}", "{{#each x}}", "a { b"])
def test_authored_tags_reach_the_reader_as_written(provider: FakeProvider, tag: str, bulk: bool) -> None:
    text = f"Write {tag} here"
    mail = replace(sample_mail(), subject=(text,), html=(text,), text=(text,))
    made(base_url=provider.url, bulk=bulk).send(call_to(mail), MemoryJournal())
    letter = provider.requests[0].json if bulk else provider.requests[0].json[0]
    assert letter["HtmlBody"].replace("&#123;", "{") == text
    assert letter["TextBody"].replace("\u2060", "") == letter["Subject"].replace("\u2060", "") == text
    for part in ("Subject", "HtmlBody", "TextBody"):
        assert "{{" not in letter[part] or not (bulk or "pm:" in tag)


def test_a_brace_before_a_placeholder_stays_apart_from_it(provider: FakeProvider) -> None:
    mail = replace(sample_mail(), html=("{", *sample_mail().html[1:2], "}"))
    made(base_url=provider.url, bulk=True).send(call_to(mail), MemoryJournal())
    assert provider.requests[0].json["HtmlBody"] == "&#123;{{{first_name_html}}}}"


def test_each_letters_own_code_is_its_verdict(sender: Sender, provider: FakeProvider, dialect: PostmarkDialect) -> None:
    call = call_to(sample_mail(), 4)
    dialect.inactive.add("reader2@example.org")
    bad = replace(call.recipients[2], address="not an address")
    call = replace(call, recipients=(*call.recipients[:2], bad, call.recipients[3]))
    answer = sender.send(call, MemoryJournal())
    said = [answer.of(reader) for reader in call.recipients]
    assert [verdict.outcome for verdict in said] == [Outcome.SENT, Outcome.REFUSED, Outcome.REFUSED, Outcome.SENT]
    assert {said[1].scope, said[2].scope} == {Scope.RECIPIENT}
    assert [verdict.provider_id for verdict in said] == ["pm-1-0", "", "", "pm-1-3"]
    assert "(code 406)" in said[1].reason


@pytest.mark.parametrize(
    ("row", "outcome", "scope"),
    [
        ({"MessageID": "a", "Message": "Accepted, but delivery may be delayed."}, Outcome.SENT, Scope.RECIPIENT),
        ({"MessageID": "a", "ErrorCode": 0, "Message": "OK, but not for these inactive addresses: x"},
         Outcome.REFUSED, Scope.RECIPIENT),
        ({"ErrorCode": 300, "Message": "Error parsing 'To': Illegal email domain"}, Outcome.REFUSED, Scope.RECIPIENT),
        ({"ErrorCode": 300, "Message": "Invalid 'From' address"}, Outcome.REFUSED, Scope.MESSAGE),
        ({"ErrorCode": 300, "Message": "Error parsing 'Reply-To': x"}, Outcome.REFUSED, Scope.MESSAGE),
        ({"ErrorCode": 400, "Message": "Sender signature not found"}, Outcome.REFUSED, Scope.ACCOUNT),
        ({"ErrorCode": 405, "Message": "Not allowed to send"}, Outcome.REFUSED, Scope.ACCOUNT),
        ({"ErrorCode": 412, "Message": "Pending approval"}, Outcome.REFUSED, Scope.ACCOUNT),
        ({"ErrorCode": 411, "Message": "Forbidden attachment type"}, Outcome.REFUSED, Scope.MESSAGE),
        ({"ErrorCode": 100, "Message": "Maintenance"}, Outcome.DEFERRED, Scope.PASSING),
        ({"ErrorCode": 429, "Message": "Rate limit"}, Outcome.DEFERRED, Scope.PASSING),
        ({"ErrorCode": 0, "Message": "OK"}, Outcome.UNKNOWN, Scope.PASSING),
        ({}, Outcome.UNKNOWN, Scope.PASSING),
        (None, Outcome.UNKNOWN, Scope.PASSING),
    ],
)  # fmt: skip
def test_a_code_means_the_reader_the_message_or_the_account(
    sender: Sender, provider: FakeProvider, row: object, outcome: Outcome, scope: Scope
) -> None:
    call = call_to(sample_mail(), 2)
    provider.fails(Fault(200, [row, {"MessageID": "b", "ErrorCode": 0, "Message": "OK"}]))
    answer = sender.send(call, MemoryJournal())
    first, second = (answer.of(reader) for reader in call.recipients)
    assert (first.outcome, first.scope) == (outcome, scope)
    assert (second.outcome, second.provider_id) == (Outcome.SENT, "b")
    if scope is Scope.ACCOUNT:
        assert answer.verdict == first  # which stops the channel


@pytest.mark.parametrize("body", [[], [{}], [{}] * 3, {}, {"MessageID": "a"}])
def test_a_count_that_does_not_match_is_unknown_for_everyone(
    sender: Sender, provider: FakeProvider, body: object
) -> None:
    provider.fails(Fault(200, body, accept=True))
    call = call_to(sample_mail(), 2)
    answer = sender.send(call, MemoryJournal())
    assert {answer.of(reader).outcome for reader in call.recipients} == {Outcome.UNKNOWN}


@pytest.mark.parametrize("bulk", [False, True])
def test_a_wrong_token_stops_the_account(provider: FakeProvider, bulk: bool) -> None:
    sender = made(base_url=provider.url, server_token="other", bulk=bulk)
    verdict = sender.send(call_to(sample_mail()), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
    assert "valid Server token" in verdict.reason


@pytest.mark.parametrize(
    ("fault", "scope"),
    [
        (Fault(422, {"ErrorCode": 402, "Message": "Invalid JSON"}), Scope.MESSAGE),
        (Fault(422, {"ErrorCode": 412, "Message": "Pending approval"}), Scope.ACCOUNT),
        (Fault(422, {"ErrorCode": 999, "Message": "Bulk is not enabled"}), Scope.ACCOUNT),
        (Fault(403, {"ErrorCode": 999, "Message": "Bulk is not enabled"}), Scope.ACCOUNT),
        (Fault(404, "not found"), Scope.ACCOUNT),
    ],
)
def test_a_bulk_request_that_is_refused_names_why(provider: FakeProvider, fault: Fault, scope: Scope) -> None:
    provider.fails(fault)
    verdict = made(base_url=provider.url, bulk=True).send(call_to(sample_mail()), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, scope)


def test_a_bad_address_in_bulk_asks_for_halves(provider: FakeProvider) -> None:
    sender, call = made(base_url=provider.url, bulk=True), call_to(sample_mail(), 2)
    bad = replace(call.recipients[1], address="not an address")
    answer = sender.send(replace(call, recipients=(call.recipients[0], bad)), MemoryJournal())
    assert (answer.split, answer.verdict.outcome) == (True, Outcome.DEFERRED)
    answer = sender.send(replace(call, recipients=(bad,)), MemoryJournal())
    assert (answer.verdict.outcome, answer.verdict.scope) == (Outcome.REFUSED, Scope.RECIPIENT)


def test_a_body_that_is_too_large_is_halved_or_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault(413, "too large"))
    assert sender.send(call_to(sample_mail(), 2), MemoryJournal()).split
    heavy = replace(sample_mail(), html=("x" * 5_000_001,))
    assert sender.send(call_to(heavy), MemoryJournal()).verdict.outcome is Outcome.REFUSED
    sender.max_bytes = 500
    assert sender.send(call_to(sample_mail(), 2), MemoryJournal()).split
    assert len(provider.requests) == 1


def asked(provider: FakeProvider, call: Call, after: timedelta, **options: object) -> Answer:
    return made(after, base_url=provider.url, **options).ask(replace(call, spoke_at=SPOKE_AT))


@pytest.mark.parametrize("shows_metadata", [True, False])
def test_letters_that_had_arrived_are_found_by_their_call(shows_metadata: bool) -> None:
    dialect = PostmarkDialect(shows_metadata=shows_metadata)
    dialect.inactive.add("reader2@example.org")
    with FakeProvider(dialect) as provider:
        call = call_to(sample_mail(), 3)
        provider.fails(Fault.dropped_after())
        assert made(base_url=provider.url).send(call, MemoryJournal()).verdict.outcome is Outcome.UNKNOWN
        early = asked(provider, call, timedelta(minutes=15))
        late = asked(provider, call, timedelta(hours=1))
        assert [early.of(r).outcome for r in call.recipients] == [Outcome.SENT, Outcome.UNKNOWN, Outcome.SENT]
        assert [late.of(r).outcome for r in call.recipients] == [Outcome.SENT, Outcome.DEFERRED, Outcome.SENT]
        assert late.of(call.recipients[2]).provider_id == "pm-1-2"
        path, _, query = provider.requests[-1].path.partition("?")
        assert path == "/messages/outbound"
        assert parse_qs(query) == {
            "count": ["500"], "offset": ["0"], "messagestream": ["broadcast"], "metadata_call": [call.key],
        }  # fmt: skip


def test_a_call_that_never_came_is_certain_after_an_hour_and_in_bulk_never(provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 2)
    assert asked(provider, call, timedelta(minutes=59)).verdict.outcome is Outcome.UNKNOWN
    assert asked(provider, call, timedelta(minutes=60)).verdict.outcome is Outcome.DEFERRED
    assert asked(provider, call, timedelta(hours=9), bulk=True).verdict.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "fault",
    [
        Fault(401, {"ErrorCode": 10, "Message": "no"}),
        Fault(500, "x"),
        Fault(200, {"TotalCount": 900, "Messages": []}),
        Fault(200, {"TotalCount": 1, "Messages": [{"MessageID": "a", "Recipients": ["somebody@else.example"]}]}),
        Fault(200, {"Messages": {}}),
        Fault(200, []),
    ],
)
def test_an_answer_that_tells_nothing_leaves_it_unknown(provider: FakeProvider, fault: Fault) -> None:
    provider.fails(fault)
    assert asked(provider, call_to(sample_mail()), timedelta(hours=2)).verdict.outcome is Outcome.UNKNOWN

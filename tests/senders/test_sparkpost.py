"""What is SparkPost's own; what every sender does is in tests/conformance."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from publisher.clock import now
from publisher.model.call import Outcome, Scope
from publisher.model.message import Mail, Slot, fill
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.registry import build
from publisher.senders.sparkpost_payload import in_html, in_text
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_mail
from publisher.testing.dialects.sparkpost import expand_sparkpost


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("sparkpost") as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url)


def made(**options: object) -> Sender:
    return build(Channel("letters", "sparkpost"), {"api_key": "sparkpost-k3y", **options})


def plain(text: str) -> Mail:
    return replace(sample_mail(), subject=(text,), html=(f"<p>{text}</p>",), text=(text,))


def counted(accepted: object, rejected: object, status: int = 200, **more: object) -> Fault:
    results = {"total_accepted_recipients": accepted, "total_rejected_recipients": rejected, "id": "tx9", **more}
    return Fault(status, {"results": results})


def says(status: int, code: str) -> Fault:
    return Fault(status, {"errors": [{"message": "no", "description": "not at all", "code": code}]})


def test_the_request_is_what_the_provider_documents(sender: Sender, provider: FakeProvider) -> None:
    answer = sender.send(call_to(sample_mail(), 2), MemoryJournal())
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/api/v1/transmissions")
    assert request.headers["authorization"] == "sparkpost-k3y"
    body = request.json
    assert body["options"] == {"open_tracking": False, "click_tracking": False, "transactional": False}
    assert body["override"] == {"list_id": "<daily.letters.harbor.example>"}
    content = body["content"]
    assert content["from"] == {"email": "news@harbor.example", "name": "Harbor Gazette"}
    assert content["reply_to"] == "desk@harbor.example"
    assert content["subject"] == "Good morning, {{first_name_header}}: the harbour reopens"
    assert content["html"].startswith("<p>Dear {{{first_name_html}}}</p>")
    assert content["headers"] == {
        "List-Unsubscribe": "{{header__list_unsubscribe}}",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert body["recipients"][0]["address"] == {"email": "reader1@example.org", "name": "Åsa & Søn"}
    assert answer.verdict.provider_id == "tx1"


def test_a_link_begins_with_its_scheme_in_the_body_itself(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_mail(), 2), MemoryJournal())
    body = provider.requests[0].json
    assert '<a href="https://{{{unsubscribe_url_url}}}">' in body["content"]["html"]
    assert "Leave: https://{{{unsubscribe_url_text}}}" in body["content"]["text"]
    given = body["recipients"][0]["substitution_data"]
    assert given["unsubscribe_url_url"] == "letters.harbor.example/u/1?l=daily&amp;t=x1"


def test_readers_whose_links_begin_differently_keep_them_whole(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 2)
    other = replace(call.recipients[1], values={"unsubscribe_url": "http://old.harbor.example/u/2"})
    call = replace(call, recipients=(call.recipients[0], other))
    sender.send(call, MemoryJournal())
    for reader, message in zip(call.recipients, expand_sparkpost(provider.requests[0].json), strict=True):
        assert message["text"] == fill(sample_mail().text, reader.values)


def test_what_is_not_used_is_absent_from_the_request(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(replace(sample_mail(), reply_to="", from_name="", text=(), headers=()))
    sender.send(replace(call, recipients=(replace(call.recipients[0], name=""),)), MemoryJournal())
    body = provider.requests[0].json
    assert body.keys() == {"options", "content", "recipients"}
    assert body["content"].keys() == {"from", "subject", "html"}
    assert body["content"]["from"] == {"email": "news@harbor.example"}
    assert body["recipients"][0]["address"] == {"email": "reader1@example.org"}
    assert body["options"]["transactional"] is True  # nothing that one could leave


def test_our_reference_goes_with_every_recipient(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_mail(), 3), MemoryJournal())
    messages = expand_sparkpost(provider.requests[0].json)
    assert [m["metadata"] for m in messages] == [{"reference": f"d{n}-ref"} for n in (1, 2, 3)]


def test_two_thousand_readers_get_what_the_preview_shows(sender: Sender, provider: FakeProvider) -> None:
    mail, call = sample_mail(), call_to(sample_mail(), 2_000)
    answer = sender.send(call, MemoryJournal())
    assert answer.verdict.outcome is Outcome.SENT
    assert len(provider.requests) == 1
    for reader, message in zip(call.recipients, expand_sparkpost(provider.requests[0].json), strict=True):
        assert message["to"] == reader.address
        assert message["subject"] == fill(mail.subject, reader.values)
        assert message["html"] == fill(mail.html, reader.values)
        assert message["text"] == fill(mail.text, reader.values)
        wanted = {name: fill(value, reader.values) for name, value in mail.headers if name != "List-Id"}
        assert message["headers"] == wanted


def test_nothing_of_another_reader_is_in_a_readers_mail(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_mail(), 30), MemoryJournal())
    for message in expand_sparkpost(provider.requests[0].json):
        own = message["to"].split("@")[0].removeprefix("reader")
        seen = repr({**message, "to": ""})
        assert not any(f"/u/{n}?" in seen for n in range(1, 31) if str(n) != own)
        assert "@example.org" not in seen


def test_one_field_with_two_defaults_goes_out_twice(sender: Sender, provider: FakeProvider) -> None:
    text = (Slot("name", "text", "reader"), " and ", Slot("name", "text", "friend"))
    sender.send(call_to(replace(sample_mail(), text=text)), MemoryJournal())
    assert expand_sparkpost(provider.requests[0].json)[0]["text"] == "reader and friend"


@pytest.mark.parametrize(
    "tag", ["{{first_name_html}}", "{{{x}}}", "{{{{x}}}}", "{{ if x }}", "}} {{", "[[data-msys-x]]"]
)
def test_authored_tags_reach_the_reader_as_written(sender: Sender, provider: FakeProvider, tag: str) -> None:
    assert sender.send(call_to(plain(f"Write {tag} here")), MemoryJournal()).verdict.outcome is Outcome.SENT
    (message,) = expand_sparkpost(provider.requests[0].json)
    assert tag not in message["html"] + message["text"] + message["subject"]
    assert html.unescape(message["html"]) == f"<p>Write {tag} here</p>"
    assert message["text"].replace("\u2060", "") == f"Write {tag} here"


def test_braces_before_and_behind_a_placeholder_stay_apart_from_it(sender: Sender, provider: FakeProvider) -> None:
    html_part, text_part = (("{", Slot("first_name", context, "x"), "}") for context in ("html", "text"))
    mail = replace(sample_mail(), html=html_part, text=text_part)
    assert sender.send(call_to(mail), MemoryJournal()).verdict.outcome is Outcome.SENT
    (message,) = expand_sparkpost(provider.requests[0].json)
    assert html.unescape(message["html"]) == "{Åsa & Søn}"
    assert message["text"].replace("\u2060", "") == "{Åsa & Søn}"


def test_a_style_sheet_means_what_it_meant() -> None:
    sheet = "<style>@media (max-width:600px){p{color:red}}</style>"
    assert in_html(f"<p>}}}}</p>{sheet}<p>{{{{") == (
        "<p>}&#125;</p><style>@media (max-width:600px){p{color:red} }</style><p>&#123;&#123;"
    )


@pytest.mark.parametrize("text", ["a { b } c", "[[var:x]]", "{x}y", "f(x){return 1;}z"])
def test_a_brace_that_is_no_tag_stays(text: str) -> None:
    assert in_html(text) == text
    assert in_text(text) == text


def test_a_header_that_differs_and_is_not_ascii_goes_out_encoded(sender: Sender, provider: FakeProvider) -> None:
    headers = (("X-Reader", (Slot("first_name", "header", "x"),)), ("X-Town", ("Évora",)))
    sender.send(call_to(replace(sample_mail(), headers=headers)), MemoryJournal())
    (message,) = expand_sparkpost(provider.requests[0].json)
    assert message["headers"] == {
        "X-Reader": "=?utf-8?q?=C3=85sa?= & =?utf-8?q?S=C3=B8n?=",
        "X-Town": "=?utf-8?b?w4l2b3Jh?=",
    }


def test_a_header_of_the_providers_own_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    mail = replace(sample_mail(), headers=(("Reply-To", ("x@example.org",)),))
    verdict = sender.send(call_to(mail), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert provider.requests == []


@pytest.mark.parametrize(
    ("fault", "outcome", "scope"),
    [
        (counted(2, 0), Outcome.SENT, Scope.RECIPIENT),
        (counted(0, 2), Outcome.REFUSED, Scope.RECIPIENT),
        (counted(0, 2, 400), Outcome.REFUSED, Scope.RECIPIENT),
        (counted(1, 1), Outcome.UNKNOWN, Scope.PASSING),
        (counted(1, 0), Outcome.UNKNOWN, Scope.PASSING),
        (counted(3, 0), Outcome.UNKNOWN, Scope.PASSING),
        (counted("2", 0), Outcome.UNKNOWN, Scope.PASSING),
        (counted(2, 0, id=""), Outcome.UNKNOWN, Scope.PASSING),
        (counted(0, 2, 500), Outcome.UNKNOWN, Scope.PASSING),
        (Fault(200, {"results": {}}), Outcome.UNKNOWN, Scope.PASSING),
        (says(422, "1300"), Outcome.REFUSED, Scope.MESSAGE),
        (says(400, "7001"), Outcome.REFUSED, Scope.ACCOUNT),
        (says(400, "1100"), Outcome.REFUSED, Scope.ACCOUNT),
        (says(403, ""), Outcome.REFUSED, Scope.ACCOUNT),
        (says(429, ""), Outcome.DEFERRED, Scope.PASSING),
    ],
)
def test_every_answer_is_understood(
    sender: Sender, provider: FakeProvider, fault: Fault, outcome: Outcome, scope: Scope
) -> None:
    provider.fails(fault)
    call = call_to(sample_mail(), 2)
    answer = sender.send(call, MemoryJournal())
    assert {(answer.of(r).outcome, answer.of(r).scope) for r in call.recipients} == {(outcome, scope)}, answer
    assert not answer.split


def test_a_refusal_of_the_message_carries_the_providers_words(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(says(422, "1300"))
    assert sender.send(call_to(sample_mail()), MemoryJournal()).verdict.reason == "HTTP 422: no (not at all, 1300)"


def test_one_rejected_reader_among_several_is_not_named(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 3)
    bad = replace(call.recipients[1], address="not an address")
    answer = sender.send(replace(call, recipients=(call.recipients[0], bad, call.recipients[2])), MemoryJournal())
    assert {answer.of(reader).outcome for reader in call.recipients} == {Outcome.UNKNOWN}
    assert answer.verdict.reason == "1 of 3 readers were rejected, and SparkPost doesn't say which"
    assert len(provider.accepted) == 2


def test_a_sending_limit_waits_for_midnight(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault(420, {"errors": [{"message": "Exceed Sending Limit (daily)", "code": "2101"}]}))
    verdict = sender.send(call_to(sample_mail(), 2), MemoryJournal()).verdict
    assert verdict.outcome is Outcome.DEFERRED
    assert verdict.until is not None
    assert verdict.until.time() == datetime.min.time()
    assert timedelta(0) < verdict.until - now() <= timedelta(days=1)


def test_a_request_too_large_for_the_provider_asks_for_halves(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault(413), Fault(413))
    assert sender.send(call_to(sample_mail(), 2), MemoryJournal()).split
    alone = sender.send(call_to(sample_mail()), MemoryJournal())
    assert (alone.split, alone.verdict.outcome) == (False, Outcome.REFUSED)


def test_a_body_over_the_limit_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    sender.max_bytes = 500
    assert sender.send(call_to(sample_mail()), MemoryJournal()).verdict.outcome is Outcome.REFUSED
    assert sender.send(call_to(sample_mail(), 2), MemoryJournal()).split
    assert provider.requests == []


def test_the_region_decides_the_host_and_a_subaccount_is_named() -> None:
    urls = {region: vars(made(region=region))["_url"] for region in ("us", "eu")}
    assert urls == {
        "us": "https://api.sparkpost.com/api/v1/transmissions",
        "eu": "https://api.eu.sparkpost.com/api/v1/transmissions",
    }
    assert vars(made(subaccount="7"))["_headers"]["X-MSYS-SUBACCOUNT"] == "7"
    assert "X-MSYS-SUBACCOUNT" not in vars(made())["_headers"]


def test_what_the_provider_forces_is_said() -> None:
    assert "List-Unsubscribe" in made().forces_unsubscribe
    assert "support" in made().forces_unsubscribe

"""What is Brevo's own; what every sender does is in tests/conformance."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from publisher.clock import now
from publisher.model.call import Call, Outcome, Scope
from publisher.model.message import Mail, Slot, fill
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.brevo_payload import in_html, in_text
from publisher.senders.registry import build
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_mail
from publisher.testing.dialects.brevo import expand_brevo


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("brevo") as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url)


def made(**options: object) -> Sender:
    return build(Channel("letters", "brevo"), {"api_key": "xkeysib-0123456789", **options})


def plain(text: str) -> Mail:
    return replace(sample_mail(), subject=(text,), html=(f"<p>{text}</p>",), text=(text,))


def says(status: int, code: str, message: str) -> Fault:
    return Fault(status, {"code": code, "message": message}, {"Content-Type": "application/json"})


def to_simple_readers(count: int) -> Call:
    """Return a call to readers of whose values no template would change any."""
    call = call_to(sample_mail(), count)
    values = [{"first_name": f"Åsa {n}", "unsubscribe_url": f"https://a.example/u/x{n}"} for n in range(1, count + 1)]
    readers = zip(call.recipients, values, strict=True)
    return replace(call, recipients=tuple(replace(reader, values=own) for reader, own in readers))


def test_the_request_is_what_the_provider_documents(sender: Sender, provider: FakeProvider) -> None:
    call = replace(to_simple_readers(2), key=uuid4().hex)
    answer = sender.send(call, MemoryJournal())
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/v3/smtp/email")
    body = request.json
    assert body["sender"] == {"name": "Harbor Gazette", "email": "news@harbor.example"}
    assert body["replyTo"] == {"email": "desk@harbor.example"}
    assert body["subject"] == "Good morning, {{params.first_name_header}}: the harbour reopens"
    assert UUID(body["headers"]["idempotencyKey"]).hex == call.key
    assert body["messageVersions"][0] == {
        "to": [{"email": "reader1@example.org", "name": "Åsa & Søn"}],
        "params": {
            "first_name_header": "Åsa 1",
            "first_name_html": "Åsa 1",
            "unsubscribe_url_url": "https://a.example/u/x1",
            "first_name_url_part": "%C3%85sa%201",
            "first_name_text": "Åsa 1",
            "unsubscribe_url_text": "https://a.example/u/x1",
        },
        "headers": {
            "List-Unsubscribe": "<https://a.example/u/x1>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Id": "Morning briefing <daily.letters.harbor.example>",
            "X-Mailin-custom": "d1-ref",
        },
    }
    ids = [answer.of(reader).provider_id for reader in call.recipients]
    assert ids == ["<1.0@smtp-relay.example>", "<1.1@smtp-relay.example>"]


def test_what_is_not_used_is_absent_from_the_request(sender: Sender, provider: FakeProvider) -> None:
    sender.send(replace(to_simple_readers(1), message=replace(sample_mail(), reply_to="", text=())), MemoryJournal())
    assert not {"replyTo", "textContent", "to", "cc", "bcc", "templateId", "params"} & provider.requests[0].json.keys()


@pytest.mark.parametrize("are_simple", [True, False])
def test_a_thousand_readers_get_what_the_preview_shows(
    sender: Sender, provider: FakeProvider, are_simple: bool
) -> None:
    mail, call = sample_mail(), to_simple_readers(1_000) if are_simple else call_to(sample_mail(), 1_000)
    answer = sender.send(call, MemoryJournal())
    assert {answer.of(reader).outcome for reader in call.recipients} == {Outcome.SENT}
    assert len(provider.requests) == 1
    for reader, message in zip(call.recipients, expand_brevo(provider.requests[0].json), strict=True):
        assert message["to"] == reader.address
        assert message["subject"] == fill(mail.subject, reader.values)
        assert message["html"] == fill(mail.html, reader.values)
        assert message["text"] == fill(mail.text, reader.values)
        wanted = {name: fill(value, reader.values) for name, value in mail.headers}
        assert message["headers"] == {**wanted, "X-Mailin-custom": reader.reference}


def test_a_value_that_an_escaping_template_would_change_is_written_out(sender: Sender, provider: FakeProvider) -> None:
    call = to_simple_readers(3)
    first, second, third = call.recipients
    irish = replace(second, values={**second.values, "first_name": "O'Brien {{params.x}}"})
    sender.send(replace(call, recipients=(first, irish, third)), MemoryJournal())
    versions = provider.requests[0].json["messageVersions"]
    assert ["params" in version for version in versions] == [True, False, True]
    assert "{{" not in versions[1]["htmlContent"] + versions[1]["textContent"] + versions[1]["subject"]
    assert "Dear O'Brien {{params.x}}" in html.unescape(versions[1]["htmlContent"])
    assert "Dear O'Brien {{params.x}}" in versions[1]["textContent"].replace("\u2060", "")


def test_nothing_of_another_reader_is_in_a_readers_mail(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_mail(), 30), MemoryJournal())
    for message in expand_brevo(provider.requests[0].json):
        own = message["to"].split("@")[0].removeprefix("reader")
        seen = repr({**message, "to": ""})
        assert not any(f"/u/{n}?" in seen for n in range(1, 31) if str(n) != own)
        assert "@example.org" not in seen


def test_one_field_with_two_defaults_goes_out_twice(sender: Sender, provider: FakeProvider) -> None:
    text = (Slot("name", "text", "reader"), " and ", Slot("name", "text", "friend"))
    sender.send(replace(to_simple_readers(1), message=replace(sample_mail(), text=text)), MemoryJournal())
    assert expand_brevo(provider.requests[0].json)[0]["text"] == "reader and friend"


@pytest.mark.parametrize(
    "tag", ["{{params.first_name_html}}", "{{ contact.EMAIL }}", "{% if x %}", "{# x #}", "{{{x}}}"]
)
def test_authored_tags_reach_the_reader_as_written(sender: Sender, provider: FakeProvider, tag: str) -> None:
    sender.send(call_to(plain(f"Write {tag} here")), MemoryJournal())
    body = provider.requests[0].json
    assert not any(
        opener in body["htmlContent"] + body["textContent"] + body["subject"] for opener in ("{{", "{%", "{#")
    )
    assert html.unescape(body["htmlContent"]) == f"<p>Write {tag} here</p>"
    assert body["textContent"].replace("\u2060", "") == f"Write {tag} here"


def test_a_brace_that_is_no_tag_stays_and_one_before_a_placeholder_stays_apart() -> None:
    for text in ("a { b } c", "}}", "@media print{.a{color:red}}"):
        assert (in_html(text), in_text(text)) == (text, text)
    assert (in_html("set {"), in_text("set {")) == ("set &#123;", "set {\u2060")


def test_names_and_titles_that_brevo_would_spoil_are_written_another_way(
    sender: Sender, provider: FakeProvider
) -> None:
    headers = (("List-Id", ('"Züri heute" <daily.letters.harbor.example>',)), ("X-Note", ("Grüße",)))
    call = to_simple_readers(2)
    named = replace(call.recipients[0], name="Søn, Åsa", address="ana@bücher.example")
    mail = replace(sample_mail(), from_name="Zürcher Bote", headers=headers)
    sender.send(replace(call, message=mail, recipients=(named, call.recipients[1])), MemoryJournal())
    body = provider.requests[0].json
    assert body["sender"]["name"] == "Zürcher Bote"
    first = body["messageVersions"][0]
    assert first["to"] == [{"name": "=?utf-8?b?U8O4biwgw4VzYQ==?=", "email": "ana@xn--bcher-kva.example"}]
    assert first["headers"]["List-Id"] == "<daily.letters.harbor.example>"
    assert first["headers"]["X-Note"].startswith("=?utf-8?")


def test_a_header_of_the_providers_own_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    for name in ("idempotencyKey", "X-Mailin-Custom", "X-Sib-Sandbox"):
        verdict = sender.send(call_to(replace(sample_mail(), headers=((name, ("1",)),))), MemoryJournal()).verdict
        assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert provider.requests == []


def test_values_over_the_limits_are_refused_by_name_or_ask_for_halves(sender: Sender, provider: FakeProvider) -> None:
    call = to_simple_readers(25)
    huge = replace(call.recipients[0], values={**call.recipients[0].values, "first_name": "x" * 50_000})
    answer = sender.send(replace(call, recipients=(huge, *call.recipients[1:3])), MemoryJournal())
    assert (answer.of(huge).outcome, answer.of(huge).scope) == (Outcome.REFUSED, Scope.RECIPIENT)
    assert len(provider.accepted) == 2
    noted = replace(sample_mail(), html=("<p>", Slot("note", "html"), "</p>"))
    many = tuple(replace(r, values={**r.values, "note": "x" * 45_000}) for r in call.recipients)
    answer = sender.send(replace(call, message=noted, recipients=many), MemoryJournal())
    assert (answer.split, answer.verdict.outcome) == (True, Outcome.DEFERRED)
    assert len(provider.requests) == 1


def test_a_body_over_the_limit_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    sender.max_bytes = 500
    assert sender.send(call_to(sample_mail()), MemoryJournal()).verdict.outcome is Outcome.REFUSED
    assert sender.send(call_to(sample_mail(), 2), MemoryJournal()).split
    assert provider.requests == []


def test_a_known_key_was_taken_by_the_first_try_and_by_nobody_else(sender: Sender, provider: FakeProvider) -> None:
    known = says(400, "duplicate_parameter", "idempotencyKey was used already")
    provider.fails(known, known)
    again = sender.send(replace(call_to(sample_mail(), 2), attempt=2), MemoryJournal())
    assert (again.verdict.outcome, again.verdict.provider_id) == (Outcome.SENT, "")
    assert sender.send(call_to(sample_mail(), 2), MemoryJournal()).verdict.outcome is Outcome.REFUSED


def test_what_became_of_a_call_is_asked_by_its_tag(sender: Sender, provider: FakeProvider) -> None:
    call = replace(call_to(sample_mail(), 3), key=uuid4().hex)
    sender.send(replace(call, recipients=call.recipients[:2]), MemoryJournal())
    sender.send(
        replace(call_to(sample_mail(), 3), key=uuid4().hex), MemoryJournal()
    )  # another call to the same readers
    answer = sender.ask(call)
    assert [answer.of(reader).outcome for reader in call.recipients] == [Outcome.SENT, Outcome.SENT, Outcome.UNKNOWN]
    assert answer.of(call.recipients[1]).provider_id == "<1.1@smtp-relay.example>"
    assert provider.requests[-1].method == "GET"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(500),
        Fault(200, {"events": 7}),
        Fault(200, {"events": [7, {"tag": "call-1-k3y"}]}),
        Fault(200, {"events": [{"email": "reader1@example.org", "tag": "another call", "messageId": "<a>"}]}),
    ],
)
def test_an_answer_to_our_question_that_says_nothing_leaves_the_doubt(
    sender: Sender, provider: FakeProvider, fault: Fault
) -> None:
    provider.fails(fault)
    call = call_to(sample_mail(), 2)
    answer = sender.ask(call)
    assert {answer.of(reader).outcome for reader in call.recipients} == {Outcome.UNKNOWN}


@pytest.mark.parametrize(
    ("ids", "outcome"),
    [
        ({"messageIds": ["<a>", "<b>"]}, Outcome.SENT),
        ({"messageIds": ["<a>"]}, Outcome.UNKNOWN),
        ({"messageIds": ["<a>", "<b>", "<c>"]}, Outcome.UNKNOWN),
        ({"messageIds": ["<a>", None]}, Outcome.UNKNOWN),
        ({"messageId": "<a>"}, Outcome.UNKNOWN),
        ({}, Outcome.UNKNOWN),
    ],
)
def test_ids_that_are_not_as_many_as_the_letters_are_unknown(
    sender: Sender, provider: FakeProvider, ids: dict[str, object], outcome: Outcome
) -> None:
    provider.fails(Fault(201, ids))
    call = call_to(sample_mail(), 2)
    answer = sender.send(call, MemoryJournal())
    assert {answer.of(reader).outcome for reader in call.recipients} == {outcome}


def test_one_letter_may_have_one_id(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault(201, {"messageId": "<a>"}))
    assert sender.send(call_to(sample_mail()), MemoryJournal()).verdict.provider_id == "<a>"


@pytest.mark.parametrize(
    ("fault", "outcome", "scope"),
    [
        (says(400, "invalid_parameter", "subject is missing"), "refused", "message"),
        (says(400, "invalid_parameter", "valid sender email is required"), "refused", "message"),
        (says(401, "unauthorized", "Key not found"), "refused", "account"),
        (says(403, "permission_denied", "no"), "refused", "account"),
        (says(400, "account_under_validation", "wait"), "refused", "account"),
        (says(500, "internal", "oops"), "unknown", "passing"),
    ],
)
def test_each_refusal_of_the_request_has_its_reach(
    sender: Sender, provider: FakeProvider, fault: Fault, outcome: str, scope: str
) -> None:
    provider.fails(fault)
    answer = sender.send(call_to(sample_mail(), 2), MemoryJournal())
    assert (answer.verdict.outcome, answer.verdict.scope, answer.split) == (outcome, scope, False)


def test_used_up_credits_wait_for_midnight(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(says(402, "not_enough_credits", "You don't have enough credits"))
    verdict = sender.send(call_to(sample_mail(), 2), MemoryJournal()).verdict
    assert verdict.outcome is Outcome.DEFERRED
    assert verdict.until is not None
    assert verdict.until.time() == datetime.min.time()
    assert timedelta(0) < verdict.until - now() <= timedelta(days=1)


def test_a_rate_limit_is_kept_until_the_time_that_the_provider_names(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault(429, {"message": "slow down"}, {"x-sib-ratelimit-reset": "40"}))
    verdict = sender.send(call_to(sample_mail()), MemoryJournal()).verdict
    assert verdict.until is not None
    assert abs(verdict.until - now() - timedelta(seconds=40)) < timedelta(seconds=5)


def test_a_bad_address_among_several_asks_for_halves_and_alone_is_refused(
    sender: Sender, provider: FakeProvider
) -> None:
    call = call_to(sample_mail(), 2)
    bad = replace(call.recipients[1], address="not an address")
    answer = sender.send(replace(call, recipients=(call.recipients[0], bad)), MemoryJournal())
    assert (answer.split, answer.verdict.outcome) == (True, Outcome.DEFERRED)
    alone = sender.send(replace(call, recipients=(bad,)), MemoryJournal())
    assert (alone.split, alone.verdict.outcome, alone.verdict.scope) == (False, Outcome.REFUSED, Scope.RECIPIENT)
    assert provider.accepted == []


def test_a_request_too_large_for_the_provider_asks_for_halves(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(says(413, "too_large", "no"))
    assert sender.send(call_to(sample_mail(), 2), MemoryJournal()).split


def test_the_header_that_brevo_forces_is_told() -> None:
    assert "List-Unsubscribe" in made().forces_unsubscribe

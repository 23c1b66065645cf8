"""What is Mailjet's own; what every sender does is in tests/conformance."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import replace

import pytest

from publisher.model.call import Answer, Call, Outcome, Scope
from publisher.model.message import Mail, Slot, fill
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.mailjet_payload import in_html, in_text
from publisher.senders.registry import build
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_mail
from publisher.testing.dialects.mailjet import expand_mailjet

FIRST = 1_152_921_500_000_001_000  # the id of the first letter of the first request


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("mailjet") as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url)


def made(**options: object) -> Sender:
    return build(Channel("letters", "mailjet"), {"api_key": "mailjet-k3y", "secret_key": "mailjet-s3cret", **options})


def plain(text: str) -> Mail:
    return replace(sample_mail(), subject=(text,), html=(f"<p>{text}</p>",), text=(text,))


def success(number: int, **more: object) -> dict[str, object]:
    return {"Status": "success", "CustomID": f"d{number}-ref", "To": [{"MessageID": FIRST + number}], **more}


def error(code: str, status: int = 400, related: tuple[str, ...] = ("To[0].Email",)) -> dict[str, object]:
    said = {"ErrorCode": code, "StatusCode": status, "ErrorMessage": "no", "ErrorRelatedTo": list(related)}
    return {"Status": "error", "Errors": [said]}


def answered(sender: Sender, provider: FakeProvider, *rows: object, status: int = 400) -> tuple[Call, Answer]:
    call = call_to(sample_mail(), 2)
    provider.fails(Fault(status, {"Messages": list(rows)}, {"Content-Type": "application/json"}))
    return call, sender.send(call, MemoryJournal())


def test_the_request_is_what_the_provider_documents(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_mail(), 2), MemoryJournal())
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/v3.1/send")
    common, (first, _) = request.json["Globals"], request.json["Messages"]
    assert common["From"] == {"Email": "news@harbor.example", "Name": "Harbor Gazette"}
    assert common["ReplyTo"] == {"Email": "desk@harbor.example"}
    assert (common["TrackOpens"], common["TrackClicks"]) == ("disabled", "disabled")
    assert common["TextPart"].startswith("Dear [[var:first_name_text]]\n")
    assert first["To"] == [{"Email": "reader1@example.org", "Name": "Åsa & Søn"}]
    assert first["Subject"] == "Good morning, Åsa & Søn: the harbour reopens"
    assert first["Headers"] == {
        "List-Unsubscribe": "<https://letters.harbor.example/u/1?l=daily&t=x1>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert first["Variables"]["first_name_html"] == "Åsa &amp; Søn"


def test_every_letter_has_an_id_of_its_own(sender: Sender) -> None:
    call = call_to(sample_mail(), 3)
    answer = sender.send(call, MemoryJournal())
    assert [answer.of(reader).provider_id for reader in call.recipients] == [str(FIRST + n) for n in range(3)]


def test_what_is_not_used_is_absent_from_the_request(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(replace(sample_mail(), reply_to="", from_name="", text=()))
    sender.send(replace(call, recipients=(replace(call.recipients[0], name=""),)), MemoryJournal())
    body = provider.requests[0].json
    assert body["Globals"].keys() == {"From", "HTMLPart", "TrackOpens", "TrackClicks"}
    assert body["Globals"]["From"] == {"Email": "news@harbor.example"}
    assert body["Messages"][0]["To"] == [{"Email": "reader1@example.org"}]


def test_our_reference_goes_with_every_recipient(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_mail(), 3), MemoryJournal())
    assert [m["reference"] for m in expand_mailjet(provider.requests[0].json)] == ["d1-ref", "d2-ref", "d3-ref"]


def test_fifty_readers_get_what_the_preview_shows(sender: Sender, provider: FakeProvider) -> None:
    mail, call = sample_mail(), call_to(sample_mail(), 50)
    answer = sender.send(call, MemoryJournal())
    assert {answer.of(reader).outcome for reader in call.recipients} == {Outcome.SENT}
    assert len(provider.requests) == 1
    for reader, message in zip(call.recipients, expand_mailjet(provider.requests[0].json), strict=True):
        assert message["to"] == reader.address
        assert message["subject"] == fill(mail.subject, reader.values)
        assert message["html"] == fill(mail.html, reader.values)
        assert message["text"] == fill(mail.text, reader.values)
        wanted = {name: fill(value, reader.values) for name, value in mail.headers if name != "List-Id"}
        assert message["headers"] == wanted


def test_nothing_of_another_reader_is_in_a_readers_mail(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_mail(), 30), MemoryJournal())
    for message in expand_mailjet(provider.requests[0].json):
        own = message["to"].split("@")[0].removeprefix("reader")
        seen = repr({**message, "to": ""})
        assert not any(f"/u/{n}?" in seen for n in range(1, 31) if str(n) != own)
        assert "@example.org" not in seen


def test_one_field_with_two_defaults_goes_out_twice(sender: Sender, provider: FakeProvider) -> None:
    text = (Slot("name", "text", "reader"), " and ", Slot("name", "text", "friend"))
    sender.send(call_to(replace(sample_mail(), text=text)), MemoryJournal())
    assert expand_mailjet(provider.requests[0].json)[0]["text"] == "reader and friend"


@pytest.mark.parametrize("tag", ["[[var:first_name_html]]", "[[VAR:x]]", "[[ data:name ]]", "[[UNSUB_LINK_EN]]"])
def test_authored_tags_reach_the_reader_as_written(sender: Sender, provider: FakeProvider, tag: str) -> None:
    sender.send(call_to(plain(f"Write {tag} here")), MemoryJournal())
    (message,) = expand_mailjet(provider.requests[0].json)
    assert tag not in message["html"] + message["text"] + message["subject"]
    assert html.unescape(message["html"]) == f"<p>Write {tag} here</p>"
    assert message["text"].replace("\u2060", "") == f"Write {tag} here"


@pytest.mark.parametrize("text", ["a[0] = b[[1, 2]]", "[sic]", "{{var:x}}", "<!--[if mso]><![endif]-->"])
def test_a_bracket_that_is_no_tag_stays(text: str) -> None:
    assert in_html(text) == text
    assert in_text(text) == text


def test_a_bracket_before_a_placeholder_stays_apart_from_it() -> None:
    assert in_html("see [") == "see &#91;"
    assert in_text("see [") == "see [\u2060"


def test_a_subject_that_is_too_long_for_one_reader_is_refused_alone(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 2)
    bad = replace(call.recipients[0], values={**call.recipients[0].values, "first_name": "A" * 240})
    answer = sender.send(replace(call, recipients=(bad, call.recipients[1])), MemoryJournal())
    assert (answer.of(bad).outcome, answer.of(bad).scope) == (Outcome.REFUSED, Scope.RECIPIENT)
    assert "subject" in answer.of(bad).reason
    assert provider.addresses() == [call.recipients[1].address]


def test_a_subject_that_is_too_long_for_all_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    answer = sender.send(call_to(plain("x" * 256), 2), MemoryJournal())
    assert {answer.of(reader).outcome for reader in call_to(sample_mail(), 2).recipients} == {Outcome.REFUSED}
    assert provider.requests == []


@pytest.mark.parametrize(
    "change",
    [
        {"headers": (("X-MJ-CustomID", ("x",)),)},
        {"headers": tuple((f"X-{n}", ("x",)) for n in range(51))},
        {"text": tuple(Slot(f"f{n}", "text", "x") for n in range(51))},
    ],
)
def test_more_than_the_provider_takes_never_leaves(
    sender: Sender, provider: FakeProvider, change: dict[str, object]
) -> None:
    verdict = sender.send(call_to(replace(sample_mail(), **change)), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert provider.requests == []


def test_a_400_with_some_letters_sent_is_read_letter_by_letter(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 3)
    bad = replace(call.recipients[1], address="not an address")
    answer = sender.send(replace(call, recipients=(call.recipients[0], bad, call.recipients[2])), MemoryJournal())
    assert answer.status == 400
    assert [answer.of(r).outcome for r in call.recipients] == [Outcome.SENT, Outcome.REFUSED, Outcome.SENT]
    assert answer.of(bad).scope is Scope.RECIPIENT
    assert answer.of(bad).reason == '"not an address" is an invalid email address. (mj-0013)'
    assert answer.of(call.recipients[2]).provider_id == str(FIRST + 2)


@pytest.mark.parametrize(
    ("row", "outcome", "scope"),
    [
        (error("mj-0013"), Outcome.REFUSED, Scope.RECIPIENT),
        (error("mj-0013", related=("From.Email",)), Outcome.REFUSED, Scope.MESSAGE),
        (error("send-0011", related=("Headers",)), Outcome.REFUSED, Scope.MESSAGE),
        (error("send-0008", 403, ("From",)), Outcome.REFUSED, Scope.ACCOUNT),
        (error("mj-0001", 401, ()), Outcome.REFUSED, Scope.ACCOUNT),
        (error("mj-9999", 429), Outcome.DEFERRED, Scope.PASSING),
        (error("mj-9999", 500), Outcome.UNKNOWN, Scope.PASSING),
        ({"Status": "success", "To": [{"MessageID": 0}]}, Outcome.UNKNOWN, Scope.PASSING),
        ({"Status": "success", "To": []}, Outcome.UNKNOWN, Scope.PASSING),
        ({"Status": "queued"}, Outcome.UNKNOWN, Scope.PASSING),
        ({"Status": "error"}, Outcome.UNKNOWN, Scope.PASSING),
        ("x", Outcome.UNKNOWN, Scope.PASSING),
        (success(1), Outcome.UNKNOWN, Scope.PASSING),  # it names the other letter
    ],
)
def test_every_result_of_one_letter_is_understood(
    sender: Sender, provider: FakeProvider, row: object, outcome: Outcome, scope: Scope
) -> None:
    call, answer = answered(sender, provider, success(1), row)
    first, second = call.recipients
    assert answer.of(first).outcome is Outcome.SENT
    assert (answer.of(second).outcome, answer.of(second).scope) == (outcome, scope)


def test_an_account_that_may_not_send_stops_the_call_as_a_whole(sender: Sender, provider: FakeProvider) -> None:
    _, answer = answered(sender, provider, success(1), error("send-0008", 403, ("From",)))
    assert (answer.verdict.outcome, answer.verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)


@pytest.mark.parametrize("rows", [(), (success(1),), (success(1), success(2), success(3))])
def test_a_count_that_does_not_match_is_unknown_for_all(
    sender: Sender, provider: FakeProvider, rows: tuple[object, ...]
) -> None:
    call, answer = answered(sender, provider, *rows, status=200)
    assert {answer.of(reader).outcome for reader in call.recipients} == {Outcome.UNKNOWN}


def test_results_with_a_server_error_are_not_trusted(sender: Sender, provider: FakeProvider) -> None:
    call, answer = answered(sender, provider, success(1), success(2), status=500)
    assert {answer.of(reader).outcome for reader in call.recipients} == {Outcome.UNKNOWN}


def test_a_refusal_of_the_whole_call_carries_the_providers_words(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault(400, {"ErrorCode": "mj-0002", "ErrorMessage": "Malformed JSON", "StatusCode": 400}))
    verdict = sender.send(call_to(sample_mail(), 3), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert verdict.reason == "HTTP 400: Malformed JSON"


def test_a_payload_that_is_too_large_for_the_provider_asks_for_halves(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault(400, {"ErrorCode": "mj-0011", "ErrorMessage": "too large"}))
    answer = sender.send(call_to(sample_mail(), 2), MemoryJournal())
    assert (answer.split, answer.verdict.outcome) == (True, Outcome.DEFERRED)


def test_a_rate_limit_may_be_a_web_page(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault.web_page(429))
    assert sender.send(call_to(sample_mail(), 2), MemoryJournal()).verdict.outcome is Outcome.DEFERRED


def test_a_body_over_the_limit_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    sender.max_bytes = 500
    assert sender.send(call_to(sample_mail()), MemoryJournal()).verdict.outcome is Outcome.REFUSED
    assert sender.send(call_to(sample_mail(), 2), MemoryJournal()).split
    assert provider.requests == []


def test_what_became_of_a_call_without_an_answer_can_be_asked(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 3)
    bad = replace(call.recipients[1], address="not an address")
    call = replace(call, recipients=(call.recipients[0], bad, call.recipients[2]))
    provider.fails(Fault.dropped_after())
    assert sender.send(call, MemoryJournal()).verdict.outcome is Outcome.UNKNOWN
    answer = sender.ask(call)
    assert [answer.of(r).outcome for r in call.recipients] == [Outcome.SENT, Outcome.UNKNOWN, Outcome.SENT]
    assert [answer.of(r).provider_id for r in call.recipients] == [str(FIRST), "", str(FIRST + 2)]
    assert len(provider.accepted) == 2  # asking says nothing new


@pytest.mark.parametrize(
    "said",
    [
        Fault(429),
        Fault(500),
        Fault(401),
        Fault(200, "<html>"),
        Fault(200, {"Data": [{"ID": 7, "CustomID": "other"}]}),
        Fault(200, {"Data": [{"ID": 7}, "x", None]}),
    ],
)
def test_an_answer_that_tells_nothing_leaves_the_doubt(sender: Sender, provider: FakeProvider, said: Fault) -> None:
    provider.fails(said, said)
    call = call_to(sample_mail(), 2)
    answer = sender.ask(call)
    assert {answer.of(reader).outcome for reader in call.recipients} == {Outcome.UNKNOWN}


def test_after_one_failed_question_no_other_is_asked(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault(429))
    sender.ask(call_to(sample_mail(), 5))
    assert len(provider.requests) == 1

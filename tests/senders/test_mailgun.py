"""What is Mailgun's own; what every sender does is in tests/conformance."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from publisher.model.call import Answer, Call, Outcome, Scope
from publisher.model.message import Mail, Slot, fill
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.mailgun_payload import encode, in_html, in_punycode, in_text
from publisher.senders.registry import build
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, expand_mailgun, sample_mail

SPOKE_AT = datetime(2026, 11, 29, 16, 0, tzinfo=UTC)


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("mailgun") as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url)


def made(**options: object) -> Sender:
    return build(Channel("letters", "mailgun"), {"domain": "mg.harbor.example", "api_key": "key-0123456789", **options})


def plain(text: str) -> Mail:
    return replace(sample_mail(), subject=(text,), html=(f"<p>{text}</p>",), text=(text,))


def test_the_request_is_what_the_provider_documents(sender: Sender, provider: FakeProvider) -> None:
    answer = sender.send(call_to(sample_mail(), 2), MemoryJournal())
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/v3/mg.harbor.example/messages")
    assert request.form[:4] == [
        ("from", "Harbor Gazette <news@harbor.example>"),
        ("to", "Åsa & Søn <reader1@example.org>"),
        ("to", '"Dr. \\"Bo\\" Li" <reader2@example.org>'),
        ("subject", "Good morning, %recipient.first_name_header%: the harbour reopens"),
    ]
    fields = dict(request.form)
    assert fields["h:Reply-To"] == "desk@harbor.example"
    assert fields["h:List-Unsubscribe"] == "<%recipient.unsubscribe_url_header%>"
    assert fields["o:tracking"] == "no"
    assert answer.verdict.provider_id == "1@mg"  # as events name it: without angle brackets


def test_what_is_not_used_is_absent_from_the_request(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(replace(sample_mail(), reply_to="")), MemoryJournal())
    assert not {"h:Reply-To", "cc", "bcc"} & dict(provider.requests[0].form).keys()


def test_our_reference_goes_with_every_recipient(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_mail(), 3), MemoryJournal())
    messages = expand_mailgun(provider.requests[0].form)
    assert [m["variables"]["reference"] for m in messages] == ["d1-ref", "d2-ref", "d3-ref"]


def test_a_thousand_readers_get_what_the_preview_shows(sender: Sender, provider: FakeProvider) -> None:
    mail, call = sample_mail(), call_to(sample_mail(), 1_000)
    answer = sender.send(call, MemoryJournal())
    assert answer.verdict.outcome is Outcome.SENT
    assert len(provider.requests) == 1
    for reader, message in zip(call.recipients, expand_mailgun(provider.requests[0].form), strict=True):
        assert message["to"] == reader.address
        assert message["subject"] == fill(mail.subject, reader.values)
        assert message["html"] == fill(mail.html, reader.values)
        assert message["text"] == fill(mail.text, reader.values)
        wanted = {name: fill(value, reader.values) for name, value in mail.headers}
        assert message["headers"] == {"Reply-To": mail.reply_to, **wanted}


def test_nothing_of_another_reader_is_in_a_readers_mail(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 30)
    sender.send(call, MemoryJournal())
    for message in expand_mailgun(provider.requests[0].form):
        own = message["to"].split("@")[0].removeprefix("reader")
        seen = repr({**message, "to": ""})
        assert not any(f"/u/{n}?" in seen for n in range(1, 31) if str(n) != own)
        assert "@example.org" not in seen


def test_one_field_with_two_defaults_goes_out_twice(sender: Sender, provider: FakeProvider) -> None:
    text = (Slot("name", "text", "reader"), " and ", Slot("name", "text", "friend"))
    sender.send(call_to(replace(sample_mail(), text=text)), MemoryJournal())
    assert expand_mailgun(provider.requests[0].form)[0]["text"] == "reader and friend"


def test_several_recipients_without_variables_are_never_encoded() -> None:
    with pytest.raises(ValueError, match="recipient-variables"):
        encode([("to", "a@example.org"), ("to", "b@example.org"), ("subject", "x")])


@pytest.mark.parametrize(
    "tag",
    ["%recipient.first_name_html%", "%RECIPIENT.x%", "%recipient_email%", "%unsubscribe_url%", "%tag_unsubscribe_url%"],
)
def test_authored_tags_reach_the_reader_as_written(sender: Sender, provider: FakeProvider, tag: str) -> None:
    sender.send(call_to(plain(f"Write {tag} here")), MemoryJournal())
    fields = dict(provider.requests[0].form)
    assert tag not in fields["html"] + fields["text"] + fields["subject"]
    assert html.unescape(fields["html"]) == f"<p>Write {tag} here</p>"
    assert fields["text"].replace("\u2060", "") == f"Write {tag} here"


@pytest.mark.parametrize("text", ["100% sure", "a%20b", "50% off, 20% more", "%s"])
def test_a_percent_sign_that_is_no_tag_stays(text: str) -> None:
    assert in_html(text) == text
    assert in_text(text) == text


def test_a_percent_sign_before_a_placeholder_stays_apart_from_it() -> None:
    assert in_html("up to 50%") == "up to 50&#37;"
    assert in_text("up to 50%") == "up to 50%\u2060"


def test_a_readers_value_that_looks_like_a_tag_is_a_value(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 2)
    sly = replace(call.recipients[0], values={**call.recipients[0].values, "first_name": "%recipient.reference%"})
    sender.send(replace(call, recipients=(sly, call.recipients[1])), MemoryJournal())
    assert "Dear %recipient.reference%" in expand_mailgun(provider.requests[0].form)[0]["text"]


def test_a_refusal_of_the_message_carries_the_providers_words(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault(400, {"message": "text is missing"}))
    verdict = sender.send(call_to(sample_mail(), 3), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert verdict.reason == "HTTP 400: text is missing"


def test_a_bad_address_among_several_asks_for_halves(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 4)
    bad = replace(call.recipients[2], address="not an address")
    answer = sender.send(replace(call, recipients=(*call.recipients[:2], bad)), MemoryJournal())
    assert answer.split
    assert answer.verdict.outcome is Outcome.DEFERRED
    assert provider.accepted == []


def test_a_bad_address_alone_is_refused(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail())
    bad = replace(call.recipients[0], address="not an address")
    answer = sender.send(replace(call, recipients=(bad,)), MemoryJournal())
    assert not answer.split
    assert (answer.verdict.outcome, answer.verdict.scope) == (Outcome.REFUSED, Scope.RECIPIENT)


def test_a_magnificent_200_stops_the_account(provider: FakeProvider) -> None:
    answer = made(base_url=f"{provider.url}/wrong").send(call_to(sample_mail()), MemoryJournal())
    assert answer.status == 200
    assert (answer.verdict.outcome, answer.verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)


def test_an_unknown_domain_stops_the_account(provider: FakeProvider) -> None:
    answer = made(base_url=provider.url, domain="other.example").send(call_to(sample_mail()), MemoryJournal())
    assert (answer.verdict.outcome, answer.verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
    assert "region" in answer.verdict.reason


def test_two_deliveries_to_one_address_go_in_two_calls(sender: Sender, provider: FakeProvider) -> None:
    first, second = call_to(sample_mail(), 2).recipients
    twin = replace(second, address=first.address.upper())
    answer = sender.send(replace(call_to(sample_mail()), recipients=(first, twin)), MemoryJournal())
    assert (answer.of(first).outcome, answer.of(twin).outcome) == (Outcome.SENT, Outcome.DEFERRED)
    assert provider.addresses() == [first.address]


def test_a_body_over_the_limit_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    sender.max_bytes = 500
    answer = sender.send(call_to(sample_mail()), MemoryJournal())
    assert answer.verdict.outcome is Outcome.REFUSED
    assert sender.send(call_to(sample_mail(), 2), MemoryJournal()).split
    assert provider.requests == []


def test_headers_over_sixteen_kilobytes_never_leave(sender: Sender, provider: FakeProvider) -> None:
    mail = replace(sample_mail(), headers=tuple((f"X-Long-{n}", ("x" * 6_000,)) for n in range(3)))
    verdict = sender.send(call_to(mail), MemoryJournal()).verdict
    assert verdict.outcome is Outcome.REFUSED
    assert "headers" in verdict.reason
    assert provider.requests == []


def test_an_international_domain_is_one_in_every_field(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(replace(sample_mail(), from_email="news@bücher.org"), 2)
    town, letters = (replace(r, address=a) for r, a in zip(call.recipients, ("a@bücher.org", "å@x.org"), strict=True))
    assert sender.send(replace(call, recipients=(town, letters)), MemoryJournal()).verdict.outcome is Outcome.SENT
    first, second = expand_mailgun(provider.requests[0].form)
    assert (first["to"], first["variables"]) == ("a@xn--bcher-kva.org", {"reference": "d1-ref"})
    assert (second["to"], second["variables"]) == ("å@x.org", {"reference": "d2-ref"})
    assert dict(provider.requests[0].form)["from"] == "Harbor Gazette <news@xn--bcher-kva.org>"
    assert in_punycode("a@bü cher") == "a@bü cher"  # refused by Mailgun, by name


def test_a_sender_with_letters_that_mailgun_garbles_is_refused(sender: Sender, provider: FakeProvider) -> None:
    verdict = sender.send(call_to(replace(sample_mail(), from_email="néws@x.org")), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert provider.requests == []


def asked(base_url: str, call: Call, *, after: timedelta) -> Answer:
    given = {"domain": "mg.harbor.example", "api_key": "key-0123456789", "base_url": base_url}
    sender = build(Channel("letters", "mailgun"), given, clock=lambda: SPOKE_AT + after)
    return sender.ask(replace(call, spoke_at=SPOKE_AT))


def test_a_request_that_had_arrived_is_found_by_our_reference(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 3)
    provider.fails(Fault.dropped_after())
    assert sender.send(call, MemoryJournal()).verdict.outcome is Outcome.UNKNOWN
    answer = asked(provider.url, call, after=timedelta(minutes=15))
    assert (answer.verdict.outcome, answer.verdict.provider_id) == (Outcome.SENT, "1@mg")
    question = provider.requests[-1]
    assert (question.method, question.path.partition("?")[0]) == ("GET", "/v3/mg.harbor.example/events")
    begin = str(int((SPOKE_AT - timedelta(minutes=10)).timestamp()))
    assert parse_qs(question.path.partition("?")[2]) == {
        "begin": [begin], "ascending": ["yes"], "limit": ["300"], "recipient": ["reader1@example.org"],
        "event": ["accepted OR rejected OR delivered OR failed"],
    }  # fmt: skip


def test_a_request_that_never_came_is_certain_only_when_events_are_no_longer_late(
    sender: Sender, provider: FakeProvider
) -> None:
    sender.send(call_to(sample_mail()), MemoryJournal())  # of the same reader, but another delivery
    other = call_to(sample_mail())
    other = replace(other, recipients=(replace(other.recipients[0], reference="d99-ref"),))
    assert asked(provider.url, other, after=timedelta(minutes=59)).verdict.outcome is Outcome.UNKNOWN
    assert asked(provider.url, other, after=timedelta(minutes=60)).verdict.outcome is Outcome.DEFERRED
    unnamed = {"items": [{"event": "accepted", "recipient": "reader1@example.org"}]}  # may be ours
    full = {"items": [{"user-variables": {"reference": f"d{n}"}} for n in range(300)]}  # ours may be on the next page
    for faulty in (unnamed, full, {"items": {}}, {}, [], "Mailgun Magnificent API"):
        provider.fails(Fault(200, faulty))
        assert asked(provider.url, other, after=timedelta(hours=2)).verdict.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_an_answer_that_tells_nothing_leaves_it_unknown(provider: FakeProvider, status: int) -> None:
    provider.fails(Fault(status, {"message": "no"}))
    answer = asked(provider.url, call_to(sample_mail()), after=timedelta(hours=2))
    assert (answer.verdict.outcome, answer.verdict.scope) == (Outcome.UNKNOWN, Scope.PASSING)


def test_a_long_value_in_a_header_travels_as_a_variable(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 50)
    long = "https://letters.harbor.example/u/" + "x" * 2_000
    readers = tuple(replace(r, values={"unsubscribe_url": long}) for r in call.recipients)
    assert sender.send(replace(call, recipients=readers), MemoryJournal()).verdict.outcome is Outcome.SENT
    assert expand_mailgun(provider.requests[0].form)[49]["headers"]["List-Unsubscribe"] == f"<{long}>"


def test_the_region_decides_the_host() -> None:
    urls = {region: vars(made(region=region))["_url"] for region in ("us", "eu")}
    assert urls == {
        "us": "https://api.mailgun.net/v3/mg.harbor.example",
        "eu": "https://api.eu.mailgun.net/v3/mg.harbor.example",
    }

"""What is SendGrid's own; what every sender does is in tests/conformance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from publisher.clock import now
from publisher.model.call import Outcome, Scope
from publisher.model.message import Mail, Slot, fill
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.registry import build
from publisher.senders.verdicts import sent
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_mail
from publisher.testing.dialects.sendgrid import expand_sendgrid


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("sendgrid") as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url)


def made(**options: object) -> Sender:
    return build(Channel("letters", "sendgrid"), {"api_key": "SG.0123456789", **options})


def plain(text: str) -> Mail:
    return replace(sample_mail(), subject=(text,), html=(f"<p>{text}</p>",), text=(text,))


def says(status: int, *errors: tuple[str, str]) -> Fault:
    return Fault(status, {"errors": [{"message": message, "field": field} for message, field in errors]})


def test_the_request_is_what_the_provider_documents(sender: Sender, provider: FakeProvider) -> None:
    answer = sender.send(call_to(sample_mail(), 2), MemoryJournal())
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/v3/mail/send")
    body = request.json
    assert body["from"] == {"email": "news@harbor.example", "name": "Harbor Gazette"}
    assert body["subject"] == "Good morning, -reader.first_name_header-: the harbour reopens"
    assert [part["type"] for part in body["content"]] == ["text/plain", "text/html"]
    assert body["reply_to"] == {"email": "desk@harbor.example"}
    first = body["personalizations"][0]
    assert first["to"] == [{"email": "reader1@example.org", "name": "Åsa & Søn"}]
    assert first["headers"]["List-Unsubscribe"] == "<https://letters.harbor.example/u/1?l=daily&t=x1>"
    assert first["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert first["headers"]["List-Id"] == "Morning briefing <daily.letters.harbor.example>"
    assert first["substitutions"]["-reader.first_name_html-"] == "Åsa &amp; Søn"
    assert {name: each["enable"] for name, each in body["tracking_settings"].items()} == {
        "click_tracking": False,
        "open_tracking": False,
        "subscription_tracking": False,
        "ganalytics": False,
    }
    assert answer.verdict.provider_id == "sg1"


def test_what_is_not_used_is_absent_from_the_request(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(replace(sample_mail(), reply_to="", from_name="", text=()))
    sender.send(replace(call, recipients=(replace(call.recipients[0], name=""),)), MemoryJournal())
    body = provider.requests[0].json
    assert not {"reply_to", "cc", "bcc", "template_id", "categories", "asm"} & body.keys()
    assert body["from"] == {"email": "news@harbor.example"}
    assert body["personalizations"][0]["to"] == [{"email": "reader1@example.org"}]
    assert [part["type"] for part in body["content"]] == ["text/html"]


def test_our_reference_goes_with_every_recipient(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_mail(), 3), MemoryJournal())
    messages = expand_sendgrid(provider.requests[0].json)
    assert [m["arguments"] for m in messages] == [{"reference": f"d{n}-ref"} for n in (1, 2, 3)]


def test_a_thousand_readers_get_what_the_preview_shows(sender: Sender, provider: FakeProvider) -> None:
    mail, call = sample_mail(), call_to(sample_mail(), 1_000)
    answer = sender.send(call, MemoryJournal())
    assert answer.verdict.outcome is Outcome.SENT
    assert len(provider.requests) == 1
    for reader, message in zip(call.recipients, expand_sendgrid(provider.requests[0].json), strict=True):
        assert message["to"] == reader.address
        assert message["subject"] == fill(mail.subject, reader.values)
        assert message["html"] == fill(mail.html, reader.values)
        assert message["text"] == fill(mail.text, reader.values)
        assert message["headers"] == {name: fill(value, reader.values) for name, value in mail.headers}


def test_nothing_of_another_reader_is_in_a_readers_mail(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_mail(), 30), MemoryJournal())
    for message in expand_sendgrid(provider.requests[0].json):
        own = message["to"].split("@")[0].removeprefix("reader")
        seen = repr({**message, "to": ""})
        assert not any(f"/u/{n}?" in seen for n in range(1, 31) if str(n) != own)
        assert "@example.org" not in seen


def test_one_field_with_two_defaults_goes_out_twice(sender: Sender, provider: FakeProvider) -> None:
    text = (Slot("name", "text", "reader"), " and ", Slot("name", "text", "friend"))
    sender.send(call_to(replace(sample_mail(), text=text)), MemoryJournal())
    assert expand_sendgrid(provider.requests[0].json)[0]["text"] == "reader and friend"


@pytest.mark.parametrize("tag", ["-reader.first_name_html-", "-reader. -reader1.x-", "{{first_name}}", "%name%"])
def test_authored_tags_reach_the_reader_as_written(sender: Sender, provider: FakeProvider, tag: str) -> None:
    mail = replace(sample_mail(), html=("<p>", tag, Slot("first_name", "html", "reader"), "</p>"), text=(tag,))
    sender.send(call_to(mail), MemoryJournal())
    (message,) = expand_sendgrid(provider.requests[0].json)
    assert message["html"] == f"<p>{tag}Åsa &amp; Søn</p>"
    assert message["text"] == tag


def test_a_readers_value_that_looks_like_a_tag_is_a_value(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 2)
    sly = replace(
        call.recipients[0], values={**call.recipients[0].values, "first_name": "-reader.unsubscribe_url_text-"}
    )
    sender.send(replace(call, recipients=(sly, call.recipients[1])), MemoryJournal())
    assert "Dear -reader.unsubscribe_url_text-\n" in expand_sendgrid(provider.requests[0].json)[0]["text"]


def test_a_name_has_no_sign_that_the_provider_refuses(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail())
    named = replace(call.recipients[0], name="Li, Wei; Dr.")
    assert sender.send(replace(call, recipients=(named,)), MemoryJournal()).verdict.outcome is Outcome.SENT
    assert provider.requests[0].json["personalizations"][0]["to"][0]["name"] == "Li Wei Dr."


def test_a_header_outside_ascii_goes_out_encoded(sender: Sender, provider: FakeProvider) -> None:
    mail = replace(sample_mail(), headers=(("List-Id", ('"Züri heute" <daily.letters.harbor.example>',)),))
    assert sender.send(call_to(mail), MemoryJournal()).verdict.outcome is Outcome.SENT
    headers = provider.requests[0].json["personalizations"][0]["headers"]
    assert headers == {"List-Id": "=?utf-8?q?Z=C3=BCri_heute?= <daily.letters.harbor.example>"}


def test_a_header_of_the_providers_own_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    mail = replace(sample_mail(), headers=(("X-SG-EID", ("1",)),))
    verdict = sender.send(call_to(mail), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert provider.requests == []


def test_a_refusal_of_the_message_carries_the_providers_words(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(says(400, ("The subject is required.", "subject")))
    verdict = sender.send(call_to(sample_mail(), 3), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert verdict.reason == "HTTP 400: The subject is required. (subject)"


def test_bad_addresses_that_the_provider_names_are_refused_and_the_others_wait(
    sender: Sender, provider: FakeProvider
) -> None:
    call = call_to(sample_mail(), 4)
    first, second, third, fourth = call.recipients
    nobody = replace(first, values={})  # refused by us: the provider counts without it
    bad = replace(third, address="not an address")
    answer = sender.send(replace(call, recipients=(nobody, second, bad, fourth)), MemoryJournal())
    assert (answer.of(bad).outcome, answer.of(bad).scope) == (Outcome.REFUSED, Scope.RECIPIENT)
    assert answer.of(bad).reason == "HTTP 400: Does not contain a valid address."
    assert [answer.of(reader).outcome for reader in (second, fourth)] == [Outcome.DEFERRED] * 2
    assert "unsubscribe_url" in answer.of(nobody).reason
    assert not answer.split
    assert provider.accepted == []


@pytest.mark.parametrize(
    "errors",
    [
        [("bad", "personalizations.0.to.0.email"), ("The subject is required.", "subject")],
        [("bad", "personalizations.7.to.0.email")],
        [("bad", "personalizations.0.headers")],
        [("bad", "personalizations.0.total")],
        [("bad", "")],
    ],
)
def test_a_fault_that_is_not_only_an_address_refuses_the_message(
    sender: Sender, provider: FakeProvider, errors: list[tuple[str, str]]
) -> None:
    provider.fails(says(400, *errors))
    answer = sender.send(call_to(sample_mail(), 2), MemoryJournal())
    assert (answer.verdict.outcome, answer.verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert answer.exceptions == {}


def test_used_up_credits_wait_for_midnight_and_wrong_keys_stop_the_account(
    sender: Sender, provider: FakeProvider
) -> None:
    provider.fails(says(401, ("Maximum credits exceeded", "")), says(401, ("authorization grant is invalid", "")))
    used_up, wrong = (sender.send(call_to(sample_mail(), 2), MemoryJournal()).verdict for _ in range(2))
    assert used_up.outcome is Outcome.DEFERRED
    assert used_up.until is not None
    assert used_up.until.time() == datetime.min.time()
    assert timedelta(0) < used_up.until - now() <= timedelta(days=1)
    assert (wrong.outcome, wrong.scope) == (Outcome.REFUSED, Scope.ACCOUNT)


def test_a_request_too_large_for_the_provider_asks_for_halves(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(says(413, ("Payload Too Large", "")), says(413, ("Payload Too Large", "")))
    answer = sender.send(call_to(sample_mail(), 2), MemoryJournal())
    assert (answer.split, answer.verdict.outcome) == (True, Outcome.DEFERRED)
    alone = sender.send(call_to(sample_mail()), MemoryJournal())
    assert (alone.split, alone.verdict.outcome) == (False, Outcome.REFUSED)


def test_a_region_that_may_not_send_stops_the_account(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(says(451, ("not available in this region", "")))
    verdict = sender.send(call_to(sample_mail()), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
    assert "region" in verdict.reason


def test_a_rate_limit_is_kept_until_the_time_that_the_provider_names(sender: Sender, provider: FakeProvider) -> None:
    until = now().replace(microsecond=0) + timedelta(seconds=50)
    provider.fails(Fault(429, "", {"X-RateLimit-Reset": str(int(until.timestamp()))}))
    verdict = sender.send(call_to(sample_mail()), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.until) == (Outcome.DEFERRED, until.astimezone(UTC))


@pytest.mark.parametrize("fault", [Fault(200, "", accept=True), Fault(202, "<html>queued</html>", accept=True)])
def test_a_success_that_the_provider_does_not_speak_is_unknown(
    sender: Sender, provider: FakeProvider, fault: Fault
) -> None:
    provider.fails(fault)
    assert sender.send(call_to(sample_mail()), MemoryJournal()).verdict.outcome is Outcome.UNKNOWN


def test_an_acceptance_without_an_id_is_one(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault(202, "", accept=True))  # the id is observed, not documented
    assert sender.send(call_to(sample_mail()), MemoryJournal()).verdict == sent()


def test_a_body_over_the_limit_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    sender.max_bytes = 500
    assert sender.send(call_to(sample_mail()), MemoryJournal()).verdict.outcome is Outcome.REFUSED
    assert sender.send(call_to(sample_mail(), 2), MemoryJournal()).split
    assert provider.requests == []


def test_what_became_of_a_call_without_an_answer_can_be_asked_where_that_was_bought(provider: FakeProvider) -> None:
    sender = made(base_url=provider.url, activity=True)
    call, other = call_to(sample_mail(), 3), call_to(sample_mail(), 2, key="another-k3y")
    abroad = replace(call.recipients[0], address="Ana@bücher.example")
    call = replace(call, recipients=(abroad, *call.recipients[1:]))
    sender.send(other, MemoryJournal())
    provider.fails(Fault.dropped_after())
    assert sender.send(call, MemoryJournal()).verdict.outcome is Outcome.UNKNOWN
    late = replace(call.recipients[2], delivery_id=99, address="late@example.org")
    answer = sender.ask(replace(call, recipients=(*call.recipients, late)))
    assert [answer.of(r).outcome for r in (*call.recipients, late)] == [Outcome.SENT] * 3 + [Outcome.UNKNOWN]
    assert answer.of(abroad).provider_id == "sg2"
    assert len(provider.accepted) == 5  # asking says nothing new


@pytest.mark.parametrize(
    "said", [Fault(429), Fault(403), Fault(200, "<html>"), Fault(200, {"messages": ["x", None, {"to_email": 7}]})]
)
def test_an_answer_that_tells_nothing_leaves_the_doubt(provider: FakeProvider, said: Fault) -> None:
    provider.fails(said)
    call = call_to(sample_mail(), 2)
    answer = made(base_url=provider.url, activity=True).ask(call)
    assert {answer.of(reader).outcome for reader in call.recipients} == {Outcome.UNKNOWN}


def test_who_has_not_bought_it_is_not_asked(sender: Sender, provider: FakeProvider) -> None:
    assert sender.asked_for is None
    sender.send(call_to(sample_mail()), MemoryJournal())
    assert provider.requests[0].json["personalizations"][0]["custom_args"].keys() == {"reference"}


def test_the_region_decides_the_host() -> None:
    hosts = {region: vars(made(region=region))["_base"] for region in ("us", "eu")}
    assert hosts == {"us": "https://api.sendgrid.com", "eu": "https://api.eu.sendgrid.com"}

"""What is Facebook's own; what every sender does is in tests/conformance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from publisher.errors import ConfigError
from publisher.model.call import Outcome, Scope, Verdict
from publisher.model.message import Post, PostRules
from publisher.model.post_size import fits
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.registry import build
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_post

CALL = call_to(sample_post())
TEXT = "1/ The harbour reopens https://harbor.example/1"
MADE_AT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)  # when the fake's posts are made
FIRST = Verdict(Outcome.SENT, provider_id="4711_12000001", url="https://www.facebook.com/4711/posts/12000001")
USAGE = {"4711": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 19}]}


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("facebook") as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url)


def made(**options: object) -> Sender:
    return build(Channel("facebook", "facebook"), {"token": "facebook-t0ken", "page": 4711, **options})


def verdict_of(sender: Sender, provider: FakeProvider, *faults: Fault) -> Verdict:
    provider.fails(*faults)
    return sender.send(CALL, MemoryJournal()).verdict


def no(code: int, message: str = "no", status: int = 400, **more: object) -> Fault:
    return Fault(status, {"error": {"message": message, "type": "OAuthException", "code": code, **more}})


def said(provider: FakeProvider) -> list[dict[str, str]]:
    return [dict(request.form) for request in provider.requests if request.method == "POST"]


def test_the_request_is_what_the_provider_documents(sender: Sender, provider: FakeProvider) -> None:
    answer = sender.send(CALL, MemoryJournal())
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/v25.0/4711/feed?fields=id,permalink_url")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.form == [
        ("message", TEXT),
        ("link", "https://harbor.example/1"),
        ("access_token", "facebook-t0ken"),
    ]
    assert answer.verdict == FIRST


def test_a_post_without_a_card_has_no_link(sender: Sender, provider: FakeProvider) -> None:
    assert sender.send(call_to(Post(("Ferries sail again.",))), MemoryJournal()).verdict.outcome is Outcome.SENT
    assert said(provider) == [{"message": "Ferries sail again.", "access_token": "facebook-t0ken"}]


def test_a_post_that_stands_already_is_sent_with_its_own_id(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault.dropped_after())
    verdicts = [sender.send(CALL, MemoryJournal()).verdict for _ in range(10)]
    assert [verdict.outcome for verdict in verdicts] == [Outcome.UNKNOWN] + [Outcome.SENT] * 9
    assert set(verdicts[1:]) == {FIRST}
    assert len(provider.accepted) == 1


def test_a_duplicate_that_is_not_found_is_sent(sender: Sender, provider: FakeProvider) -> None:
    for status in (400, 500, 200):
        assert verdict_of(sender, provider, no(506, status=status)) == Verdict(Outcome.SENT)
    assert verdict_of(sender, provider, no(506), Fault(401)) == Verdict(Outcome.SENT)
    assert provider.accepted == []


def test_what_the_page_posted_since_is_asked_for(sender: Sender, provider: FakeProvider) -> None:
    call = replace(CALL, spoke_at=MADE_AT)
    sender.send(call, MemoryJournal())
    assert sender.ask(replace(call, message=Post(("Other words",)))).verdict.outcome is Outcome.UNKNOWN
    for asked in (call, replace(call, spoke_at=MADE_AT + timedelta(minutes=9)), replace(call, spoke_at=None)):
        assert sender.ask(asked).verdict == FIRST
    assert sender.ask(replace(call, spoke_at=MADE_AT + timedelta(hours=1))).verdict.outcome is Outcome.UNKNOWN
    query = dict(parse_qsl(urlsplit(provider.requests[-1].path).query))
    assert query["fields"] == "id,message,permalink_url,created_time"
    assert query["since"] == str(int((MADE_AT + timedelta(minutes=50)).timestamp()))


def test_a_page_that_can_not_be_looked_at_is_tried_again_and_then_linked_to_in_the_words(
    sender: Sender, provider: FakeProvider
) -> None:
    call, journal = call_to(Post(("Ferries sail again.",), card=sample_post().card)), MemoryJournal()
    provider.dialect.hidden.add("https://harbor.example/1")
    first = sender.send(call, journal).verdict
    assert (first.outcome, first.reason) == (
        Outcome.DEFERRED,
        "HTTP 400: The url could not be scraped.; it is tried once more",
    )
    assert first.until is not None
    assert first.until - sender.http.clock() <= timedelta(minutes=1)
    second = sender.send(call, journal).verdict
    assert second.outcome is Outcome.SENT
    assert [each["message"] for each in said(provider)] == ["Ferries sail again."] * 2 + [
        "Ferries sail again.\n\nhttps://harbor.example/1"
    ]
    assert ["link" in each for each in said(provider)] == [True, True, False]
    assert sender.ask(call).verdict == second


def test_a_post_without_its_card_stays_the_same_on_every_try(sender: Sender, provider: FakeProvider) -> None:
    journal = MemoryJournal()
    provider.fails(no(100, error_subcode=1_609_005), no(100, error_subcode=1_609_005), Fault.dropped_after())
    verdicts = [sender.send(CALL, journal).verdict.outcome for _ in range(3)]
    assert verdicts == [Outcome.DEFERRED, Outcome.UNKNOWN, Outcome.SENT]
    assert ["link" in each for each in said(provider)] == [True, True, False, False]
    assert said(provider)[-1]["message"] == TEXT  # the link stands in it already
    assert len(provider.accepted) == 1


def test_a_page_that_is_looked_at_the_second_time_has_its_card(sender: Sender, provider: FakeProvider) -> None:
    journal = MemoryJournal()
    provider.fails(no(100, error_subcode=1_609_005))
    assert [sender.send(CALL, journal).verdict.outcome for _ in range(2)] == [Outcome.DEFERRED, Outcome.SENT]
    assert said(provider)[-1]["link"] == "https://harbor.example/1"


@pytest.mark.parametrize(
    ("fault", "remedy"),
    [
        (no(190, "Session has expired", 401, error_subcode=463), "make a new one"),
        (no(102), "make a new one"),
        (no(10), "pages_manage_posts"),
        (no(200, status=403), "pages_manage_posts"),
        (no(368), "wait for an hour"),
        (no(100, error_subcode=1_404_078), "to be verified"),
        (no(1, error_subcode=4_854_002), "to be verified"),
    ],
)
def test_what_is_no_fault_of_the_post_stops_the_channel_and_says_what_to_mend(
    sender: Sender, provider: FakeProvider, fault: Fault, remedy: str
) -> None:
    for status in (fault.status, 200, 500):  # the code decides
        verdict = verdict_of(sender, provider, replace(fault, status=status))
        assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
        assert remedy in verdict.reason


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (no(4), Outcome.DEFERRED),
        (no(613, status=403), Outcome.DEFERRED),
        (no(80001, status=200), Outcome.DEFERRED),
        (no(7, status=429), Outcome.DEFERRED),
        (no(100, error_subcode=1_390_008), Outcome.DEFERRED),
        (no(1, error_subcode=1_363_047, is_transient=True), Outcome.DEFERRED),
        (no(1), Outcome.UNKNOWN),
        (no(2, status=500), Outcome.UNKNOWN),
        (no(7, is_transient=True), Outcome.UNKNOWN),
        (no(100), Outcome.REFUSED),
        (no(100, error_subcode=1_346_003), Outcome.REFUSED),
    ],
)
def test_an_error_is_what_its_code_says(sender: Sender, provider: FakeProvider, fault: Fault, outcome: Outcome) -> None:
    verdict = verdict_of(sender, provider, fault)
    assert (verdict.outcome, verdict.reason) == (outcome, f"HTTP {fault.status}: no")
    assert verdict.scope is not Scope.ACCOUNT


def test_codes_that_are_none_are_no_fault_of_ours(sender: Sender, provider: FakeProvider) -> None:
    fault = Fault(400, {"error": {"message": [], "code": [1], "error_subcode": {}}})
    assert verdict_of(sender, provider, fault).outcome is Outcome.REFUSED


def test_a_limit_that_is_used_up_says_when_it_is_over(sender: Sender, provider: FakeProvider) -> None:
    for usage, minutes in ((USAGE, 19), ({"4711": [{"type": "pages"}]}, None), ([], None), ("{", None)):
        header = {"X-Business-Use-Case-Usage": usage if isinstance(usage, str) else json.dumps(usage)}
        verdict = verdict_of(sender, provider, replace(no(32, status=403), headers=header))
        assert verdict.outcome is Outcome.DEFERRED
        wait = verdict.until and round((verdict.until - sender.http.clock()).total_seconds() / 60)
        assert wait == minutes


@pytest.mark.parametrize(
    "usage", ['{"4711": [{"estimated_time_to_regain_access": 1e999}]}', '{"4711": {}}', "[" * 10_000]
)
def test_usage_that_makes_no_sense_is_no_fault_of_ours(sender: Sender, provider: FakeProvider, usage: str) -> None:
    assert verdict_of(sender, provider, replace(no(32), headers={"X-Business-Use-Case-Usage": usage})).until is None


def test_a_refusal_of_the_message_carries_the_providers_words(sender: Sender) -> None:
    for text, outcome in (("👍" * 31_603, Outcome.SENT), ("👍" * 31_603 + "x", Outcome.REFUSED)):
        assert fits(text, sender.rules) == (outcome is Outcome.SENT)
        verdict = sender.send(call_to(Post((text,))), MemoryJournal()).verdict
        assert verdict.outcome is outcome
    assert (verdict.scope, verdict.reason) == (
        Scope.MESSAGE,
        "HTTP 400: Param message must be shorter than 63206 characters.",
    )


def test_an_empty_post_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    for parts in ((), ("",), ("one", "  ")):
        assert sender.send(call_to(Post(parts)), MemoryJournal()).verdict.outcome is Outcome.REFUSED
    assert provider.requests == []


def test_the_limits_are_the_networks() -> None:
    assert made().rules == PostRules("facebook", 63_206, unit="utf16")
    assert made().idempotent_for is None


@pytest.mark.parametrize("options", [{"page": "gazette"}, {"page": 0}, {"page": None}, {"version": "25"}])
def test_a_page_or_version_that_can_not_be_meant_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=f"`{next(iter(options))}`"):
        made(**options)

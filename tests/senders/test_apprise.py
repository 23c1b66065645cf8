"""What is Apprise's own; what every sender does is in tests/conformance."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator

import pytest

from publisher.errors import ConfigError
from publisher.model.call import Outcome, Scope, Verdict
from publisher.model.message import Post, PostRules
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.registry import build
from publisher.testing import DIALECTS, FakeProvider, Fault, MemoryJournal, call_to, sample_post

CALL = call_to(sample_post())


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("apprise") as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(provider)


def made(provider: FakeProvider, more: str = "", **options: object) -> Sender:
    target = f"{provider.url.replace('http', 'json', 1)}/apprise-k3y{more}"
    return build(Channel("bridge", "apprise"), {"target": target, **options})


def test_the_words_go_out_as_they_are(sender: Sender, provider: FakeProvider) -> None:
    text = "Ferries *sail* <b>again</b> &amp; \\n :smile: https://harbor.example/1"
    assert sender.send(call_to(Post((text,))), MemoryJournal()).verdict == Verdict(Outcome.SENT)
    assert [request.json["message"] for request in provider.requests] == [text]


@pytest.mark.parametrize("fault", [Fault(400), Fault(404), Fault(429), Fault.server_error(), Fault.dropped_after()])
def test_nothing_is_said_twice_whatever_the_address_asks_for(provider: FakeProvider, fault: Fault) -> None:
    sender = made(provider, "?retry=3&wait=0&overflow=split&optional=yes&redirect=yes")
    provider.fails(fault)
    assert sender.send(CALL, MemoryJournal()).verdict.outcome is not Outcome.SENT
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    ("fault", "outcome", "scope"),
    [
        (Fault(400), Outcome.REFUSED, Scope.MESSAGE),
        (Fault(401), Outcome.REFUSED, Scope.ACCOUNT),
        (Fault(404), Outcome.REFUSED, Scope.MESSAGE),
        (Fault(429), Outcome.DEFERRED, Scope.PASSING),
        (Fault(302), Outcome.UNKNOWN, Scope.PASSING),
        (Fault(500), Outcome.UNKNOWN, Scope.PASSING),
        (Fault.dropped_before(), Outcome.UNKNOWN, Scope.PASSING),
    ],
)
def test_only_a_status_in_the_log_proves_a_refusal(
    sender: Sender, provider: FakeProvider, fault: Fault, outcome: Outcome, scope: Scope
) -> None:
    provider.fails(fault)
    answer = sender.send(CALL, MemoryJournal())
    assert (answer.verdict.outcome, answer.verdict.scope) == (outcome, scope)
    assert answer.verdict.reason
    assert answer.status == (fault.status if outcome is not Outcome.UNKNOWN else None)


def test_what_libraries_may_log_does_not_decide(sender: Sender, provider: FakeProvider) -> None:
    """The door lets libraries say errors only; by Apprise's warnings we know what was refused."""
    was = logging.getLogger().level
    logging.getLogger().setLevel(logging.CRITICAL)
    try:
        provider.fails(Fault(400))
        assert sender.send(CALL, MemoryJournal()).verdict.outcome is Outcome.REFUSED
    finally:
        logging.getLogger().setLevel(was)


def test_no_answer_in_time_is_unknown_and_soon(provider: FakeProvider) -> None:
    sender = made(provider, "?rto=0.2")
    provider.fails(Fault.slow(10.0))
    assert sender.send(CALL, MemoryJournal()).verdict.outcome is Outcome.UNKNOWN
    assert len(provider.accepted) == 1


def test_no_part_of_the_address_is_shown(sender: Sender, provider: FakeProvider) -> None:
    logged: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = logged.append
    logging.getLogger().addHandler(handler)
    provider.fails(Fault.dropped_after())
    answer = sender.send(CALL, MemoryJournal())
    logging.getLogger().removeHandler(handler)
    assert answer.words == "A Connection error occurred sending JSON notification to ***."
    assert [record for record in logged if record.name == "apprise"] == []


def test_an_empty_post_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    for parts in ((), ("",), ("one", "  ")):
        assert sender.send(call_to(Post(parts)), MemoryJournal()).verdict.outcome is Outcome.REFUSED
    assert provider.requests == []


def test_the_limits_are_the_editors_within_the_services(provider: FakeProvider) -> None:
    assert made(provider).rules == PostRules("apprise", 1_000, unit="utf16")
    provider.dialect = DIALECTS["apprise"](limit=4_000)
    sender = made(provider, limit=4_000)
    assert sender.send(call_to(Post(("x" * 4_000,))), MemoryJournal()).verdict.outcome is Outcome.SENT
    with pytest.raises(ConfigError, match="`limit` is 40,000; JSON takes 32,768"):
        made(provider, limit=40_000)


def test_a_post_is_never_repeated_by_itself(sender: Sender) -> None:
    assert sender.idempotent_for is None
    assert sender.asked_for is None


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("nonsense", "no address that Apprise knows"),
        ("carrierpigeon://loft", "no address that Apprise knows"),
        ("matrix://", "no address that Apprise knows"),
        ("ntfy://ntfy.example/one/two", "names several targets"),
        ("mastodon://t0ken@news.example", "write `sender: mastodon`"),
        ("tgram://7001:t0ken/4711", "write `sender: telegram`"),
    ],
)
def test_a_target_that_can_not_be_meant_is_refused_without_being_shown(target: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refusal:
        build(Channel("bridge", "apprise", where="schedules.yaml:9:3"), {"target": target})
    assert "t0ken" not in str(refusal.value)
    assert refusal.value.where == "schedules.yaml:9:3"


def test_a_base_url_has_no_place_here(provider: FakeProvider) -> None:
    with pytest.raises(ConfigError, match="takes no `base_url`"):
        made(provider, base_url=provider.url)


def test_without_apprise_the_channel_says_how_to_get_it(provider: FakeProvider, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ConfigError, match=r"pip install 'publisher\[apprise\]'"):
        made(provider)

"""What is Threads' own; what every sender does is in tests/conformance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.errors import ConfigError
from publisher.model.call import Outcome, Scope, Verdict
from publisher.model.message import Post, PostRules
from publisher.model.post_size import fits, length
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.registry import build
from publisher.testing import DIALECTS, FakeProvider, Fault, MemoryJournal, call_to, sample_post

CALL = call_to(sample_post())


class Anywhere(DIALECTS["threads"]):
    """Its faults befall every request, those that only prepare as well."""

    def prepares(self, method: str, path: str) -> bool:
        return False


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("threads") as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url)


def made(**options: object) -> Sender:
    return build(Channel("threads", "threads"), {"token": "threads-t0ken", "user": 4711, **options})


def verdict_of(sender: Sender, provider: FakeProvider, *faults: Fault) -> Verdict:
    provider.fails(*faults)
    return sender.send(CALL, MemoryJournal()).verdict


def no(code: int, message: str = "no", status: int = 400, **more: object) -> Fault:
    return Fault(status, {"error": {"message": message, "type": "OAuthException", "code": code, **more}})


def asked(provider: FakeProvider) -> list[str]:
    return [f"{request.method} {request.path.partition('?')[0]}" for request in provider.requests]


def in_state(provider: FakeProvider, state: str) -> None:
    for container in provider.dialect.containers.values():
        container["status"] = state


def test_the_requests_are_what_the_provider_documents(sender: Sender, provider: FakeProvider) -> None:
    answer = sender.send(CALL, MemoryJournal())
    prepared, published, linked = provider.requests
    assert (prepared.method, prepared.path) == ("POST", "/v1.0/4711/threads")
    assert prepared.headers["content-type"] == "application/x-www-form-urlencoded"
    assert prepared.form == [
        ("media_type", "TEXT"),
        ("text", "1/ The harbour reopens https://harbor.example/1"),
        ("link_attachment", "https://harbor.example/1"),
        ("access_token", "threads-t0ken"),
    ]
    assert (published.method, published.path) == ("POST", "/v1.0/4711/threads_publish")
    assert published.form == [("creation_id", "17000001"), ("access_token", "threads-t0ken")]
    assert linked.path == "/v1.0/18000002?fields=permalink&access_token=threads-t0ken"
    assert answer.verdict == Verdict(
        Outcome.SENT, provider_id="18000002", url="https://www.threads.net/@gazette/post/D18000002"
    )


def test_a_thread_is_answered_part_by_part(sender: Sender, provider: FakeProvider) -> None:
    answer = sender.send(call_to(sample_post(3)), MemoryJournal())
    prepared = [dict(request.form) for request in provider.requests if request.path.endswith("/threads")]
    assert [content.get("reply_to_id") for content in prepared] == [None, "18000002", "18000005"]
    assert ["link_attachment" in content for content in prepared] == [True, False, False]
    assert answer.verdict.provider_id == "18000002"


def test_the_container_is_noted_before_it_is_published(sender: Sender, provider: FakeProvider) -> None:
    journal = MemoryJournal()
    provider.fails(Fault.dropped_after())
    assert sender.send(CALL, journal).verdict.outcome is Outcome.UNKNOWN
    assert journal.noted("container 1") == {"id": "17000001", "in_doubt": True}


def test_one_that_was_published_without_an_answer_is_sent(sender: Sender, provider: FakeProvider) -> None:
    journal = MemoryJournal()
    provider.fails(Fault.dropped_after())
    said = [sender.send(CALL, journal).verdict for _ in range(10)]
    assert [verdict.outcome for verdict in said] == [Outcome.UNKNOWN] + [Outcome.SENT] * 9
    assert said[1].url == "https://www.threads.net/@gazette/post/D18000002"
    assert len(provider.accepted) == len(provider.speaking()) == 1


def test_one_that_was_not_published_is_published_from_the_same_container(
    sender: Sender, provider: FakeProvider
) -> None:
    journal = MemoryJournal()
    provider.fails(Fault.server_error())
    said = [sender.send(CALL, journal).verdict.outcome for _ in range(2)]
    assert said == [Outcome.UNKNOWN, Outcome.SENT]
    assert asked(provider)[:4] == [
        "POST /v1.0/4711/threads",
        "POST /v1.0/4711/threads_publish",
        "GET /v1.0/17000001",
        "POST /v1.0/4711/threads_publish",
    ]


@pytest.mark.parametrize(
    ("fault", "state", "outcome"),
    [
        (Fault.too_many(), "EXPIRED", Outcome.SENT),  # certainly not published: made anew
        (Fault.too_many(), "IN_PROGRESS", Outcome.DEFERRED),
        (Fault.server_error(), "EXPIRED", Outcome.UNKNOWN),
        (Fault.server_error(), "ERROR", Outcome.SENT),
        (Fault.server_error(), "IN_PROGRESS", Outcome.UNKNOWN),
        (Fault.server_error(), "WHATEVER", Outcome.UNKNOWN),
    ],
)
def test_the_state_of_a_container_says_what_can_be_done(
    sender: Sender, provider: FakeProvider, fault: Fault, state: str, outcome: Outcome
) -> None:
    journal = MemoryJournal()
    provider.fails(fault)
    sender.send(CALL, journal)
    in_state(provider, state)
    assert sender.send(CALL, journal).verdict.outcome is outcome
    assert len(provider.accepted) == (outcome is Outcome.SENT)


def test_a_container_that_can_not_be_looked_at_leaves_doubt_only_where_there_was_some() -> None:
    for fault, outcome in ((Fault.too_many(), Outcome.REFUSED), (Fault.server_error(), Outcome.UNKNOWN)):
        with FakeProvider(Anywhere()) as provider:
            sender, journal = made(base_url=provider.url), MemoryJournal()
            provider.fails(Fault(accept=True, delay=0.001), fault, no(190, status=401))
            sender.send(CALL, journal)
            assert sender.send(CALL, journal).verdict.outcome is outcome


def test_a_refusal_after_doubt_is_no_proof(sender: Sender, provider: FakeProvider) -> None:
    journal = MemoryJournal()
    provider.fails(Fault.server_error(), no(100), Fault.too_many())
    said = [sender.send(CALL, journal).verdict.outcome for _ in range(4)]
    assert said == [Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.SENT]
    assert len(provider.accepted) == 1


@pytest.mark.parametrize("fault", [Fault.dropped_after(), Fault.server_error(), Fault.web_page(200), no(1, status=500)])
def test_without_a_container_nothing_stands_and_another_is_made(fault: Fault) -> None:
    with FakeProvider(Anywhere()) as provider:
        sender, journal = made(base_url=provider.url), MemoryJournal()
        provider.fails(fault)
        verdict = sender.send(CALL, journal).verdict
        assert verdict.outcome is Outcome.DEFERRED
        assert verdict.reason.endswith("nothing was published")
        assert sender.send(CALL, journal).verdict.outcome is Outcome.SENT
        assert len(provider.accepted) == 1


def test_a_post_without_a_link_of_its_own_is_sent(sender: Sender, provider: FakeProvider) -> None:
    provider.dialect = Anywhere()
    late = Fault(accept=True, delay=0.001)
    verdict = verdict_of(sender, provider, late, late, Fault.server_error())
    assert (verdict.outcome, verdict.provider_id, verdict.url) == (Outcome.SENT, "18000002", "")


def test_a_part_that_stands_without_an_id_can_not_be_answered(sender: Sender, provider: FakeProvider) -> None:
    for parts, outcome in ((2, Outcome.SENT), (3, Outcome.UNKNOWN)):
        journal = MemoryJournal()
        provider.fails(Fault(accept=True, delay=0.001), Fault.dropped_after())
        sender.send(call_to(sample_post(parts)), journal)
        verdict = sender.send(call_to(sample_post(parts)), journal).verdict
        assert verdict.outcome is outcome
    assert "part 2 of 3: the part stands" in verdict.reason


def test_a_container_that_is_not_known_everywhere_yet_is_tried_again_soon(
    sender: Sender, provider: FakeProvider
) -> None:
    journal = MemoryJournal()
    provider.fails(no(24, "The requested resource does not exist"))
    verdict = sender.send(CALL, journal).verdict
    assert verdict.outcome is Outcome.DEFERRED
    assert verdict.until is not None
    assert timedelta(seconds=20) < verdict.until - sender.http.clock() <= timedelta(seconds=30)
    assert sender.send(CALL, journal).verdict.outcome is Outcome.SENT
    assert asked(provider).count("POST /v1.0/4711/threads") == 1


def test_what_is_answered_must_stand(sender: Sender) -> None:
    journal = MemoryJournal()
    journal.note("part 1", {"id": "7", "url": ""})
    verdict = sender.send(call_to(sample_post(2)), journal).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)


@pytest.mark.parametrize(
    ("fault", "remedy"),
    [
        (no(190, "Session has expired", 401, error_subcode=463), "make a new one"),
        (no(102), "make a new one"),
        (no(10), "threads_content_publish"),
        (no(200, status=403), "threads_content_publish"),
        (no(9, error_subcode=2_207_051), "holds the account back"),
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
        (no(32, status=200), Outcome.DEFERRED),
        (no(7, status=429), Outcome.DEFERRED),
        (no(1), Outcome.UNKNOWN),
        (no(2, status=200), Outcome.UNKNOWN),
        (no(7, is_transient=True), Outcome.UNKNOWN),
        (no(7, status=500), Outcome.UNKNOWN),
        (no(100), Outcome.REFUSED),
        (no(100, status=200), Outcome.REFUSED),
    ],
)
def test_an_error_is_what_its_code_says(sender: Sender, provider: FakeProvider, fault: Fault, outcome: Outcome) -> None:
    verdict = verdict_of(sender, provider, fault)
    assert (verdict.outcome, verdict.reason) == (outcome, f"HTTP {fault.status}: no")
    assert verdict.scope is not Scope.ACCOUNT


def test_a_refusal_of_the_message_carries_the_providers_words(sender: Sender) -> None:
    verdict = sender.send(call_to(Post(("x" * 501,))), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert verdict.reason == "HTTP 400: Param text must be at most 500 characters long."
    many = " ".join(f"https://harbor.example/{number}" for number in range(6))
    assert "LINK_LIMIT" in sender.send(call_to(Post((many,))), MemoryJournal()).verdict.reason


@pytest.mark.parametrize(
    ("sign", "cost"),
    [("x", 1), ("日", 1), ("é", 1), ("👍", 4), ("👨‍👩‍👧‍👦", 25), ("🇫🇷", 8), ("1️⃣", 7), ("❤️", 6), ("𝒳", 4)],
)
def test_an_emoji_costs_its_bytes(sender: Sender, sign: str, cost: int) -> None:
    assert length(f"Ferries {sign}", sender.rules) == 8 + cost
    most = 500 // cost
    for many, outcome in ((most, Outcome.SENT), (most + 1, Outcome.REFUSED)):
        text = sign * many
        assert fits(text, sender.rules) == (outcome is Outcome.SENT)
        assert sender.send(call_to(Post((text,))), MemoryJournal()).verdict.outcome is outcome


def test_an_empty_post_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    for parts in ((), ("",), ("one", "  ")):
        assert sender.send(call_to(Post(parts)), MemoryJournal()).verdict.outcome is Outcome.REFUSED
    assert provider.requests == []


def test_the_limits_are_the_networks() -> None:
    assert made().rules == PostRules("threads", 500, unit="codepoints", emoji_as_bytes=True, threads=True)
    assert made().idempotent_for == timedelta(hours=23)


@pytest.mark.parametrize("user", ["gazette", "@gazette", 0, None])
def test_a_user_that_can_not_be_meant_is_refused(user: object) -> None:
    with pytest.raises(ConfigError, match="`user`"):
        made(user=user)

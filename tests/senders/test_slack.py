"""What is Slack's own; what every sender does is in tests/conformance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from publisher.errors import ConfigError
from publisher.model.call import Outcome, Scope
from publisher.model.message import Post, PostRules
from publisher.model.post_size import fits
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.registry import build
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_post

WEBHOOK = "https://hooks.slack.com/services/T1/B2/slackt0ken"
SPOKE_AT = datetime.fromtimestamp(1_795_500_000, UTC)  # when the fake's messages are made


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("slack") as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url)


@pytest.fixture
def webhook(provider: FakeProvider) -> Sender:
    return build(Channel("slack", "slack"), {"webhook": WEBHOOK, "base_url": provider.url})


def made(**options: object) -> Sender:
    given = {"token": "xoxb-slack-t0ken", "channel": "C0HARBOR", "workspace": "harbor", **options}
    return build(Channel("slack", "slack"), given)


def verdict_of(sender: Sender, provider: FakeProvider, fault: Fault):
    provider.fails(fault)
    return sender.send(call_to(sample_post()), MemoryJournal()).verdict


def no(error: str, **headers: str) -> Fault:
    return Fault(200, {"ok": False, "error": error}, headers, accept=True)


def test_the_request_is_what_the_provider_documents(sender: Sender, provider: FakeProvider) -> None:
    answer = sender.send(call_to(sample_post()), MemoryJournal())
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/api/chat.postMessage")
    assert request.headers["authorization"] == "Bearer xoxb-slack-t0ken"
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert request.json == {
        "channel": "C0HARBOR",
        "text": "1/ The harbour reopens <https://harbor.example/1>",
        "unfurl_links": True,
        "unfurl_media": True,
        "metadata": {"event_type": "publisher_post", "event_payload": {"delivery": "d1-ref", "part": 1}},
    }
    assert answer.verdict.provider_id == "1795500000.000001"
    assert answer.verdict.url == "https://harbor.slack.com/archives/C0HARBOR/p1795500000000001"


def test_the_request_to_a_webhook_is_what_the_provider_documents(webhook: Sender, provider: FakeProvider) -> None:
    verdict = webhook.send(call_to(sample_post()), MemoryJournal()).verdict
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/services/T1/B2/slackt0ken")
    assert "authorization" not in request.headers
    assert request.json == {
        "text": "1/ The harbour reopens <https://harbor.example/1>",
        "unfurl_links": True,
        "unfurl_media": True,
    }
    assert (verdict.outcome, verdict.provider_id, verdict.url) == (Outcome.SENT, "", "")


def test_the_editor_decides_whether_there_is_a_preview(provider: FakeProvider) -> None:
    sender = made(base_url=provider.url, preview=False, workspace=None)
    verdict = sender.send(call_to(sample_post()), MemoryJournal()).verdict
    assert [provider.requests[0].json[name] for name in ("unfurl_links", "unfurl_media")] == [False, False]
    assert (verdict.outcome, verdict.url) == (Outcome.SENT, "")


def test_nobody_is_called_and_addresses_are_links(sender: Sender, provider: FakeProvider) -> None:
    text = "<!channel> <@U1> & <#C1|all>: https://harbor.example/a?b=1&c=|2. So <https://harbor.example/d>"
    sender.send(call_to(Post((text,))), MemoryJournal())
    assert provider.requests[0].json["text"] == (
        "&lt;!channel&gt; &lt;@U1&gt; &amp; &lt;#C1|all&gt;: <https://harbor.example/a?b=1&amp;c=%7C2>. "
        "So &lt;<https://harbor.example/d>&gt;"
    )


def test_what_fits_is_taken_even_where_every_sign_is_escaped(sender: Sender) -> None:
    assert fits("&" * 4_000, sender.rules)
    assert not fits("&" * 4_001, sender.rules)
    assert sender.send(call_to(Post(("&" * 4_000,))), MemoryJournal()).verdict.outcome is Outcome.SENT


def test_a_refusal_of_the_message_carries_the_providers_words(sender: Sender, provider: FakeProvider) -> None:
    verdict = sender.send(call_to(Post(("x" * 40_001,))), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope, verdict.reason) == (Outcome.REFUSED, Scope.MESSAGE, "msg_too_long")


def test_a_thread_is_posted_under_its_first_part(sender: Sender, provider: FakeProvider) -> None:
    answer = sender.send(call_to(sample_post(3)), MemoryJournal())
    bodies = [request.json for request in provider.requests]
    assert [body.get("thread_ts") for body in bodies] == [None, "1795500000.000001", "1795500000.000001"]
    assert [body["metadata"]["event_payload"]["part"] for body in bodies] == [1, 2, 3]
    assert answer.verdict.provider_id == "1795500000.000001"


def test_an_empty_post_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    for parts in ((), ("",), ("one", "  ")):
        assert sender.send(call_to(Post(parts)), MemoryJournal()).verdict.outcome is Outcome.REFUSED
    assert provider.requests == []


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("invalid_auth", "copy the bot's token again"),
        ("token_revoked", "copy the bot's token again"),
        ("account_inactive", "copy the bot's token again"),
        ("missing_scope", "scope chat:write"),
        ("channel_not_found", "check `channel`"),
        ("not_in_channel", "invite the bot"),
        ("is_archived", "from the archive"),
        ("restricted_action", "let the bot post"),
    ],
)
def test_what_is_no_fault_of_the_post_stops_the_channel_and_says_what_to_mend(
    sender: Sender, provider: FakeProvider, error: str, remedy: str
) -> None:
    for status in (200, 403):
        verdict = verdict_of(sender, provider, replace(no(error), status=status, accept=False))
        assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
        assert error in verdict.reason
        assert remedy in verdict.reason


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ("ratelimited", Outcome.DEFERRED),
        ("message_limit_exceeded", Outcome.DEFERRED),
        ("fatal_error", Outcome.UNKNOWN),
        ("internal_error", Outcome.UNKNOWN),
        ("request_timeout", Outcome.UNKNOWN),
        ("invalid_blocks", Outcome.REFUSED),
    ],
)
def test_a_200_with_an_error_inside_is_what_the_error_says(
    sender: Sender, provider: FakeProvider, error: str, outcome: Outcome
) -> None:
    verdict = verdict_of(sender, provider, no(error))
    assert (verdict.outcome, verdict.reason) == (outcome, error)
    assert verdict.scope is not Scope.ACCOUNT


def test_a_wait_beside_an_error_inside_is_kept(sender: Sender, provider: FakeProvider) -> None:
    verdict = verdict_of(sender, provider, no("ratelimited", **{"Retry-After": "30"}))
    assert verdict.until is not None
    assert timedelta(seconds=20) < verdict.until - sender.http.clock() <= timedelta(seconds=30)


@pytest.mark.parametrize("body", [{"ok": True}, {"ok": False}, {"ok": "yes", "ts": "1.1"}, {"ts": "1.1"}])
def test_a_success_that_names_no_message_is_unknown(sender: Sender, provider: FakeProvider, body: object) -> None:
    assert verdict_of(sender, provider, Fault(200, body)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("status", "word", "outcome", "scope"),
    [
        (400, "invalid_payload", Outcome.REFUSED, Scope.MESSAGE),
        (403, "invalid_token", Outcome.REFUSED, Scope.ACCOUNT),
        (404, "no_service", Outcome.REFUSED, Scope.ACCOUNT),
        (410, "channel_is_archived", Outcome.REFUSED, Scope.ACCOUNT),
        (429, "", Outcome.DEFERRED, Scope.PASSING),
        (500, "rollup_error", Outcome.UNKNOWN, Scope.PASSING),
        (200, "not quite ok", Outcome.UNKNOWN, Scope.PASSING),
    ],
)
def test_a_webhook_says_one_word(
    webhook: Sender, provider: FakeProvider, status: int, word: str, outcome: Outcome, scope: Scope
) -> None:
    verdict = verdict_of(webhook, provider, Fault(status, word))
    assert (verdict.outcome, verdict.scope) == (outcome, scope)
    assert word in verdict.reason or status == 200


def test_a_bot_is_asked_about_its_own_post_and_a_webhook_can_not_be(
    sender: Sender, webhook: Sender, provider: FakeProvider
) -> None:
    assert (sender.asked_for, webhook.asked_for) == (timedelta(days=1), None)
    call, journal = replace(call_to(sample_post(2)), spoke_at=SPOKE_AT), MemoryJournal()
    other = replace(call.recipients[0], reference="d2-ref")
    sender.send(replace(call, recipients=(other,)), MemoryJournal())  # the same words, another delivery
    assert sender.ask(call).verdict.outcome is Outcome.UNKNOWN
    provider.fails(Fault(accept=True, delay=0.001), Fault.server_error())
    sender.send(call, journal)
    assert sender.ask(call).verdict.outcome is Outcome.UNKNOWN  # half a thread
    said = sender.send(replace(call, key="call-2-k3y"), journal).verdict
    assert said.outcome is Outcome.SENT
    for asked in (call, replace(call, spoke_at=SPOKE_AT + timedelta(hours=20)), replace(call, spoke_at=None)):
        assert sender.ask(asked).verdict == said
    assert sender.ask(replace(call, spoke_at=SPOKE_AT + timedelta(days=2))).verdict.outcome is Outcome.UNKNOWN
    provider.fails(no("missing_scope"))
    assert sender.ask(call).verdict.outcome is Outcome.UNKNOWN
    assert webhook.ask(call).verdict.outcome is Outcome.UNKNOWN


def test_the_limits_are_the_networks_and_only_a_bot_has_threads(webhook: Sender) -> None:
    assert made().rules == PostRules("slack", 4_000, unit="utf16", threads=True)
    assert webhook.rules == PostRules("slack", 4_000, unit="utf16")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"token": None}, "needs either `webhook`, or `token` and `channel`"),
        ({"webhook": WEBHOOK}, "needs either `webhook`, or `token` and `channel`"),
        ({"channel": None}, "needs `channel` beside `token`"),
        ({"token": None, "webhook": WEBHOOK}, "leave `channel` out"),
        (
            {"webhook": "https://hooks.slack.com/triggers/T1/2/x"},
            "`webhook` must be the address of an incoming webhook",
        ),
        ({"channel": "#general"}, "`channel` can't be read.*C0123456789"),
        ({"workspace": "https://harbor.slack.com"}, "`workspace` can't be read"),
    ],
)
def test_what_can_not_be_meant_is_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        made(**options)

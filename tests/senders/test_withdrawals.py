"""How each network is told to take a post down; what every sender does of it is in tests/conformance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from standardwebhooks import Webhook as Oracle

from publisher.model.call import Answer, Call, Outcome, Scope
from publisher.model.message import Withdrawal
from publisher.model.project import Channel
from publisher.senders.registry import build
from publisher.senders.verdicts import NOT_THERE
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
URN = "urn:li:share:7400001"
HOOK = "https://discord.com/api/webhooks/4711/discord-t0ken"
BOT = {"token": "discord-t0ken", "channel": "815"}
MADE: dict[str, dict[str, Any]] = {
    "mastodon": {"instance": "https://news.example", "token": "mastodon-t0ken"},
    "telegram": {"token": "7001:telegram-t0ken", "chat": "@harbor_gazette"},
    "discord": {"webhook": HOOK},
    "slack": {"token": "xoxb-slack-t0ken", "channel": "C0HARBOR"},
    "linkedin": {"token": "linkedin-t0ken", "author": "urn:li:person:h4rbor"},
    "x": {"token": "x-oauth2-t0ken"},
    "threads": {"token": "threads-t0ken", "user": 4711},
    "facebook": {"token": "facebook-t0ken", "page": 4711},
    "webhook": {"url": "https://hooks.example/press", "secret": SECRET},
}
GRAPH_GONE = {"error": {"message": "Object does not exist", "code": 100, "error_subcode": 33}}


class Network:
    """A fake network with a channel of ours."""

    def __init__(self, provider: FakeProvider, name: str) -> None:
        self.provider, self.name = provider, name

    def withdraw(
        self,
        *parts: str,
        options: dict[str, Any] | None = None,
        url: str = "",
        attempt: int = 1,
        journal: MemoryJournal | None = None,
    ) -> Answer:
        given = {**MADE[self.name], "base_url": self.provider.url, **(options or {})}
        sender = build(Channel(self.name, self.name), given)
        return sender.withdraw(replace(call_of(*parts, url=url), attempt=attempt), journal or MemoryJournal())


def call_of(*parts: str, url: str = "") -> Call:
    return call_to(Withdrawal(parts, url, "d1-ref"), key="call-9-k3y")


@pytest.fixture
def network(request: pytest.FixtureRequest) -> Iterator[Network]:
    with FakeProvider(request.param) as provider:
        yield Network(provider, request.param)


@pytest.mark.parametrize(
    ("network", "number", "method", "path"),
    [
        ("mastodon", "110001", "DELETE", "/api/v1/statuses/110001"),
        ("telegram", "17", "POST", "/bot7001:telegram-t0ken/deleteMessage"),
        ("discord", "815001", "DELETE", "/api/v10/webhooks/4711/discord-t0ken/messages/815001"),
        ("slack", "1795500000.000001", "POST", "/api/chat.delete"),
        ("linkedin", URN, "DELETE", "/rest/posts/urn%3Ali%3Ashare%3A7400001"),
        ("x", "1990", "DELETE", "/2/tweets/1990"),
        ("threads", "18000002", "DELETE", "/v1.0/18000002?access_token=threads-t0ken"),
        ("facebook", "4711_12000001", "DELETE", "/v25.0/4711_12000001?access_token=facebook-t0ken"),
        ("webhook", "m1", "POST", "/press"),
    ],
    indirect=["network"],
)
def test_the_request_is_what_the_provider_documents(network: Network, number: str, method: str, path: str) -> None:
    network.withdraw(number)
    (request,) = network.provider.requests
    assert (request.method, request.path) == (method, path)
    assert (request.body == b"") == (method == "DELETE")
    assert "transfer-encoding" not in request.headers


@pytest.mark.parametrize("network", ["discord"], indirect=True)
@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"thread": "99"}, "/api/v10/webhooks/4711/discord-t0ken/messages/815001?thread_id=99"),
        ({**BOT, "webhook": None}, "/api/v10/channels/815/messages/815001"),
    ],
)
def test_discord_is_told_the_place(network: Network, options: dict[str, Any], path: str) -> None:
    network.withdraw("815001", options=options)
    (request,) = network.provider.requests
    assert (request.method, request.path) == ("DELETE", path)


@pytest.mark.parametrize("network", ["telegram", "slack", "linkedin"], indirect=True)
def test_what_stands_beside_the_address_names_the_post(network: Network) -> None:
    said = {
        "telegram": ("17", {"chat_id": "@harbor_gazette", "message_id": 17}),
        "slack": ("1795500000.000001", {"channel": "C0HARBOR", "ts": "1795500000.000001"}),
        "linkedin": (URN, None),
    }
    number, body = said[network.name]
    network.withdraw(number)
    (request,) = network.provider.requests
    assert request.json == body
    assert network.name != "linkedin" or request.headers["x-restli-method"] == "DELETE"


@pytest.mark.parametrize("network", ["webhook"], indirect=True)
def test_a_receiver_is_told_by_a_signed_event_which_post_of_ours_it_is(network: Network) -> None:
    answer = network.withdraw("m1", url="https://harbor.example/m1")
    (request,) = network.provider.requests
    signed = {name: value for name, value in request.headers.items() if name.startswith("webhook-")}
    event = Oracle(SECRET).verify(request.body, signed)
    assert event["type"] == "post.withdrawn"
    assert event["data"] == {
        "id": "d1-ref",
        "account": "@gazette@news.example",
        "post": {"id": "m1", "url": "https://harbor.example/m1"},
    }
    assert request.headers["webhook-id"] == "call-9-k3y"
    assert (answer.verdict.outcome, answer.verdict.url) == (Outcome.SENT, "https://harbor.example/m1")


@pytest.mark.parametrize("network", ["webhook"], indirect=True)
def test_a_receiver_that_named_no_post_is_told_all_the_same(network: Network) -> None:
    assert network.withdraw("").verdict.outcome is Outcome.SENT


@pytest.mark.parametrize("network", [name for name in MADE if name != "webhook"], indirect=True)
def test_a_post_without_an_id_is_for_a_person(network: Network) -> None:
    verdict = network.withdraw("").verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert "only a person" in verdict.reason
    assert network.provider.requests == []


@pytest.mark.parametrize("network", ["telegram"], indirect=True)
def test_telegram_says_what_is_too_old(network: Network) -> None:
    network.provider.dialect.messages[17] = {}
    network.provider.dialect.old.add(17)
    verdict = network.withdraw("17").verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert verdict.reason.endswith("younger than 48 hours")


@pytest.mark.parametrize(
    ("network", "fault", "words"),
    [
        ("mastodon", Fault(403, {"error": "This action is outside the authorized scopes"}), "scopes"),
        ("telegram", Fault(400, {"ok": False, "error_code": 400, "description": "not enough rights"}), "rights"),
        ("discord", Fault(403, {"message": "Missing Permissions", "code": 50013}), "Permissions"),
        ("slack", Fault(200, {"ok": False, "error": "missing_scope"}), "missing_scope"),
        ("slack", Fault(200, {"ok": False, "error": "cant_delete_message"}), "cant_delete"),
        ("linkedin", Fault(403, {"message": "no", "code": "ACCESS_DENIED"}), "may post"),
        ("x", Fault(403, {"detail": "not yours"}), "not yours"),
        ("threads", Fault(403, {"error": {"message": "no", "code": 10}}), "threads_delete"),
        ("facebook", Fault(403, {"error": {"message": "no", "code": 200}}), "pages_manage_posts"),
    ],
    indirect=["network"],
)
def test_rights_that_are_missing_for_it_stop_no_new_posts(network: Network, fault: Fault, words: str) -> None:
    network.provider.fails(fault)
    verdict = network.withdraw("4711").verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert words in verdict.reason


@pytest.mark.parametrize(
    ("network", "fault"),
    [
        ("slack", Fault(200, {"ok": False, "error": "token_revoked"})),
        ("threads", Fault(400, {"error": {"message": "no", "code": 190}})),
        ("facebook", Fault(200, {"error": {"message": "no", "code": 102}})),
        ("telegram", Fault(404, {"ok": False, "error_code": 404, "description": "Not Found"})),
        ("webhook", Fault(410)),
    ],
    indirect=["network"],
)
def test_a_token_that_has_ended_stops_the_channel_whatever_the_status(network: Network, fault: Fault) -> None:
    network.provider.fails(fault)
    verdict = network.withdraw("4711").verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)


@pytest.mark.parametrize(
    ("network", "fault"),
    [
        ("mastodon", Fault(404, {"error": "Record not found"})),
        ("telegram", Fault(400, {"ok": False, "description": "Bad Request: message to delete not found"})),
        ("discord", Fault(404, {"message": "Unknown Message", "code": 10008})),
        ("slack", Fault(200, {"ok": False, "error": "message_not_found"})),
        ("linkedin", Fault(404, {"message": "Not found"})),
        ("x", Fault(404, {"detail": "Could not find tweet"})),
        ("threads", Fault(400, GRAPH_GONE)),
        ("facebook", Fault(200, GRAPH_GONE)),
    ],
    indirect=["network"],
)
def test_a_post_that_is_gone_is_taken_down_and_may_be_another_accounts(network: Network, fault: Fault) -> None:
    network.provider.fails(fault)
    verdict = network.withdraw("4711", attempt=2).verdict
    assert (verdict.outcome, verdict.reason) == (Outcome.SENT, NOT_THERE)


@pytest.mark.parametrize("network", ["threads", "facebook"], indirect=True)
def test_what_meta_does_not_find_at_first_may_be_without_a_right_to_it(network: Network) -> None:
    network.provider.fails(Fault(400, GRAPH_GONE))
    verdict = network.withdraw("4711").verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert "does not exist" in verdict.reason


@pytest.mark.parametrize("network", ["mastodon"], indirect=True)
def test_that_a_part_was_not_there_is_remembered_by_the_next_try(network: Network) -> None:
    journal = MemoryJournal()
    network.provider.fails(Fault(404, {"error": "Record not found"}), Fault.too_many("9"))
    assert network.withdraw("1", "2", journal=journal).verdict.outcome is Outcome.DEFERRED
    network.provider.fails(Fault(200, {"id": "1"}))
    assert network.withdraw("1", "2", journal=journal).verdict.reason == NOT_THERE


@pytest.mark.parametrize(
    ("network", "fault"),
    [
        ("mastodon", Fault(200, {})),
        ("telegram", Fault(200, {"ok": True, "result": False})),
        ("discord", Fault(200, {})),
        ("slack", Fault(200, {"ok": True})),
        ("linkedin", Fault(200)),
        ("x", Fault(200, {"data": {"deleted": False}})),
        ("threads", Fault(200, {"success": False})),
        ("facebook", Fault(200, {"id": None})),
        ("webhook", Fault(409)),
    ],
    indirect=["network"],
)
def test_a_success_that_does_not_say_so_is_unknown(network: Network, fault: Fault) -> None:
    network.provider.fails(fault)
    assert network.withdraw("4711").verdict.outcome is Outcome.UNKNOWN


def test_a_webhook_of_slacks_says_why_it_can_not() -> None:
    from publisher.senders.slack import Slack

    assert Slack.why_it_stays({"token": "${SLACK_TOKEN}"}) == ""
    assert Slack.why_it_stays({"webhook": "${SLACK_WEBHOOK}"}) == "a webhook of Slack's isn't told which post it made"

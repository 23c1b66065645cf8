"""How each network is told that a post says something else; what every sender does of it is in tests/conformance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

import pytest

from publisher.model.call import Answer, Call, Outcome, Scope
from publisher.model.message import Card, Correction, Post
from publisher.model.project import Channel
from publisher.senders.registry import build, sender_class
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to
from tests.senders.test_withdrawals import BOT, MADE, URN

WORDS = "The quay [stays] closed & dry"
LEAD = "https://harbor.example/1"
EDITING = ("mastodon", "telegram", "discord", "slack", "linkedin", "facebook")


class Network:
    """A fake network with a channel of ours."""

    def __init__(self, provider: FakeProvider, name: str) -> None:
        self.provider, self.name = provider, name

    def edit(
        self,
        number: str,
        words: str = WORDS,
        *,
        noted: Mapping[str, Mapping[str, object]] | None = None,
        options: dict[str, Any] | None = None,
    ) -> Answer:
        given = {**MADE[self.name], "base_url": self.provider.url, **(options or {})}
        return build(Channel(self.name, self.name), given).edit(call_of(number, words, noted or {}), MemoryJournal())

    def told(self) -> tuple[str, str, Any]:
        (request,) = self.provider.requests
        is_form = request.headers["content-type"] == "application/x-www-form-urlencoded"
        return request.method, request.path, dict(parse_qsl(request.body.decode())) if is_form else request.json


def call_of(number: str, words: str, noted: Mapping[str, Mapping[str, object]]) -> Call:
    post = Post((words,), "en-GB", Card(LEAD, "The harbour"))
    return call_to(Correction((number,), post, "https://news.example/1", "d1-ref", noted=noted), key="call-9-k3y")


@pytest.fixture
def network(request: pytest.FixtureRequest) -> Iterator[Network]:
    with FakeProvider(request.param) as provider:
        yield Network(provider, request.param)


@pytest.mark.parametrize(
    ("network", "number", "told"),
    [
        ("mastodon", "110001", ("PUT", "/api/v1/statuses/110001", {"status": WORDS, "language": "en"})),
        (
            "telegram",
            "17",
            (
                "POST",
                "/bot7001:telegram-t0ken/editMessageText",
                {
                    "chat_id": "@harbor_gazette",
                    "message_id": 17,
                    "text": WORDS,
                    "link_preview_options": {"url": LEAD},
                },
            ),
        ),
        (
            "discord",
            "815001",
            (
                "PATCH",
                "/api/v10/webhooks/4711/discord-t0ken/messages/815001",
                {"content": r"The quay \[stays] closed & dry", "allowed_mentions": {"parse": []}},
            ),
        ),
        (
            "slack",
            "1795500000.000001",
            (
                "POST",
                "/api/chat.update",
                {"channel": "C0HARBOR", "ts": "1795500000.000001", "text": "The quay [stays] closed &amp; dry"},
            ),
        ),
        (
            "linkedin",
            URN,
            (
                "POST",
                "/rest/posts/urn%3Ali%3Ashare%3A7400001",
                {"patch": {"$set": {"commentary": r"The quay \[stays\] closed & dry"}}},
            ),
        ),
        (
            "facebook",
            "4711_12000001",
            ("POST", "/v25.0/4711_12000001", {"message": WORDS, "access_token": "facebook-t0ken"}),
        ),
    ],
    indirect=["network"],
)
def test_the_request_is_what_the_provider_documents(network: Network, number: str, told: tuple[str, str, Any]) -> None:
    network.edit(number)
    assert network.told() == told


@pytest.mark.parametrize("network", ["discord"], indirect=True)
def test_discord_is_told_the_place(network: Network) -> None:
    network.edit("815001", options={**BOT, "webhook": None})
    assert network.told()[:2] == ("PATCH", "/api/v10/channels/815/messages/815001")


@pytest.mark.parametrize("network", ["linkedin"], indirect=True)
def test_linkedin_is_told_that_it_is_a_part(network: Network) -> None:
    network.edit(URN)
    assert network.provider.requests[0].headers["x-restli-method"] == "PARTIAL_UPDATE"


@pytest.mark.parametrize("network", ["mastodon"], indirect=True)
@pytest.mark.parametrize(
    ("note", "media"),
    [({"id": "220002", "ready": True}, ["220002"]), ({"refused": "broken", "id": "220002"}, None), ({}, None)],
)
def test_mastodon_is_told_again_of_the_picture(network: Network, note: dict[str, object], media: object) -> None:
    network.edit("110001", noted={"picture": note})
    assert network.told()[2].get("media_ids") == media


@pytest.mark.parametrize("network", ["facebook"], indirect=True)
@pytest.mark.parametrize(("failed", "words"), [(1, WORDS), (2, f"{WORDS}\n\n{LEAD}")])
def test_a_post_that_stands_without_its_card_keeps_the_link(network: Network, failed: int, words: str) -> None:
    network.edit("4711_12000001", noted={"card": {"failed": failed}})
    assert network.told()[2]["message"] == words


@pytest.mark.parametrize("network", ["telegram"], indirect=True)
def test_telegram_edits_what_stands_under_a_picture(network: Network) -> None:
    network.provider.dialect.messages[17] = {"caption": "old"}
    assert network.edit("17").verdict.outcome is Outcome.SENT
    text, caption = network.provider.requests
    assert (text.path.rpartition("/")[2], caption.path.rpartition("/")[2]) == ("editMessageText", "editMessageCaption")
    assert caption.json == {"chat_id": "@harbor_gazette", "message_id": 17, "caption": WORDS}
    too_long = network.edit("17", "x" * 1_025).verdict
    assert (too_long.outcome, too_long.scope) == (Outcome.REFUSED, Scope.MESSAGE)


@pytest.mark.parametrize("network", ["telegram"], indirect=True)
def test_telegram_shows_no_preview_where_none_was_wanted(network: Network) -> None:
    network.edit("17", options={"preview": False})
    assert network.told()[2]["link_preview_options"] == {"is_disabled": True}


@pytest.mark.parametrize(
    ("network", "fault", "words"),
    [
        ("mastodon", Fault(403, {"error": "This action is outside the authorized scopes"}), "scopes"),
        ("telegram", Fault(400, {"ok": False, "error_code": 400, "description": "message can't be edited"}), "edited"),
        ("discord", Fault(403, {"message": "Cannot edit a message authored by another user", "code": 50005}), "edit"),
        ("slack", Fault(200, {"ok": False, "error": "cant_update_message"}), "cant_update"),
        ("slack", Fault(200, {"ok": False, "error": "edit_window_closed"}), "edit_window"),
        ("linkedin", Fault(403, {"message": "no", "code": "ACCESS_DENIED"}), "may post"),
        (
            "linkedin",
            Fault(422, {"message": f"Content is a duplicate of {URN}", "code": "DUPLICATE_POST"}),
            "duplicate",
        ),
        ("facebook", Fault(403, {"error": {"message": "no", "code": 200}}), "pages_manage_posts"),
    ],
    indirect=["network"],
)
def test_what_may_not_be_edited_stops_no_new_posts(network: Network, fault: Fault, words: str) -> None:
    network.provider.fails(fault)
    verdict = network.edit("4711").verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert words in verdict.reason


@pytest.mark.parametrize(
    ("network", "fault"),
    [
        ("mastodon", Fault(404, {"error": "Record not found"})),
        ("telegram", Fault(400, {"ok": False, "description": "Bad Request: message to edit not found"})),
        ("telegram", Fault(400, {"ok": False, "description": "Bad Request: MESSAGE_ID_INVALID"})),
        ("discord", Fault(404, {"message": "Unknown Message", "code": 10008})),
        ("slack", Fault(200, {"ok": False, "error": "message_not_found"})),
        ("linkedin", Fault(404, {"message": "Not found"})),
        ("facebook", Fault(400, {"error": {"message": "Object does not exist", "code": 100, "error_subcode": 33}})),
    ],
    indirect=["network"],
)
def test_what_is_gone_says_nothing_new(network: Network, fault: Fault) -> None:
    network.provider.fails(fault)
    verdict = network.edit("4711").verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert verdict.reason.endswith("nothing was edited")


@pytest.mark.parametrize(
    ("network", "fault"),
    [
        ("mastodon", Fault(200, {})),
        ("telegram", Fault(200, {"ok": True, "result": False})),
        ("discord", Fault(200, {})),
        ("slack", Fault(200, {"ok": True})),
        ("linkedin", Fault(200)),
        ("facebook", Fault(200, {"success": False})),
    ],
    indirect=["network"],
)
def test_a_success_that_does_not_say_so_is_unknown(network: Network, fault: Fault) -> None:
    network.provider.fails(fault)
    assert network.edit("4711").verdict.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("network", ["discord"], indirect=True)
def test_too_many_edits_of_an_old_message_wait(network: Network) -> None:
    network.provider.fails(Fault(400, {"message": "Maximum number of edits", "code": 30046}))
    assert network.edit("815001").verdict.outcome is Outcome.DEFERRED


@pytest.mark.parametrize("name", ["x", "threads", "bluesky", "webhook", "apprise"])
def test_a_network_that_can_not_has_a_sentence_for_it(name: str) -> None:
    sender = sender_class(name)
    assert not sender.edits
    assert sender.why_it_cannot_edit({}) == sender.cannot_edit != ""


def test_a_webhook_of_slacks_can_not_where_a_bot_can() -> None:
    slack = sender_class("slack")
    assert slack.why_it_cannot_edit({"token": "${SLACK_TOKEN}"}) == ""
    assert slack.why_it_cannot_edit({"webhook": "${SLACK_WEBHOOK}"}) == slack.why_it_stays({"webhook": "${W}"})


@pytest.mark.parametrize("name", EDITING)
def test_those_that_edit_say_so(name: str) -> None:
    assert sender_class(name).edits
    assert sender_class(name).why_it_cannot_edit({"token": "${TOKEN}"}) == ""

"""What is Telegram's own; what every sender does is in tests/conformance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.clock import now
from publisher.errors import ConfigError
from publisher.model.call import Outcome, Scope
from publisher.model.message import PictureRules, Post, PostRules
from publisher.model.post_size import fits
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.registry import build
from publisher.testing import DIALECTS, FakeProvider, Fault, MemoryJournal, call_to, sample_picture, sample_post

TOKEN = "7001:telegram-t0ken"


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("telegram") as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url)


def made(**options: object) -> Sender:
    return build(Channel("telegram", "telegram"), {"token": TOKEN, "chat": "@harbor_gazette", **options})


def verdict_of(sender: Sender, provider: FakeProvider, fault: Fault):
    provider.fails(fault)
    return sender.send(call_to(sample_post()), MemoryJournal()).verdict


def no(code: int, words: str, status: int = 0, **parameters: int) -> Fault:
    more = {"parameters": parameters} if parameters else {}
    return Fault(status or code, {"ok": False, "error_code": code, "description": words, **more})


def test_the_request_is_what_the_provider_documents(sender: Sender, provider: FakeProvider) -> None:
    answer = sender.send(call_to(sample_post()), MemoryJournal())
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", f"/bot{TOKEN}/sendMessage")
    assert request.headers["content-type"] == "application/json"
    assert request.json == {
        "chat_id": "@harbor_gazette",
        "text": "1/ The harbour reopens https://harbor.example/1",
        "link_preview_options": {"url": "https://harbor.example/1"},
    }
    assert answer.verdict.provider_id == "1"
    assert answer.verdict.url == "https://t.me/harbor_gazette/1"


def test_what_is_not_used_is_absent_from_the_request(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(replace(sample_post(), card=None)), MemoryJournal())
    assert provider.requests[0].json.keys() == {"chat_id", "text"}


def test_a_refusal_of_the_message_carries_the_providers_words(sender: Sender, provider: FakeProvider) -> None:
    verdict = sender.send(call_to(Post(("x" * 4_097,))), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert verdict.reason == "HTTP 400: Bad Request: message is too long"


@pytest.mark.parametrize("sign", ["x", "é", "日", "👍", "👨‍👩‍👧‍👦"])
def test_what_fits_is_taken_and_one_sign_more_is_not(sender: Sender, provider: FakeProvider, sign: str) -> None:
    most = 4_096 // (len(sign.encode("utf-16-le")) // 2)
    for text, outcome in ((sign * most, Outcome.SENT), (sign * (most + 1), Outcome.REFUSED)):
        assert fits(text, sender.rules) == (outcome is Outcome.SENT)
        assert sender.send(call_to(Post((text,))), MemoryJournal()).verdict.outcome is outcome


def test_the_editor_decides_where_how_loud_and_with_which_preview(provider: FakeProvider) -> None:
    provider.dialect = DIALECTS["telegram"](chat="-1001234567890")
    sender = made(base_url=provider.url, chat=-1001234567890, topic=7, silent=True, preview=False)
    answer = sender.send(call_to(sample_post()), MemoryJournal())
    assert provider.requests[0].json == {
        "chat_id": -1001234567890,
        "message_thread_id": 7,
        "disable_notification": True,
        "text": "1/ The harbour reopens https://harbor.example/1",
        "link_preview_options": {"is_disabled": True},
    }
    assert answer.verdict.url == "https://t.me/c/1234567890/1"


def test_a_group_without_addresses_has_no_link(provider: FakeProvider) -> None:
    provider.dialect = DIALECTS["telegram"](chat="-4711")
    verdict = made(base_url=provider.url, chat="-4711").send(call_to(sample_post()), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.url) == (Outcome.SENT, "")


def test_nothing_in_a_text_is_markup(sender: Sender, provider: FakeProvider) -> None:
    text = '<b>Ferries</b> *sail* & <a href="tg://user?id=7">call</a> [all](tg://user?id=8)'
    assert sender.send(call_to(Post((text,))), MemoryJournal()).verdict.outcome is Outcome.SENT
    assert provider.requests[0].json == {"chat_id": "@harbor_gazette", "text": text}


def test_a_thread_is_posted_part_by_part(sender: Sender, provider: FakeProvider) -> None:
    answer = sender.send(call_to(sample_post(3)), MemoryJournal())
    bodies = [request.json for request in provider.requests]
    assert [body.get("reply_parameters") for body in bodies] == [None, {"message_id": 1}, {"message_id": 2}]
    assert ["link_preview_options" in body for body in bodies] == [True, False, False]
    assert answer.verdict.url == "https://t.me/harbor_gazette/1"


def test_an_empty_post_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    for parts in ((), ("",), ("one", "  ")):
        assert sender.send(call_to(Post(parts)), MemoryJournal()).verdict.outcome is Outcome.REFUSED
    assert provider.requests == []


@pytest.mark.parametrize("status", [429, 200])
def test_the_wait_in_the_answer_is_kept(sender: Sender, provider: FakeProvider, status: int) -> None:
    verdict = verdict_of(sender, provider, no(429, "Too Many Requests: retry after 35", status, retry_after=35))
    assert verdict.outcome is Outcome.DEFERRED
    assert abs(verdict.until - now() - timedelta(seconds=35)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("code", "words", "remedy"),
    [
        (401, "Unauthorized", "@BotFather"),
        (404, "Not Found", "@BotFather"),
        (400, "Bad Request: chat not found", "check `chat`"),
        (400, "Bad Request: message thread not found", "check `topic`"),
        (400, "Bad Request: not enough rights to send text messages to the chat", "administrator"),
        (400, "Bad Request: need administrator rights in the channel chat", "administrator"),
        (403, "Forbidden: bot was kicked from the channel chat", "into the chat again"),
        (403, "Forbidden: bot is not a member of the channel chat", "into the chat"),
    ],
)
def test_what_is_no_fault_of_the_post_stops_the_channel_and_says_what_to_mend(
    sender: Sender, provider: FakeProvider, code: int, words: str, remedy: str
) -> None:
    for status in (code, 200):  # an error inside a success is one
        if (code, status) == (404, 200):
            continue  # where there is no method nobody answers 200
        verdict = verdict_of(sender, provider, no(code, words, status))
        assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
        assert verdict.reason.startswith(f"HTTP {code}: {words}; ")
        assert remedy in verdict.reason


def test_a_group_that_moved_stops_the_channel_with_its_new_number(sender: Sender, provider: FakeProvider) -> None:
    words = "Bad Request: group chat was upgraded to a supergroup chat"
    verdict = verdict_of(sender, provider, no(400, words, migrate_to_chat_id=-1009))
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
    assert verdict.reason.endswith("write `chat: -1009`")


@pytest.mark.parametrize(
    "fault",
    [
        no(500, "Internal Server Error"),
        no(502, "Bad Gateway", 200),
        Fault(200, {"ok": True, "result": True}, accept=True),
        Fault(200, {"ok": False}, accept=True),
    ],
)
def test_what_may_have_been_taken_is_unknown_and_nobody_can_be_asked(
    sender: Sender, provider: FakeProvider, fault: Fault
) -> None:
    assert verdict_of(sender, provider, fault).outcome is Outcome.UNKNOWN
    assert (sender.idempotent_for, sender.asked_for) == (None, None)


def test_a_picture_has_the_posts_words_under_it(provider: FakeProvider) -> None:
    provider.dialect = DIALECTS["telegram"](chat="-1001234567890")
    sender = made(base_url=provider.url, chat=-1001234567890, topic=7, silent=True)
    answer = sender.send(call_to(sample_post(2), picture=sample_picture()), MemoryJournal())
    first, second = provider.requests
    assert (first.method, first.path) == ("POST", f"/bot{TOKEN}/sendPhoto")
    fields = {name: part.text for name, part in first.parts.items() if not part.type}
    assert fields == {
        "chat_id": "-1001234567890",
        "message_thread_id": "7",
        "disable_notification": "true",
        "caption": "1/ The harbour reopens https://harbor.example/1",
    }
    photo = first.parts["photo"]
    assert (photo.name, photo.type, photo.content) == ("picture.jpg", "image/jpeg", sample_picture().content)
    assert (second.path, second.json["reply_parameters"]) == (f"/bot{TOKEN}/sendMessage", {"message_id": 1})
    assert answer.verdict.url == "https://t.me/c/1234567890/1"


@pytest.mark.parametrize("sign", ["x", "👍"])
def test_what_fits_under_a_picture_is_shown_with_it_and_one_sign_more_without(
    sender: Sender, provider: FakeProvider, sign: str
) -> None:
    most = 1_024 // (len(sign.encode("utf-16-le")) // 2)
    for text in (sign * most, sign * (most + 1)):
        verdict = sender.send(call_to(Post((text,)), picture=sample_picture()), MemoryJournal()).verdict
        assert verdict.outcome is Outcome.SENT
    assert verdict.reason == "sent without its picture: HTTP 400: Bad Request: message caption is too long"
    methods = [request.path.rpartition("/")[2] for request in provider.requests]
    assert methods == ["sendPhoto", "sendPhoto", "sendMessage"]


def test_the_limits_are_the_networks() -> None:
    pictures = PictureRules(most_bytes=8_000_000, most_alt=0, most_text=1_024)
    assert made().rules == PostRules("telegram", 4_096, unit="utf16", threads=True, uploads=pictures)


@pytest.mark.parametrize("chat", ["gazette", "@a", "@harbor gazette", "https://t.me/gazette", "", True, 1.5, None])
def test_a_chat_that_can_not_be_meant_is_refused(chat: object) -> None:
    with pytest.raises(ConfigError, match="`chat`"):
        made(chat=chat)

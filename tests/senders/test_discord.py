"""What is Discord's own; what every sender does is in tests/conformance."""

from __future__ import annotations

import json
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
from publisher.senders.discord_payload import as_it_is
from publisher.senders.registry import build
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_picture, sample_post

WEBHOOK = "https://discord.com/api/webhooks/4711/discord-t0ken"
BOT = {"webhook": None, "token": "discord-t0ken", "channel": 815}


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("discord") as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url)


@pytest.fixture
def bot(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url, **BOT)


def made(**options: object) -> Sender:
    return build(Channel("discord", "discord"), {"webhook": WEBHOOK, "server": "1", **options})


def verdict_of(sender: Sender, provider: FakeProvider, fault: Fault):
    provider.fails(fault)
    return sender.send(call_to(sample_post()), MemoryJournal()).verdict


def no(status: int, code: int, words: str = "no", **more: object) -> Fault:
    return Fault(status, {"message": words, "code": code, **more})


def test_the_request_is_what_the_provider_documents(sender: Sender, provider: FakeProvider) -> None:
    answer = sender.send(call_to(sample_post()), MemoryJournal())
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/api/v10/webhooks/4711/discord-t0ken?wait=true")
    assert "authorization" not in request.headers
    assert request.json == {
        "content": "1/ The harbour reopens https://harbor.example/1",
        "allowed_mentions": {"parse": []},
    }
    assert [answer.verdict.provider_id] == [taken.id for taken in provider.accepted]
    assert answer.verdict.url == f"https://discord.com/channels/1/815/{answer.verdict.provider_id}"


def test_the_request_of_a_bot_is_what_the_provider_documents(bot: Sender, provider: FakeProvider) -> None:
    bot.send(call_to(sample_post()), MemoryJournal())
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/api/v10/channels/815/messages")
    assert request.headers["authorization"] == "Bot discord-t0ken"
    nonce = request.json["nonce"]
    assert len(nonce) <= 25
    assert request.json == {
        "content": "1/ The harbour reopens https://harbor.example/1",
        "allowed_mentions": {"parse": []},
        "nonce": nonce,
        "enforce_nonce": True,
    }


def test_the_editor_decides_where_how_loud_and_with_which_preview(provider: FakeProvider) -> None:
    sender = made(base_url=provider.url, thread=42, silent=True, preview=False, server=None)
    verdict = sender.send(call_to(sample_post()), MemoryJournal()).verdict
    assert provider.requests[0].path.endswith("?wait=true&thread_id=42")
    assert provider.requests[0].json["flags"] == 4 + 4_096
    assert (verdict.outcome, verdict.url) == (Outcome.SENT, "")


def test_nobody_is_mentioned_and_nothing_is_markup(sender: Sender, provider: FakeProvider) -> None:
    text = "@everyone <@7> *sail* at_last\n# Now\n> so https://harbor.example/a_b_(c)*"
    sender.send(call_to(Post((text,))), MemoryJournal())
    assert provider.requests[0].json == {
        "content": "@everyone \\<@7> \\*sail\\* at\\_last\n\\# Now\n\\> so https://harbor.example/a_b_(c)\\*",
        "allowed_mentions": {"parse": []},
    }


def test_a_text_that_grows_too_long_stays_as_it_is() -> None:
    assert as_it_is("*" * 1_000) == "\\*" * 1_000
    assert as_it_is("*" * 1_001) == "*" * 1_001


@pytest.mark.parametrize("sign", ["x", "_", "日", "👍", "👨‍👩‍👧‍👦"])
def test_what_fits_is_taken_and_one_sign_more_is_not(sender: Sender, provider: FakeProvider, sign: str) -> None:
    most = 2_000 // (len(sign.encode("utf-16-le")) // 2)
    for text, outcome in ((sign * most, Outcome.SENT), (sign * (most + 1), Outcome.REFUSED)):
        assert fits(text, sender.rules) == (outcome is Outcome.SENT)
        assert sender.send(call_to(Post((text,))), MemoryJournal()).verdict.outcome is outcome


def test_a_refusal_of_the_message_carries_the_providers_words(sender: Sender, provider: FakeProvider) -> None:
    verdict = sender.send(call_to(Post(("x" * 2_001,))), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert verdict.reason == "HTTP 400: Invalid Form Body: Must be 2000 or fewer in length."


def test_a_thread_of_a_webhook_follows_and_that_of_a_bot_answers(
    sender: Sender, bot: Sender, provider: FakeProvider
) -> None:
    for each in (sender, bot):
        each.send(call_to(sample_post(3)), MemoryJournal())
    bodies = [request.json for request in provider.requests]
    made = [taken.id for taken in provider.accepted]
    parents = [body.get("message_reference", {}).get("message_id", "") for body in bodies]
    assert parents == ["", "", "", "", made[3], made[4]]
    assert len({body["nonce"] for body in bodies[3:]}) == 3


def test_an_empty_post_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    for parts in ((), ("",), ("one", "  ")):
        assert sender.send(call_to(Post(parts)), MemoryJournal()).verdict.outcome is Outcome.REFUSED
    assert provider.requests == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(429, {"message": "slowly", "retry_after": 1.5, "global": False}, {"Retry-After": "60"}),
        Fault(429, "", {"X-RateLimit-Reset-After": "1.5"}),
        no(400, 20028, retry_after=1.5),
        no(503, 130000, retry_after=1.5),
    ],
)
def test_the_wait_in_the_answer_is_kept(sender: Sender, provider: FakeProvider, fault: Fault) -> None:
    verdict = verdict_of(sender, provider, fault)
    assert verdict.outcome is Outcome.DEFERRED
    assert timedelta() < verdict.until - now() <= timedelta(seconds=1.5)


@pytest.mark.parametrize(
    ("fault", "remedy"),
    [
        (no(404, 10015, "Unknown Webhook"), "write a webhook that there is"),
        (no(401, 50027, "Invalid Webhook Token"), "write a webhook that there is"),
        (no(404, 10003, "Unknown Channel"), "check `channel`"),
        (no(403, 50013, "Missing Permissions"), "let the bot"),
        (no(400, 220001, "Webhooks posted to forum channels must have a thread_name or thread_id"), "`thread`"),
        (no(400, 50083, "Thread is archived"), "open the thread again"),
        (Fault(404, ""), "check `webhook`"),
    ],
)
def test_what_is_no_fault_of_the_post_stops_the_channel_and_says_what_to_mend(
    sender: Sender, provider: FakeProvider, fault: Fault, remedy: str
) -> None:
    verdict = verdict_of(sender, provider, fault)
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
    assert remedy in verdict.reason


@pytest.mark.parametrize("code", [200000, 240000, 40005, 50006, 10008])
def test_a_refused_post_is_final(sender: Sender, provider: FakeProvider, code: int) -> None:
    verdict = verdict_of(sender, provider, no(404 if code == 10008 else 400, code))
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)


def test_a_success_that_names_no_message_is_unknown(sender: Sender, provider: FakeProvider) -> None:
    assert verdict_of(sender, provider, Fault(204, "")).outcome is Outcome.UNKNOWN


def test_a_bot_is_asked_about_its_own_post_and_a_webhook_can_not_be(
    sender: Sender, bot: Sender, provider: FakeProvider
) -> None:
    assert (sender.idempotent_for, sender.asked_for) == (None, None)
    assert (bot.idempotent_for, bot.asked_for) == (timedelta(minutes=3), timedelta(days=1))
    call, journal = replace(call_to(Post(("so *it* is", "and so on"))), spoke_at=now()), MemoryJournal()
    sender.send(call, MemoryJournal())  # the same words, said by another
    assert bot.ask(call).verdict.outcome is Outcome.UNKNOWN
    assert "?limit=100&after=" in provider.requests[-1].path
    provider.fails(Fault(accept=True, delay=0.001), Fault.server_error())
    bot.send(call, journal)
    assert bot.ask(call).verdict.outcome is Outcome.UNKNOWN  # half a thread
    said = bot.send(call, journal).verdict
    assert bot.ask(call).verdict == said
    assert bot.ask(replace(call, spoke_at=now() + timedelta(minutes=3))).verdict.outcome is Outcome.UNKNOWN
    assert sender.ask(call).verdict.outcome is Outcome.UNKNOWN


def test_a_picture_goes_in_the_posts_request_in_the_place_of_a_preview(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_post(2), picture=sample_picture()), MemoryJournal())
    first, second = provider.requests
    assert json.loads(first.parts["payload_json"].text) == {
        "content": "1/ The harbour reopens https://harbor.example/1",
        "allowed_mentions": {"parse": []},
        "attachments": [{"id": 0, "filename": "picture.jpg", "description": "A ferry leaves the quay"}],
        "flags": 4,
    }
    file = first.parts["files[0]"]
    assert (file.name, file.type, file.content) == ("picture.jpg", "image/jpeg", sample_picture().content)
    assert "attachments" not in second.json


def test_a_picture_that_nobody_described_has_no_description(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_post(), picture=replace(sample_picture(), alt="")), MemoryJournal())
    said = json.loads(provider.requests[0].parts["payload_json"].text)
    assert said["attachments"] == [{"id": 0, "filename": "picture.jpg"}]


def test_a_post_that_is_too_large_with_its_picture_goes_without_and_keeps_its_preview(
    sender: Sender, provider: FakeProvider
) -> None:
    provider.fails(Fault(413, {"message": "Request entity too large", "code": 40005}))
    verdict = sender.send(call_to(sample_post(), picture=sample_picture()), MemoryJournal()).verdict
    assert verdict.outcome is Outcome.SENT
    assert verdict.reason == "sent without its picture: HTTP 413: Request entity too large"
    assert provider.requests[1].json.keys() == {"content", "allowed_mentions"}


def test_words_that_are_refused_are_refused_with_a_picture_too(sender: Sender, provider: FakeProvider) -> None:
    verdict = sender.send(call_to(Post(("x" * 2_001,)), picture=sample_picture()), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert "2000 or fewer" in verdict.reason


def test_the_limits_are_the_networks() -> None:
    pictures = PictureRules(most_bytes=8_000_000, most_alt=1_024)
    assert made().rules == PostRules("discord", 2_000, unit="utf16", threads=True, uploads=pictures)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"webhook": None}, "needs either `webhook`, or `token` and `channel`"),
        ({"token": "x"}, "needs either `webhook`, or `token` and `channel`"),
        ({"webhook": None, "token": "x"}, "needs `channel` beside `token`"),
        ({"channel": "8"}, "`webhook`, which knows its channel"),
        ({**BOT, "thread": "8"}, "leave `thread` out"),
        ({"webhook": "https://discord.com/channels/1/2"}, "`webhook` must be the address of a webhook"),
        ({"webhook": f"{WEBHOOK}/slack"}, "`webhook` must be the address of a webhook"),
        ({"thread": "news"}, "`thread` must be a number"),
    ],
)
def test_what_can_not_be_meant_is_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        made(**options)

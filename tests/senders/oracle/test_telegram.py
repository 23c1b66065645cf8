"""What we say to Telegram, before a server for tests of bots that somebody else wrote.

It keeps what bots say, and knows posts, answers and deletions. It has no pictures, no limits and no names of chats, and
refuses in words of its own: of these our fake alone is a judge.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from publisher.model.call import Call, Outcome
from publisher.model.message import Correction, Post, Withdrawal
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.registry import build
from publisher.testing import MemoryJournal, call_to, sample_picture, sample_post
from tests.judges import tools
from tests.senders.oracle.node import free_port, serving
from tests.senders.oracle.texts import texts

pytestmark = pytest.mark.web

CHAT = -1001234567890


class Room:
    """A chat of one test's bot."""

    def __init__(self, url: str) -> None:
        self.url, self.token = url, f"{random.randrange(10**9)}:telegram-t0ken"

    def sender(self) -> Sender:
        given = {"token": self.token, "chat": CHAT, "base_url": self.url}
        return build(Channel("telegram", "telegram"), given)

    def messages(self) -> list[dict[str, Any]]:
        """Return what stands there, oldest first."""
        said = requests.post(f"{self.url}/getUpdatesHistory", json={"token": self.token}, timeout=20).json()
        return [{"id": str(each["messageId"]), **each["message"]} for each in said["result"]]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    if words := tools.package("telegram-test-api"):
        pytest.skip(words)
    port = free_port()
    with serving("telegram_server.mjs", port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def room(server: str) -> Room:
    return Room(server)


@pytest.fixture
def sender(room: Room) -> Iterator[Sender]:
    made = room.sender()
    yield made
    made.http.close()


def test_a_post_stands_as_it_was_meant(sender: Sender, room: Room) -> None:
    verdict = sender.send(call_to(sample_post()), MemoryJournal()).verdict
    (standing,) = room.messages()
    assert (verdict.outcome, verdict.provider_id) == (Outcome.SENT, standing["id"])
    assert (standing["chat_id"], standing["text"]) == (CHAT, "1/ The harbour reopens https://harbor.example/1")
    assert standing["link_preview_options"] == {"url": "https://harbor.example/1"}


def test_a_thread_said_ten_times_stands_once_part_under_part(sender: Sender, room: Room) -> None:
    journal, call = MemoryJournal(), call_to(sample_post(3))
    for _ in range(10):
        assert sender.send(call, journal).verdict.outcome is Outcome.SENT
    first, second, third = room.messages()
    assert [each["text"] for each in (first, second, third)] == list(sample_post(3).parts)
    answered = [each.get("reply_parameters", {}).get("message_id") for each in (first, second, third)]
    assert answered == [None, int(first["id"]), int(second["id"])]


def test_whatever_the_text_it_stands_to_the_letter(sender: Sender, room: Room) -> None:
    said = [text for text in texts(random.Random(11), 200) if text.strip()]
    for text in said:
        assert sender.send(call_to(Post((text,))), MemoryJournal()).verdict.outcome is Outcome.SENT
    assert [each["text"] for each in room.messages()] == said


def test_a_thread_is_taken_down_last_part_first(sender: Sender, room: Room) -> None:
    """It says `null` for what it deleted, where Telegram says `true`: in doubt, so each part is asked for once more."""
    call, journal = _withdrawal(sender, parts=2), MemoryJournal()
    assert sender.withdraw(call, journal).verdict.outcome is Outcome.UNKNOWN
    assert [each["text"] for each in room.messages()] == [sample_post(2).parts[0]]
    again = sender.withdraw(call, journal).verdict
    assert (again.outcome, again.reason.partition(":")[0]) == (Outcome.REFUSED, "part 2 of 2")  # in words of its own
    assert len(room.messages()) == 1


def test_a_post_says_its_new_words_under_the_same_number(sender: Sender, room: Room) -> None:
    """It says `null` of what it edited too, where Telegram says the message: in doubt, and twice is the same."""
    call = _withdrawal(sender, parts=1)
    assert isinstance(call.message, Withdrawal)
    new = Post(("1/ The harbour stays closed",))
    correction = replace(call, message=Correction(call.message.parts, new))
    for _ in range(2):
        assert sender.edit(correction, MemoryJournal()).verdict.outcome is Outcome.UNKNOWN
        (standing,) = room.messages()
        assert ((standing["id"],), (standing["text"],)) == (call.message.parts, new.parts)


def test_a_picture_that_it_knows_nothing_of_leaves_doubt_and_is_not_said_again_without(
    sender: Sender, room: Room
) -> None:
    verdict = sender.send(call_to(sample_post(), picture=sample_picture()), MemoryJournal()).verdict
    assert (verdict.outcome, "'sendPhoto' is not supported" in verdict.reason) == (Outcome.UNKNOWN, True)
    assert room.messages() == []


def _withdrawal(sender: Sender, *, parts: int) -> Call:
    journal = MemoryJournal()
    verdict = sender.send(call_to(sample_post(parts)), journal).verdict
    notes = [journal.noted(f"part {number + 1}") for number in range(parts)]
    posted = [str(note["id"]) for note in notes if note] or [verdict.provider_id]
    return call_to(Withdrawal(tuple(posted)))

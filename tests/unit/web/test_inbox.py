"""The inbox keeps the newest messages, through restarts, for several processes."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from publisher.errors import PublisherError
from publisher.web.inbox import Inbox


def test_a_message_is_there_after_a_restart(tmp_path):
    message_id = Inbox(tmp_path / "inbox").add("mail", {"Subject": "Ferry – wieder da"})
    found = Inbox(tmp_path / "inbox").get(message_id)
    assert (found["Subject"], found["kind"]) == ("Ferry – wieder da", "mail")
    assert found["received_at"].tzinfo is not None


def test_messages_come_newest_first_and_in_pages(tmp_path):
    inbox = Inbox(tmp_path)
    for number in range(5):
        inbox.add("mail", {"number": number})
    assert [each["number"] for each in inbox.latest("mail")] == [4, 3, 2, 1, 0]
    assert [each["number"] for each in inbox.latest("mail", start=2, limit=2)] == [2, 1]


def test_only_the_newest_are_kept(tmp_path):
    inbox = Inbox(tmp_path, keep=3)
    for number in range(6):
        inbox.add("mail" if number % 2 else "post", {"number": number})
    assert inbox.count("mail") + inbox.count("post") == 3
    assert [each["number"] for each in inbox.latest("mail")] == [5, 3]


def test_the_same_key_is_the_same_message(tmp_path):
    inbox = Inbox(tmp_path)
    assert inbox.add("post", {"n": 1}, key="mastodon\nabc") == inbox.add("post", {"n": 2}, key="mastodon\nabc")
    assert [each["n"] for each in inbox.latest("post")] == [1]


def test_the_same_key_at_the_same_moment_is_kept_once(tmp_path):
    inbox = Inbox(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda n: inbox.add("post", {"n": n}, key="one"), range(40)))
    assert len(ids) == 1
    assert inbox.count("post") == 1


def test_another_process_may_write_at_the_same_time(tmp_path):
    code = f"""
from pathlib import Path
from publisher.web.inbox import Inbox
inbox = Inbox(Path({str(tmp_path)!r}), keep=50)
for n in range(60): inbox.add("mail", {{"n": n}})
"""
    other = subprocess.Popen([sys.executable, "-c", code])
    inbox = Inbox(tmp_path, keep=50)
    for n in range(60):
        inbox.add("mail", {"n": n})
        inbox.latest("mail")
    assert other.wait(30) == 0
    assert inbox.count("mail") == 50
    assert len(inbox.latest("mail", limit=50)) == 50


def test_what_is_no_message_is_passed_over(tmp_path):
    inbox = Inbox(tmp_path)
    message_id = inbox.add("mail", {"n": 1})
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / f"{'9' * 20}-mail-{'a' * 32}.json").write_text("{ damaged")
    assert [each["id"] for each in inbox.latest("mail")] == [message_id]
    assert (tmp_path / "notes.txt").exists()


@pytest.mark.parametrize("asked", ["", "../../etc/passwd", "*", "mail"])
def test_an_id_that_is_none_finds_nothing(tmp_path, asked):
    inbox = Inbox(tmp_path)
    inbox.add("mail", {"n": 1})
    assert inbox.get(asked) is None


@pytest.mark.skipif(os.name != "posix", reason="links and modes of POSIX")
def test_a_folder_that_cannot_be_written_is_said_in_words(tmp_path):
    (tmp_path / "inbox").write_text("a file where the folder should be")
    with pytest.raises(PublisherError, match="the inbox can't be written"):
        Inbox(tmp_path / "inbox").add("mail", {})

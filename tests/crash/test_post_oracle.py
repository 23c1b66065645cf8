"""The oracle of posts convicts each kind of guilt, on ledgers and logs made by hand, and acquits the innocent."""

from __future__ import annotations

import json
import sqlite3

import pytest

from tests.crash.oracle import STATES
from tests.crash.post_oracle import judge_posts

SCHEMA = f"""
CREATE TABLE sends (id INTEGER PRIMARY KEY, state TEXT, candidates INTEGER,
                    {", ".join(f"{state} INTEGER" for state in STATES)});
CREATE TABLE messages (send_id INTEGER, content TEXT);
CREATE TABLE deliveries (id INTEGER PRIMARY KEY, send_id INTEGER, state TEXT, call_id INTEGER, reason TEXT);
CREATE TABLE calls (id INTEGER PRIMARY KEY, state TEXT, reason TEXT, provider_id TEXT, spoke_at INTEGER,
                    closed_at INTEGER, process_id INTEGER, size INTEGER);
CREATE TABLE outcomes (call_id INTEGER, delivery_id INTEGER, reason TEXT);
"""


class Case:
    """Three stories that were sent: a post, a post with a picture, a thread of two; then made guilty by hand."""

    def __init__(self, folder):
        self.database, self.log = folder / "publisher.db", folder / "network.jsonl"
        self.lines: list[dict] = []
        self.conn = sqlite3.connect(self.database)
        self.conn.executescript(SCHEMA)
        for story, parts, upload in ((1, 1, None), (2, 1, {"alt": "A ferry"}), (3, 2, None)):
            texts = [f"Story {story}, part {part} of {parts}: the harbour" for part in range(1, parts + 1)]
            self.say(f"INSERT INTO sends VALUES ({story}, 'done', 1, 0, 0, 1, 0, 0, 0, 0, 0)")
            content = json.dumps({"parts": texts, "upload": upload})
            self.conn.execute("INSERT INTO messages VALUES (?, ?)", (story, content))
            self.say(f"INSERT INTO deliveries VALUES ({story}, {story}, 'sent', {story}, NULL)")
            self.say(f"INSERT INTO calls VALUES ({story}, 'answered', NULL, '{story}.1', 1, 2, 1, 1)")
            for part in range(1, parts + 1):
                self.take(story, part, shows=upload is not None)

    def take(self, story, part, *, shows=False, ended="taken"):
        which = {"story": story, "part": part}
        if ended == "taken":
            self.lines.append({"did": "accepted", **which, "id": f"{story}.{part}", "shows": shows})
        self.lines.append({"did": "heard", **which, "ended": ended})

    def forget(self, story, part):
        self.lines = [line for line in self.lines if (line["story"], line["part"]) != (story, part)]

    def say(self, sql):
        self.conn.execute(sql)

    def set_state(self, story, state, reason=""):
        """Move a delivery as an honest dispatcher would: rows and books."""
        self.say(f"UPDATE deliveries SET state = '{state}', reason = '{reason}' WHERE id = {story}")
        self.say(f"UPDATE sends SET sent = sent - 1, {state} = {state} + 1 WHERE id = {story}")
        if state == "unknown":
            self.say(f"UPDATE calls SET state = 'unknown', reason = '{reason}' WHERE id = {story}")

    def verdict(self, *, repeats=False):
        self.conn.commit()
        self.log.write_text("".join(json.dumps(line) + "\n" for line in self.lines))
        return judge_posts(self.database, self.log, repeats=repeats)


@pytest.fixture
def case(tmp_path):
    return Case(tmp_path)


def test_the_innocent_are_acquitted(case):
    verdict = case.verdict()
    assert verdict.faults == {}
    assert (verdict.figures["sent"], verdict.figures["network_accepted"]) == (3, 4)


@pytest.mark.parametrize("part", [1, 2])
def test_a_thread_that_says_sent_and_lacks_a_part_is_lost(case, part):
    case.forget(3, part)
    assert case.verdict().faults["lost"] == 1


@pytest.mark.parametrize("state", ["pending", "taken"])
def test_what_nobody_carries_on_is_lost(case, state):
    case.set_state(1, state)
    assert case.verdict().faults["lost"] == 1


def test_what_was_taken_twice_is_doubled_whatever_the_network_can_prove(case):
    case.take(1, 1)
    assert case.verdict(repeats=True).faults == {"doubled": 1}
    assert case.verdict(repeats=False).faults == {"doubled": 1, "resent": 1}


@pytest.mark.parametrize(("ended", "faults"), [("in doubt", {"resent": 1}), ("put off", {}), ("refused", {})])
def test_what_is_in_doubt_is_said_again_only_where_it_can_be_proved(case, ended, faults):
    case.forget(1, 1)
    case.take(1, 1, ended=ended)
    case.take(1, 1)
    assert case.verdict(repeats=False).faults == faults
    assert case.verdict(repeats=True).faults == {}


def test_unknown_is_fine_when_it_says_why_whether_it_arrived_or_not(case):
    case.set_state(1, "unknown", "no answer in time")
    case.set_state(2, "unknown", "no answer in time")
    case.forget(1, 1)
    verdict = case.verdict()
    assert (verdict.faults, verdict.figures["unknown_accepted"]) == ({}, 1)


def test_unknown_without_a_reason_is_unlisted(case):
    case.set_state(1, "unknown")
    assert case.verdict().faults == {"unlisted": 1}


def test_what_was_taken_may_not_be_denied(case):
    case.set_state(1, "failed", "gave up")
    assert case.verdict().faults == {"denied": 1}


@pytest.mark.parametrize(("reason", "faults"), [("part 2 of 2: no; 1 already posted", {}), ("no", {"denied": 1})])
def test_a_thread_that_broke_off_says_how_far_it_came(case, reason, faults):
    case.set_state(3, "failed", reason)
    case.forget(3, 2)
    assert case.verdict().faults == faults


def test_a_failure_without_a_reason_is_seen(case):
    case.set_state(1, "failed")
    case.forget(1, 1)
    assert case.verdict().faults == {"unreasoned": 1}


def test_a_post_under_the_name_of_another_is_misnamed(case):
    case.say("UPDATE calls SET provider_id = '2.1' WHERE id = 1")
    assert case.verdict().faults == {"misnamed": 1}


def test_a_picture_that_is_left_out_without_a_word_is_seen(case):
    case.lines = [{**line, "shows": False} for line in case.lines]
    assert case.verdict().faults == {"bare": 1}
    case.say("UPDATE calls SET reason = 'sent without its picture: too large' WHERE id = 2")
    assert case.verdict().faults == {}


def test_a_thread_in_another_order_is_seen(case):
    case.forget(3, 1)
    case.take(3, 1)
    assert case.verdict().faults == {"disordered": 1}


def test_what_the_ledger_never_wrote_is_unexpected(case):
    case.take(9, 1)
    assert case.verdict().faults == {"unexpected": 1}


def test_books_that_do_not_balance_are_seen(case):
    case.say("UPDATE sends SET candidates = 2 WHERE id = 1")
    assert case.verdict().faults == {"unbalanced": 1}

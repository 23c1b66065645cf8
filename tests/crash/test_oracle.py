"""The oracle convicts each kind of guilt, on ledgers and logs made by hand, and acquits the innocent."""

from __future__ import annotations

import json
import sqlite3

import pytest

from tests.crash.oracle import STATES, judge

SCHEMA = f"""
CREATE TABLE sends (id INTEGER PRIMARY KEY, edition_id INTEGER, kind TEXT, state TEXT, candidates INTEGER,
                    {", ".join(f"{state} INTEGER" for state in STATES)});
CREATE TABLE subscribers (id INTEGER PRIMARY KEY, email TEXT);
CREATE TABLE recipients (id INTEGER PRIMARY KEY, subscriber_id INTEGER);
CREATE TABLE deliveries (id INTEGER PRIMARY KEY, send_id INTEGER, recipient_id INTEGER, state TEXT, call_id INTEGER);
CREATE TABLE calls (id INTEGER PRIMARY KEY, state TEXT, reason TEXT, spoke_at INTEGER, closed_at INTEGER,
                    process_id INTEGER, size INTEGER);
CREATE TABLE outcomes (call_id INTEGER, delivery_id INTEGER, reason TEXT);
"""


class Case:
    """One send to four readers, all sent by a call each; then made guilty by hand."""

    def __init__(self, folder):
        self.database, self.log = folder / "publisher.db", folder / "sink.jsonl"
        self.lines: list[dict] = []
        self.conn = sqlite3.connect(self.database)
        self.conn.executescript(SCHEMA)
        self.conn.execute("INSERT INTO sends VALUES (1, 1, 'regular', 'done', 4, 0, 0, 4, 0, 0, 0, 0, 0)")
        for n in range(1, 5):
            self.conn.execute("INSERT INTO subscribers VALUES (?, ?)", (n, f"r{n}@example.org"))
            self.conn.execute("INSERT INTO recipients VALUES (?, ?)", (n, n))
            self.conn.execute("INSERT INTO deliveries VALUES (?, 1, ?, 'sent', ?)", (n, n, n))
            self.conn.execute("INSERT INTO calls VALUES (?, 'answered', NULL, 1, 2, 1, 1)", (n,))
            self.accept(n)

    def accept(self, n, *, key="", to=""):
        line = {"n": len(self.lines), "at": 1.0, "did": "accepted", "key": key or f"key-{n}"}
        self.lines.append({**line, "to": to or f"r{n}@example.org", "ref": f"d{n}-00ff"})

    def say(self, sql):
        self.conn.execute(sql)

    def set_state(self, n, state):
        """Move a delivery as an honest dispatcher would: rows and books."""
        self.say(f"UPDATE deliveries SET state = '{state}' WHERE id = {n}")
        self.say(f"UPDATE sends SET sent = sent - 1, {state} = {state} + 1")

    def set_unknown(self, n):
        self.set_state(n, "unknown")
        self.say(f"UPDATE calls SET state = 'unknown', reason = 'the process ended' WHERE id = {n}")

    def verdict(self, **options):
        self.conn.commit()
        self.log.write_text("".join(json.dumps(line) + "\n" for line in self.lines))
        return judge(self.database, self.log, **options)


@pytest.fixture
def case(tmp_path):
    return Case(tmp_path)


def test_the_innocent_are_acquitted(case):
    verdict = case.verdict(audience=[f"r{n}@example.org" for n in range(1, 5)])
    assert verdict.faults == {}
    assert verdict.figures["sent"] == verdict.figures["sink_accepted"] == 4


def test_sent_that_the_sink_never_had_is_lost(case):
    case.lines.pop()
    assert case.verdict().faults == {"lost": 1}


def test_a_reader_without_a_delivery_is_lost(case):
    case.say("DELETE FROM deliveries WHERE id = 4")
    case.say("UPDATE sends SET sent = 3, candidates = 3")
    case.lines.pop()
    assert case.verdict(audience=[f"r{n}@example.org" for n in range(1, 5)]).faults == {"lost": 1}


@pytest.mark.parametrize("state", ["pending", "taken"])
def test_what_nobody_carries_on_is_lost(case, state):
    case.set_state(4, state)
    case.say("UPDATE sends SET state = 'sending'")
    case.lines.pop()
    faults = case.verdict().faults
    assert faults["lost"] == 1
    assert "lost" not in case.verdict(is_settled=False).faults


@pytest.mark.parametrize("key", ["key-4", "key-other"])
def test_accepted_twice_is_doubled_under_one_key_or_two(case, key):
    case.accept(4, key=key)
    assert case.verdict().faults == {"doubled": 1}
    forgiven = case.verdict(may_double=True)
    assert (forgiven.faults, forgiven.figures["doubled"]) == ({}, 1)


def test_the_same_edition_by_another_delivery_is_doubled(case):
    case.say("INSERT INTO deliveries VALUES (5, 1, 4, 'sent', 4)")
    case.say("UPDATE sends SET sent = 5, candidates = 5")
    case.accept(5, to="r4@example.org")
    assert case.verdict().faults == {"doubled": 1}


def test_unknown_is_fine_when_its_call_says_why_whether_it_arrived_or_not(case):
    case.set_unknown(3)
    case.set_unknown(4)
    case.lines.pop()
    verdict = case.verdict()
    assert (verdict.faults, verdict.figures["unknown_accepted"]) == ({}, 1)


def test_unknown_without_a_reason_is_unlisted(case):
    case.set_unknown(4)
    case.say("UPDATE calls SET reason = NULL")
    assert case.verdict().faults == {"unlisted": 1}


def test_pending_though_accepted_would_be_sent_again(case):
    case.set_state(4, "pending")
    case.say("UPDATE sends SET state = 'sending'")
    assert case.verdict(is_settled=False).faults == {"forgotten": 1}


@pytest.mark.parametrize("state", ["failed", "suppressed", "excluded", "cancelled"])
def test_accepted_may_not_be_denied(case, state):
    case.set_state(4, state)
    assert case.verdict().faults == {"denied": 1}


def test_what_the_ledger_never_wrote_is_unexpected(case):
    case.accept(9)
    case.lines.append({**case.lines[0], "ref": "made-up"})
    assert case.verdict().faults == {"unexpected": 2}


def test_a_letter_to_another_address_is_misdirected(case):
    case.lines[0]["to"] = "r9@example.org"
    assert case.verdict().faults == {"misdirected": 1}


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE sends SET sent = 3, unknown = 1",
        "UPDATE sends SET candidates = 5",
        "UPDATE sends SET sent = 5",
    ],
)
def test_books_that_do_not_balance_are_seen(case, sql):
    case.say(sql)
    assert case.verdict().faults == {"unbalanced": 1}


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE calls SET state = 'claimed', spoke_at = NULL, closed_at = NULL WHERE id = 4",
        "UPDATE calls SET state = 'sending', closed_at = NULL WHERE id = 4",
        "UPDATE calls SET closed_at = NULL WHERE id = 4",
        "UPDATE calls SET spoke_at = NULL WHERE id = 4",
    ],
)
def test_a_call_that_hangs_is_seen(case, sql):
    case.say(sql)
    assert case.verdict().faults == {"hanging": 1}

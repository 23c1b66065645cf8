"""Judges a ledger by the sink's own log: nobody lost, nobody doubled, the doubtful named, the books balanced.

It reads the log and the final database by plain SQL, and nothing of the product's code: a fault that both shared would
not be seen. What it can convict is proved by tests that break the dispatcher on purpose.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STATES = ("pending", "taken", "sent", "failed", "unknown", "suppressed", "excluded", "cancelled")
REFERENCE = re.compile(r"d(\d+)-[0-9a-f]+\Z")  # the number of a delivery, as it stands on the wire
SHOWN = 5  # examples of each kind of fault


@dataclass(slots=True)
class Heard:
    """What the sink's log says."""

    times: Counter[int] = field(default_factory=Counter)  # accepted, by delivery
    address: dict[int, str] = field(default_factory=dict)
    keys: defaultdict[int, set[str]] = field(default_factory=lambda: defaultdict(set))  # only where there are several
    key: dict[int, str] = field(default_factory=dict)
    did: Counter[str] = field(default_factory=Counter)  # requests and recipients by what became of them
    strange: list[str] = field(default_factory=list)  # references that are none of ours

    @classmethod
    def of(cls, log: Path) -> Heard:
        heard = cls()
        with log.open("rb") as lines:
            for line in lines:
                heard.add(json.loads(line))
        return heard

    def add(self, row: dict[str, Any]) -> None:
        self.did[row["did"]] += 1
        if row["did"] != "accepted":
            return
        found = REFERENCE.fullmatch(row["ref"])
        if found is None:
            self.strange.append(row["ref"])
            return
        number = int(found[1])
        self.times[number] += 1
        self.address[number] = row["to"]
        if self.key.setdefault(number, row["key"]) != row["key"]:
            self.keys[number] |= {self.key[number], row["key"]}


@dataclass(slots=True)
class Verdict:
    """What the oracle found. No faults: not guilty."""

    faults: dict[str, int] = field(default_factory=dict)  # kind of fault → how many
    examples: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)

    def charge(self, kind: str, example: str) -> None:
        self.faults[kind] = self.faults.get(kind, 0) + 1
        if self.faults[kind] <= SHOWN:
            self.examples.append(f"{kind}: {example}")

    def __str__(self) -> str:
        return "\n".join([f"{self.faults or 'no faults'}", *self.examples, f"{self.figures}"])


class Ledger:
    """The database under judgement, by plain SQL.

    :param where: the SQLite file, or a ``postgresql://`` address.
    """

    def __init__(self, where: Path | str) -> None:
        self._where = where

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        if isinstance(self._where, Path):
            conn: Any = sqlite3.connect(self._where, timeout=60)
        else:
            import psycopg

            conn = psycopg.connect(self._where)
        try:
            yield from conn.execute(query)
        finally:
            conn.close()


def judge(
    where: Path | str, log: Path, *, audience: Iterable[str] = (), is_settled: bool = True, may_double: bool = False
) -> Verdict:
    """Return everything that is wrong between a ledger and what the sink heard.

    :param audience: the addresses that every regular send must have a delivery for.
    :param is_settled: nothing is under way any more: pending and taken are faults.
    :param may_double: the schedule's own policy says so (``on_unknown: resend`` without keys): doubles are counted.
    """
    ledger, heard, verdict = Ledger(where), Heard.of(log), Verdict()
    _judge_deliveries(ledger, heard, verdict, is_settled=is_settled, may_double=may_double)
    _judge_audience(ledger, set(audience), verdict)
    _judge_books(ledger, verdict)
    _judge_calls(ledger, verdict, is_settled=is_settled)
    for reference in heard.strange:
        verdict.charge("unexpected", f"the sink accepted {reference!r}, which no ledger of ours wrote")
    verdict.figures |= {f"sink_{name}": count for name, count in heard.did.items()}
    return verdict


def judge_ledger(where: Path | str, *, is_settled: bool = False) -> Verdict:
    """Return what is wrong with a ledger in itself, whatever a provider heard: books, calls, claims of having sent."""
    ledger, verdict = Ledger(where), Verdict()
    _judge_books(ledger, verdict)
    _judge_calls(ledger, verdict, is_settled=is_settled)
    for number, state, call_state in ledger.rows(UNFOUNDED):
        verdict.charge("unfounded", f"delivery {number} is {state} by a call that is {call_state}")
    return verdict


UNFOUNDED = """
SELECT d.id, d.state, c.state FROM deliveries d LEFT JOIN calls c ON c.id = d.call_id
WHERE (d.state = 'sent' AND coalesce(c.state, '') NOT IN ('answered', 'unknown'))
   OR (d.state = 'taken' AND coalesce(c.state, '') NOT IN ('claimed', 'sending'))
   OR (d.state = 'unknown' AND coalesce(c.state, '') <> 'unknown')
"""
DELIVERIES = """
SELECT d.id, d.state, d.call_id, s.edition_id, p.email, c.state, c.reason, o.reason
FROM deliveries d JOIN sends s ON s.id = d.send_id
LEFT JOIN recipients r ON r.id = d.recipient_id LEFT JOIN subscribers p ON p.id = r.subscriber_id
LEFT JOIN calls c ON c.id = d.call_id LEFT JOIN outcomes o ON o.call_id = d.call_id AND o.delivery_id = d.id
"""


def _judge_deliveries(ledger: Ledger, heard: Heard, verdict: Verdict, *, is_settled: bool, may_double: bool) -> None:
    left = dict(heard.times)
    reached: set[tuple[int, str]] = set()
    states: Counter[str] = Counter()
    for number, state, call_id, edition_id, email, call_state, call_reason, outcome_reason in ledger.rows(DELIVERIES):
        times = left.pop(number, 0)
        states[state] += 1
        _judge_state(verdict, number, state, times, is_settled)
        if state == "unknown":
            verdict.figures["unknown_accepted"] = verdict.figures.get("unknown_accepted", 0) + bool(times)
            if call_id is None or call_state != "unknown" or not (outcome_reason or call_reason):
                verdict.charge(
                    "unlisted", f"delivery {number} is unknown, and its call {call_id} ({call_state}) gives no reason"
                )
        if times > 1:
            keys = heard.keys.get(number, ())
            verdict.figures["doubled"] = verdict.figures.get("doubled", 0) + 1
            if not may_double:
                verdict.charge("doubled", f"delivery {number} was accepted {times} times, under {len(keys) or 1} keys")
        if times and heard.address[number] != email:
            verdict.charge("misdirected", f"delivery {number} went to another address than the ledger's")
        if times and (edition_id, email) in reached:
            verdict.charge("doubled", f"edition {edition_id} reached the reader of delivery {number} another way too")
        elif times:
            reached.add((edition_id, email))
    for number in left:
        verdict.charge("unexpected", f"the sink accepted delivery {number}, which is not in the ledger")
    verdict.figures |= {"deliveries": sum(states.values()), **{name: count for name, count in states.items() if count}}


def _judge_state(verdict: Verdict, number: int, state: str, times: int, is_settled: bool) -> None:
    if state == "sent" and not times:
        verdict.charge("lost", f"delivery {number} says sent, and the sink never had it")
    if state in ("pending", "taken") and is_settled:
        verdict.charge("lost", f"delivery {number} is {state}, and nobody carries it on")
    if state == "pending" and times:
        verdict.charge("forgotten", f"delivery {number} was accepted and is pending: it would be sent again")
    if state in ("failed", "suppressed", "excluded", "cancelled") and times:
        verdict.charge("denied", f"delivery {number} was accepted, and the ledger says {state}")


def _judge_audience(ledger: Ledger, audience: set[str], verdict: Verdict) -> None:
    if not audience:
        return
    query = """
        SELECT s.id, p.email FROM sends s JOIN deliveries d ON d.send_id = s.id
        JOIN recipients r ON r.id = d.recipient_id JOIN subscribers p ON p.id = r.subscriber_id
        WHERE s.kind = 'regular' AND s.state IN ('addressed', 'sending', 'paused', 'done')
    """
    missing: dict[int, set[str]] = {}
    for send_id, email in ledger.rows(query):
        missing.setdefault(send_id, set(audience)).discard(email)
    for send_id, people in missing.items():
        for email in people:
            verdict.charge("lost", f"send {send_id} has no delivery for {email}")
    verdict.figures["sends"] = len(missing)


def _judge_books(ledger: Ledger, verdict: Verdict) -> None:
    """Counters equal the rows, and both add up to the candidates."""
    counted: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for send_id, state, count in ledger.rows("SELECT send_id, state, count(*) FROM deliveries GROUP BY send_id, state"):
        counted[send_id][state] = count
    for send_id, state, candidates, *counters in ledger.rows(
        f"SELECT id, state, candidates, {', '.join(STATES)} FROM sends"
    ):
        rows = [counted[send_id][name] for name in STATES]
        if counters != rows or candidates != sum(rows):
            verdict.charge(
                "unbalanced", f"send {send_id}: {candidates} candidates, {counters} in the books, {rows} rows"
            )
        if state == "done" and (counted[send_id]["pending"] or counted[send_id]["taken"]):
            verdict.charge("unbalanced", f"send {send_id} is done, and someone waits")


CALLS = """
SELECT c.id, c.state, c.spoke_at, c.closed_at, c.process_id, c.size,
       (SELECT count(*) FROM deliveries d WHERE d.call_id = c.id AND d.state = 'taken')
FROM calls c WHERE c.state IN ('claimed', 'sending', 'unknown') OR c.closed_at IS NULL OR c.spoke_at IS NULL
"""


def _judge_calls(ledger: Ledger, verdict: Verdict, *, is_settled: bool) -> None:
    """No call is left hanging, and no outcome was written for a call that never spoke."""
    for number, state, spoke_at, closed_at, _process, _size, taken in ledger.rows(CALLS):
        if state in ("claimed", "sending") and is_settled:
            verdict.charge("hanging", f"call {number} is {state}, and nobody carries it on")
        if state in ("answered", "unknown") and (closed_at is None or spoke_at is None):
            verdict.charge("hanging", f"call {number} is {state} without having spoken and been closed")
        if state == "given back" and spoke_at is not None:
            verdict.charge("hanging", f"call {number} was given back after it had spoken")
        if taken and state not in ("claimed", "sending"):
            verdict.charge("hanging", f"call {number} is {state} and still holds {taken} deliveries")
    total = next(ledger.rows("SELECT count(*) FROM calls"))[0]
    verdict.figures["calls"] = total

"""Judges a ledger of posts by the network's own log: nothing lost, nothing said twice, the doubtful named.

As the oracle of mails (`oracle.py`) it reads log and ledger by plain SQL, and nothing of the product's code.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.crash.oracle import Ledger, Verdict, judge_ledger

PART = re.compile(r"Story (\d+), part (\d+) of (\d+)")
WITHOUT = "sent without its picture: "
HALF = "already posted"  # so a thread that broke off says it
DELIVERIES = """
SELECT d.id, d.state, m.content, c.state, c.provider_id, coalesce(o.reason, d.reason, c.reason, '')
FROM deliveries d
JOIN messages m ON m.send_id = d.send_id
LEFT JOIN calls c ON c.id = d.call_id
LEFT JOIN outcomes o ON o.call_id = d.call_id AND o.delivery_id = d.id
"""


@dataclass(slots=True)
class Heard:
    """What the network's log says, by story."""

    took: defaultdict[int, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    ends: defaultdict[tuple[int, int], list[str]] = field(default_factory=lambda: defaultdict(list))  # of each part
    did: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, log: Path) -> Heard:
        heard = cls()
        for row in map(json.loads, log.read_text().splitlines()):
            heard.did[row["did"]] += 1
            if row["did"] == "accepted":
                heard.took[row["story"]].append(row)
            elif row["did"] == "heard":
                heard.ends[row["story"], row["part"]].append(row["ended"])
        return heard


@dataclass(frozen=True, slots=True)
class Delivery:
    """One post as the ledger has it."""

    id: int
    state: str
    story: int
    parts: int
    has_picture: bool
    call_state: str | None
    provider_id: str | None
    reason: str

    @classmethod
    def of(cls, number: int, state: str, content: str, call_state: str, provider_id: str, reason: str) -> Delivery:
        post = json.loads(content)
        found = PART.search(post["parts"][0])
        assert found, f"delivery {number} is no story of ours"
        story, parts = int(found[1]), int(found[3])
        return cls(number, state, story, parts, bool(post["upload"]), call_state, provider_id, reason)


def judge_posts(database: Path, log: Path, *, repeats: bool) -> Verdict:
    """Return everything that is wrong between a settled ledger and what the network took.

    :param repeats: the network tells a repeat from a new post, so that what is in doubt may be said again.
    """
    heard, verdict = Heard.of(log), judge_ledger(database, is_settled=True)
    states: Counter[str] = Counter()
    for row in Ledger(database).rows(DELIVERIES):
        delivery = Delivery.of(*row)
        states[delivery.state] += 1
        _judge(delivery, heard.took.pop(delivery.story, []), verdict)
    for story, rows in heard.took.items():
        verdict.charge("unexpected", f"the network took story {story} {len(rows)} times, which no ledger of ours has")
    if not repeats:
        _judge_repeats(heard, verdict)
    verdict.figures |= {"deliveries": states.total(), **states}
    verdict.figures |= {f"network_{name}": count for name, count in heard.did.items()}
    return verdict


def _judge(delivery: Delivery, took: list[dict[str, Any]], verdict: Verdict) -> None:
    name, parts = f"delivery {delivery.id} (story {delivery.story})", [row["part"] for row in took]
    for part, times in Counter(parts).items():
        if times > 1:
            verdict.charge("doubled", f"part {part} of {name} was taken {times} times; the ledger: {delivery.state}")
    if sorted(set(parts)) != list(dict.fromkeys(parts)) or (parts and max(parts) != len(set(parts))):
        verdict.charge("disordered", f"the parts of {name} were taken as {parts}")
    _judge_state(delivery, name, len(set(parts)), verdict)
    first = [row for row in took if row["part"] == 1]
    if delivery.state == "sent" and delivery.provider_id and delivery.provider_id not in {row["id"] for row in first}:
        verdict.charge("misnamed", f"{name} is said to be {delivery.provider_id}, which is another post")
    if delivery.has_picture and not delivery.reason.startswith(WITHOUT) and not all(row["shows"] for row in first):
        verdict.charge("bare", f"{name} was taken without its picture, and the ledger says nothing of it")


def _judge_state(delivery: Delivery, name: str, taken: int, verdict: Verdict) -> None:
    """Hold a state against how many of its parts the network took."""
    state, is_whole = delivery.state, taken == delivery.parts
    if state in ("pending", "taken"):
        verdict.charge("lost", f"{name} is {state}, and nobody carries it on")
    elif state == "sent" and not is_whole:
        verdict.charge("lost", f"{name} says sent, and the network took {taken} of its {delivery.parts} parts")
    elif state == "unknown":
        verdict.figures["unknown_accepted"] = verdict.figures.get("unknown_accepted", 0) + is_whole
        if delivery.call_state != "unknown" or not delivery.reason:
            verdict.charge("unlisted", f"{name} is unknown, and its call ({delivery.call_state}) gives no reason")
    elif state != "sent":
        if taken and (is_whole or HALF not in delivery.reason):
            verdict.charge("denied", f"{name} is {state}, and the network took {taken} of its parts")
        if not delivery.reason:
            verdict.charge("unreasoned", f"{name} is {state}, and nobody knows why")


def _judge_repeats(heard: Heard, verdict: Verdict) -> None:
    """Nothing is said again by itself unless the network had said that it did not take it."""
    for (story, part), ends in heard.ends.items():
        for number, end in enumerate(ends[:-1], 1):
            if end not in ("put off", "refused"):
                said = f"part {part} of story {story} was said again after try {number} had ended: {end}"
                verdict.charge("resent", said)
                break

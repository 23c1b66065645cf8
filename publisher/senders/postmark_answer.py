"""What Postmark's answers mean: a code for the request, or one for every letter, in order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from publisher.model.call import Outcome, Recipient, Scope, Verdict
from publisher.senders.events import within, word
from publisher.senders.http import Reply
from publisher.senders.postmark_payload import REFERENCE
from publisher.senders.verdicts import deferred, refused, sent, unknown

WHOLE_AFTER = timedelta(hours=1)  # whatever its search doesn't name by then isn't there
INACTIVE = 406  # an earlier bounce or complaint, or somebody put the address on the list
ACCOUNT = frozenset({10, 400, 401, 405, 412, 413})  # token, sender signature, credits, approval
PASSING = frozenset({100, 429})  # maintenance, too many requests
TO_BLAME = re.compile(r"(Invalid|Error\s+parsing)\s+'To'", re.IGNORECASE)  # code 300 is also said of From and others
KNOWN = ACCOUNT | PASSING | {300, 402, 403, INACTIVE, 409, 410, 411} | frozenset(range(1_100, 1_200))
BULK_TAKEN = frozenset({"Accepted", "Processing", "Completed"})


@dataclass(frozen=True, slots=True)
class Said:
    """The verdict of a call, and those of single readers by delivery id."""

    verdict: Verdict
    named: Mapping[int, Verdict] = field(default_factory=dict)
    split: bool = False


def letter_by_letter(reply: Reply, ready: tuple[Recipient, ...]) -> Said:
    """Read the answer to a batch."""
    if reply.trouble:
        return _whole(reply, reply.trouble, len(ready))
    rows = reply.json
    if not isinstance(rows, list) or len(rows) != len(ready):
        return Said(unknown(f"HTTP {reply.status} with an answer that can't be matched to its letters"))
    named = {reader.delivery_id: _of_letter(row) for reader, row in zip(ready, rows, strict=True)}
    stops = next((verdict for verdict in named.values() if verdict.scope is Scope.ACCOUNT), None)
    some = next((verdict for verdict in named.values() if verdict.outcome is Outcome.SENT), None)
    return Said(stops or some or next(iter(named.values())), named)


def of_bulk(reply: Reply, readers: int) -> Said:
    """Read the answer to a bulk request: it is taken to be sent later, and events tell the rest."""
    if reply.trouble and (
        reply.status in (403, 404) or (reply.status == 422 and within(reply.json, "ErrorCode") not in KNOWN)
    ):  # how it says that bulk isn't enabled, nobody knows
        why = f"{reply.trouble.reason}; ask Postmark's support to enable bulk, or leave `bulk` out"
        return Said(refused(why, Scope.ACCOUNT))
    if reply.trouble:
        return _whole(reply, reply.trouble, readers)
    found = reply.word("ID")
    if not found or reply.word("Status") not in BULK_TAKEN:
        return Said(unknown(f"HTTP {reply.status} with an answer that can't be read"))
    return Said(sent(found))


def of_search(reply: Reply, ready: tuple[Recipient, ...], age: timedelta, *, is_later: bool) -> Said:
    """Read which letters of a call Postmark has.

    :param is_later: it may go on making letters of the request, so that one which isn't there may still come.
    """
    rows, total = within(reply.json, "Messages"), within(reply.json, "TotalCount")
    if reply.trouble or not isinstance(rows, list) or total != len(rows):
        return Said(unknown(reply.trouble.reason if reply.trouble else "Postmark's list of letters can't be read"))
    by_reference = {word(within(row, "Metadata", REFERENCE)): row for row in rows}
    by_address = {address.lower(): row for row in rows for address in _addresses(row)}
    found = {r.delivery_id: by_reference.get(r.reference) or by_address.get(r.address.lower()) for r in ready}
    named = {delivery_id: sent(word(within(row, "MessageID"))) for delivery_id, row in found.items() if row}
    if is_later or age < WHOLE_AFTER or len(named) != len(rows):  # some are not ours: what did it look for?
        return Said(unknown("Postmark doesn't have it yet"), named)
    return Said(deferred("Postmark doesn't have it, so it never came or was refused"), named)


def _addresses(row: Any) -> list[str]:
    listed = within(row, "Recipients")
    return [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []


def _whole(reply: Reply, trouble: Verdict, readers: int) -> Said:
    """Judge a request that was refused whole; halve it where one reader is to blame, or all are too much."""
    code = within(reply.json, "ErrorCode")
    verdict = trouble
    if reply.status == 422 and isinstance(code, int):
        verdict = _of_code(code, trouble.reason)
    elif reply.status == 404:
        verdict = refused(f"{trouble.reason}; check `base_url`", Scope.ACCOUNT)
    elif reply.status == 413:
        verdict = refused(trouble.reason, Scope.RECIPIENT)
    if verdict.outcome is Outcome.REFUSED and verdict.scope is Scope.RECIPIENT and readers > 1:
        return Said(deferred(verdict.reason), split=True)
    return Said(verdict)


def _of_letter(row: Any) -> Verdict:
    code, words, found = within(row, "ErrorCode"), word(within(row, "Message")), word(within(row, "MessageID"))
    if code in (0, None) and found:  # no code at all where delivery may be late
        if "inactive addresses" in words.lower():
            return refused(words, Scope.RECIPIENT)
        return sent(found)
    if isinstance(code, int) and code:
        return _of_code(code, f"{words} (code {code})")
    return unknown("Postmark doesn't say what became of this letter")


def _of_code(code: int, reason: str) -> Verdict:
    if code in ACCOUNT:
        return refused(reason, Scope.ACCOUNT)
    if code in PASSING:
        return deferred(reason)
    is_readers = code == INACTIVE or (code == 300 and TO_BLAME.search(reason))
    return refused(reason, Scope.RECIPIENT if is_readers else Scope.MESSAGE)

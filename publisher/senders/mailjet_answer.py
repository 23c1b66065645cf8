"""What Mailjet's answers mean. It takes letters one by one: a call with status 400 may have sent most of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from publisher.model.call import Recipient, Scope, Verdict
from publisher.senders.events import reason, within, word
from publisher.senders.http import Reply
from publisher.senders.verdicts import deferred, refused, sent, unknown

BAD_ADDRESS = frozenset({"mj-0013", "mj-0012"})  # badly written, or empty
ACCOUNT = frozenset({"mj-0001", "mj-0015", "send-0006", "send-0007", "send-0008"})  # key or sender not allowed
TOO_LARGE = "mj-0011"


def judge(reply: Reply, readers: Sequence[Recipient]) -> tuple[Verdict, dict[int, Verdict], bool]:
    """Return the verdict of the call, those of single readers by delivery id, and whether the call is to be halved."""
    rows = within(reply.json, "Messages")
    if not isinstance(rows, list) or (reply.status or 0) >= 500:
        return _of_the_whole(reply, len(readers))
    if len(rows) != len(readers):
        return unknown(f"HTTP {reply.status} with {len(rows)} results for {len(readers)} letters"), {}, False
    named = {reader.delivery_id: _of_one(row, reader) for row, reader in zip(rows, readers, strict=True)}
    stopping = (verdict for verdict in named.values() if verdict.scope is Scope.ACCOUNT)
    return next(stopping, named[readers[0].delivery_id]), named, False


def _of_the_whole(reply: Reply, readers: int) -> tuple[Verdict, dict[int, Verdict], bool]:
    if reply.trouble is None:
        return unknown(f"HTTP {reply.status} with an answer that can't be read"), {}, False
    if readers > 1 and (reply.status == 413 or reply.word("ErrorCode") == TOO_LARGE):
        return deferred(reply.trouble.reason), {}, True
    return reply.trouble, {}, False


def _of_one(row: Any, reader: Recipient) -> Verdict:
    """Results come in the order of the letters; where one names its letter, it must be the right one."""
    named = word(within(row, "CustomID"))
    if named and named != reader.reference:
        return unknown("Mailjet's results are not in the order of the letters")
    if within(row, "Status") == "success":
        to = within(row, "To")
        found = word(within(to[0], "MessageID")) if isinstance(to, list) and to else ""
        return sent(found) if found.strip("0") else unknown("a success without the id of the letter")
    errors = within(row, "Errors")
    if within(row, "Status") != "error" or not isinstance(errors, list):
        return unknown("Mailjet doesn't say what became of this letter")
    return _refusal([error for error in errors if isinstance(error, dict)])


def _refusal(errors: Sequence[Mapping[str, Any]]) -> Verdict:
    codes = {word(error.get("ErrorCode")) for error in errors}
    statuses = {status for error in errors if isinstance(status := error.get("StatusCode"), int)}
    why = reason(*(f"{word(e.get('ErrorMessage'))} ({word(e.get('ErrorCode'))})" for e in errors)) or "refused"
    if any(status >= 500 for status in statuses):
        return unknown(why)
    if 429 in statuses:
        return deferred(why)
    if codes & ACCOUNT or statuses & {401, 403}:
        return refused(why, Scope.ACCOUNT)
    if codes and codes <= BAD_ADDRESS and all(_is_of_the_reader(error) for error in errors):
        return refused(why, Scope.RECIPIENT)
    return refused(why)


def _is_of_the_reader(error: Mapping[str, Any]) -> bool:
    related = error.get("ErrorRelatedTo")
    return isinstance(related, list) and any(word(each).startswith("To") for each in related)

"""What SES's answers mean. It takes letters one by one: each has a result, in the order of the request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from publisher.model.call import Outcome, Recipient, Scope, Verdict
from publisher.senders.events import reason, within, word
from publisher.senders.http import Reply
from publisher.senders.verdicts import deferred, refused, sent, unknown

QUOTA_WAIT = timedelta(hours=1)  # SES counts the last 24 hours at any moment, so some of it is free again by then
ACCOUNT = frozenset({
    "MAIL_FROM_DOMAIN_NOT_VERIFIED", "ACCOUNT_SUSPENDED", "ACCOUNT_SENDING_PAUSED", "INVALID_SENDING_POOL_NAME",
    "CONFIGURATION_SET_SENDING_PAUSED", "CONFIGURATION_SET_NOT_FOUND", "CONFIGURATION_SET_DOES_NOT_EXIST",
    "TEMPLATE_NOT_FOUND", "TEMPLATE_DOES_NOT_EXIST",
    "MailFromDomainNotVerifiedException", "AccountSuspendedException", "SendingPausedException", "NotFoundException",
})  # fmt: skip
PASSING = frozenset({
    "ACCOUNT_THROTTLED", "TRANSIENT_FAILURE", "FAILED",
    "TooManyRequestsException", "LimitExceededException", "ThrottlingException",
})  # fmt: skip
OF_THE_READER = frozenset({"INVALID_PARAMETER", "INVALID_PARAMETER_VALUE"})


def judge(reply: Reply, readers: Sequence[Recipient], now: datetime) -> tuple[Verdict, dict[int, Verdict], bool]:
    """Return the verdict of the call, those of single readers by delivery id, and whether the call is to be halved."""
    if reply.trouble is not None:
        verdict, split = _of_the_whole(reply, reply.trouble, len(readers), now)
        return verdict, {}, split
    rows = within(reply.json, "BulkEmailEntryResults")
    if not isinstance(rows, list):
        return unknown(f"HTTP {reply.status} with an answer that can't be read"), {}, False
    if len(rows) != len(readers):
        return unknown(f"HTTP {reply.status} with {len(rows)} results for {len(readers)} letters"), {}, False
    named = {reader.delivery_id: _of_one(row, now) for reader, row in zip(readers, rows, strict=True)}
    stopping = (verdict for verdict in named.values() if verdict.scope is Scope.ACCOUNT)
    return next(stopping, named[readers[0].delivery_id]), named, False


def _of_one(row: object, now: datetime) -> Verdict:
    """An id is no sign of success: a letter that failed may have one too."""
    row = row if isinstance(row, Mapping) else {}
    status, said = word(row.get("Status")), word(row.get("Error"))
    if status == "SUCCESS":
        return sent(word(row.get("MessageId")))
    if status in OF_THE_READER or (status == "FAILED" and "address" in said.lower()):
        return refused(reason(said, f"({status})"), Scope.RECIPIENT)
    return _by_name(status, reason(said, f"({status})"), now) or unknown(
        f"SES doesn't say what became of this letter {status}".strip()
    )


def _of_the_whole(reply: Reply, trouble: Verdict, readers: int, now: datetime) -> tuple[Verdict, bool]:
    """SES has checked nothing yet when it refuses a request: nothing of it was sent."""
    if reply.status is None or reply.status >= 500:
        return trouble, False
    name = error_name(reply)
    why = f"{trouble.reason} ({name})" if name else trouble.reason
    if reply.status == 413 and readers > 1:
        return deferred(why), True
    if name == "BadRequestException" and "address" in reply.text.lower():
        return (deferred(why), True) if readers > 1 else (refused(why, Scope.RECIPIENT), False)
    known = _by_name(name, why, now)
    if known is not None and known.outcome is Outcome.DEFERRED and known.until is None:
        return deferred(why, trouble.until), False
    return known or trouble, False


def _by_name(name: str, why: str, now: datetime) -> Verdict | None:
    """Return what the name of an error means, of one letter as of all; None where it says nothing more."""
    said = why.lower()
    if name == "ACCOUNT_DAILY_QUOTA_EXCEEDED" or (name in PASSING and "daily" in said):
        return deferred(why, now + QUOTA_WAIT)
    if name in ACCOUNT or (name in ("MessageRejected", "MESSAGE_REJECTED") and "not verified" in said):
        return refused(why, Scope.ACCOUNT)
    if name in PASSING:
        return deferred(why)
    return refused(why) if name == "MESSAGE_REJECTED" else None


def error_name(reply: Reply) -> str:
    """Return how Amazon names an error: in a header, or in the body, where more may stand around it."""
    name = reply.headers.get("x-amzn-ErrorType", "") or reply.word("__type")
    return name.split(":")[0].rpartition("#")[2]

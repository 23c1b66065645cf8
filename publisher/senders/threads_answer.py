"""What Threads' answers mean: a code in the body, as everywhere at Meta, says more than the status."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from publisher.model.call import Outcome, Scope, Verdict
from publisher.senders.events import reason, within, word
from publisher.senders.http import Reply
from publisher.senders.verdicts import deferred, refused, sent, unknown

TOKEN = {102, 190}
RIGHTS = {3, 10, *range(200, 300)}
SLOWLY = {4, 17, 32, 341, 613, 80001}
DOUBTFUL = {1, 2}
BLOCKED = 2_207_051  # a subcode: held back, as spam or over a limit
GONE = "does not exist"  # of a container that was made a moment ago: it isn't known everywhere yet
SOON = timedelta(seconds=30)


def judge(reply: Reply) -> Verdict:
    """Return what an answer means that every request may get: its id, or its error, which may stand inside a 200."""
    error = within(reply.json, "error")
    if not isinstance(error, dict):
        return reply.trouble or reply.accepted("id")
    said = f"HTTP {reply.status}: {reason(error.get('message'))}"
    code, subcode = error.get("code"), error.get("error_subcode")
    if code in TOKEN:
        return refused(f"{said}; the token has ended or was revoked: make a new one", Scope.ACCOUNT)
    if code in RIGHTS:
        return refused(f"{said}; the token needs threads_basic and threads_content_publish", Scope.ACCOUNT)
    if subcode == BLOCKED:
        return refused(f"{said}; look at Threads why it holds the account back", Scope.ACCOUNT)
    if code in SLOWLY or reply.status == 429:
        return deferred(said, reply.trouble.until if reply.trouble else None)
    if code in DOUBTFUL or error.get("is_transient") is True:
        return unknown(said)
    return replace(reply.trouble, reason=said) if reply.trouble else refused(said)


def judge_container(reply: Reply) -> Verdict:
    """Return what became of a container: where nobody knows, nothing was posted, and another can be made."""
    verdict = judge(reply)
    if verdict.outcome is Outcome.UNKNOWN:
        return deferred(f"{verdict.reason}; nothing was published")
    return verdict


def judge_published(reply: Reply, now: datetime) -> Verdict:
    """Return what became of a part."""
    verdict = judge(reply)
    if verdict.outcome is Outcome.REFUSED and verdict.scope is Scope.MESSAGE and GONE in verdict.reason:
        return deferred(verdict.reason, now + SOON)
    return verdict


def found_in(listed: Reply, text: str) -> Verdict:
    """Return the newest listed post of these words; without an id where there is none."""
    rows = within(listed.json, "data") if listed.trouble is None else None
    for row in rows if isinstance(rows, list) else []:
        if word(within(row, "text")).split() == text.split() and (number := word(within(row, "id"))):
            return sent(number, word(within(row, "permalink")))
    return sent()

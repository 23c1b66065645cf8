"""What LinkedIn's answers mean: a post's name is in a header, and a duplicate's in the refusal."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from publisher.model.call import Outcome, Scope, Verdict
from publisher.senders.events import within, word
from publisher.senders.http import Reply
from publisher.senders.verdicts import next_midnight, refused, sent, unknown

URN = re.compile(r"urn:li:(?:share|ugcPost):\d+")
DUPLICATE = "DUPLICATE_POST"
OLD = "write a `version` that LinkedIn still serves"
MEND = {  # statuses of what isn't the post's fault, and what to do about it
    401: "the token has ended or was revoked: make a new one",
    403: "the token needs w_member_social, or w_organization_social of one who may post for `author`",
    426: OLD,
}


def judge(reply: Reply, now: datetime) -> Verdict:
    """Return what became of one post."""
    if reply.trouble is None:
        urn = URN.fullmatch(reply.headers.get("x-restli-id", "").strip())
        return _stands(urn[0]) if urn else unknown(f"HTTP {reply.status} with an answer that doesn't name the post")
    verdict, said = reply.trouble, reply.json
    if verdict.outcome is Outcome.DEFERRED:
        used_up = reply.status == 429 and verdict.until is None and "DAY limit" in verdict.reason
        return replace(verdict, until=next_midnight(now)) if used_up else verdict
    if verdict.outcome is not Outcome.REFUSED:
        return verdict
    if DUPLICATE in _codes(said):
        named = URN.search(reply.text)
        return _stands(named[0]) if named else sent()
    if reply.status == 409:  # nobody says with what it conflicts
        return unknown(verdict.reason)
    remedy = OLD if "NONEXISTENT_VERSION" in _codes(said) else MEND.get(reply.status or 0, "")
    return refused(f"{verdict.reason}; {remedy}", Scope.ACCOUNT) if remedy else verdict


def _codes(said: Any) -> set[str]:
    """Return the codes of a refusal, of the whole and of its fields."""
    errors = within(said, "errorDetails", "inputErrors")
    rows = errors if isinstance(errors, list) else []
    return {word(within(each, "code")) for each in (said, *rows)}


def _stands(urn: str) -> Verdict:
    return sent(urn, f"https://www.linkedin.com/feed/update/{urn}/")

"""What Discord's answers mean: its own codes are in the body and say more than the status."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from publisher.model.call import Outcome, Scope, Verdict
from publisher.model.message import Post
from publisher.senders.discord_payload import as_it_is
from publisher.senders.events import reason, within, word
from publisher.senders.http import Reply
from publisher.senders.verdicts import deferred, edited, moment, refused, sent, taken_down, unknown
from publisher.senders.windows import Window

GONE = "write a webhook that there is"
RIGHTS = "let the bot see the channel and send messages in it"
FORUM = "it is a forum: write the `thread` to post in"
MEND = {  # codes of what isn't the post's fault, and what to do about it
    10003: "check `channel` or `thread`",
    10015: GONE,
    50001: RIGHTS,
    50013: RIGHTS,
    50027: GONE,
    40067: FORUM,
    40002: "log in at Discord with the account, and do what it asks",
    50083: "open the thread again, or write another `thread`",
    160005: "open the thread again, or write another `thread`",
    220001: FORUM,
    220003: "check `thread`",
}
OF_TOKEN = "copy the bot's token again"  # noqa: S105 -- no secret but what to do about it
BLOCKED = {200000, 200001, 240000}  # codes that speak of this post's words or link, whatever the status
UNKNOWN_MESSAGE = 10008
WAIT = (Window("X-RateLimit-Remaining", ("X-RateLimit-Reset-After", "X-RateLimit-Reset")),)  # with fractions
SLOWLY = {20016, 20022, 20028, 20029, 30046, 130000}  # codes that say: not now


def judge(reply: Reply, server: str, now: datetime) -> Verdict:
    """Return what became of one message."""
    if reply.trouble is None:
        return replace(reply.accepted("id"), url=_url(server, reply.word("channel_id"), reply.word("id")))
    verdict, stated = reply.trouble, within(reply.json, "code")
    code = stated if isinstance(stated, int) else 0
    if code in SLOWLY or reply.status == 429:
        waits = (word(within(reply.json, "retry_after")), reply.headers.get("X-RateLimit-Reset-After", ""))
        until = next((found for wait in waits if (found := moment(wait, now))), verdict.until)
        return deferred(verdict.reason, until)
    if code in BLOCKED:
        return refused(verdict.reason)
    if remedy := MEND.get(code) or (OF_TOKEN if reply.status == 401 else ""):
        return refused(f"{verdict.reason}; {remedy}", Scope.ACCOUNT)
    if reply.status == 404 and code != UNKNOWN_MESSAGE:
        return refused(f"{verdict.reason}; check `webhook` or `channel`", Scope.ACCOUNT)
    if verdict.outcome is Outcome.REFUSED and (more := reason(*_complaints(within(reply.json, "errors")))):
        return replace(verdict, reason=f"{verdict.reason}: {more}")
    return verdict


def judge_edit(reply: Reply, server: str, now: datetime) -> Verdict:
    """Return what became of one message that was to say something else."""
    is_gone = within(reply.json, "code") == UNKNOWN_MESSAGE
    return edited(judge(reply, server, now), is_gone=is_gone, is_token=reply.status == 401)


def judge_removal(reply: Reply, server: str, now: datetime) -> Verdict:
    """Return what became of one message that was to be taken down."""
    verdict = judge(reply, server, now) if reply.trouble else sent()
    if reply.trouble is None and reply.status != 204:  # its only success
        verdict = unknown(f"HTTP {reply.status} with an answer that can't be read")
    is_gone = within(reply.json, "code") == UNKNOWN_MESSAGE
    return taken_down(verdict, is_gone=is_gone, is_token=reply.status == 401)


def look_up(listed: Reply, post: Post, me: str, server: str) -> Verdict:
    """Return what stands in the channel of a post of ours; what doesn't may still come."""
    rows = listed.json if listed.trouble is None and isinstance(listed.json, list) else []
    mine = [row for row in rows if within(row, "author", "id") == me]
    found = [next((row for row in mine if within(row, "content") == as_it_is(part)), None) for part in post.parts]
    first = found[0] if found and all(found) else None
    if not isinstance(first, dict) or not (number := word(first.get("id"))):
        return unknown("the post was not found in the channel")
    return sent(number, _url(server, word(first.get("channel_id")), number))


def _url(server: str, channel: str, number: str) -> str:
    return f"https://discord.com/channels/{server}/{channel}/{number}" if server and channel and number else ""


def _complaints(errors: Any, depth: int = 0) -> Iterator[str]:
    """Yield what is said of single fields, wherever it stands."""
    if isinstance(errors, dict) and depth < 8:
        for name, value in errors.items():
            if name == "_errors" and isinstance(value, list):
                yield from (word(within(each, "message")) for each in value)
            else:
                yield from _complaints(value, depth + 1)

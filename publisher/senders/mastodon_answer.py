"""What the answers of Mastodon, and of servers that speak as it does, mean."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from publisher.model.call import Scope, Verdict
from publisher.senders.http import Reply
from publisher.senders.verdicts import deferred, edited, refused, taken_down

SOON = timedelta(seconds=5)
MEND = {  # statuses of what isn't the post's fault, and what to do about it
    401: "make a new access token",
    403: "look at the server whether the account may post; its token needs the scope write:statuses",
}
OVER = "character limit"
LIMIT = "write the `limit` that the server has, and the `url_length` that it counts"


def judge(reply: Reply) -> Verdict:
    """Return what became of one post."""
    if reply.trouble is None:
        return replace(reply.accepted("id"), url=reply.word("url") or reply.word("uri"))
    if remedy := MEND.get(reply.status or 0):
        return refused(f"{reply.trouble.reason}; {remedy}", Scope.ACCOUNT)
    if OVER in reply.trouble.reason.lower():  # it was fitted to what the channel says of the server
        return replace(reply.trouble, reason=f"{reply.trouble.reason}; {LIMIT}")
    return reply.trouble


def judge_edit(reply: Reply) -> Verdict:
    """Return what became of a post that was to say something else."""
    return edited(judge(reply), is_gone=reply.status == 404, is_token=reply.status == 401)


def judge_removal(reply: Reply) -> Verdict:
    """Return what became of a post that was to be deleted."""
    return taken_down(judge(reply), is_gone=reply.status == 404, is_token=reply.status == 401)


def judge_upload(reply: Reply, now: datetime) -> Verdict:
    """Return what became of a picture: 202 and 206 say that it has arrived and isn't ready."""
    verdict = reply.trouble or reply.accepted("id")
    if reply.status == 401:
        return replace(verdict, reason=f"{verdict.reason}; {MEND[401]}")
    if reply.status == 403:
        return replace(verdict, reason=f"{verdict.reason}; the token needs the scope write:media")
    if reply.status in (202, 206) and verdict.provider_id:
        return replace(
            deferred("the server is still at work on the picture", now + SOON), provider_id=verdict.provider_id
        )
    return verdict

"""What Facebook's answers mean, beyond what every answer of Meta's does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from publisher.model.call import Outcome, Verdict
from publisher.model.message import Post
from publisher.senders.graph_answer import MISSING, RIGHTS, TOKEN, codes_of, found_in, is_done, judge_graph
from publisher.senders.http import Reply
from publisher.senders.verdicts import deferred, edited, refused, sent, stated
from publisher.senders.windows import believed

VERIFY = "Facebook wants the account to be verified: log in there, and do what it asks"
MEND = {
    **dict.fromkeys(RIGHTS, "the token needs pages_manage_posts and pages_read_engagement of one who may post there"),
    368: "look at Facebook why it holds the Page back, and wait for an hour at least",
    **dict.fromkeys((1_404_078, 4_854_002), VERIFY),  # subcodes
}
DUPLICATE = 506
NOT_SEEN = 1_609_005  # a subcode: the page that the link leads to could not be looked at
ABUSIVE = {1_346_003, 1_404_102}  # subcodes of 368 that speak of this post's words or link, not of the Page
SLOWLY = {1_363_047, 1_390_008, 1_609_010}  # subcodes that say: not now
USAGE = "X-Business-Use-Case-Usage"
WAIT = "estimated_time_to_regain_access"  # minutes


def counted(reply: Reply, now: datetime) -> Reply:
    """Return an answer with until when the longest of the limits that are used up keeps us out."""
    try:
        usage = json.loads(reply.headers.get(USAGE, "{}"))
        minutes = max(int(each[WAIT]) for limits in usage.values() for each in limits if WAIT in each)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return reply
    return replace(reply, rest=believed(stated(str(minutes * 60), now), now))


def judge(reply: Reply) -> Verdict:
    """Return what became of one post that is no duplicate."""
    if codes_of(reply)[1] in ABUSIVE:
        return refused(judge_graph(reply, {}).reason)
    verdict = judge_graph(reply, MEND)
    if codes_of(reply)[1] in SLOWLY:
        verdict = deferred(verdict.reason, verdict.until)
    if verdict.outcome is Outcome.DEFERRED and verdict.until is None and reply.rest:
        return replace(verdict, until=reply.rest.until)
    return replace(verdict, url=reply.word("permalink_url")) if verdict.outcome is Outcome.SENT else verdict


def judge_edit(reply: Reply) -> Verdict:
    """Return what became of a post that was to say something else."""
    code, _ = codes_of(reply)
    is_token = code in TOKEN or reply.status == 401
    return edited(sent() if is_done(reply) else judge(reply), is_gone=codes_of(reply) in MISSING, is_token=is_token)


def failures(noted: Mapping[str, object] | None) -> int:
    """Return how often no card could be made of a post's link, as was noted."""
    return int(str(noted["failed"])) if noted else 0


def is_duplicate(reply: Reply) -> bool:
    """Say whether Facebook refused the words because the Page has just said them."""
    return codes_of(reply)[0] == DUPLICATE


def has_no_card(reply: Reply) -> bool:
    """Say whether the post was refused because no card could be made of its link."""
    return NOT_SEEN in codes_of(reply)


def with_link(post: Post) -> str:
    """Return the words of a post that goes without its card: the link stands among them."""
    text = post.parts[0]
    return f"{text}\n\n{post.card.url}" if post.card and post.card.url not in text else text


def found(listed: Reply, post: Post, number: int) -> Verdict:
    """Return the listed post of these words, with its card or without; without an id where there is none."""
    texts = (post.parts[0], with_link(post)) if number == 0 else (post.parts[number],)
    return found_in(listed, *texts, words="message", link="permalink_url")

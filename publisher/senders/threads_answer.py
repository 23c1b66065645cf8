"""What Threads' answers mean, beyond what every answer of Meta's does."""

from __future__ import annotations

from datetime import datetime, timedelta

from publisher.model.call import Outcome, Scope, Verdict
from publisher.senders.graph_answer import RIGHTS, judge_graph
from publisher.senders.http import Reply
from publisher.senders.verdicts import deferred

MEND = {
    **dict.fromkeys(RIGHTS, "the token needs threads_basic and threads_content_publish"),
    2_207_051: "look at Threads why it holds the account back",  # a subcode: as spam, or over a limit
}
MAY_NOT_DELETE = {**MEND, **dict.fromkeys(RIGHTS, "to take posts down the token needs threads_delete")}
GONE = "does not exist"  # of a container that was made a moment ago: it isn't known everywhere yet
SOON = timedelta(seconds=30)


def judge(reply: Reply) -> Verdict:
    """Return what an answer means that every request may get."""
    return judge_graph(reply, MEND)


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

"""What every post sender does: refuse what can't be posted, and speak a thread part by part."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import replace

from publisher.model.blanks import is_blank
from publisher.model.call import Answer, Call, Outcome, Rest, Verdict
from publisher.model.message import Post, Withdrawal
from publisher.senders.base import Journal, Sender
from publisher.senders.pictures import unshown
from publisher.senders.verdicts import deferred, refused, sent, stop

AROUND = 20_000  # bytes of a form around a picture, at most: the words of the post, and our own
# Posts one part, given its place from 0 on and what was said of the parts before it.
Speak = Callable[[int, Sequence[Verdict]], Answer]


def post_of(call: Call, sender: Sender) -> Post | Answer:
    """Return the post of a call; an Answer where nothing can be posted, and nothing was."""
    post = call.message
    if not isinstance(post, Post):
        return stop(refused(f"{sender.name} carries posts, not mail"))
    if len(call.recipients) != 1:
        return stop(refused(f"{len(call.recipients)} accounts; a post goes to one per call"))
    if not post.parts or any(is_blank(part) for part in post.parts):
        return stop(refused("the post, or a part of the thread, is empty"))
    size = max(len(part.encode()) for part in post.parts)
    return oversized(size, sender) or unshown(call, sender) or post


def oversized(size: int, sender: Sender) -> Answer | None:
    """Refuse a request of more bytes than the sender takes, before it leaves."""
    if size <= sender.max_bytes:
        return None
    return stop(refused(f"{size:,} bytes; {sender.name} takes {sender.max_bytes:,} per request"))


def in_parts(post: Post, journal: Journal, speak: Speak) -> Answer:
    """Post each part once, and note it before the next; what an earlier try noted is not said again.

    Where a part was the last request that the network takes for now, the others are put off.

    The answer is the last request's, its verdict that of the first part: the post that people link to.
    """
    answer, out, went_on = stop(sent()), list[Verdict](), False
    for number in range(len(post.parts)):
        noted = journal.noted(_step(number))
        if noted is None:
            answer = speak(number, out)
            if answer.verdict.outcome is not Outcome.SENT:
                verdict = _in_thread(answer.verdict, number, len(post.parts))
                return replace(answer, verdict=verdict, went_on=went_on)
            out.append(answer.verdict)
            went_on = True
            if len(post.parts) > 1:
                journal.note(_step(number), {"id": answer.verdict.provider_id, "url": answer.verdict.url})
            if answer.rest and number + 1 < len(post.parts):
                put_off = _in_thread(put_off_by(answer.rest), number + 1, len(post.parts))
                return replace(answer, verdict=put_off, went_on=True)
        else:
            out.append(sent(str(noted["id"]), str(noted["url"])))
    return replace(answer, verdict=out[0])


def take_down(call: Call, journal: Journal, remove: Callable[[str], Answer]) -> Answer:
    """Take down each part once, the last one first, and note it; what an earlier try noted is gone.

    Where the network did not find a part, the success has a reason that says so.

    :param remove: takes down one part, given the network's id of it.
    """
    posted = call.message
    if not isinstance(posted, Withdrawal):
        return stop(refused("there is no post to take down"))
    answer, doubts, went_on = stop(sent()), list[str](), False
    for number in reversed(range(len(posted.parts))):
        step = f"gone {number + 1}"
        noted = journal.noted(step)
        if posted.parts[number] and noted is None:
            answer = remove(posted.parts[number])
            if answer.verdict.outcome is not Outcome.SENT:
                verdict = _still_up(answer.verdict, number + 1, len(posted.parts))
                return replace(answer, verdict=verdict, went_on=went_on)
            noted = {"is_gone": True, "why": answer.verdict.reason}
            journal.note(step, noted)
            went_on = True
            if answer.rest and number > 0:
                put_off = _still_up(put_off_by(answer.rest), number, len(posted.parts))
                return replace(answer, verdict=put_off, went_on=True)
        doubts += [str(noted["why"])] if noted and noted.get("why") else []
    if not all(posted.parts):
        what = "the post" if len(posted.parts) == 1 else "a part of the thread"
        return replace(answer, verdict=refused(f"the network never named {what}: only a person can take it down"))
    done = replace(sent(posted.parts[0], posted.url), reason=doubts[-1] if doubts else "")
    return replace(answer, verdict=done)


def why_not_one_way(names: Set[str]) -> str:
    """Return why a channel with these options speaks neither through a webhook, which knows where to, nor by a bot."""
    if ("webhook" in names) == ("token" in names):
        return "needs either `webhook`, or `token` and `channel`"
    if "token" in names and "channel" not in names:
        return "needs `channel` beside `token`: where the bot posts"
    if "webhook" in names and "channel" in names:
        return "has a `webhook`, which knows its channel: leave `channel` out"
    return ""


def longest_part(call: Call) -> int:
    """Return the bytes of the longest part of a post; 0 where there is none."""
    post = call.message
    return max((len(part.encode()) for part in post.parts), default=0) if isinstance(post, Post) else 0


def size_with_picture(call: Call) -> int:
    """Return the bytes of the largest request of a post whose picture is uploaded: as a rule the picture's."""
    return max(longest_part(call), len(call.picture.content) + AROUND if call.picture else 0)


def _step(number: int) -> str:
    return f"part {number + 1}"


def put_off_by(rest: Rest) -> Verdict:
    """Say of what was not begun that the network leaves us no request for it."""
    return deferred(rest.why or "the network takes no more requests for now", rest.until)


def _in_thread(verdict: Verdict, number: int, parts: int) -> Verdict:
    """Say how far a thread came."""
    if parts == 1:
        return verdict
    return replace(verdict, reason=f"part {number + 1} of {parts}: {verdict.reason}; {number} already posted")


def _still_up(verdict: Verdict, left: int, parts: int) -> Verdict:
    """Say how much of a thread is left."""
    if parts == 1:
        return verdict
    return replace(verdict, reason=f"part {left} of {parts}: {verdict.reason}; {left} not taken down")

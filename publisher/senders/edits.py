"""What every sender does that edits posts: give each part its new words, and refuse what can't be done whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from publisher.model.blanks import is_blank
from publisher.model.call import Answer, Call, Outcome, Verdict
from publisher.model.message import Correction
from publisher.senders.base import Journal, Sender
from publisher.senders.pictures import STEP
from publisher.senders.post import oversized, put_off_by
from publisher.senders.verdicts import refused, sent, stop

# Gives one part its new words, told by its place from 0 on. Twice must do no more than once.
Change = Callable[[Correction, int], Answer]


def edit_parts(call: Call, sender: Sender, journal: Journal, change: Change) -> Answer:
    """Edit each part once, the first one first, and note it; what an earlier try noted is not edited again.

    The answer is the last request's, its verdict names the first part: the post that people link to.
    """
    said = correction_of(call, sender)
    if isinstance(said, Answer):
        return said
    answer, parts, went_on = stop(sent()), len(said.parts), False
    for number in range(parts):
        step = f"edited {number + 1}"
        if journal.noted(step) is not None:
            continue
        answer = change(said, number)
        if answer.verdict.outcome is not Outcome.SENT:
            return replace(answer, verdict=_so_far(answer.verdict, number, parts), went_on=went_on)
        journal.note(step, {"is_edited": True})
        went_on = True
        if answer.rest and number + 1 < parts:
            return replace(answer, verdict=_so_far(put_off_by(answer.rest), number + 1, parts), went_on=True)
    return replace(answer, verdict=sent(said.parts[0], said.url))


def correction_of(call: Call, sender: Sender) -> Correction | Answer:
    """Return the correction of a call; an Answer where nothing can be edited, and nobody was asked."""
    said = call.message
    if not isinstance(said, Correction):
        return stop(refused("there is no post to edit"))
    if not said.parts or not all(said.parts):
        what = "a part of the thread" if len(said.parts) > 1 else "the post"
        return stop(refused(f"the network never named {what}: only a person can edit it"))
    if len(said.parts) != len(said.post.parts):
        stands, new = _counted(len(said.parts)), _counted(len(said.post.parts))
        return stop(refused(f"what stands has {stands}, and what it is to say has {new}: only its words can change"))
    if any(is_blank(part) for part in said.post.parts):
        return stop(refused("the new words, or those of a part of the thread, are empty"))
    return oversized(max(len(part.encode()) for part in said.post.parts), sender) or said


def picture_under(said: Correction) -> str:
    """Return the network's id of the picture that stands under the first part; empty where none was uploaded."""
    noted = said.noted.get(STEP, {})
    return "" if "refused" in noted else str(noted.get("id", ""))


def _counted(parts: int) -> str:
    return "1 part" if parts == 1 else f"{parts} parts"


def _so_far(verdict: Verdict, number: int, parts: int) -> Verdict:
    """Say how far a thread came."""
    if parts == 1:
        return verdict
    return replace(verdict, reason=f"part {number + 1} of {parts}: {verdict.reason}; {number} already edited")

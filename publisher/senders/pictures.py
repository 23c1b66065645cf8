"""What every sender does with a post's picture: upload it once, and go on without it where its network refuses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from publisher.model.call import Answer, Call, Outcome, Picture, Rest, Scope, Verdict
from publisher.model.post_size import cut_short
from publisher.senders.base import Journal, Sender
from publisher.senders.verdicts import deferred, refused, stop

STEP = "picture"
KEPT = timedelta(hours=12)  # networks throw away what no post shows
# Uploads a picture, or goes on with one that was begun under this id: sent names the network's id, and so does a
# deferral of one that has arrived and isn't ready.
Upload = Callable[[Picture, str], Answer]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a post shows of its picture."""

    id: str = ""  # the network's own; empty: nothing
    refusal: str = ""  # why nothing, in the network's words
    rest: Rest | None = None  # what the upload's answer left

    def told(self, answer: Answer) -> Answer:
        """Say of a post that was sent what became of its picture."""
        answer = replace(answer, rest=Rest.latest(answer.rest, self.rest))
        if not self.refusal or answer.verdict.outcome is not Outcome.SENT:
            return answer
        return replace(answer, verdict=replace(answer.verdict, reason=f"sent without its picture: {self.refusal}"))


def uploaded(call: Call, sender: Sender, journal: Journal, upload: Upload, kept: timedelta = KEPT) -> Shown | Answer:
    """Return a call's picture as its network knows it, uploaded by this try or by one before it.

    An Answer where the post doesn't go now: the upload is put off, or refused and needed, or the account is. Nothing
    was posted then, whatever became of the upload.

    :param kept: for so long what was uploaded is used; then it goes up again.
    """
    picture = picture_of(call, sender)
    if picture is None:
        return Shown()
    noted = journal.noted(STEP) or {}
    begun = str(noted.get("id", "")) if _is_fresh(noted, sender.http.clock(), kept) else ""
    if "refused" in noted or (begun and noted.get("ready")):
        return Shown(begun, str(noted.get("refused", "")))
    answer = unfit(picture, sender) or upload(picture, begun)
    verdict = answer.verdict
    if verdict.outcome is Outcome.REFUSED and verdict.scope is not Scope.ACCOUNT:
        return refusal(picture, journal, answer)
    is_ready = verdict.outcome is Outcome.SENT
    if is_ready or (verdict.provider_id and verdict.provider_id != begun):
        journal.note(STEP, {"id": verdict.provider_id, "ready": is_ready, "at": sender.http.clock().isoformat()})
    if is_ready:
        return Shown(verdict.provider_id, rest=answer.rest)
    return replace(answer, verdict=_put_off(verdict))


def said_with_picture(call: Call, sender: Sender, journal: Journal, say: Callable[[Picture | None], Answer]) -> Answer:
    """Say a post whose picture goes up in its own request.

    What is refused with it is said once more without: if it was for the words, it is refused again.
    """
    picture = picture_of(call, sender)
    if picture is None:
        return say(None)
    noted, answer = journal.noted(STEP), unfit(picture, sender)
    if noted is not None:
        return Shown(refusal=str(noted["refused"])).told(say(None))
    answer = answer or say(picture)
    if answer.verdict.outcome is not Outcome.REFUSED or answer.verdict.scope is Scope.ACCOUNT:
        return answer
    shown = refusal(picture, journal, answer)
    return shown if isinstance(shown, Answer) else shown.told(say(None))


def picture_of(call: Call, sender: Sender) -> Picture | None:
    """Return the picture that a call's post is to show; None where it has none, or its card is the network's own.

    Its words are cut to what the network takes: a channel that takes over gets those that were written for another.
    """
    picture, rules = call.picture, sender.rules
    if picture is None or (picture.in_card and rules and not rules.shows_card):
        return None
    most = rules.uploads.most_alt if rules and rules.uploads else 0
    return replace(picture, alt=cut_short(picture.alt, most)) if most else picture


def unshown(call: Call, sender: Sender) -> Answer | None:
    """Refuse a post that goes only with its picture, on a channel that shows none of ours: one that takes over."""
    if call.picture is None or not call.picture.is_needed:
        return None
    if picture_of(call, sender) is not None and _takes_pictures(sender):
        return None
    return stop(refused(f"it goes only with its picture, and {sender.name} shows none of ours"))


def told_unshown(call: Call, sender: Sender, answer: Answer) -> Answer:
    """Say of a post that was sent by a channel that shows no picture of ours that it had one."""
    if call.picture is None or picture_of(call, sender) is None or _takes_pictures(sender):
        return answer
    return Shown(refusal=f"{sender.name} shows none of ours").told(answer)


def _takes_pictures(sender: Sender) -> bool:
    return sender.rules is not None and sender.rules.uploads is not None


def unfit(picture: Picture, sender: Sender) -> Answer | None:
    """Refuse a picture that was made for another network: a channel that takes over gets what the first one had."""
    rules = sender.rules.uploads if sender.rules else None
    if rules is None or picture.type not in rules.types or len(picture.content) > rules.most_bytes:
        return stop(refused(f"{sender.name} takes no {picture.type} of {len(picture.content):,} bytes"))
    return None


def refusal(picture: Picture, journal: Journal, answer: Answer) -> Shown | Answer:
    """Go on without a picture that was refused, unless it is needed; noted, so that every try says the same."""
    why = answer.verdict.reason
    if picture.is_needed:
        return replace(answer, verdict=refused(f"refused with its picture: {why}"))
    journal.note(STEP, {"refused": why})
    return Shown(refusal=why, rest=answer.rest)


def _is_fresh(noted: Mapping[str, object], now: datetime, kept: timedelta) -> bool:
    at = noted.get("at")
    return isinstance(at, str) and now - datetime.fromisoformat(at) < kept


def _put_off(verdict: Verdict) -> Verdict:
    """Say of an upload in doubt that nothing was posted: it is tried again."""
    if verdict.outcome is Outcome.UNKNOWN:
        return deferred(f"{verdict.reason}, when its picture was uploaded; nothing was posted")
    return replace(verdict, provider_id="")

"""The whole act: look, claim, begin, speak, record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import structlog

from publisher.clock import steady
from publisher.errors import BooksError, LostCallError, MaybeWrittenError, PublisherError
from publisher.model.call import Answer, Call, Outcome, Verdict
from publisher.pipeline.dispatch import again, breaker
from publisher.pipeline.dispatch.answer import CUT, NotPlain, is_plain, keep_answer
from publisher.pipeline.dispatch.beginning import begin
from publisher.pipeline.dispatch.desk import Claimed, Desk, say
from publisher.pipeline.dispatch.turn import claim, take_turn
from publisher.senders.verdicts import deferred, stop
from publisher.steps import Step
from publisher.store import Store, channels, deliveries, sends

if TYPE_CHECKING:
    from publisher.senders.base import Sender

log = structlog.get_logger()

FROZEN = stop(deferred("the process stood still before it spoke; nothing was sent"))
LOOK_HOLDS = 1.0  # seconds for which a look at a channel that has work is good enough; a claim looks again anyway


def dispatch_next(store: Store, desk: Desk, channel: str, sender: Callable[[], Sender]) -> bool:
    """Carry out the channel's next due calls, or look at its next doubtful one; say whether there was one.

    A channel that can't be used stops with the reason, and the other channels go on.
    """
    if (until := desk.looked.get(channel, 0.0)) > steady():  # while there is work, one look holds for many calls
        if _carry_on(store, desk, channel, sender, until):
            return True
        desk.looked.pop(channel, None)
    found = _look(store, desk, channel, sender)
    if found is not None:
        return found
    desk.looked[channel] = steady() + LOOK_HOLDS
    return _carry_on(store, desk, channel, sender)


def _look(store: Store, desk: Desk, channel: str, sender: Callable[[], Sender]) -> bool | None:
    """Look what stands before the channel's next call; None: a call is due, and nothing is in its way."""
    now = desk.clock()
    with store.read() as conn:
        look = channels.look(conn, channel, now)
        may_go = look.may_go(now)
        due = deliveries.next_due(conn, channel, now) if may_go else None
    if (look.is_stopped or look.is_failing(now)) and breaker.stand_aside(store, desk, channel):
        return True
    if not may_go or look.is_stopped or (due is None and look.doubt is None):
        return False  # the common case, without asking for the write lock
    if look.doubt is not None:
        doubt = look.doubt
        if _guarded(store, desk, channel, sender, lambda ready: again.look_again(store, desk, channel, ready, doubt)):
            return True
    return None if due is not None else False


def _carry_on(store: Store, desk: Desk, channel: str, sender: Callable[[], Sender], until: float = 0.0) -> bool:
    """Carry out one call, and others after it until then: the end of one and the claim of the next are one commit."""
    return _guarded(store, desk, channel, sender, lambda ready: _dispatch(store, desk, channel, ready, until=until))


def _guarded(
    store: Store, desk: Desk, channel: str, sender: Callable[[], Sender], step: Callable[[Sender], bool]
) -> bool:
    """Take a step with the channel's sender; one that can't be used stops the channel, and wrong books their send."""
    try:
        ready = sender()
    except PublisherError as error:
        breaker.stop_unusable(store, desk, channel, error)
        return True
    try:
        return step(ready)
    except BooksError as error:
        log.error("books_do_not_balance", send=error.send_id, error=str(error))
        with store.write() as conn:
            sends.set_aside(conn, error.send_id, error.what)
        return True


def _dispatch(
    store: Store, desk: Desk, channel: str, sender: Sender, *, only: Sequence[int] | None = None, until: float = 0.0
) -> bool:
    with Step("claim", channel=channel) as step:
        if only is not None:
            claimed = claim(store, desk, channel, sender.max_recipients, only, counted_as=sender.counted_as)
        else:
            claimed = take_turn(store, desk, channel, sender.max_recipients, counted_as=sender.counted_as)
        if claimed is None:
            return False
        step.done(**claimed.ids)
    while claimed is not None:
        with Step("carry out", **claimed.ids):
            claimed = _carry_out(store, desk, sender, claimed, until)
    return True


def _carry_out(store: Store, desk: Desk, sender: Sender, claimed: Claimed, until: float) -> Claimed | None:
    """Carry out a call; return the next one, where it was claimed in the same go."""
    following: Claimed | None = None
    halves: tuple[list[int], ...] = ()
    try:
        if claimed.call.recipients and (answer := _begin_and_speak(store, desk, sender, claimed)) is not None:
            halves = _halves(claimed.call, answer)
            put_back = bool(halves) or answer is FROZEN or answer is CUT  # none says anything of the channel
            goes_on = not put_back and is_plain(claimed, answer) and until > steady() and not desk.stop.is_set()
            if goes_on:
                following = _end_and_claim(store, desk, sender, claimed, answer)
            else:
                _end(store, desk, sender, claimed, answer, put_back=put_back)
    finally:
        # Whatever failed above: a call that nobody carries on is taken over like that of a dead process.
        desk.under_way.discard(claimed.call.id)
    for half in halves:
        if not desk.stop.is_set():
            _dispatch(store, desk, claimed.channel, sender, only=half)
    return following


def _end_and_claim(store: Store, desk: Desk, sender: Sender, claimed: Claimed, answer: Answer) -> Claimed | None:
    """Write a plain answer down and claim the next call; where they don't go together, the answer by itself."""
    try:
        with Step("answer") as answering, Step("claim") as claiming:
            wanted = (claimed.channel, sender.max_recipients, (claimed, answer))
            following = take_turn(store, desk, *wanted, counted_as=sender.counted_as)
            answering.done()
            if following is not None:
                claiming.done(**following.ids)
        return following
    except NotPlain:
        pass
    except Exception as error:  # noqa: BLE001 -- the answer is all there is of the exchange; a claim is tried again anyway
        log.warning("turn_failed", call=claimed.call.id, error=str(error))
    _end(store, desk, sender, claimed, answer)
    return None


def _end(store: Store, desk: Desk, sender: Sender, claimed: Claimed, answer: Answer, *, put_back: bool = False) -> None:
    with Step("answer") as step:
        can_be_settled = again.can_settle(sender, claimed.call)
        keep_answer(store, desk, claimed, answer, put_back=put_back, can_be_settled=can_be_settled)
        step.done()


def _halves(call: Call, answer: Answer) -> tuple[list[int], ...]:
    """Halve a call that certainly was refused whole, because of one reader whom the provider did not name."""
    ids = [recipient.delivery_id for recipient in call.recipients]
    certain = all(answer.of(recipient).outcome in (Outcome.DEFERRED, Outcome.REFUSED) for recipient in call.recipients)
    middle = len(ids) // 2
    return (ids[:middle], ids[middle:]) if answer.split and certain and middle else ()


def _begin_and_speak(store: Store, desk: Desk, sender: Sender, claimed: Claimed) -> Answer | None:
    """Return what came of the call; None when it is no longer ours to carry."""
    try:
        is_ours = begin(store, desk, claimed)
    except MaybeWrittenError as error:
        # Perhaps it stands there as if we had spoken. Nobody but us knows that we did not.
        log.error("begin_was_cut", call=claimed.call.id, error=str(error))
        return CUT
    if not is_ours:
        return None
    with Step("call") as step:
        answer = speak(store, sender, claimed)
        step.done(outcome=answer.verdict.outcome.value, status=answer.status)
    return answer


def speak(store: Store, sender: Sender, claimed: Claimed) -> Answer:
    """Have the sender speak. A fault of its own may have come after the request: unknown, never repeated blindly."""
    if steady() > claimed.speak_by:  # the fence: we were frozen, and others may think us gone
        return FROZEN
    call = claimed.call
    try:
        with sender.http.until(claimed.speak_by):
            answer = say(store, sender, call)
        if not isinstance(answer, Answer):
            raise TypeError(f"{type(answer).__name__} is no Answer")
        return answer
    except LostCallError as error:  # the answer that counts is theirs who carry it on
        log.warning("call_lost", call=call.id)
        return Answer(Verdict(Outcome.UNKNOWN, reason=error.what))
    except Exception as fault:  # noqa: BLE001 -- a sender is anyone's package; its fault must not lose the outcome
        log.error("sender_fault", sender=sender.name, call=call.id, fault=type(fault).__name__)
        words = f"the sender {sender.name} failed in itself ({type(fault).__name__}); see the log"
        return Answer(Verdict(Outcome.UNKNOWN, reason=words))

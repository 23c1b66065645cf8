"""Calls whose outcome is unknown: said again exactly as they were, or asked about, or left to a person.

Blind repeating is wrong nine times in ten: most of what got no answer had been accepted.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

import structlog

from publisher import steps
from publisher.clock import steady
from publisher.errors import LostCallError
from publisher.model.call import Answer, Call, Outcome, Recipient, Verdict
from publisher.model.message import Correction, Withdrawal
from publisher.model.states import CallState, DeliveryState, SendState
from publisher.pipeline.dispatch import rests
from publisher.pipeline.dispatch.answer import record_answer
from publisher.pipeline.dispatch.desk import Claimed, Desk, last_moment, picture_of, say
from publisher.store import Connection, RowMapping, Store, calls, deliveries, editions, messages, sends
from publisher.store import tries as tries_of

if TYPE_CHECKING:
    from publisher.senders.base import Sender

log = structlog.get_logger()
D = DeliveryState
ORDERED_FOR = timedelta(days=1)  # an order without an answer, to take down or edit, is said again for as long
Step = Literal["repeat", "ask", "wait", "park"]


def look_again(store: Store, desk: Desk, channel: str, sender: Sender, call_id: int) -> bool:
    """Carry one doubtful call a step further; say whether it was ours to carry."""
    # In turn: threads that waited for the send's row one by one would, in a process that freezes, each hold it up.
    found = store.submit(lambda conn: _next(conn, desk, sender, call_id), turn=channel)
    if found is None:
        return False
    claimed, step = found
    if claimed is not None:
        _exchange(store, desk, sender, claimed, step)
    return True


def _next(conn: Connection, desk: Desk, sender: Sender, call_id: int) -> tuple[Claimed | None, Step] | None:
    """Make a doubtful call ours and say what to do about it, with nothing to say where it waits or is parked.

    None: somebody was faster, and it is answered, or being said again at this moment.
    """
    now, speak_by = desk.clock(), last_moment(desk.timing)
    send = sends.lock_with_edition(conn, calls.get(conn, call_id)["send_id"])  # which may have to be opened again
    call = calls.get(conn, call_id)
    if call["state"] != CallState.UNKNOWN or call["retry_at"] is None or call["retry_at"] > now:
        return None
    rests_until = rests.until(conn, sender.counted_as, now, is_removal=send["kind"] == sends.WITHDRAWAL)
    if rests_until is not None:
        calls.postpone(conn, call_id, rests_until)  # others of the channel, as a withdrawal, may wait for no rest
        return None, "wait"
    members = calls.thaw(call["members"])
    step = next_step(call, send, sender, desk, is_as_it_was(conn, call, members, now), now)
    if step == "ask" and any(not member.address for member in members):
        step = "park"  # somebody in it was erased: nobody can be asked about them any more
    claimed = _take(conn, desk, sender.counted_as, call, send, members, step, now, speak_by)
    if claimed is None:
        return None
    if step == "park":
        _park(conn, call, send, members, now)
    return (claimed if step in ("repeat", "ask") else None), step


def can_settle(sender: Sender, call: Call) -> bool:
    """Say whether there is a way out of doubt besides a person's word."""
    return (
        isinstance(call.message, Withdrawal | Correction)
        or sender.idempotent_for is not None
        or sender.asked_for is not None
    )


def next_step(call: RowMapping, send: RowMapping, sender: Sender, desk: Desk, as_it_was: bool, now: datetime) -> Step:
    """Say what can be done about a call in doubt. Pure."""
    since = call["spoke_at"] or call["opened_at"]
    timing = desk.timing
    if send["state"] in (SendState.PAUSED, SendState.HELD):
        return "wait"
    if sends.is_order(send) and sender.is_practice:
        return "wait"  # what stands out there is left alone
    if sends.is_order(send):  # what is gone, or edited, already may be so once more
        return "repeat" if send["state"] != SendState.CANCELLED and now < since + ORDERED_FOR else "park"
    known_for = (sender.idempotent_for or timedelta()) - timing.leaving - timing.margin
    if as_it_was and send["state"] != SendState.CANCELLED and now < since + known_for:
        return "repeat"
    if sender.asked_for is not None and now < since + sender.asked_for:
        return "ask" if now >= since + timing.ask_after else "wait"
    return "park"


def is_as_it_was(conn: Connection, call: RowMapping, members: tuple[Recipient, ...], now: datetime) -> bool:
    """Say whether the call could be said again word for word: nobody in it has left, nobody was decided on."""
    ids = [member.delivery_id for member in members]
    if not ids or deliveries.in_doubt(conn, call["id"], ids) != len(ids):
        return False
    errand = sends.errand(sends.get(conn, call["send_id"]))
    return not any(member.blocked for member in deliveries.members(conn, ids, now, errand))


def _take(
    conn: Connection,
    desk: Desk,
    counted_as: str,
    call: RowMapping,
    send: RowMapping,
    members: tuple[Recipient, ...],
    step: Step,
    now: datetime,
    speak_by: float,
) -> Claimed | None:
    """Make the call ours for one more try; None where another process was faster."""
    tries = (call["tries"] or 1) + 1
    lease_until = now + desk.timing.lease
    # Should we die, it comes up again when we are found dead, at the latest when our lease is over.
    again_at = _wait_until(call, desk, now) if step == "wait" else lease_until + desk.timing.unknown_retry
    taken = calls.take_again(
        conn, call["id"], tries=tries, process_id=desk.process_id, lease_until=lease_until, retry_at=again_at
    )
    if not taken:
        return None
    if step in ("repeat", "ask"):
        tries_of.begin(conn, call, tries, step, now)
    message = messages.get(conn, call["message_id"])
    since = call["spoke_at"] or call["opened_at"]
    again = Call(call["id"], call["key"], message, members, tries, since, picture_of(conn, message))
    known = {"counted_as": counted_as, "edition_id": send["edition_id"], "message_id": call["message_id"]}
    return Claimed(again, call["send_id"], call["channel"], speak_by, **known)


def _wait_until(call: RowMapping, desk: Desk, now: datetime) -> datetime:
    since: datetime = call["spoke_at"] or call["opened_at"]
    return max(now + desk.timing.unknown_retry, min(since + desk.timing.ask_after, now + timedelta(minutes=5)))


def _exchange(store: Store, desk: Desk, sender: Sender, claimed: Claimed, step: Step) -> None:
    """Speak or ask outside any transaction, and write down what came of it."""
    if steady() > claimed.speak_by:
        return  # we were frozen: it comes up again
    call = claimed.call
    with steps.Step("call", **claimed.ids) as said:
        try:
            with sender.http.until(claimed.speak_by):
                answer = say(store, sender, call) if step == "repeat" else sender.ask(call)
        except LostCallError:
            log.warning("call_lost", call=call.id)  # the answer that counts is theirs who carry it on
            return
        except Exception as fault:  # noqa: BLE001 -- a sender is anyone's package; it stays in doubt and comes up again
            log.error("sender_fault", sender=sender.name, call=call.id, fault=type(fault).__name__)
            return
        said.done(how=step, outcome=answer.verdict.outcome.value, status=answer.status)
    if answer.split:  # refused whole because of one reader: the first try may have been taken all the same
        in_doubt = Verdict(Outcome.UNKNOWN, reason=answer.verdict.reason)
        answer = Answer(in_doubt, status=answer.status, words=answer.words)
    with steps.Step("answer", **claimed.ids) as noted:
        log.info("doubt_looked_at", call=call.id, how=step, outcome=answer.verdict.outcome.value)
        record_answer(store, desk, claimed, answer, was_asked=step == "ask", can_be_settled=True)
        noted.done(how=step)


def _park(conn: Connection, call: RowMapping, send: RowMapping, members: tuple[Recipient, ...], now: datetime) -> None:
    """Leave it to a person; or send anew, where the schedule says that a double is better than a gap."""
    calls.park(conn, call["id"])
    if send["on_unknown"] != "resend" or send["state"] == SendState.CANCELLED:
        return
    ids = [member.delivery_id for member in members]
    moved = deliveries.move(conn, ids, call_id=call["id"], origin=D.UNKNOWN, to=D.PENDING, due_at=now)
    if moved:
        editions.reopen(conn, send["id"], now)
    sends.post_to_books(conn, send["id"], {D.UNKNOWN.value: -moved, D.PENDING.value: moved})
    log.warning("sent_anew", call=call["id"], deliveries=moved, why="on_unknown: resend")

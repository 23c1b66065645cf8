"""Delivery to call: claim, commit, speak, commit.

What was claimed is frozen in the call and committed before a byte leaves; what came of it is committed after. A crash
in between leaves a call that says so, and never a reader who might silently be skipped or written to twice.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import random
from typing import Any
from uuid import uuid4

import structlog

from publisher.clock import Clock
from publisher.errors import PublisherError
from publisher.model.call import Answer, Call, Outcome, Recipient, Scope, Verdict
from publisher.model.states import CallState, DeliveryState, SendState
from publisher.senders.base import Sender
from publisher.store import Connection, Store, calls, deliveries, messages, sends
from publisher.store.deliveries import Due, Member

log = structlog.get_logger()
D = DeliveryState

STOPPED = "stopped before it left"
LEASE = timedelta(minutes=5)
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a dispatcher needs beside the store: who it is and how it names things on the wire."""

    process_id: int
    clock: Clock
    introduce: Callable[[Member], Recipient]  # a reader's values: links of their own, an opaque reference
    under_way: set[int] = field(default_factory=set)  # this process's calls between claim and answer


@dataclass(frozen=True, slots=True)
class Claimed:
    """A call that is ours, committed, nothing said yet."""

    call: Call
    send_id: int
    give_up_at: datetime | None


def dispatch_next(store: Store, desk: Desk, channel: str, sender: Callable[[], Sender]) -> bool:
    """Carry out the channel's next due call; say whether there was one.

    A channel that can't be used pauses its sends with the reason, and the other channels go on.
    """
    with store.read() as conn:
        due = deliveries.next_due(conn, channel, desk.clock())
    if due is None:
        return False  # the common case, without asking for the write lock
    try:
        ready = sender()
    except PublisherError as error:
        _pause_unusable(store, due.send_id, error)
        return True
    return _dispatch(store, desk, channel, ready, only=None)


def _pause_unusable(store: Store, send_id: int, error: PublisherError) -> None:
    remedy = error.remedy or "Mend the channel in schedules.yaml"
    what = f"{error.where}: {error.what}" if error.where else error.what
    with store.write() as conn:
        sends.move(conn, send_id, SendState.PAUSED)
        sends.add_reasons(conn, send_id, [{"check": "channel", "blocks": True, "what": what, "remedy": remedy}])


def _dispatch(store: Store, desk: Desk, channel: str, sender: Sender, only: Sequence[int] | None) -> bool:
    claimed = claim(store, desk, channel, sender.max_recipients, only)
    if claimed is None:
        return False
    halves: tuple[list[int], ...] = ()
    desk.under_way.add(claimed.call.id)
    try:
        if claimed.call.recipients and begin(store, desk, claimed):
            answer = speak(store, sender, claimed.call)
            halves = _halves(claimed.call) if answer.split else ()
            record_answer(store, claimed, answer, now=desk.clock(), put_back=bool(halves))
    finally:
        # Whatever failed above: a call that nobody carries on is taken over like that of a dead process.
        desk.under_way.discard(claimed.call.id)
    for half in halves:
        _dispatch(store, desk, channel, sender, half)
    return True


def _halves(call: Call) -> tuple[list[int], ...]:
    """Halve a call that was refused whole because of one reader whom the provider did not name."""
    ids = [recipient.delivery_id for recipient in call.recipients]
    middle = len(ids) // 2
    return (ids[:middle], ids[middle:]) if middle else ()


def claim(store: Store, desk: Desk, channel: str, limit: int, only: Sequence[int] | None = None) -> Claimed | None:
    """Take up to `limit` due deliveries of one message under a new call. Whoever left since then gets nothing.

    :param only: claim among these deliveries, due or not: the halves of a call that was refused whole.
    """
    now = desk.clock()
    with store.write() as conn:
        due = deliveries.next_due(conn, channel, now, only)
        if due is None:
            return None
        call_id, key = _open_call(conn, desk, channel, due, now)
        taken = deliveries.take(conn, due, call_id=call_id, limit=limit, now=now, only=only)
        recipients, gone = _leave_out_the_gone(conn, desk, call_id, taken)
        calls.freeze(conn, call_id, recipients)
        sends.move(conn, due.send_id, SendState.SENDING, started_at=now)
        deltas = {D.PENDING: -len(taken), D.TAKEN: len(recipients), D.SUPPRESSED: gone}
        sends.post_to_books(conn, due.send_id, {state.value: delta for state, delta in deltas.items()})
        if not recipients:
            calls.move(conn, call_id, CallState.GIVEN_BACK, closed_at=now, members=None)
        give_up_at = sends.get(conn, due.send_id)["give_up_at"]
        message = messages.get(conn, due.message_id)
    return Claimed(Call(call_id, key, message, recipients), due.send_id, give_up_at)


def _open_call(conn: Connection, desk: Desk, channel: str, due: Due, now: datetime) -> tuple[int, str]:
    # A key is made once per call and never used for another: a retry of this call says the same key again.
    key = uuid4().hex
    call_id = calls.open_call(
        conn,
        send_id=due.send_id,
        message_id=due.message_id,
        channel=channel,
        key=key,
        process_id=desk.process_id,
        lease_until=now + LEASE,
        now=now,
    )
    return call_id, key


def _leave_out_the_gone(
    conn: Connection, desk: Desk, call_id: int, taken: Sequence[int]
) -> tuple[tuple[Recipient, ...], int]:
    members = deliveries.members(conn, taken)
    gone = _suppress_gone(conn, call_id, members)
    return tuple(desk.introduce(member) for member in members if not member.blocked), gone


def _suppress_gone(conn: Connection, call_id: int, members: Sequence[Member]) -> int:
    by_reason: defaultdict[str, list[int]] = defaultdict(list)
    for member in members:
        if member.blocked:
            by_reason[member.blocked].append(member.delivery_id)
    return sum(
        deliveries.move(conn, ids, call_id=call_id, origin=D.TAKEN, to=D.SUPPRESSED, reason=reason, attempts=-1)
        for reason, ids in by_reason.items()
    )


def begin(store: Store, desk: Desk, claimed: Claimed) -> bool:
    """Commit that we are about to speak; False when the call is no longer ours."""
    with store.write() as conn:
        return calls.move(conn, claimed.call.id, CallState.SENDING, spoke_at=desk.clock())


def speak(store: Store, sender: Sender, call: Call) -> Answer:
    """Have the sender speak. A fault of its own may have come after the request: unknown, never repeated blindly."""
    try:
        answer = sender.send(call, StoreJournal(store, call.id))
        if not isinstance(answer, Answer):
            raise TypeError(f"{type(answer).__name__} is no Answer")
        return answer
    except Exception as fault:  # noqa: BLE001 -- a sender is anyone's package; its fault must not lose the outcome
        log.error("sender_fault", sender=sender.name, call=call.id, fault=type(fault).__name__)
        words = f"the sender {sender.name} failed in itself ({type(fault).__name__}); see the log"
        return Answer(Verdict(Outcome.UNKNOWN, reason=words))


@dataclass(frozen=True, slots=True)
class StoreJournal:
    """Notes of a sender of several steps, committed at once; a later try of the same call finds them."""

    store: Store
    call_id: int

    def note(self, step: str, data: Mapping[str, object]) -> None:
        with self.store.write() as conn:
            calls.note(conn, self.call_id, step, dict(data))

    def noted(self, step: str) -> dict[str, Any] | None:
        with self.store.read() as conn:
            found = calls.journal(conn, self.call_id).get(step)
        return dict(found) if found is not None else None


# --- the answer into the books ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a verdict leaves a delivery."""

    state: DeliveryState
    due_at: datetime | None = None
    reason: str | None = None


def land(verdict: Verdict, *, attempt: int, give_up_at: datetime | None, now: datetime) -> Landing:
    """Say what a verdict means for a delivery. Pure but for the jitter."""
    if verdict.outcome is Outcome.SENT:
        return Landing(D.SENT)
    if verdict.outcome is Outcome.UNKNOWN:
        return Landing(D.UNKNOWN)
    if verdict.outcome is Outcome.REFUSED and verdict.scope is not Scope.ACCOUNT:
        return Landing(D.FAILED)
    if verdict.outcome is Outcome.REFUSED:
        return Landing(D.PENDING, now)  # the account was refused, not the reader: it waits while the send is paused
    again = max(verdict.until or now, now + _backoff(attempt))
    if give_up_at is not None and again > give_up_at:
        return Landing(D.FAILED, reason=f"gave up after {attempt} attempts: {verdict.reason}")
    return Landing(D.PENDING, again)


def _backoff(attempt: int) -> timedelta:
    wait: timedelta = min(FIRST_RETRY * 3 ** max(0, attempt - 1), LONGEST_RETRY)
    jitter = 0.75 + random() / 2  # noqa: S311 -- no secret
    return wait * jitter


def record_answer(store: Store, claimed: Claimed, answer: Answer, *, now: datetime, put_back: bool = False) -> None:
    """Write down what came of a call: one update per outcome, exceptions row by row, the call closed.

    :param put_back: the call was refused whole and is said again in halves: everybody waits, nobody is given up.
    """
    call = claimed.call
    with store.write() as conn:
        attempt = deliveries.attempts_of(conn, [recipient.delivery_id for recipient in call.recipients])
        groups: defaultdict[Landing, list[int]] = defaultdict(list)
        is_cancelled = sends.get(conn, claimed.send_id)["state"] == SendState.CANCELLED
        landings: dict[Verdict, Landing] = {}  # one landing per verdict, so that the jitter groups
        for recipient in call.recipients:
            verdict = answer.of(recipient)
            if verdict not in landings:
                landing = land(verdict, attempt=attempt, give_up_at=claimed.give_up_at, now=now)
                landings[verdict] = _in_its_send(Landing(D.PENDING, now) if put_back else landing, is_cancelled)
            groups[landings[verdict]].append(recipient.delivery_id)
        deltas: Counter[str] = Counter()
        for landing, ids in groups.items():
            deltas.update(_settle(conn, call.id, ids, landing))
        _close(conn, call, answer, now)
        sends.post_to_books(conn, claimed.send_id, deltas)
        refusals = [v for v in landings if v.outcome is Outcome.REFUSED and v.scope is Scope.ACCOUNT]
        if refusals and not put_back:
            _pause(conn, claimed.send_id, refusals[0])


def _in_its_send(landing: Landing, is_cancelled: bool) -> Landing:
    """A delivery of a cancelled send that certainly did not leave is cancelled too, never pending."""
    if is_cancelled and landing.state is D.PENDING:
        return Landing(D.CANCELLED, reason=STOPPED)
    return landing


def _settle(conn: Connection, call_id: int, ids: list[int], landing: Landing) -> Counter[str]:
    """Move the rows that this call still holds; a late answer also settles what was given up as unknown."""
    deltas: Counter[str] = Counter()
    for origin in (D.TAKEN, D.UNKNOWN):
        # A late answer that only says "later" leaves what was given up as unknown to a person.
        if origin is landing.state or (origin is D.UNKNOWN and landing.state in (D.PENDING, D.CANCELLED)):
            continue
        moved = deliveries.move(
            conn, ids, call_id=call_id, origin=origin, to=landing.state, due_at=landing.due_at, reason=landing.reason
        )
        deltas.update({origin.value: -moved, landing.state.value: moved})
    return deltas


def _close(conn: Connection, call: Call, answer: Answer, now: datetime) -> None:
    verdict = answer.verdict
    is_unknown = any(answer.of(recipient).outcome is Outcome.UNKNOWN for recipient in call.recipients)
    values: dict[str, Any] = {
        "closed_at": now,
        "outcome": verdict.outcome.value,
        "reason": verdict.reason or None,
        "status": answer.status,
        "provider_id": verdict.provider_id or None,
        "url": verdict.url or None,
        "words": answer.words or None,
    }
    if not is_unknown:
        values["members"] = None  # the frozen values are needed no more
    calls.move(conn, call.id, CallState.UNKNOWN if is_unknown else CallState.ANSWERED, **values)
    for recipient in call.recipients:
        said = answer.of(recipient)
        if said.outcome is not Outcome.SENT or recipient.delivery_id in answer.exceptions:
            calls.record_outcome(conn, call.id, recipient.delivery_id, said)


def _pause(conn: Connection, send_id: int, refusal: Verdict) -> None:
    remedy = "Mend the channel's credentials in schedules.yaml or .env, then `publisher send SCHEDULE --finish`"
    what = f"the provider refused the account: {refusal.reason}"
    sends.move(conn, send_id, SendState.PAUSED)
    sends.add_reasons(conn, send_id, [{"check": "account", "blocks": True, "what": what, "remedy": remedy}])


# --- what a dead process left -----------------------------------------------------------------------------------------


def take_over(store: Store, is_held: Callable[[int, int], bool], *, now: datetime) -> tuple[int, int]:
    """Close the calls that nobody carries on; return how many deliveries were given back and how many are unknown.

    :param is_held: says of a process and its call whether it is still at it.

    A call that had not begun to speak is given back. One that had may have been heard: its deliveries are unknown,
    by name, until the provider or a person says otherwise.
    """
    with store.read() as conn:
        orphans = [call for call in calls.open_ones(conn) if not is_held(call["process_id"], call["id"])]
    given_back = unknown = 0
    for orphan in orphans:
        with store.write() as conn:
            call = calls.get(conn, orphan["id"])
            if call["state"] == CallState.CLAIMED:
                given_back += _give_back(conn, call, now)
            elif call["state"] == CallState.SENDING:
                unknown += _call_unknown(conn, call, now)
    return given_back, unknown


def _give_back(conn: Connection, call: Any, now: datetime) -> int:
    ids = [recipient.delivery_id for recipient in calls.thaw(call["members"])]
    calls.move(conn, call["id"], CallState.GIVEN_BACK, closed_at=now, members=None)
    is_cancelled = sends.get(conn, call["send_id"])["state"] == SendState.CANCELLED
    to = _in_its_send(Landing(D.PENDING, now), is_cancelled)
    moved = deliveries.move(
        conn, ids, call_id=call["id"], origin=D.TAKEN, to=to.state, due_at=to.due_at, reason=to.reason, attempts=-1
    )
    sends.post_to_books(conn, call["send_id"], {D.TAKEN.value: -moved, to.state.value: moved})
    return moved


def _call_unknown(conn: Connection, call: Any, now: datetime) -> int:
    reason = "the process ended while the request was under way"
    ids = [recipient.delivery_id for recipient in calls.thaw(call["members"])]
    calls.move(conn, call["id"], CallState.UNKNOWN, closed_at=now, outcome=Outcome.UNKNOWN.value, reason=reason)
    moved = deliveries.move(conn, ids, call_id=call["id"], origin=D.TAKEN, to=D.UNKNOWN)
    for delivery_id in ids:
        calls.record_outcome(conn, call["id"], delivery_id, Verdict(Outcome.UNKNOWN, reason=reason))
    sends.post_to_books(conn, call["send_id"], {D.TAKEN.value: -moved, D.UNKNOWN.value: moved})
    return moved

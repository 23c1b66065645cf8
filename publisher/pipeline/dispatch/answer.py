"""The answer into the books: one update for each outcome, exceptions row by row, the call closed; all in one commit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from publisher.clock import steady
from publisher.errors import BooksError, StoreError
from publisher.model.call import Answer, Call, Outcome, Recipient, Scope, Verdict
from publisher.model.states import DeliveryState, SendState
from publisher.pipeline.dispatch import breaker, rests, telling
from publisher.pipeline.dispatch.desk import Claimed, Desk
from publisher.pipeline.dispatch.landing import Landing, in_its_send, land
from publisher.senders.verdicts import deferred, stop
from publisher.steps import Step
from publisher.store import Connection, RowMapping, Store, calls, deliveries, editions, sends, tries

log = structlog.get_logger()
D = DeliveryState
CUT = stop(deferred("the database broke away before anything was said; nothing was sent"))
WRITE_AGAIN = 0.5  # seconds between tries to write down an answer
Moved = dict[int, Counter[str]]  # by how much the counters of sends move, by state
MOST_PATIENT = 10  # times the wait after the first try: while the key is known, doubt is worth ending


def record_answer(
    store: Store,
    desk: Desk,
    claimed: Claimed,
    answer: Answer,
    *,
    put_back: bool = False,
    was_asked: bool = False,
    can_be_settled: bool = False,
) -> None:
    """Write down what came of a call. A call that others carry on by now is theirs: nothing is written.

    :param put_back: the call was refused whole and is said again in halves: everybody waits, nobody is given up.
    :param was_asked: nothing was said; the provider was asked what had become of the call.
    :param can_be_settled: the sender knows a way out of doubt: it honours keys, or can be asked.
    """
    if not put_back and not was_asked and is_plain(claimed, answer):
        desk.answers.ask(claimed.channel, (claimed, answer), partial(_record_plain, store, desk, claimed.channel))
    else:
        _record(store, desk, claimed, answer, put_back, was_asked, can_be_settled)


def _record(
    store: Store, desk: Desk, claimed: Claimed, answer: Answer, put_back: bool, was_asked: bool, can_be_settled: bool
) -> None:
    now = desk.clock()
    call = claimed.call
    said = answer.by_verdict(call.recipients)

    def work(conn: Connection) -> None:
        is_late = was_asked or steady() > claimed.speak_by  # the send may be done by now, and has to be opened again
        send = (sends.lock_with_edition if is_late else sends.lock)(conn, claimed.send_id)
        if claimed.counted_as and answer.rest is not None:
            is_removal = send["kind"] == sends.WITHDRAWAL
            rests.note(conn, claimed.counted_as, claimed.channel, answer.rest, now, is_removal=is_removal)
        looks_again = can_be_settled or send["on_unknown"] == "resend"
        # A repeated call that is only put off is as doubtful as before: the first try may have been heard.
        # Once a thread went on from there, it was.
        stays_in_doubt = call.attempt > 1 and not was_asked and not answer.went_on
        in_doubt = any(_is_in_doubt(verdict, stays_in_doubt) for verdict in said)
        if not _close(conn, desk, call, answer, now, in_doubt=in_doubt, looks_again=looks_again):
            log.warning("late_answer_left_out", call=call.id, tries=call.attempt)
            return
        if claimed.counted_as and answer.rest is not None and answer.verdict.outcome is Outcome.DEFERRED:
            send = _spared(conn, send, call, answer.rest.until, now)
        landings = _landings(conn, send, call, said, now, stays_in_doubt=stays_in_doubt, went_on=answer.went_on)
        if put_back:
            landings = {Landing(D.PENDING, now): [recipient.delivery_id for recipient in call.recipients]}
        is_cancelled = send["state"] == SendState.CANCELLED
        deltas: Counter[str] = Counter()
        for landing, ids in landings.items():
            deltas.update(_settle(conn, call.id, ids, in_its_send(landing, is_cancelled)))
        if sends.post_to_books(conn, claimed.send_id, deltas):
            telling.tell_landed(conn, claimed.send_id, call, landings, answer, now)
        if send["state"] == SendState.DONE and deltas[D.PENDING.value]:
            editions.reopen(conn, claimed.send_id, now)  # some certainly got nothing
        if not put_back and not was_asked:
            _judge_channel(conn, claimed, answer, said, now)

    def about(conn: Connection) -> None:
        with Step("record", **claimed.ids):  # here: the ledger may write on a thread of its own
            work(conn)

    store.submit(about, turn=claimed.channel)


def keep_answer(
    store: Store, desk: Desk, claimed: Claimed, answer: Answer, *, put_back: bool = False, can_be_settled: bool = False
) -> None:
    """Write the answer down, waiting for a database that is full, busy or away: it is all there is of the exchange."""
    while True:
        try:
            return record_answer(store, desk, claimed, answer, put_back=put_back, can_be_settled=can_be_settled)
        except BooksError:
            raise  # no waiting mends that
        except StoreError as error:
            log.error("answer_waits", call=claimed.call.id, error=str(error))
            if desk.stop.wait(WRITE_AGAIN):
                raise


def is_plain(claimed: Claimed, answer: Answer) -> bool:
    """Say whether everybody of a first try got their letter, in time, by a channel without trouble: nearly always.

    An answer that has something to say beside that it was sent, as that a picture was refused or that no request is
    left, is written with care.
    """
    is_first = claimed.call.attempt == 1 and steady() <= claimed.speak_by
    is_sent = answer.verdict.outcome is Outcome.SENT and not answer.exceptions
    is_all = not answer.verdict.reason and answer.rest is None
    return is_first and is_sent and not claimed.had_trouble and is_all


def _record_plain(store: Store, desk: Desk, channel: str, some: Sequence[tuple[Claimed, Answer]]) -> list[None]:
    """Write down plain answers of several calls at once; where one is not as it was left, each with care."""
    now = desk.clock()

    def work(conn: Connection) -> None:
        reserve(conn, {claimed.send_id for claimed, _ in some})
        post(conn, settle_plain(conn, some, now), some, now)

    try:
        store.submit(work, turn=channel)
    except NotPlain:
        for claimed, answer in some:
            _record(store, desk, claimed, answer, put_back=False, was_asked=False, can_be_settled=False)
    return [None] * len(some)


def reserve(conn: Connection, send_ids: Collection[int]) -> dict[int, RowMapping]:
    """Return sends, by id, as they stay until the transaction ends; one is shared with who claims and settles in it."""
    take = sends.share if len(send_ids) == 1 else sends.lock
    return {send_id: take(conn, send_id) for send_id in sorted(send_ids)}  # so that nobody waits in a circle


def settle_plain(conn: Connection, some: Sequence[tuple[Claimed, Answer]], now: datetime) -> Moved:
    """Write plain answers down; return what is to be posted to the books. Their sends are reserved.

    :raises NotPlain: a call or a delivery is no longer as it was left.
    """
    by_send: defaultdict[int, list[Call]] = defaultdict(list)
    for claimed, _ in some:
        by_send[claimed.send_id].append(claimed.call)
    ended = [
        calls.Plain(claimed.call.id, answer.status, answer.verdict.provider_id, answer.verdict.url, answer.words)
        for claimed, answer in some
    ]
    if not calls.close_plain(conn, ended, now):
        raise NotPlain
    moved: Moved = {}
    for send_id, mine in sorted(by_send.items()):
        ids = [reader.delivery_id for call in mine for reader in call.recipients]
        if deliveries.sent(conn, [call.id for call in mine], ids) != len(ids):
            raise NotPlain
        moved[send_id] = Counter({D.TAKEN.value: -len(ids), D.SENT.value: len(ids)})
    return moved


def post(conn: Connection, moved: Moved, settled: Sequence[tuple[Claimed, Answer]], now: datetime) -> None:
    """Post what moved to the books, and tell who wants to know of what was settled.

    Last: from here on, whoever shares the send has to wait for us.
    """
    for send_id in sorted(moved):
        if sends.post_to_books(conn, send_id, moved[send_id]):
            told = [(claimed.call, answer) for claimed, answer in settled if claimed.send_id == send_id]
            telling.tell_sent(conn, send_id, told, now)


class NotPlain(Exception):  # noqa: N818 -- a way back, not an error
    """Some delivery or call is no longer as it was left: each answer is written down with care."""


def _close(
    conn: Connection, desk: Desk, call: Call, answer: Answer, now: datetime, *, in_doubt: bool, looks_again: bool
) -> bool:
    """Close the call if this try still holds it; what the call said of each delivery goes beside it."""
    verdict = answer.verdict
    values: dict[str, Any] = {
        "closed_at": now,
        "outcome": verdict.outcome.value,
        "reason": verdict.reason or (answer.rest.why if answer.rest else "") or None,
        "status": answer.status,
        "provider_id": verdict.provider_id or None,
        "url": verdict.url or None,
        "words": answer.words or None,
        "retry_at": _again_at(desk, call, verdict, now) if in_doubt and looks_again else None,
    }
    if not calls.close(conn, call.id, tries=call.attempt, in_doubt=in_doubt, **values):
        return False
    if call.attempt > 1:
        tries.close(conn, call.id, call.attempt, values)
    # Plain "sent" stands with the call; only what differs is told of each, and what doubt had told before is over.
    told = call.recipients if verdict.outcome is not Outcome.SENT else _named(call, answer)
    if verdict.outcome is Outcome.SENT:
        tries.end_doubt(conn, call.id, [reader.delivery_id for reader in call.recipients])
    calls.record_outcomes(conn, call.id, [(reader.delivery_id, answer.of(reader)) for reader in told])
    return True


def _named(call: Call, answer: Answer) -> list[Recipient]:
    return [reader for reader in call.recipients if reader.delivery_id in answer.exceptions]


def _again_at(desk: Desk, call: Call, verdict: Verdict, now: datetime) -> datetime:
    wait = desk.timing.unknown_retry * min(call.attempt, MOST_PATIENT)
    return max(now + wait, verdict.until or now)


def _landings(
    conn: Connection,
    send: RowMapping,
    call: Call,
    said: Mapping[Verdict, list[int]],
    now: datetime,
    *,
    stays_in_doubt: bool,
    went_on: bool,
) -> Mapping[Landing, list[int]]:
    """Say where the deliveries come to rest; whoever shares verdict and beginning shares the moment of the retry."""
    found: defaultdict[Landing, list[int]] = defaultdict(list)
    for verdict, ids in said.items():
        if _is_in_doubt(verdict, stays_in_doubt):
            found[Landing(D.UNKNOWN)] += ids
        elif verdict.outcome is Outcome.DEFERRED:
            landings = _after_progress if went_on else _put_off
            for landing, some in landings(conn, send, verdict, ids, now):
                found[landing] += some
        else:
            found[land(verdict, attempt=call.attempt, give_up_at=None, now=now)] += ids
    return found


def _put_off(
    conn: Connection, send: RowMapping, verdict: Verdict, ids: list[int], now: datetime
) -> Iterator[tuple[Landing, list[int]]]:
    """Say when those who were put off are tried again, or that they are given up."""
    attempt, begun = deliveries.attempts_of(conn, ids), calls.first_tried(conn, ids)
    by_start: defaultdict[datetime, list[int]] = defaultdict(list)
    for delivery_id in ids:
        by_start[begun.get(delivery_id, now)].append(delivery_id)
    for since, some in by_start.items():
        yield land(verdict, attempt=attempt, give_up_at=_give_up_at(send, since), now=now), some


def _after_progress(
    conn: Connection, send: RowMapping, verdict: Verdict, ids: list[int], now: datetime
) -> Iterator[tuple[Landing, list[int]]]:
    """Say when a thread goes on that was posted in part: what comes next was never tried, and has its whole time."""
    landing = land(verdict, attempt=1, give_up_at=None, now=now)
    sends.set_term(conn, send["id"], sends.new_term(send, landing.due_at or now))
    yield replace(landing, attempts=-deliveries.attempts_of(conn, ids)), ids


def _spared(conn: Connection, send: RowMapping, call: Call, until: datetime, now: datetime) -> RowMapping:
    """Let the rest of an account use up none of the time for trying; return the send as it is then.

    What waits behind this call was never tried, so that its time has not begun: who heard of the rest fares no worse.
    """
    begun = calls.first_tried(conn, [recipient.delivery_id for recipient in call.recipients])
    give_up_at = _give_up_at(send, max(begun.values(), default=now))
    if give_up_at is not None and until > now:
        sends.set_term(conn, send["id"], give_up_at + (until - now))
    return sends.get(conn, send["id"])


def _give_up_at(send: RowMapping, since: datetime) -> datetime | None:
    """Return when trying ends, counted from a delivery's first attempt: waits for our own limits come before it."""
    if send["give_up_after"] is None:
        return None
    ends: datetime = since + timedelta(microseconds=send["give_up_after"])
    return max(ends, send["give_up_at"] or ends)  # who lets it go on, or a part, gives it its whole time again


def _settle(conn: Connection, call_id: int, ids: Sequence[int], landing: Landing) -> Counter[str]:
    """Move the rows that this call still holds; a late answer also settles what was given up as unknown meanwhile."""
    deltas: Counter[str] = Counter()
    for origin, to in ((D.TAKEN, landing), (D.UNKNOWN, _late(landing))):
        if origin is to.state:
            continue
        moved = deliveries.move(
            conn,
            ids,
            call_id=call_id,
            origin=origin,
            to=to.state,
            due_at=to.due_at,
            reason=to.reason,
            attempts=to.attempts,
        )
        deltas.update({origin.value: -moved, to.state.value: moved})
        if moved == len(ids):
            break
    return deltas


def _late(landing: Landing) -> Landing:
    """What was unknown can't be cancelled any more: that it never left is a way of having failed."""
    return Landing(D.FAILED, reason=landing.reason) if landing.state is D.CANCELLED else landing


def _is_in_doubt(verdict: Verdict, stays_in_doubt: bool) -> bool:
    if verdict.outcome is Outcome.UNKNOWN:
        return True
    is_put_off = verdict.outcome is Outcome.DEFERRED or verdict.scope is Scope.ACCOUNT
    return stays_in_doubt and verdict.outcome is not Outcome.SENT and is_put_off


def _judge_channel(conn: Connection, claimed: Claimed, answer: Answer, said: Iterable[Verdict], now: datetime) -> None:
    """Let the channel rest or stop where the answer is about it, not about a reader."""
    refusals = [v for v in said if v.outcome is Outcome.REFUSED and v.scope is Scope.ACCOUNT]
    if refusals:
        breaker.stop_account(conn, claimed.channel, refusals[0], now)
    elif claimed.had_trouble or answer.verdict.outcome is not Outcome.SENT:
        breaker.note(conn, claimed.channel, answer, now, is_counted=bool(claimed.counted_as))

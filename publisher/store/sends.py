"""Sends and their books: counters that move by deltas and always add up to the candidates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Text, cast, exists, func, select, union, update

from publisher.errors import BooksError
from publisher.model.segment import Selection
from publisher.model.states import CLAIMABLE, ENDED, SEND_MOVES, DeliveryState, SendState
from publisher.model.subscriber import Errand
from publisher.store import seals, send_reasons
from publisher.store.outbox import WANTS_DELIVERIES
from publisher.store.sql import among, is_postgresql, lock_number
from publisher.store.tables import COUNTED, Moment, deliveries, editions, insert_row, recipients, sends, update_row
from publisher.store.words import Statement

REGULAR = "regular"  # the kind of a send that brings an edition
WITHDRAWAL = "withdrawal"  # the kind of a send that takes down what another one posted
CORRECTION = "correction"  # of one that has a post edited, or mails the right words to who had others
FOLLOWING = (WITHDRAWAL, CORRECTION)  # kinds of sends that bring no edition, and follow one that did
STANDING = "standing"  # the kind of one whose letters are written to people one by one, as they ask
SHARED_FOR = timedelta(days=1)  # how long it takes letters
# What a channel sends first: alerts (0), letters that people asked for (1), breaking news, then what comes by schedule.
BREAKING_FIRST, BY_SCHEDULE = 3, 4  # 2: what came by schedule before there was breaking news


def add(conn: Connection, **values: Any) -> int:
    return insert_row(conn, sends, **values)


def get(conn: Connection, send_id: int) -> RowMapping:
    return conn.execute(select(sends).where(sends.c.id == send_id)).mappings().one()


def channels_met(conn: Connection) -> list[str]:
    """Return the names of all channels that ever had a send."""
    return list(conn.execute(select(sends.c.channel).distinct().order_by(sends.c.channel)).scalars())


def lock(conn: Connection, send_id: int) -> RowMapping:
    """Return the send as it is and stays until the transaction ends.

    The order is: the edition, its sends by id, then calls, then deliveries. Whoever touches deliveries of a send locks
    or shares it first, so that on PostgreSQL nobody waits in a circle, and a hold or a cancellation holds from its
    commit on. Who changes a send that can be claimed without this isn't waited for by those who share it. On SQLite
    every write is alone anyway.
    """
    _queue(conn, send_id, _ALONE)
    return _LOCK(conn, send_id=send_id).mappings().one()


def share(conn: Connection, send_id: int) -> RowMapping:
    """Return the send as nobody but who shares it too may change it until the transaction ends.

    For those who claim its deliveries and settle them, each their own: they have to wait for one another only where
    they post to its books, which they do last. Who shares one send locks no other one.
    """
    _queue(conn, send_id, _SHARED)
    return _ROW(conn, send_id=send_id).mappings().one()


def _queue(conn: Connection, send_id: int, wait: Statement) -> None:
    """Wait at the send's gate, which PostgreSQL opens in the order in which they came.

    Not at its row: who shares a row lets in others that share it, past whoever waits to have it alone, for as long as
    there is work.
    """
    if is_postgresql(conn):
        wait(conn, number=lock_number(f"send:{send_id}"))


_ALONE = Statement("SELECT pg_advisory_xact_lock(:number)")
_SHARED = Statement("SELECT pg_advisory_xact_lock_shared(:number)")
_READ = f"SELECT {', '.join(sends.c.keys())} FROM sends WHERE id = :send_id"  # noqa: S608 -- our own names
_COLUMNS = {column.name: column.type for column in sends.c}
_ROW = Statement(_READ, columns=_COLUMNS)
# FOR NO KEY UPDATE: rows that only refer to the send (a new call) needn't wait.
_LOCK = Statement(f"{_READ} [FOR NO KEY UPDATE]", columns=_COLUMNS)


def lock_with_edition(conn: Connection, send_id: int) -> RowMapping:
    """Lock the send's edition, where it has one, then the send; return the send."""
    edition_id = get(conn, send_id)["edition_id"]
    if edition_id is not None:
        conn.execute(select(editions.c.id).where(editions.c.id == edition_id).with_for_update(key_share=True))
    return lock(conn, send_id)


def lock_all(conn: Connection, edition_id: int) -> list[RowMapping]:
    """Lock an edition and all its sends; return them in order of id."""
    conn.execute(select(editions.c.id).where(editions.c.id == edition_id).with_for_update(key_share=True))
    ids = conn.execute(select(sends.c.id).where(sends.c.edition_id == edition_id).order_by(sends.c.id)).scalars().all()
    return [lock(conn, send_id) for send_id in ids]


def lock_open_to(conn: Connection, row_ids: Sequence[int]) -> None:
    """Lock the sends that have a letter to a person and have not ended, by id.

    :param row_ids: the rows of subscribers that are theirs.
    """
    mine = (deliveries.c.send_id == sends.c.id, recipients.c.id == deliveries.c.recipient_id)
    letter = exists().where(*mine, among(recipients.c.subscriber_id, row_ids))
    query = select(sends.c.id).where(sends.c.state.not_in(ENDED), letter).order_by(sends.c.id)
    for send_id in conn.execute(query).scalars().all():
        lock(conn, send_id)


def of_edition(conn: Connection, edition_id: int) -> list[RowMapping]:
    query = select(sends).where(sends.c.edition_id == edition_id).order_by(sends.c.id)
    return list(conn.execute(query).mappings())


def in_state(conn: Connection, *states: SendState) -> list[RowMapping]:
    query = select(sends).where(sends.c.state.in_(states)).order_by(sends.c.priority, sends.c.id)
    return list(conn.execute(query).mappings())


def needing_a_person(conn: Connection, limit: int) -> list[RowMapping]:
    """Return the sends that wait for someone, or don't know what became of a reader; newest first."""
    # Numbers first, and each kind by itself: most sends that ever were have ended, and are none of them.
    waits = sends.c.state.in_([SendState.HELD, SendState.WAITING, SendState.PAUSED])
    each = [select(sends.c.id).where(one) for one in (waits, sends.c.unknown > 0, _is_marked())]
    found = union(*each).subquery()
    ids = conn.execute(select(found.c.id).order_by(found.c.id.desc()).limit(limit)).scalars()
    query = (
        select(sends, editions.c.schedule, editions.c.slot, editions.c.due_at)
        .outerjoin(editions, editions.c.id == sends.c.edition_id)
        .where(among(sends.c.id, ids))
        .order_by(sends.c.id.desc())
    )
    return list(conn.execute(query).mappings())


def _is_marked() -> ColumnElement[bool]:
    """Say in SQL whether the books of a send that has not ended were found out of balance."""
    is_open = sends.c.state.in_([state for state in SendState if state not in ENDED])
    return is_open & cast(sends.c.reasons, Text).like(f'%"check":%"{send_reasons.BOOKS}"%')


def standing_since(conn: Connection, entry: str, channel: str, since: datetime) -> list[int]:
    """Return the standing sends of an entry that were made since then and may get more letters, oldest first."""
    mine = (sends.c.kind == STANDING, sends.c.entry == entry, sends.c.channel == channel, sends.c.made_at > since)
    query = select(sends.c.id).where(*mine, sends.c.state.in_([*CLAIMABLE, SendState.PAUSED]))
    return list(conn.execute(query.order_by(sends.c.id)).scalars())


def errand(send: RowMapping) -> Errand | None:
    """Return what a send's letters are about; None where it is none that people ask for one by one."""
    return Errand.of(send["entry"]) if send["kind"] == STANDING else None


def move(conn: Connection, send_id: int, to: SendState, **values: Any) -> bool:
    """Move the send if its present state allows it; say whether it moved."""
    allowed = [state.value for state, targets in SEND_MOVES.items() if to in targets]
    query = update(sends).where(sends.c.id == send_id, sends.c.state.in_(allowed)).values(state=to.value, **values)
    return conn.execute(query).rowcount == 1


def cancel_made(conn: Connection, edition_id: int, now: datetime) -> None:
    """Cancel the sends of a draft that was locked once: it is given up."""
    mine = (sends.c.edition_id == edition_id, sends.c.state == SendState.MADE)
    conn.execute(update(sends).where(*mine).values(state=SendState.CANCELLED.value, done_at=now))


def begin(conn: Connection, send_id: int, now: datetime) -> None:
    """Note at its first call that a send is under way: what comes `after:` it counts from there."""
    _BEGIN.change(conn, send_id=send_id, now=now)


_BEGIN = Statement(
    """
    UPDATE sends SET state = 'sending', started_at = coalesce(started_at, :now)
    WHERE id = :send_id AND state IN ('addressed', 'sending')
    """,
    now=Moment,
)


def claimable_on(conn: Connection, channel: str, *, by_another: bool = False) -> list[int]:
    """Return the sends that a channel would carry on, if it could.

    :param by_another: only those that another channel could carry on: what is to be changed stands on this one's.
    """
    query = select(sends).where(sends.c.channel == channel, sends.c.state.in_(CLAIMABLE), sends.c.pending > 0)
    rows = conn.execute(query.order_by(sends.c.id)).mappings()
    return [send["id"] for send in rows if not (by_another and is_order(send))]


def is_order(send: RowMapping) -> bool:
    """Say whether a send tells a network what becomes of a post that stands: said twice, it does no more than once."""
    return bool(send["kind"] in FOLLOWING and not send["audience"])


def pending_on(conn: Connection, channel: str, *, up_to: int | None = None) -> int:
    """Return how many deliveries a channel has before it.

    :param up_to: only those of sends with this priority, or before it.
    """
    query = select(func.coalesce(func.sum(sends.c.pending), 0))
    query = query if up_to is None else query.where(sends.c.priority <= up_to)
    return int(conn.execute(query.where(sends.c.channel == channel, sends.c.state.in_(CLAIMABLE))).scalar_one())


def is_breaking(send: RowMapping) -> bool:
    """Say whether a send is breaking news, which quiet hours don't keep."""
    return bool(send["priority"] == BREAKING_FIRST)


def hand_over(conn: Connection, send_id: int, channel: str, fallback: str, why: str) -> None:
    """Let another channel carry what this one certainly did not send. What is under way or unknown stays with it."""
    if lock(conn, send_id)["channel"] != channel:
        return
    update_row(conn, sends, send_id, {"channel": fallback})
    what = f"{fallback} carries on: {why}"
    add_reasons(conn, send_id, [{"check": "fallback", "blocks": False, "what": what, "remedy": "", "channel": channel}])


def pause_for(conn: Connection, send_id: int, channel: str, why: str) -> None:
    """Pause a send whose channel is stopped."""
    send = lock(conn, send_id)
    remedy = f"Mend the channel in schedules.yaml or .env, then `publisher release --channel {channel}`"
    if send["channel"] == channel and move(conn, send_id, SendState.PAUSED):
        add_reasons(conn, send_id, [{"check": send_reasons.CHANNEL, "blocks": True, "what": why, "remedy": remedy}])


def add_reasons(conn: Connection, send_id: int, reasons: Sequence[Mapping[str, Any]]) -> None:
    now = lock(conn, send_id)["reasons"]
    fresh = [dict(reason) for reason in reasons if reason not in now]
    update_row(conn, sends, send_id, {"reasons": [*now, *fresh]})


def set_reasons(conn: Connection, send_id: int, reasons: Sequence[Mapping[str, Any]]) -> None:
    update_row(conn, sends, send_id, {"reasons": [dict(reason) for reason in reasons]})


def set_selection(conn: Connection, send_id: int, selection: Selection) -> None:
    """Say anew which of its lists' readers a send is for, before it is addressed."""
    update_row(conn, sends, send_id, {"selection": selection.kept})


def selection(send: RowMapping) -> Selection:
    """Return which of its lists' readers a send is for."""
    return Selection.of(send["selection"])


def new_term(send: RowMapping, now: datetime) -> datetime | None:
    """Return the end of its trying for a send that a person lets go on: it has its whole time again."""
    return None if send["give_up_after"] is None else now + timedelta(microseconds=send["give_up_after"])


def from_now(send: RowMapping, now: datetime) -> datetime | None:
    """Return when a send that a person lets go is due: where its time is past, now, so that it isn't late again."""
    return None if send["due_at"] is None else max(send["due_at"], now)


def set_term(conn: Connection, send_id: int, give_up_at: datetime | None) -> None:
    """Say anew when trying ends."""
    update_row(conn, sends, send_id, {"give_up_at": give_up_at})


def post_to_books(conn: Connection, send_id: int, deltas: Mapping[str, int], *, candidates: int = 0) -> bool:
    """Move the counters in the transaction that moves the rows, and refuse to commit books that don't balance.

    Say whether something moved of which somebody wants to be told (`outbox.tell_settled`): asked along with it, it
    costs nothing.
    """
    moved = {name: deltas.get(name, 0) for name in COUNTED} | {"candidates": candidates}
    if not any(moved.values()):
        return False
    row = _POST(conn, send_id=send_id, **moved).mappings().one()
    if row["candidates"] != sum(row[name] for name in COUNTED) or any(row[name] < 0 for name in COUNTED):
        raise BooksError(
            f"the books of send {send_id} would not balance: {dict(deltas)} on {[row[name] for name in COUNTED]}",
            send_id=send_id,
            remedy="Nothing was written. This is a fault of Publisher: report it with this line",
        )
    return bool(row["is_wanted"])


_BOOKS = ("candidates", *COUNTED)
_POST = Statement(
    f"UPDATE sends SET {', '.join(f'{name} = {name} + :{name}' for name in _BOOKS)} "  # noqa: S608 -- our own names
    f"WHERE id = :send_id RETURNING {', '.join(_BOOKS)}, {WANTS_DELIVERIES} AS is_wanted"
)


def count_in_full(conn: Connection, send_id: int) -> dict[str, int]:
    """Count the deliveries themselves, state by state; those that were let go by their sealed totals."""
    query = select(deliveries.c.state, func.count()).where(deliveries.c.send_id == send_id).group_by(deliveries.c.state)
    counted = Counter({str(state): int(count) for state, count in conn.execute(query)}) + seals.counted(conn, send_id)
    return {name: counted[name] for name in COUNTED}


def imbalance(conn: Connection, send_id: int) -> str:
    """Return in words where the counters and the rows of a send disagree; empty when the books balance."""
    row = get(conn, send_id)
    counted = count_in_full(conn, send_id)
    wrong = [
        f"{name}: {row[name]} in the books, {counted[name]} rows" for name in COUNTED if row[name] != counted[name]
    ]
    if row["candidates"] != sum(counted.values()):
        wrong.append(f"candidates: {row['candidates']} in the books, {sum(counted.values())} rows")
    return "; ".join(wrong)


def set_aside(conn: Connection, send_id: int, wrong: str) -> None:
    """Let nothing more be done about a send whose books don't balance, so that the others go on."""
    if not is_out_of_balance(lock(conn, send_id)):
        move(conn, send_id, SendState.PAUSED)
        add_reasons(conn, send_id, [send_reasons.out_of_balance(wrong)])


def is_out_of_balance(row: RowMapping) -> bool:
    return any(reason["check"] == send_reasons.BOOKS for reason in row["reasons"])


def cancelled_with_pending(conn: Connection) -> list[RowMapping]:
    """Return cancelled sends whose deliveries were not all stopped yet."""
    query = select(sends).where(sends.c.state == SendState.CANCELLED, sends.c.pending > 0)
    return list(conn.execute(query).mappings())


def has_pending(row: RowMapping) -> bool:
    return bool(row[DeliveryState.PENDING] or row[DeliveryState.TAKEN])

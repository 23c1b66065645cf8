"""What became of a delivery of unknown fate: a person looked it up, and says so. Their word stands in the send log."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from sqlalchemy import RowMapping

from publisher.model.call import Outcome, Verdict
from publisher.model.staff import May
from publisher.model.states import DeliveryState, SendState
from publisher.store import Connection, Store, by_hand, calls, editions, outbox, sends, staff
from publisher.store.by_hand import Doubtful
from publisher.store.patience import write_patiently
from publisher.store.permission import allowed
from publisher.store.staff import Line

D = DeliveryState
OVERDUE = timedelta(minutes=2)  # by then somebody should have looked at it: its channel is gone, or nothing runs


class Word(StrEnum):
    """What a person says of a doubtful delivery."""

    RESEND = "resend"
    TREAT_AS_SENT = "treat-as-sent"
    TREAT_AS_FAILED = "treat-as-failed"


LANDS = {Word.RESEND: D.PENDING, Word.TREAT_AS_SENT: D.SENT, Word.TREAT_AS_FAILED: D.FAILED}
# What the call is said to have meant for this reader; a resend leaves it open.
MEANT = {
    Word.RESEND: Outcome.UNKNOWN,
    Word.TREAT_AS_SENT: Outcome.SENT,
    Word.TREAT_AS_FAILED: Outcome.REFUSED,
}
SAID = {Word.RESEND: "sent anew", Word.TREAT_AS_SENT: "treated as sent", Word.TREAT_AS_FAILED: "treated as failed"}


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person's word did: deliveries moved, and those that were not, by what keeps them."""

    moved: int
    cancelled: int  # their send is
    by_itself: int  # they are about to be settled so
    by_send: Mapping[int, int]  # moved, by the send's id
    of_practice: int = 0  # which is over


@allowed(May.OPERATE)
def settle(
    store: Store, wanted: Doubtful, word: Word, *, actor: str, why: str, now: datetime, line: Line | None = None
) -> Decided:
    """Carry out a person's word on every doubtful delivery that is meant, batch by batch.

    Sent anew is a new call: so never for one that is about to be repeated under its key or asked about, and never
    in a send that was cancelled, or made in practice, which is over.

    :param line: of the audit, which counts along with each batch.
    """
    said = f"{SAID[word]} by {actor}" + (f": {why}" if why else "")
    met: Counter[str] = Counter()
    by_send: Counter[int] = Counter()
    while True:
        batch = partial(_next_batch, wanted=wanted, word=word, said=said, now=now, line=line)
        found, here, moved, line = write_patiently(store, batch)
        met += here
        by_send += moved
        if len(found) < wanted.limit:
            kept = (met["cancelled"], met["by itself"])
            return Decided(by_send.total(), *kept, dict(sorted(by_send.items())), met["practice"])
        wanted = replace(wanted, after_id=found[-1]["id"])


def _next_batch(
    conn: Connection, *, wanted: Doubtful, word: Word, said: str, now: datetime, line: Line | None
) -> tuple[list[RowMapping], Counter[str], Counter[int], Line | None]:
    found, met, by_send = settle_batch(conn, wanted, word, said, now)
    return found, met, by_send, staff.note(conn, line, by_send.total())


def settle_batch(
    conn: Connection, wanted: Doubtful, word: Word, said: str, now: datetime
) -> tuple[list[RowMapping], Counter[str], Counter[int]]:
    """Carry out a word on the next of the doubtful deliveries.

    Return these, what was left as it is and why, and how many moved by send.
    """
    met: Counter[str] = Counter()
    by_send: Counter[int] = Counter()
    found = by_hand.doubtful(conn, wanted)
    for send_id, rows in sorted(_by_send(found).items()):
        sends.lock_with_edition(conn, send_id)
        fit = [row for row in rows if _fits(row, word, met, now)]
        moved = [row for row in fit if by_hand.settle_one(conn, row, LANDS[word], _due(word, now))]
        _write_down(conn, send_id, moved, word, said, now)
        by_send[send_id] += len(moved)
    return found, met, by_send


def _by_send(rows: list[RowMapping]) -> dict[int, list[RowMapping]]:
    groups: defaultdict[int, list[RowMapping]] = defaultdict(list)
    for row in rows:
        groups[row["send_id"]].append(row)
    return groups


def _fits(row: RowMapping, word: Word, met: Counter[str], now: datetime) -> bool:
    if word is not Word.RESEND:
        return True
    if row["send_state"] == SendState.CANCELLED:
        met["cancelled"] += 1
    elif row["practice"] in editions.AFTER_PRACTICE:
        met["practice"] += 1
    elif row["retry_at"] is not None and row["retry_at"] > now - OVERDUE:
        met["by itself"] += 1
    else:
        return True
    return False


def _due(word: Word, now: datetime) -> datetime | None:
    return now if word is Word.RESEND else None


def _write_down(conn: Connection, send_id: int, moved: list[RowMapping], word: Word, said: str, now: datetime) -> None:
    if not moved:
        return
    verdicts = {}
    for row in moved:
        before = f"; before: {row['reason']}" if row["reason"] else ""
        verdicts[row["id"]] = Verdict(MEANT[word], reason=said + before, provider_id=row["provider_id"] or "")
        calls.record_outcomes(conn, row["call_id"], [(row["id"], verdicts[row["id"]])])
    lands = LANDS[word]
    is_wanted = sends.post_to_books(conn, send_id, {D.UNKNOWN.value: -len(moved), lands.value: len(moved)})
    if is_wanted and lands is not D.PENDING:  # what goes out anew is told of when that has ended
        _tell(conn, send_id, {row["call_id"] for row in moved}, verdicts, lands, now)
    for call_id in {row["call_id"] for row in moved}:
        calls.close_if_settled(conn, call_id)
    if word is Word.RESEND:
        editions.reopen(conn, send_id, now)


def _tell(
    conn: Connection,
    send_id: int,
    call_ids: set[int],
    verdicts: Mapping[int, Verdict],
    lands: DeliveryState,
    now: datetime,
) -> None:
    """Tell of them as the dispatcher would; a reader's name on the wire is the one that their call had."""
    kept = [members for call_id in call_ids if (members := calls.get(conn, call_id)["members"])]
    names = {reader.delivery_id: reader.reference for members in kept for reader in calls.thaw(members)}
    settled = [
        outbox.settled_as(delivery_id, names.get(delivery_id, ""), lands.value, said.provider_id, said.reason)
        for delivery_id, said in sorted(verdicts.items())
    ]
    outbox.tell_settled(conn, send_id, settled, now)

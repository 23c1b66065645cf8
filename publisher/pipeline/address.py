"""Message to delivery: the audience of a send is frozen, one row for each person or account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from publisher.model.message import Finding
from publisher.model.states import DeliveryState, EditionState, SendState
from publisher.model.trial import SECOND
from publisher.steps import Step
from publisher.store import (
    Connection,
    RowMapping,
    Store,
    approvals,
    audience,
    editions,
    messages,
    outbox,
    sends,
    subscribers,
    trials,
)

Enqueue = Callable[[Connection, str], None]
BEGUN = (SendState.SENDING, SendState.PAUSED, SendState.DONE)  # a mail whose first call was claimed


def record(store: Store, send_id: int, *, now: datetime, enqueue: Enqueue = lambda conn, channel: None) -> bool:
    """Freeze the audience of a ready send in one transaction; say whether it was addressed.

    An audience of nobody is held: it is nearly always a list that was never filled.

    :param enqueue: says, in this transaction, that a channel has work.
    """
    with Step("freeze", send=send_id) as step, store.write() as conn:
        send = sends.lock_with_edition(conn, send_id)
        found = messages.of_send(conn, send_id)
        if send["state"] != SendState.READY or found is None:
            return False
        edition = editions.get(conn, send["edition_id"]) if send["edition_id"] else None
        if edition is not None and edition["state"] != EditionState.LOCKED:
            return False
        if edition is not None and approvals.waits_for_slot(conn, edition, now):
            return False
        due_at = _due_at(conn, send, edition, now)
        if due_at is None:
            return False
        if send["audience"]:
            counted = _freeze_lists(conn, send, found[0], due_at, now)
        else:
            audience.freeze_account(conn, send_id=send_id, channel=send["channel"], message_id=found[0], due_at=due_at)
            counted = Counter({DeliveryState.PENDING.value: 1})
        if not counted:
            found_nobody = nobody_on(send["audience"], sends.selection(send).segment)
            _hold(conn, send, found_nobody.check, found_nobody.what, found_nobody.remedy, now)
            return False
        sends.move(conn, send_id, SendState.ADDRESSED)
        sends.post_to_books(conn, send_id, counted, candidates=counted.total())
        _give_up_if_few(conn, send, found[0], due_at, now)
        enqueue(conn, send["channel"])
        step.done(edition=send["edition_id"], channel=send["channel"], message_id=found[0], deliveries=counted.total())
    return True


def _due_at(conn: Connection, send: RowMapping, edition: RowMapping | None, now: datetime) -> datetime | None:
    """Return when the send's deliveries become due; None while it waits for its edition's mail (``after:``)."""
    moments = (now, edition["due_at"] if edition else now, send["due_at"] or now)
    earliest: datetime = max(moments)
    if send["after_mail"] is None or edition is None:
        return earliest
    after = timedelta(microseconds=send["after_mail"])
    mails = [
        other
        for other in sends.of_edition(conn, edition["id"])
        if other["audience"] and other["id"] != send["id"] and other["kind"] not in sends.FOLLOWING
    ]
    # One whose readers were all left out is done without ever having begun.
    begun = [mail["started_at"] or mail["done_at"] for mail in mails if mail["state"] in BEGUN]
    begun = [moment for moment in begun if moment]
    if not mails:
        return earliest + after
    if begun:
        start: datetime = max(earliest, min(begun) + after)
        return start
    if all(mail["state"] == SendState.CANCELLED for mail in mails):
        what = "it goes out after the mail of its edition (after), and the mail was cancelled"
        remedy = f"`publisher release {edition['id']}` sends it all the same"
        _hold(conn, send, "after", what, remedy, now, after_mail=None)
    return None


def _freeze_lists(conn: Connection, send: RowMapping, message_id: int, due_at: datetime, now: datetime) -> Counter[str]:
    counted: Counter[str] = Counter()
    halves = _halves(conn, send)
    for name in send["audience"]:
        counted += audience.freeze_readers(
            conn,
            send_id=send["id"],
            edition_id=send["edition_id"],
            list_id=subscribers.ensure_list(conn, name),
            message_id=message_id,
            due_at=due_at,
            selection=sends.selection(send),
            now=now,
            halves=halves,
        )
    return counted


def _halves(conn: Connection, send: RowMapping) -> audience.Halves | None:
    """Return on whom two subjects are tried; None where there is but one."""
    trial = trials.of(send)
    second_id = messages.by_variant(conn, send["id"]).get(SECOND)
    return audience.Halves(send["id"], second_id, trial.share) if trial and second_id else None


def _give_up_if_few(conn: Connection, send: RowMapping, first_id: int, due_at: datetime, now: datetime) -> None:
    """Try nothing on halves that are too small to say anything: everybody gets the first subject, at once."""
    trial = trials.of(send)
    tried = trials.count_tried(conn, send["id"]) if trial else 0
    if trial is None or not trial.is_too_small(tried):
        return
    ended = trial.too_small(tried, now)
    trials.give_up(conn, send["id"], first_id, due_at)
    trials.keep(conn, send["id"], ended)
    what = f"{ended.why}: everybody gets subject A"
    sends.add_reasons(conn, send["id"], [{"check": "trial", "blocks": False, "what": what, "remedy": ""}])


def nobody_on(names: Sequence[str], segment: str = "") -> Finding:
    """Return what holds a send to lists without a reader, or to a segment without one."""
    if segment:
        what = f"nobody on {' or '.join(names)} is in the segment {segment}"
        remedy = f"Look at its condition under `segments:`: `{segment}`; or add readers whom it means, then send it"
        return Finding("audience", True, what, remedy)
    remedy = f"Add readers with `publisher subscribers import FILE.csv --list {names[0]}`, then send the edition"
    return Finding("audience", True, f"nobody is subscribed to {' and '.join(names)}", remedy)


def _hold(conn: Connection, send: RowMapping, check: str, what: str, remedy: str, now: datetime, **values: Any) -> None:
    sends.move(conn, send["id"], SendState.HELD, **values)
    sends.add_reasons(conn, send["id"], [{"check": check, "blocks": True, "what": what, "remedy": remedy}])
    outbox.tell_held(conn, send["edition_id"], what, now)

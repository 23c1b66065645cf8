"""Hold and release: the send's row is flipped in one short transaction, and every claim and every call looks there."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping

from publisher.errors import NotWrittenError, StoreError
from publisher.model.hook import HookKind
from publisher.model.staff import May
from publisher.model.states import EditionState, SendState
from publisher.store import (
    Connection,
    Store,
    calls,
    channels,
    edition_lists,
    editions,
    facts,
    limits,
    outbox,
    send_reasons,
    sends,
    staff,
)
from publisher.store.facts import BY_A_PERSON, BY_A_PERSON_ALL, as_reason
from publisher.store.patience import write_patiently
from publisher.store.permission import allowed
from publisher.store.staff import Line

S = SendState
MARKING = 60.0  # seconds to mark the sends as held: their rows may be locked while an audience is frozen
NEWS = timedelta(days=1)  # what had a slot of its own in practice before that is none for readers any more
HELD_AS = {
    S.WAITING: S.HELD,
    S.READY: S.HELD,
    S.ADDRESSED: S.PAUSED,
    S.SENDING: S.PAUSED,
    S.HELD: S.HELD,
    S.PAUSED: S.PAUSED,
}
GOES_ON_AS = {S.HELD: S.READY, S.PAUSED: S.SENDING}


@dataclass(frozen=True, slots=True)
class Released:
    """What a release did: sends that go on, and those that something else still holds."""

    going_on: tuple[int, ...]
    kept: tuple[int, ...]
    was_held: bool = False  # as a whole: also what of it is still to be made

    @property
    def did_something(self) -> bool:
        return bool(self.going_on or self.kept or self.was_held)


@allowed(May.EDIT)
def hold_edition(
    store: Store, edition_id: int, *, actor: str, why: str, now: datetime, line: Line | None = None
) -> list[int]:
    """Hold every send of an edition that has not ended, and those still to be made; return the sends held now.

    That it is held is written down first and by itself: nobody keeps us from that, and no call of it begins any more.

    :param line: of the audit, in the same transaction as that; so for each of these verbs.
    :raises StoreError: it is held, but some of its sends could not be marked so in time.
    """

    def write_down(conn: Connection) -> bool:
        if _is_open(conn, edition_id):
            if facts.hold_edition(conn, edition_id, actor=actor, why=why, now=now):
                outbox.tell_held(conn, edition_id, why, now, by=actor)
            staff.note(conn, line)
            return True
        return False

    if not write_patiently(store, write_down):
        return []
    with _said_if_late(store, f"edition {edition_id}", edition_id):
        return write_patiently(store, lambda conn: _hold_sends(conn, edition_id), MARKING)


def finish_holding(store: Store) -> list[int]:
    """Hold the sends of editions whose holder did not come to its end; return them."""
    with store.read() as conn:
        held = facts.held_editions(conn)
        left = [number for number in held if any(_is_to_hold(send) for send in sends.of_edition(conn, number))]
    found = []
    for edition_id in left:
        with store.write() as conn:
            found += _hold_sends(conn, edition_id)
    return found


def _is_open(conn: Connection, edition_id: int) -> bool:
    """Say whether something may still go out: of an edition itself, or, once it has ended, of what corrects it."""
    edition = editions.get(conn, edition_id)
    if edition is None or edition["state"] in (EditionState.DRAFT, EditionState.LOCKED):
        return edition is not None
    return any(send["state"] in HELD_AS for send in sends.of_edition(conn, edition_id))


def _hold_sends(conn: Connection, edition_id: int) -> list[int]:
    found = sends.lock_all(conn, edition_id)
    held = facts.held_edition(conn, edition_id)
    if held is None:  # released in between
        return []
    if not _is_open(conn, edition_id):
        facts.release_edition(conn, edition_id)
        return []
    reason = as_reason(held, edition_id)
    return [send["id"] for send in found if _hold(conn, send, reason)]


@allowed(May.OPERATE)
def hold_all(store: Store, *, actor: str, why: str, now: datetime, line: Line | None = None) -> list[int]:
    """Hold everything that has not ended, and whatever comes; return the sends held now.

    :raises StoreError: all is held, but some sends could not be marked so in time.
    """

    def write_down(conn: Connection) -> None:
        facts.hold_everything(conn, actor=actor, why=why, now=now)
        staff.note(conn, line)

    write_patiently(store, write_down)
    with store.read() as conn:
        ids = sorted(send["id"] for send in sends.in_state(conn, *HELD_AS))
    end = time.monotonic() + MARKING
    with _said_if_late(store, "all sending", None):
        return [send_id for send_id in ids if _hold_one(store, send_id, end, now)]


def _hold_one(store: Store, send_id: int, end: float, now: datetime) -> bool:
    def work(conn: Connection) -> bool:
        send, held = sends.lock(conn, send_id), facts.held(conn)
        if held is None or not _hold(conn, send, as_reason(held)):
            return False
        others = sends.of_edition(conn, send["edition_id"]) if send["edition_id"] is not None else []
        if not any(_has(other, (BY_A_PERSON_ALL,)) for other in others if other["id"] != send_id):
            outbox.tell_held(conn, send["edition_id"], held.why, now, by=held.actor)
        return True

    return write_patiently(store, work, end - time.monotonic())


@contextmanager
def _said_if_late(store: Store, what: str, edition_id: int | None) -> Iterator[None]:
    """Say exactly how it stands when sends could not be marked in time."""
    try:
        yield
    except NotWrittenError as error:
        with store.read() as conn:
            found = sends.in_state(conn, *HELD_AS) if edition_id is None else sends.of_edition(conn, edition_id)
            left = ", ".join(str(send["id"]) for send in found if _is_to_hold(send))
        raise StoreError(
            f"{what} is held and no call begins, but these sends are not marked so yet: {left or 'none'}"
            f" ({error.what})",
            where=store.where,
            remedy="Type the same again to mark them too",
        ) from error


def _is_to_hold(send: RowMapping) -> bool:
    return send["state"] in HELD_AS and not _has(send, (BY_A_PERSON, BY_A_PERSON_ALL))


def _hold(conn: Connection, send: RowMapping, reason: dict[str, Any]) -> bool:
    state = S(send["state"])
    if state not in HELD_AS or any(known["check"] == reason["check"] for known in send["reasons"]):
        return False
    to = HELD_AS[state]
    if to is not state and not sends.move(conn, send["id"], to):
        return False
    sends.add_reasons(conn, send["id"], [reason])
    return True


def hold_practice(conn: Connection, now: datetime) -> None:
    """Hold what practice left unfinished, in the transaction that ends it: its words are for nobody outside.

    Calls in doubt are left to a person: to say them again would be to say them to readers. What it finished has used up
    nothing for readers.
    """
    editions.end_practice(conn, articles_since=now - NEWS)
    for edition_id in edition_lists.locked_without_sends(conn):
        facts.hold_edition(conn, edition_id, actor="publisher", why="it was composed in practice", now=now)
    calls.park_all(conn)
    for send in _locked(conn, HELD_AS):
        if send["kind"] not in sends.FOLLOWING:  # of what is real: none is made in practice
            _hold(conn, send, send_reasons.of_practice(send))


@allowed(May.APPROVE)
def release_edition(
    store: Store,
    edition_id: int,
    *,
    now: datetime,
    usable: Collection[str] | None = None,
    try_channels: bool = False,
    line: Line | None = None,
) -> Released:
    """Let an edition go on. What its own checks hold, or a channel that is stopped, has to be mended first.

    :param usable: the channels of schedules.yaml; what waits for another one stays as it is. None: all are.
    :param try_channels: for who sends it at once: one that is stopped is tried, and if it isn't mended stops again.
    """

    def work(conn: Connection) -> Released:
        found = sends.lock_all(conn, edition_id)
        was_held = facts.release_edition(conn, edition_id)
        if try_channels and facts.held(conn) is None:
            for name in {send["channel"] for send in found if send["state"] == S.PAUSED}:
                channels.let_go_on(conn, name)
        kept_by = (
            send_reasons.CHANNEL,
            *send_reasons.UNRELEASED,
            *(() if facts.held(conn) is None else (BY_A_PERSON_ALL,)),
        )
        released = replace(_release(conn, found, BY_A_PERSON, kept_by, now, usable), was_held=was_held)
        if was_held or released.going_on:
            outbox.tell_edition(conn, HookKind.EDITION_RELEASED, edition_id, now)
        staff.note(conn, line, released.did_something)
        return released

    return write_patiently(store, work)


@allowed(May.OPERATE)
def release_all(
    store: Store, *, now: datetime, usable: Collection[str] | None = None, line: Line | None = None
) -> Released:
    """Take back `hold --all`. What someone held by itself, and what is paused for another reason, stays as it is.

    :param usable: the channels of schedules.yaml, as for an edition.
    """

    def work(conn: Connection) -> Released:
        mine = [send for send in _locked(conn, GOES_ON_AS) if _has(send, (BY_A_PERSON_ALL,))]
        was_held = facts.release_everything(conn)
        kept_by = (BY_A_PERSON, "account", send_reasons.CHANNEL, *send_reasons.UNRELEASED)
        released = replace(_release(conn, mine, BY_A_PERSON_ALL, kept_by, now, usable), was_held=was_held)
        for edition_id in dict.fromkeys(send["edition_id"] for send in mine if send["id"] in released.going_on):
            outbox.tell_edition(conn, HookKind.EDITION_RELEASED, edition_id, now)
        staff.note(conn, line, released.did_something)
        return released

    return write_patiently(store, work)


def _release(
    conn: Connection,
    found: Iterable[RowMapping],
    check: str,
    kept_by: tuple[str, ...],
    now: datetime,
    usable: Collection[str] | None = None,
) -> Released:
    going_on, kept = [], []
    for send in found:
        if send["state"] not in GOES_ON_AS:
            continue
        # A person's word lets a paused send go on, but for what keeps it still; a held one is as its checks left it.
        rest = _rest(conn, send, check, usable)
        is_kept = any(r["blocks"] and (r["check"] in kept_by or send["state"] == S.HELD) for r in rest)
        sends.set_reasons(conn, send["id"], rest if is_kept else [r for r in rest if not r["blocks"]])
        if is_kept:
            kept.append(send["id"])
        elif _go_on(conn, send, now):
            going_on.append(send["id"])
    return Released(tuple(going_on), tuple(kept))


def _rest(conn: Connection, send: RowMapping, check: str, usable: Collection[str] | None) -> list[dict[str, Any]]:
    """Return what stands beside a send once this reason is taken back; what is said of its channel, as it is by now."""
    is_paused = send["state"] == S.PAUSED
    is_lost = is_paused and usable is not None and send["channel"] not in usable
    over = {check, send_reasons.LOST_CHANNEL}
    if is_paused and not channels.is_stopped(conn, send["channel"]):
        over.add(send_reasons.CHANNEL)
    rest = [reason for reason in send["reasons"] if reason["check"] not in over]
    return [*rest, send_reasons.lost_channel(send)] if is_lost else rest


@allowed(May.OPERATE)
def release_channel(
    store: Store,
    channel: str,
    *,
    now: datetime,
    usable: Collection[str] | None = None,
    account: str = "",
    sharing: Collection[str] = (),
    line: Line | None = None,
) -> Released:
    """A channel is mended: it sends again, and what was paused because of it goes on.

    :param usable: the channels of schedules.yaml, as for an edition.
    :param account: what the channel's account is counted as, whose rest ends; its network may say anew that it rests.
    :param sharing: the channels that speak for that account. What its network put off is tried at once.
    """

    def work(conn: Connection) -> Released:
        row = channels.get(conn, channel)
        was_stopped = row is not None and any((row["paused_at"], row["failures"], row["open_until"]))
        waits = (send_reasons.CHANNEL, send_reasons.LOST_CHANNEL)
        found = _locked(conn, (S.PAUSED, S.ADDRESSED, S.SENDING) if account else (S.PAUSED,))
        paused = [send for send in found if send["state"] == S.PAUSED]
        mine = [send for send in paused if send["channel"] == channel and _has(send, waits)]
        # In the order of an answer that is written down: the account, deliveries, the channel.
        has_rested = bool(account) and limits.end_rest(conn, account)
        if has_rested:
            theirs = [send["id"] for send in found if send["channel"] in sharing]
            calls.hasten_put_off(conn, sharing, theirs, now)
        channels.let_go_on(conn, channel)
        kept_by = (BY_A_PERSON, BY_A_PERSON_ALL, send_reasons.BOOKS, *send_reasons.UNRELEASED)
        is_new = was_stopped or has_rested
        released = replace(_release(conn, mine, send_reasons.CHANNEL, kept_by, now, usable), was_held=is_new)
        staff.note(conn, line, released.did_something)
        return released

    return write_patiently(store, work)


def _go_on(conn: Connection, send: RowMapping, now: datetime) -> bool:
    state = S(send["state"])
    if state is S.PAUSED:
        return sends.move(conn, send["id"], GOES_ON_AS[state], give_up_at=sends.new_term(send, now))
    return sends.move(conn, send["id"], GOES_ON_AS[state], due_at=sends.from_now(send, now))


def _locked(conn: Connection, states: Iterable[SendState]) -> list[RowMapping]:
    """Lock the sends in these states by the order of their ids, each as it is when it is locked."""
    ids = sorted(send["id"] for send in sends.in_state(conn, *states))
    return [sends.lock(conn, send_id) for send_id in ids]


def _has(send: RowMapping, checks: tuple[str, ...]) -> bool:
    return any(reason["check"] in checks for reason in send["reasons"])

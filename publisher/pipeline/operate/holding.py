"""Hold and release: the send's row is flipped in one short transaction, and every claim and every call looks there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from publisher.model.states import EditionState, SendState
from publisher.store import Connection, Store, channels, editions, facts, sends
from publisher.store.facts import BY_A_PERSON, BY_A_PERSON_ALL, Held, as_reason

S = SendState
HELD_AS = {
    S.MADE: S.HELD,
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


def hold_edition(store: Store, edition_id: int, *, actor: str, why: str, now: datetime) -> list[int]:
    """Hold every send of an edition that has not ended, and those still to be made; return the sends held now."""
    with store.write() as conn:
        found = sends.lock_all(conn, edition_id)
        edition = editions.get(conn, edition_id)
        if edition is None or edition["state"] not in (EditionState.DRAFT, EditionState.LOCKED):
            return []
        facts.hold_edition(conn, edition_id, actor=actor, why=why, now=now)
        reason = as_reason(Held(actor, why, now), edition_id)
        return [send["id"] for send in found if _hold(conn, send, reason)]


def hold_all(store: Store, *, actor: str, why: str, now: datetime) -> list[int]:
    """Hold everything that has not ended, and whatever comes; return the sends held now."""
    with store.write() as conn:
        facts.hold_everything(conn, actor=actor, why=why, now=now)
        reason = as_reason(facts.held(conn) or Held(actor, why, now))
        return [send["id"] for send in _locked(conn, HELD_AS) if _hold(conn, send, reason)]


def _hold(conn: Connection, send: RowMapping, reason: dict[str, Any]) -> bool:
    state = S(send["state"])
    if state not in HELD_AS or any(known["check"] == reason["check"] for known in send["reasons"]):
        return False
    to = HELD_AS[state]
    if to is not state and not sends.move(conn, send["id"], to):
        return False
    sends.add_reasons(conn, send["id"], [reason])
    return True


def release_edition(store: Store, edition_id: int, *, now: datetime) -> Released:
    """Let an edition go on. What its own checks hold stays held: that has to be mended first."""
    with store.write() as conn:
        found = sends.lock_all(conn, edition_id)
        was_held = facts.release_edition(conn, edition_id)
        kept_by = () if facts.held(conn) is None else (BY_A_PERSON_ALL,)
        return replace(_release(conn, found, BY_A_PERSON, kept_by, now), was_held=was_held)


def release_all(store: Store, *, now: datetime) -> Released:
    """Take back `hold --all`. What someone held by itself, and what is paused for another reason, stays as it is."""
    with store.write() as conn:
        was_held = facts.release_everything(conn)
        mine = [send for send in _locked(conn, GOES_ON_AS) if _has(send, (BY_A_PERSON_ALL,))]
        kept_by = (BY_A_PERSON, "account", "channel")
        return replace(_release(conn, mine, BY_A_PERSON_ALL, kept_by, now), was_held=was_held)


def _release(
    conn: Connection, found: Iterable[RowMapping], check: str, kept_by: tuple[str, ...], now: datetime
) -> Released:
    going_on, kept = [], []
    for send in found:
        if send["state"] not in GOES_ON_AS:
            continue
        # A person's word lets a paused send go on, whatever paused it; a held one is as its checks left it.
        rest = [reason for reason in send["reasons"] if reason["check"] != check]
        is_kept = any(r["blocks"] and (r["check"] in kept_by or send["state"] == S.HELD) for r in rest)
        sends.set_reasons(conn, send["id"], rest if is_kept else [r for r in rest if not r["blocks"]])
        if is_kept:
            kept.append(send["id"])
        elif _go_on(conn, send, now):
            going_on.append(send["id"])
    return Released(tuple(going_on), tuple(kept))


def _go_on(conn: Connection, send: RowMapping, now: datetime) -> bool:
    state = S(send["state"])
    term = {}
    if state is S.PAUSED:
        term = {"give_up_at": sends.new_term(send, now)}
        channels.let_go_on(conn, send["channel"])  # a person says that it may: if it is not mended, it stops again
    return sends.move(conn, send["id"], GOES_ON_AS[state], **term)


def _locked(conn: Connection, states: Iterable[SendState]) -> list[RowMapping]:
    """Lock the sends in these states by the order of their ids, each as it is when it is locked."""
    ids = sorted(send["id"] for send in sends.in_state(conn, *states))
    return [sends.lock(conn, send_id) for send_id in ids]


def _has(send: RowMapping, checks: tuple[str, ...]) -> bool:
    return any(reason["check"] in checks for reason in send["reasons"])


def resume_edition(store: Store, edition_id: int, *, now: datetime) -> int:
    """Let the paused sends of an edition go on, because a person said so; return how many."""
    with store.write() as conn:
        paused = [send for send in sends.lock_all(conn, edition_id) if send["state"] == S.PAUSED]
        facts.release_edition(conn, edition_id)
        for send in paused:
            sends.set_reasons(conn, send["id"], [])
        return sum(_go_on(conn, send, now) for send in paused)

"""Approval: who agrees to an edition as it stands, what becomes of it at its slot, and how it is opened again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from publisher.errors import StaleError, UsageError
from publisher.model.desk import Changes
from publisher.model.project import Approve
from publisher.model.staff import May
from publisher.model.states import EditionState, SendState
from publisher.store import Connection, RowMapping, Store, approvals, desk, editions, outbox, sends
from publisher.store.facts import BY_A_PERSON, BY_A_PERSON_ALL
from publisher.store.patience import write_patiently
from publisher.store.permission import allowed

S = SendState
LATE = "late"  # the reason of what is later than `late:`: a person lets it go
NO_MATTER = (approvals.CHECK, LATE, BY_A_PERSON, BY_A_PERSON_ALL)  # words that are held for these may be approved


@dataclass(frozen=True, slots=True)
class Agreed:
    """How it stands when somebody has agreed."""

    who: tuple[str, ...]  # all who agreed to these words, the first first
    by: int  # how many must
    is_new: bool  # False: they had agreed before

    @property
    def is_enough(self) -> bool:
        return len(self.who) >= self.by

    def __str__(self) -> str:
        return f"{len(self.who)} of {self.by} agreed: {', '.join(self.who)}"


@allowed(May.APPROVE)
def agree(
    store: Store, edition_id: int, version: str, rule: Approve, late: timedelta, *, actor: str, what: str, now: datetime
) -> Agreed:
    """Agree to the messages of an edition that is locked; with enough who do, it goes on with exactly these.

    :param late: how late after its slot it may still go without being asked about once more.
    :param what: the approval in words, for whoever looks at the edition later.
    :raises StaleError: its messages are others by now.
    :raises UsageError: it doesn't wait for approval, or would be held for another reason.
    """

    def work(conn: Connection) -> Agreed:
        found = approvals.waiting(sends.lock_all(conn, edition_id))
        edition = _locked(conn, edition_id)
        before = approvals.agreed(conn, edition_id, version)
        if not found and actor in before:  # who says it twice, by a second click say
            return Agreed(before, rule.by, is_new=False)
        _require_waiting(conn, edition, found, version)
        is_new = approvals.add(conn, edition_id, version, actor, now)
        if is_new:
            desk.keep_changes(conn, edition_id, Changes.of(edition["changes"]).signed(actor, now, what))
        agreed = Agreed(approvals.agreed(conn, edition_id, version), rule.by, is_new)
        too_late = _too_late(edition, late) if now - edition["due_at"] > late else None
        for send in found:
            _tell(conn, send, agreed, too_late, now)
        if too_late is not None:
            editions.say_why(conn, edition_id, too_late["what"])
        return agreed

    return write_patiently(store, work)


def _locked(conn: Connection, edition_id: int, verb: str = "approve") -> RowMapping:
    edition = editions.get(conn, edition_id)
    if edition is None or edition["state"] != EditionState.LOCKED:
        state = edition["state"] if edition is not None else "unknown"
        raise UsageError(f"it is {state}: there is nothing to {verb}", where=f"edition {edition_id}")
    return edition


def _require_waiting(conn: Connection, edition: RowMapping, found: Sequence[RowMapping], version: str) -> None:
    where = f"edition {edition['id']}"
    if not found:
        who = tuple(dict.fromkeys(row["actor"] for row in approvals.of_edition(conn, edition["id"])))
        what = f"it is approved already, by {', '.join(who)}" if who else "it waits for nobody's approval"
        raise UsageError(what, where=where, remedy=f"How it stands: publisher log --edition {edition['id']}")
    now = approvals.version_waiting(found)
    if version != now:
        remedy = f"Look at it again, then: publisher approve {edition['id']} --version {now}"
        raise StaleError(f"version {version} was made anew since; it is version {now} now", where=where, remedy=remedy)
    for send in found:
        for reason in send["reasons"]:
            if reason["blocks"] and reason["check"] not in NO_MATTER:
                what = f"{send['channel']} would be held all the same: {reason['what']}"
                raise UsageError(what, where=where, remedy=reason["remedy"])


def _tell(conn: Connection, send: RowMapping, agreed: Agreed, late: dict[str, Any] | None, now: datetime) -> None:
    """Write beside a send how many agreed; with enough of them it goes on, unless something else keeps it."""
    rest = [reason for reason in send["reasons"] if reason["check"] != approvals.CHECK]
    if not agreed.is_enough:
        _note_count(conn, send, agreed)
        return
    if late is not None and all(reason["check"] != LATE for reason in rest):
        rest = [*rest, late]
    _go_on(conn, send, rest, now)


def _note_count(conn: Connection, send: RowMapping, agreed: Agreed, missed: str = "") -> None:
    before = approvals.reason_of(send) or {}
    reason = approvals.reason(send["edition_id"], agreed.by, agreed.who, before["digest"], missed)
    rest = [each for each in send["reasons"] if each["check"] != approvals.CHECK]
    sends.set_reasons(conn, send["id"], [*rest, reason])


def _go_on(conn: Connection, send: RowMapping, rest: Sequence[dict[str, Any]], now: datetime) -> None:
    is_kept = any(reason["blocks"] for reason in rest)
    sends.set_reasons(conn, send["id"], rest)
    if not is_kept:
        sends.move(conn, send["id"], S.READY, due_at=sends.from_now(send, now))
    elif send["state"] != S.HELD:
        sends.move(conn, send["id"], S.HELD)


def _too_late(edition: RowMapping, late: timedelta) -> dict[str, Any]:
    minutes = int(late.total_seconds() // 60)
    what = f"it is more than {minutes // 60} h {minutes % 60} min after its slot (late)"
    remedy = f"Let it go with `publisher release {edition['id']}`, or `publisher cancel {edition['id']}`"
    return {"check": LATE, "blocks": True, "what": what, "remedy": remedy}


def hold_if_late(store: Store, send_id: int, late: timedelta, now: datetime) -> bool:
    """Hold an approved send that nobody carried out in time: once, for a person lets it go. Say whether it was."""
    with store.write() as conn:
        send = sends.lock_with_edition(conn, send_id)
        edition = editions.get(conn, send["edition_id"]) if send["edition_id"] else None
        if edition is None or send["state"] != S.READY or edition["reason"]:
            return False
        due_at = max(edition["due_at"], send["due_at"] or edition["due_at"])
        if now - due_at <= late or not approvals.is_early(conn, edition):
            return False
        reason = _too_late(edition, late)
        for each in sends.lock_all(conn, edition["id"]):
            if each["state"] == S.READY and each["kind"] == sends.REGULAR:
                sends.move(conn, each["id"], S.HELD)
                sends.add_reasons(conn, each["id"], [reason])
        editions.say_why(conn, edition["id"], reason["what"])
        outbox.tell_held(conn, edition["id"], reason["what"], now)
    return True


def decide(store: Store, edition_id: int, rule: Approve, *, missed: str, now: datetime) -> str:
    """Decide what becomes of an edition that was locked before its slot, which has come; say what.

    :param missed: its slot, in words.
    :return: "approved", or the rule by which it was decided; "over": it is locked no more.
    """

    def work(conn: Connection) -> str:
        desk.take_turn_with(conn, edition_id)
        found = approvals.waiting(sends.lock_all(conn, edition_id))
        edition = editions.get(conn, edition_id)
        if edition is None or edition["state"] != EditionState.LOCKED:
            return "over"
        if not found:
            return "approved"
        agreed = Agreed(approvals.agreed(conn, edition_id, approvals.version_waiting(found)), rule.by, is_new=False)
        goes = agreed.is_enough or rule.otherwise == "send"
        if rule.otherwise == "skip" and not goes:
            _skip(conn, edition, agreed, missed, now)
            return rule.otherwise
        for send in found:
            if goes:
                _go_on(conn, send, [each for each in send["reasons"] if each["check"] != approvals.CHECK], now)
            else:
                _note_count(conn, send, agreed, missed)
                sends.move(conn, send["id"], S.HELD)
        if not goes:
            outbox.tell_held(conn, edition_id, f"not approved by {missed}", now)
        return "approved" if agreed.is_enough else rule.otherwise

    return write_patiently(store, work)


def _skip(conn: Connection, edition: RowMapping, agreed: Agreed, missed: str, now: datetime) -> None:
    """Give up an edition to which too few agreed: its articles are free, and its note waits for the next."""
    for send in sends.of_edition(conn, edition["id"]):
        sends.move(conn, send["id"], S.CANCELLED, done_at=now)
        sends.set_reasons(conn, send["id"], [known for known in send["reasons"] if not known["blocks"]])
    editions.move(conn, edition["id"], EditionState.CANCELLED, now, reason=f"{why_skipped(missed)}: {agreed}")
    desk.give_back_note(conn, edition["id"], now)


def why_skipped(missed: str) -> str:
    return f"not approved by {missed} (approve: otherwise: skip)"


@allowed(May.APPROVE)
def open_again(store: Store, edition_id: int, *, actor: str, now: datetime) -> int:
    """Make a draft again of an approved edition of which nothing has left; return how many approvals are void.

    :raises UsageError: it is no such edition, or its slot has come.
    """

    def work(conn: Connection) -> int:
        desk.take_turn_with(conn, edition_id)
        found = sends.lock_all(conn, edition_id)
        edition = _require_unsent(conn, edition_id, found, now)
        for send in found:
            sends.move(conn, send["id"], S.MADE)
            sends.set_reasons(conn, send["id"], [])
        editions.open_again(conn, edition_id)
        desk.give_back_note(conn, edition_id, now)
        changes = Changes.of(edition["changes"]).signed(actor, now, "opened it again: its approvals are void")
        desk.keep_changes(conn, edition_id, changes)
        return approvals.void(conn, edition_id, actor, now)

    return write_patiently(store, work)


def _require_unsent(conn: Connection, edition_id: int, found: Sequence[RowMapping], now: datetime) -> RowMapping:
    where = f"edition {edition_id}"
    edition = editions.get(conn, edition_id)
    if edition is not None and edition["state"] == EditionState.DRAFT:
        raise UsageError("it is a draft, and open", where=where, remedy=f"publisher edition {edition_id}")
    edition = _locked(conn, edition_id, "reopen")
    give_up = f"publisher cancel {edition_id} gives it up, and frees the articles that nobody got"
    if not approvals.is_early(conn, edition):
        raise UsageError("it was locked at its slot, and not by an approval", where=where, remedy=give_up)
    if any(send["state"] not in (S.WAITING, S.READY, S.HELD) for send in found):
        remedy = f"publisher hold {edition_id} keeps back what has not left; {give_up}"
        raise UsageError("its readers are chosen already, and some of it may have left", where=where, remedy=remedy)
    if now >= edition["due_at"]:
        remedy = f"To let it go as it is: publisher approve {edition_id}; {give_up}"
        raise UsageError("its slot has come: it can't be a draft any more", where=where, remedy=remedy)
    return edition

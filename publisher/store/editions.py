"""Editions: one per (schedule, slot, language), written with their articles in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    String,
    and_,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from publisher.model.hook import HookKind
from publisher.model.states import EDITION_MOVES, EditionState, SendState
from publisher.store import candidates, outbox
from publisher.store import sends as sends_of
from publisher.store.candidates import OVER
from publisher.store.sql import upsert
from publisher.store.tables import edition_articles, editions, looks

NOW, KEPT = "now", "kept"  # of one that was made in practice, beside OVER
AFTER_PRACTICE = (OVER, KEPT)  # no reader may get the words of such a one
ARTICLE = "article:"  # so the keys of slots begin that are an article each
TEST = "test:"  # so those begin that are but a note that somebody was sent a test
_TOLD = {
    EditionState.LOCKED: HookKind.EDITION_LOCKED,
    EditionState.SKIPPED: HookKind.EDITION_SKIPPED,
    EditionState.CLOSED: HookKind.EDITION_CLOSED,
    EditionState.CANCELLED: HookKind.EDITION_CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Place:
    """One candidate's place in an edition: its position, or None with the reason why it is out."""

    article_id: int
    revision: int
    position: int | None
    reason: str
    dropped: bool = False  # used up for the schedule without being sent
    as_update: str = ""  # it was sent before and has changed: note, only named; repost, sent again


def add(
    conn: Connection,
    *,
    schedule: str,
    slot: str,
    language: str,
    due_at: datetime,
    now: datetime,
    state: EditionState,
    reason: str,
    version_id: int,
    actor: str,
    places: Sequence[Place],
    is_practice: bool = False,
) -> int | None:
    """Write down an edition with its articles; None when this slot has fired before."""
    made = conn.execute(
        upsert(conn, editions)
        .values(
            schedule=schedule,
            slot=slot,
            language=language,
            due_at=due_at,
            state=state.value,
            reason=reason,
            made_at=now,
            locked_at=now if state is EditionState.LOCKED else None,
            closed_at=None,
            project_version_id=version_id,
            revision=1,
            actor=actor,
            practice=NOW if is_practice else None,
        )
        .on_conflict_do_nothing()
        .returning(editions.c.id)
    ).scalar_one_or_none()
    if made is not None:
        _add_places(conn, made, places)
        if not slot.startswith(TEST):
            _tell(conn, made, state, now)
    return made


def rewrite_draft(
    conn: Connection,
    edition_id: int,
    *,
    due_at: datetime,
    now: datetime,
    state: EditionState,
    reason: str,
    version_id: int,
    places: Sequence[Place],
    is_practice: bool = False,
) -> bool:
    """Compose a draft anew, as a draft still, locked or skipped; say whether it was a draft until now."""
    values: dict[str, Any] = {
        "due_at": due_at,
        "state": state.value,
        "reason": reason,
        "project_version_id": version_id,
        "practice": NOW if is_practice else None,
    }
    values |= {"locked_at": now if state is EditionState.LOCKED else None, "revision": editions.c.revision + 1}
    draft = update(editions).where(editions.c.id == edition_id, editions.c.state == EditionState.DRAFT)
    if conn.execute(draft.values(values)).rowcount != 1:
        return False
    conn.execute(delete(edition_articles).where(edition_articles.c.edition_id == edition_id))
    _add_places(conn, edition_id, places)
    if state is EditionState.SKIPPED:
        sends_of.cancel_made(conn, edition_id, now)
    _tell(conn, edition_id, state, now)
    return True


def _tell(conn: Connection, edition_id: int, state: EditionState, now: datetime) -> None:
    """Tell whoever wants to know that an edition has come so far; of a draft there is nothing to tell."""
    if state in _TOLD:
        outbox.tell_edition(conn, _TOLD[state], edition_id, now)


def draft_of(conn: Connection, schedule: str, slot: str, language: str) -> int | None:
    """Return the draft of a slot, if it has one."""
    query = select(editions.c.id).where(
        editions.c.schedule == schedule,
        editions.c.slot == slot,
        editions.c.language == language,
        editions.c.state == EditionState.DRAFT,
    )
    return conn.execute(query).scalar_one_or_none()


def move_draft(conn: Connection, draft: RowMapping, slot: str, due_at: datetime) -> bool:
    """Let a draft go out at another slot, with all that was done to it; False where that slot has an edition."""
    taken = select(editions.c.id).where(
        editions.c.schedule == draft["schedule"], editions.c.slot == slot, editions.c.language == draft["language"]
    )
    if conn.execute(taken).first():
        return False
    query = update(editions).where(editions.c.id == draft["id"], editions.c.state == EditionState.DRAFT)
    return conn.execute(query.values(slot=slot, due_at=due_at)).rowcount == 1


def of_slot(conn: Connection, schedule: str, slot: str, language: str) -> RowMapping | None:
    """Return the edition of a slot, whatever its state."""
    mine = (editions.c.schedule == schedule, editions.c.slot == slot, editions.c.language == language)
    return conn.execute(select(editions).where(*mine)).mappings().one_or_none()


def freeze_draft(
    conn: Connection, edition_id: int, version_id: int, now: datetime, *, is_practice: bool = False
) -> bool:
    """Lock a draft as it stands, for readers or for practice; say whether it was one."""
    mine = (editions.c.id == edition_id, editions.c.state == EditionState.DRAFT)
    values: dict[str, Any] = {"state": EditionState.LOCKED.value, "locked_at": now, "project_version_id": version_id}
    values["practice"] = NOW if is_practice else None
    is_frozen = conn.execute(update(editions).where(*mine).values(values)).rowcount == 1
    if is_frozen:
        _tell(conn, edition_id, EditionState.LOCKED, now)
    return is_frozen


def open_again(conn: Connection, edition_id: int) -> bool:
    """Make a draft again of an edition that was locked before its slot; say whether it was locked."""
    mine = (editions.c.id == edition_id, editions.c.state == EditionState.LOCKED)
    values = {"state": EditionState.DRAFT.value, "locked_at": None}
    return conn.execute(update(editions).where(*mine).values(values)).rowcount == 1


def use_up(conn: Connection, edition_id: int, places: Sequence[Place]) -> None:
    """Write beside an edition what it uses up without having been composed with it."""
    there = {place["article_id"] for place in places_of(conn, edition_id)}
    _add_places(conn, edition_id, [place for place in places if place.article_id not in there])


def cancel_draft(conn: Connection, edition_id: int, reason: str, now: datetime) -> bool:
    """Give up a draft; its articles are free again."""
    query = update(editions).where(editions.c.id == edition_id, editions.c.state == EditionState.DRAFT)
    values = {"state": EditionState.CANCELLED.value, "reason": reason, "closed_at": now}
    is_given_up = conn.execute(query.values(values)).rowcount == 1
    if is_given_up:
        sends_of.cancel_made(conn, edition_id, now)
        _tell(conn, edition_id, EditionState.CANCELLED, now)
    return is_given_up


def _add_places(conn: Connection, edition_id: int, places: Sequence[Place]) -> None:
    if places:
        conn.execute(insert(edition_articles), [{"edition_id": edition_id, **_place(place)} for place in places])


def _place(place: Place) -> dict[str, Any]:
    return {
        "article_id": place.article_id,
        "position": place.position,
        "revision": place.revision,
        "reason": place.reason,
        "dropped": True if place.dropped else None,
        "as_update": place.as_update or None,
    }


def move(conn: Connection, edition_id: int, to: EditionState, now: datetime, reason: str = "") -> bool:
    """Move the edition if its present state allows it; say whether it moved."""
    allowed = [state.value for state, targets in EDITION_MOVES.items() if to in targets]
    values: dict[str, Any] = {"state": to.value}
    if to in (EditionState.CLOSED, EditionState.CANCELLED):
        values["closed_at"] = now
    if reason:
        values["reason"] = reason
    result = conn.execute(
        update(editions).where(editions.c.id == edition_id, editions.c.state.in_(allowed)).values(values)
    )
    if result.rowcount == 1 and to is not EditionState.LOCKED:  # else it goes on, and is told of when it has ended
        _tell(conn, edition_id, to, now)
    return result.rowcount == 1


def say_why(conn: Connection, edition_id: int, reason: str) -> None:
    """Write down what was done about an edition that stays as it is."""
    conn.execute(update(editions).where(editions.c.id == edition_id).values(reason=reason))


def reopen(conn: Connection, send_id: int, now: datetime) -> None:
    """Let a send that was done go on, with its whole time, and its edition with it, which was locked before.

    A withdrawal or correction opens no edition again. One of practice, which is over, goes to readers from here on.
    """
    send = sends_of.get(conn, send_id)
    sends_of.set_term(conn, send_id, sends_of.new_term(send, now))
    if send["state"] == SendState.DONE:
        sends_of.move(conn, send_id, SendState.SENDING, done_at=None)
        if send["edition_id"] is not None and send["kind"] not in sends_of.FOLLOWING:
            move(conn, send["edition_id"], EditionState.LOCKED, now)
            of_practice = (editions.c.id == send["edition_id"], editions.c.practice == OVER)
            conn.execute(update(editions).where(*of_practice).values(practice=KEPT))


def end_practice(conn: Connection, *, articles_since: datetime) -> None:
    """Give back the articles of what practice finished. What it left unfinished keeps them: a person decides about it.

    :param articles_since: of slots that are an article each only those due from then on give theirs back: all at once
        they would be too many.
    """
    is_recent = or_(editions.c.slot.not_like(f"{ARTICLE}%"), editions.c.due_at >= articles_since)
    ended = (EditionState.CLOSED, EditionState.CANCELLED)
    given_back = and_(editions.c.practice == NOW, editions.c.state.in_(ended), is_recent)
    # The slot of an article is free again too.
    freed = case((editions.c.slot.like(f"{ARTICLE}%"), _slot_of_practice()), else_=editions.c.slot)
    is_any = conn.execute(update(editions).where(given_back).values(practice=OVER, slot=freed)).rowcount
    conn.execute(update(editions).where(editions.c.practice == NOW).values(practice=KEPT))
    if is_any:
        conn.execute(delete(looks))  # they say that these articles are used up


def _slot_of_practice() -> ColumnElement[str]:
    return literal("practice:").concat(cast(editions.c.id, String)).concat(":").concat(editions.c.slot)


def get(conn: Connection, edition_id: int) -> RowMapping | None:
    return conn.execute(select(editions).where(editions.c.id == edition_id)).mappings().one_or_none()


def lock(conn: Connection, edition_id: int) -> None:
    """Keep the edition as it is until the transaction ends. Before its sends are locked, never after."""
    conn.execute(select(editions.c.id).where(editions.c.id == edition_id).with_for_update(key_share=True))


def exists(conn: Connection, edition_id: int) -> bool:
    return conn.execute(select(editions.c.id).where(editions.c.id == edition_id)).first() is not None


def take_back_dropped(conn: Connection, schedule: str, slots: str, reason: str) -> int:
    """Make candidates again of what the schedule's newest edition under such a slot dropped; return how many.

    :param slots: how the slot's key begins.
    """
    newest = select(func.max(editions.c.id)).where(editions.c.schedule == schedule, editions.c.slot.startswith(slots))
    dropped = (edition_articles.c.edition_id == newest.scalar_subquery(), edition_articles.c.dropped.is_(True))
    taken_back = update(edition_articles).where(*dropped).values(dropped=False, reason=reason)
    freed = list(conn.execute(taken_back.returning(edition_articles.c.article_id)).scalars())
    candidates.note_freed(conn, freed)
    return len(freed)


def places_of(conn: Connection, edition_id: int) -> list[RowMapping]:
    """Return every candidate of the edition, the chosen first, in order."""
    query = (
        select(edition_articles)
        .where(edition_articles.c.edition_id == edition_id)
        .order_by(edition_articles.c.position.is_(None), edition_articles.c.position, edition_articles.c.article_id)
    )
    return list(conn.execute(query).mappings())


def set_revisions(conn: Connection, edition_id: int, revisions: Mapping[int, int]) -> None:
    """Write down what of each article the edition's messages say: it may have changed since it was chosen."""
    for article_id, revision in revisions.items():
        mine = (edition_articles.c.edition_id == edition_id, edition_articles.c.article_id == article_id)
        other = edition_articles.c.revision != revision
        conn.execute(update(edition_articles).where(*mine, other).values(revision=revision))

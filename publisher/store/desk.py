"""What people add to editions: notes that wait for the next one, and what they changed in a draft."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, exists, func, or_, select, update

from publisher.model.desk import Changes, Note
from publisher.model.states import EditionState
from publisher.store.candidates import is_for_real
from publisher.store.sql import take_turn
from publisher.store.tables import editions, insert_row, notes, sends, update_row


def waiting_note(conn: Connection, schedule: str, language: str = "") -> Note | None:
    """Return the note that waits for a schedule's next edition; one for its language comes before one for any."""
    query = select(notes).where(*_waiting(schedule), notes.c.language.in_(["", language]))
    row = conn.execute(query.order_by(notes.c.language.desc(), notes.c.id.desc()).limit(1)).mappings().one_or_none()
    return _note(row) if row is not None else None


def waiting_notes(conn: Connection) -> list[Note]:
    """Return the notes of all schedules that wait for an edition."""
    query = select(notes).where(notes.c.edition_id.is_(None), notes.c.gone_at.is_(None)).order_by(notes.c.id)
    return [_note(row) for row in conn.execute(query).mappings()]


def note_of(conn: Connection, edition_id: int) -> Note | None:
    """Return the note that an edition carries; None where it has none, or is a draft still."""
    query = select(notes).where(notes.c.edition_id == edition_id).order_by(notes.c.id.desc()).limit(1)
    row = conn.execute(query).mappings().one_or_none()
    return _note(row) if row is not None else None


def last_used_note(conn: Connection, schedule: str, language: str = "") -> Note | None:
    """Return the note that a schedule's editions carried last: of those in a language the last that was for them."""
    query = select(notes).where(notes.c.schedule == schedule, notes.c.edition_id.is_not(None))
    query = query.where(notes.c.language.in_(["", language])) if language else query
    row = conn.execute(query.order_by(notes.c.id.desc()).limit(1)).mappings().one_or_none()
    return _note(row) if row is not None else None


def edition_with(conn: Connection, schedule: str, text: str, actor: str) -> int | None:
    """Return the newest edition of a schedule that has these words of somebody's; None: none does.

    One that was cancelled, or withdrawn, counts where somebody may have got it.
    """
    reached = sends.c.sent + sends.c.unknown + sends.c.taken > 0
    had = exists(select(1).where(sends.c.edition_id == editions.c.id, reached))
    query = (
        select(func.max(editions.c.id))
        .select_from(notes.join(editions, editions.c.id == notes.c.edition_id))
        .where(
            notes.c.schedule == schedule,
            notes.c.text == text,
            notes.c.actor == actor,
            or_(editions.c.state != EditionState.CANCELLED, had),
            is_for_real(),
        )
    )
    found: int | None = conn.execute(query).scalar_one()
    return found


def write_note(conn: Connection, schedule: str, text: str, *, language: str = "", actor: str, now: datetime) -> int:
    """Write the note of a schedule's next edition, in the place of one that waits; return its id."""
    take_back_note(conn, schedule, language=language, now=now)
    return insert_row(
        conn,
        notes,
        schedule=schedule,
        language=language,
        text=text,
        made_at=now,
        actor=actor,
        edition_id=None,
        gone_at=None,
    )


def take_back_note(conn: Connection, schedule: str, *, language: str = "", now: datetime) -> bool:
    """Take back the note that waits; say whether there was one. Nobody composes for the schedule meanwhile."""
    take_turn_of(conn, schedule)
    mine = (*_waiting(schedule), notes.c.language == language)
    return conn.execute(update(notes).where(*mine).values(gone_at=now)).rowcount > 0


def use_note(conn: Connection, note_id: int, edition_id: int) -> None:
    """Let an edition carry a note that waits: no other edition gets it."""
    mine = (notes.c.id == note_id, notes.c.edition_id.is_(None), notes.c.gone_at.is_(None))
    conn.execute(update(notes).where(*mine).values(edition_id=edition_id))


def give_back_note(conn: Connection, edition_id: int, now: datetime) -> None:
    """Let the note that an edition carries wait for the next one; where another waits by now, that has its place."""
    note = note_of(conn, edition_id)
    if note is None:
        return
    another = conn.execute(select(notes.c.id).where(*_waiting(note.schedule), notes.c.language == note.language))
    is_replaced = another.first() is not None
    update_row(conn, notes, note.id, {"edition_id": None, "gone_at": now if is_replaced else None})


def _waiting(schedule: str) -> tuple[ColumnElement[bool], ...]:
    return notes.c.schedule == schedule, notes.c.edition_id.is_(None), notes.c.gone_at.is_(None)


def _note(row: RowMapping) -> Note:
    return Note(
        row["id"],
        row["schedule"],
        row["text"],
        row["made_at"],
        row["actor"],
        row["language"],
        row["edition_id"],
    )


def take_turn_of(conn: Connection, schedule: str) -> None:
    """Let nobody compose for a schedule, or write its note, meanwhile."""
    take_turn(conn, f"schedule:{schedule}")


def take_turn_with(conn: Connection, edition_id: int) -> None:
    """Let nobody compose for an edition's schedule, or write its note, meanwhile. Before rows are locked."""
    schedule = conn.execute(select(editions.c.schedule).where(editions.c.id == edition_id)).scalar_one_or_none()
    take_turn(conn, f"schedule:{schedule or ''}")


def lock_draft(conn: Connection, edition_id: int) -> Changes | None:
    """Return what people changed in a draft, which stays so until the transaction ends; None: it is none any more."""
    query = select(editions.c.changes, editions.c.schedule).where(
        editions.c.id == edition_id, editions.c.state == EditionState.DRAFT
    )
    row = conn.execute(query).one_or_none()
    if row is None:
        return None
    take_turn(conn, f"schedule:{row.schedule}")  # as whoever composes for it
    again = conn.execute(query).one_or_none()
    return None if again is None else Changes.of(again.changes)


def keep_changes(conn: Connection, edition_id: int, changes: Changes) -> None:
    """Write down what people changed in an edition. The caller has locked it."""
    update_row(conn, editions, edition_id, {"changes": changes.kept})

"""Past editions of a list as anybody may read them: what went out, and was not stopped or taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Select,
    String,
    cast,
    exists,
    func,
    literal,
    select,
    tuple_,
)

from publisher.model.message import Text
from publisher.model.states import SendState
from publisher.store.facts import WITHDRAWAL as WITHDRAWN
from publisher.store.messages import decode_text
from publisher.store.sends import WITHDRAWAL
from publisher.store.tables import facts, messages, sends
from publisher.store.trials import shown_variant

SHOWN = (SendState.SENDING, SendState.DONE)


@dataclass(frozen=True, slots=True)
class Past:
    """One past edition of a list."""

    send_id: int
    sent_at: datetime  # when the first reader got it
    subject: Text
    corrected_at: datetime | None = None  # since when it says other words than its first readers got; None: it doesn't


def page(conn: Connection, list_name: str, *, before: Past | None = None, limit: int) -> list[Past]:
    """Return past editions of a list, newest first.

    :param before: only those that are older than this one.
    """
    query = _of_list(list_name).order_by(sends.c.started_at.desc(), sends.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(_when < _place_of(before))
    return [_of(row) for row in conn.execute(query)]


def after(conn: Connection, list_name: str, known: Past) -> Past | None:
    """Return the edition that came next after one; None where it is the newest."""
    query = _of_list(list_name).where(_when > _place_of(known)).order_by(sends.c.started_at, sends.c.id).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else _of(row)


def get(conn: Connection, list_name: str, send_id: int, *, in_practice: bool = False) -> Past | None:
    """Return one of the list's past editions; None for anything that is none, or none any more.

    :param in_practice: what was made in practice counts too, as long as practice lasts.
    """
    query = _past() if in_practice else _past().where(sends.c.archive == list_name)
    row = conn.execute(query.add_columns(sends.c.audience).where(sends.c.id == send_id)).one_or_none()
    return None if row is None or list_name not in row.audience else _of(row)


_when = tuple_(sends.c.started_at, sends.c.id)


def _place_of(past: Past) -> ColumnElement[Any]:
    return tuple_(past.sent_at, past.send_id, types=[sends.c.started_at.type, sends.c.id.type])


def _of_list(list_name: str) -> Select[Any]:
    return _past().where(sends.c.archive == list_name)


def _past() -> Select[Any]:
    taken_back = sends.alias("taken_back")
    # Counted, not asked for by EXISTS: PostgreSQL would read all sends to make a join of that, for a page of twenty.
    withdrawals = (
        select(func.count())
        .where(
            taken_back.c.edition_id == sends.c.edition_id,
            taken_back.c.kind == WITHDRAWAL,
            taken_back.c.state != SendState.CANCELLED,
        )
        .scalar_subquery()
    )
    taken_back_by_a_person = exists(select(1).where(facts.c.name == _withdrawn_as()))
    chosen = select(sends.c.id, sends.c.started_at, _newest(messages.c.content["subject"]).label("subject"))
    chosen = chosen.add_columns(_newest(messages.c.made_at).label("made_at"))
    return chosen.where(
        sends.c.started_at.is_not(None), sends.c.state.in_(SHOWN), withdrawals == 0, ~taken_back_by_a_person
    )


def _newest(column: ColumnElement[Any]) -> ScalarSelect[Any]:
    """Return a column of a send's newest message, of the variant that is shown."""
    mine = (messages.c.send_id == sends.c.id, messages.c.variant == shown_variant())
    query = select(column).where(*mine).order_by(messages.c.revision.desc())
    return query.limit(1).scalar_subquery()


def _withdrawn_as() -> ColumnElement[str]:
    return literal(f"{WITHDRAWN}:").concat(cast(sends.c.edition_id, String))


def was_withdrawn(conn: Connection, list_name: str, send_id: int) -> bool:
    """Say whether a send was one of the past editions that anybody could read, and a person has taken it back."""
    query = select(sends.c.id).where(
        sends.c.id == send_id,
        sends.c.archive == list_name,
        sends.c.started_at.is_not(None),
        exists(select(1).where(facts.c.name == _withdrawn_as())),
    )
    return conn.execute(query).first() is not None


def _of(row: Row[Any]) -> Past:
    corrected_at = row.made_at if row.made_at > row.started_at else None
    return Past(row.id, row.started_at, decode_text(row.subject), corrected_at)

"""An edition's corrections: what its editor said, the posts that were edited, and who had the old words by mail."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, exists, func, insert, literal, null, or_, select

from publisher.model.erratum import Erratum
from publisher.model.message import Correction
from publisher.model.states import ENDED, DeliveryState, SendState
from publisher.store import messages as messages_of
from publisher.store import seals, withdrawals
from publisher.store.calls import UNSETTLED
from publisher.store.sends import CORRECTION
from publisher.store.tables import Moment, calls, deliveries, facts, messages, sends

D = DeliveryState
HAD = (D.SENT, D.UNKNOWN)  # who has the words, or may have them
_COLUMNS = ["send_id", "recipient_id", "message_id", "list_id", "domain_id", "state", "due_at", "attempts", "reason"]


@dataclass(frozen=True, slots=True)
class Edit:
    """The correction of a post as it stands."""

    send_id: int
    delivery_id: int
    entry: str
    channel: str
    revision: int  # of the post's message, whose words it brings
    said: Correction
    state: DeliveryState
    send_state: SendState
    reason: str  # the last word on it, or what it waits for
    again_at: datetime | None  # when one without an answer is said again; None: it isn't, or not by itself
    lease_until: datetime | None  # of its last call

    def is_being_said(self, now: datetime) -> bool:
        """Say whether some process may be speaking of it at this moment."""
        return self.state is D.TAKEN or bool(self.state is D.UNKNOWN and self.lease_until and self.lease_until > now)


def say(conn: Connection, edition_id: int, erratum: Erratum) -> None:
    """Keep what an editor says of an edition: every message that is made of it from now on says so too."""
    conn.execute(delete(facts).where(facts.c.name == _name(edition_id)))
    conn.execute(insert(facts).values(name=_name(edition_id), value=json.dumps(asdict(erratum))))


def erratum(conn: Connection, edition_id: int) -> Erratum:
    """Return what an editor says of an edition."""
    said = conn.execute(select(facts.c.value).where(facts.c.name == _name(edition_id))).scalar_one_or_none()
    return Erratum(**json.loads(said)) if said else Erratum()


def _name(edition_id: int) -> str:
    return f"erratum:{edition_id}"


def edits(conn: Connection, edition_id: int) -> list[Edit]:
    """Return the corrections of the edition's posts, oldest first."""
    return [_edit(row) for row in withdrawals.orders(conn, edition_id, CORRECTION)]


def _edit(row: Any) -> Edit:
    said = messages_of.decode(CORRECTION, row["content"])
    assert isinstance(said, Correction)  # noqa: S101 -- that is what it was decoded as
    return Edit(
        row["id"],
        row["delivery_id"],
        row["entry"],
        row["channel"],
        row["revision"],
        said,
        D(row["delivery"]),
        SendState(row["state"]),
        withdrawals.waits_for(row) or row["why"],
        row["again_at"] if row["delivery"] == D.UNKNOWN else None,
        row["lease_until"],
    )


def mails(conn: Connection, edition_id: int, entry: str = "") -> list[RowMapping]:
    """Return the edition's correction mails, oldest first: each send's row, its message as ``said``, and ``revision``.

    :param entry: only those to the readers of this one.
    """
    query = (
        select(sends, messages.c.id.label("said"), messages.c.revision)
        .join(messages, messages.c.send_id == sends.c.id)
        .where(sends.c.edition_id == edition_id, sends.c.kind == CORRECTION, messages.c.kind == "mail")
        .order_by(sends.c.id)
    )
    rows = conn.execute(query).mappings().all()
    return [row for row in rows if not entry or row["entry"] == entry]


def open_mails(conn: Connection, edition_id: int, entry: str) -> list[RowMapping]:
    """Return those of the correction mails to an entry's readers that have not ended."""
    return [row for row in mails(conn, edition_id, entry) if row["state"] not in ENDED]


def outdated(conn: Connection, send_id: int) -> list[int]:
    """Return the send's messages that say something else than its newest does."""
    query = select(messages.c.id, messages.c.variant, messages.c.digest).where(messages.c.send_id == send_id)
    by_variant: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for row in conn.execute(query.order_by(messages.c.revision)):
        by_variant[row.variant].append((row.id, row.digest))
    return [number for known in by_variant.values() for number, digest in known if digest != known[-1][1]]


def is_under_way(conn: Connection, send_id: int) -> bool:
    """Say whether words are being said at this moment that are no longer the send's newest."""
    said = calls.c.message_id.in_(outdated(conn, send_id))
    query = select(func.count()).where(UNSETTLED, calls.c.send_id == send_id, said, calls.c.state != "unknown")
    return bool(conn.execute(query).scalar_one())


def count_behind(conn: Connection, send: RowMapping) -> int:
    """Return how many of a mail's readers have old words, or may have, and get no correction of them."""
    return int(conn.execute(select(func.count()).where(*_behind(conn, send))).scalar_one())


def count_old(conn: Connection, send_id: int) -> int:
    """Return how many of a mail's readers, as far as they are kept, have words, or may, that are not its newest."""
    query = select(func.count()).where(deliveries.c.send_id == send_id, *_has_old(conn, send_id))
    return int(conn.execute(query).scalar_one())


def count_gone(conn: Connection, send_id: int) -> int:
    """Return how many of a mail's readers who have words that are not its newest, or may, are not kept any more."""
    gone = seals.by_message(conn, send_id)
    return sum(gone[each][state] for each in outdated(conn, send_id) if each in gone for state in HAD)


def freeze_behind(conn: Connection, send: RowMapping, *, mail_id: int, message_id: int, now: datetime) -> int:
    """Let a correction mail go to those of a mail's readers who have old words; return how many that are.

    Whoever is in it already stays as they are. Both sends are locked.
    """
    before = _count(conn, mail_id)
    chosen = select(
        literal(mail_id),
        deliveries.c.recipient_id,
        literal(message_id),
        deliveries.c.list_id,
        deliveries.c.domain_id,
        literal(D.PENDING.value),
        literal(now, Moment),
        literal(0),
        null(),
    ).where(*_behind(conn, send))
    conn.execute(insert(deliveries).from_select(_COLUMNS, chosen))
    return _count(conn, mail_id) - before


def _count(conn: Connection, send_id: int) -> int:
    return int(conn.execute(select(func.count()).where(deliveries.c.send_id == send_id)).scalar_one())


def _has_old(conn: Connection, send_id: int) -> tuple[ColumnElement[bool], ...]:
    return deliveries.c.state.in_(HAD), deliveries.c.message_id.in_(outdated(conn, send_id))


def _behind(conn: Connection, send: RowMapping) -> tuple[ColumnElement[bool], ...]:
    """Say in SQL of a mail's deliveries that their readers have old words, and no correction mail brings the newest.

    Old words came by the mail itself, or by the mail that was to put them right before.
    """
    newest = messages_of.newest_revision(conn, send["id"])
    known = mails(conn, send["edition_id"], send["entry"])
    earlier = [row["id"] for row in known if row["revision"] < newest]
    latest = [row["id"] for row in known if row["revision"] == newest]
    other = deliveries.alias("other")
    theirs = other.c.recipient_id == deliveries.c.recipient_id
    had_correction = exists(select(1).where(other.c.send_id.in_(earlier), theirs, other.c.state.in_(HAD)))
    gets_it = exists(select(1).where(other.c.send_id.in_(latest), theirs, other.c.state != D.CANCELLED))
    is_old = deliveries.c.message_id.in_(outdated(conn, send["id"]))
    return (
        deliveries.c.send_id == send["id"],
        deliveries.c.state.in_(HAD),
        or_(is_old, had_correction),
        ~gets_it,
    )

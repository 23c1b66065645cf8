"""Which deliveries a filter of the send log finds: page by page by key, however many there are.

Sends come newest first, and the readers of a send in their own order (`Place`): an index leads along it, which costs a
delivery nothing when it goes out. A send has counted its states, so that one which has none in a state isn't opened; a
state that is rare has an index of its own. What is left, such as the few that were sent of a million that were not,
is looked through a stretch at a time, and whoever asks says how long (`patience`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, func, or_, select, text

from publisher.model.states import DeliveryState
from publisher.store.calls import UNSETTLED, thaw
from publisher.store.sql import among, is_postgresql
from publisher.store.subscribers import is_person
from publisher.store.tables import calls, changes, deliveries, domains, recipients, sends, subscribers

D = DeliveryState
STRETCH = 20_000  # deliveries that are looked through in one statement
SENDS = 100  # that are looked up at once
HANDFUL = 20  # readers of a domain who are looked up by themselves, whatever they got
FEW = 2_000  # readers of a domain who are looked up in each send
FEW_PENDING = 20_000  # of a send: put in order rather than looked for among the others
# In the words of the partial indexes: a parameter would not match.
RARE = text("deliveries.state NOT IN ('sent', 'pending', 'taken')")
PENDING = text("deliveries.state = 'pending'")
MOVED = text("changes.what = 'address'")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the log ends, and the next one begins."""

    send_id: int
    recipient_id: int | None = None  # the last one who was looked at; None: none of this send was yet

    def __str__(self) -> str:
        return f"{self.send_id}" if self.recipient_id is None else f"{self.send_id}.{self.recipient_id}"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which deliveries; an empty field leaves it open."""

    edition_id: int | None = None
    send_id: int | None = None
    channel: str = ""
    address_hash: str = ""
    subscriber_id: int | None = None  # what went to any address of theirs
    state: str = ""
    domain: str = ""  # of the reader's address when it was made: who has moved since may be shown under another
    since: datetime | None = None  # their send began then, or later; one that has not begun: was made
    before: datetime | None = None
    after: Place | None = None
    limit: int = 100


@dataclass(slots=True)
class Hits:
    """What was found, in order."""

    ids: list[int] = field(default_factory=list)
    goes_on: Place | None = None  # where the next page begins; None: there is none
    is_cut_short: bool = False  # there was no more time to look


@dataclass(frozen=True, slots=True)
class _Hit:
    id: int
    place: Place


@dataclass(frozen=True, slots=True)
class _Look:
    """How the sends are looked through."""

    wanted: Filter
    domain_id: int | None
    few: Sequence[int] | None  # the only readers who come into question
    until: float | None

    def go_on(self, place: Place) -> None:
        if self.until is not None and monotonic() > self.until:
            raise _OutOfTimeError(place)


class _OutOfTimeError(Exception):
    """The time to look is over."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


def search(conn: Connection, wanted: Filter, patience: float | None = None) -> Hits:
    """Return the deliveries of a page.

    :param patience: seconds to look; what was found by then is returned. None: until the page is full.
    """
    found: list[_Hit] = []
    try:
        for hit in _hits(conn, wanted, patience):
            found.append(hit)
            if len(found) > wanted.limit:
                page = found[: wanted.limit]
                return Hits([each.id for each in page], page[-1].place)
    except _OutOfTimeError as end:
        return Hits([each.id for each in found], end.place, is_cut_short=True)
    return Hits([each.id for each in found])


def _hits(conn: Connection, wanted: Filter, patience: float | None) -> Iterator[_Hit]:
    """Yield what is found, in order, and at least one more than a page holds where there is."""
    domain_id = _domain_named(conn, wanted.domain) if wanted.domain else None
    if wanted.domain and domain_id is None:
        return
    if wanted.address_hash or wanted.subscriber_id is not None:
        mine = among(deliveries.c.recipient_id, _recipients_of_person(conn, wanted))
        yield from _among_few(conn, wanted, mine, domain_id)
        return
    members = _recipients_of_domain(conn, wanted.domain, domain_id) if domain_id is not None else None
    if members is not None and len(members) <= HANDFUL:
        yield from _among_few(conn, wanted, among(deliveries.c.recipient_id, members), domain_id)
    elif wanted.state == D.TAKEN:
        yield from _among_few(conn, wanted, among(deliveries.c.id, _under_way(conn, wanted)), domain_id)
    else:
        few = members if members is not None and len(members) <= FEW else None
        # From here on: however long it took to come here, each page gets further than the one before.
        look = _Look(wanted, domain_id, few, None if patience is None else monotonic() + patience)
        for send in _sends(conn, wanted):
            yield from _in_send(conn, look, send)


# --- readers who are few ----------------------------------------------------------------------------------------------


def _domain_named(conn: Connection, name: str) -> int | None:
    return conn.execute(select(domains.c.id).where(domains.c.name == name)).scalar_one_or_none()


def _recipients_of_person(conn: Connection, wanted: Filter) -> list[int]:
    query = select(recipients.c.id).join(subscribers, subscribers.c.id == recipients.c.subscriber_id)
    if wanted.address_hash:
        query = query.where(subscribers.c.address_hash == wanted.address_hash)
    if wanted.subscriber_id is not None:
        query = query.where(is_person(wanted.subscriber_id))
    return list(conn.execute(query).scalars())


def _recipients_of_domain(conn: Connection, name: str, domain_id: int) -> list[int]:
    """Return the readers whose address is or was in a domain, in order; of many, more than `FEW` and not all."""
    if is_postgresql(conn):  # for this transaction: to start workers takes longer than to read so few
        conn.execute(select(func.set_config("max_parallel_workers_per_gather", "0", True)))
    people = select(recipients.c.id).join(subscribers, subscribers.c.id == recipients.c.subscriber_id)
    are = conn.execute(people.where(subscribers.c.domain_id == domain_id).limit(FEW + 1)).scalars().all()
    if len(are) > FEW:
        return list(are)
    moved = (MOVED, changes.c.words.endswith(f"@{name}", autoescape=True))
    were = select(recipients.c.id).join(changes, changes.c.subscriber_id == recipients.c.subscriber_id).where(*moved)
    return sorted({*are, *conn.execute(were.limit(FEW + 1)).scalars()})


def _under_way(conn: Connection, wanted: Filter) -> list[int]:
    """Return what is taken: by calls that are open, which are few."""
    mine = [send["id"] for send in _sends(conn, wanted)]
    query = select(calls.c.members).where(UNSETTLED, among(calls.c.send_id, mine), calls.c.members.is_not(None))
    blobs = conn.execute(query).scalars() if mine else ()
    return [member.delivery_id for blob in blobs for member in thaw(blob)]


def _among_few(conn: Connection, wanted: Filter, these: ColumnElement[bool], domain_id: int | None) -> Iterator[_Hit]:
    """Yield a page of these deliveries, of which there are not more than can be put in order."""
    place = (deliveries.c.send_id, deliveries.c.recipient_id)
    # To their sends, and never from these to all that they have.
    query = select(deliveries.c.id, *place).join(sends, sends.c.id == deliveries.c.send_id + 0).where(these)
    if domain_id is not None:
        query = query.where(deliveries.c.domain_id == domain_id)
    if wanted.state:
        query = query.where(deliveries.c.state == wanted.state)
    if wanted.after and wanted.after.recipient_id is not None:
        beyond = _beyond(deliveries.c.recipient_id, wanted, wanted.after.recipient_id)
        query = query.where(or_(sends.c.id < wanted.after.send_id, and_(sends.c.id == wanted.after.send_id, beyond)))
    # By sums, which no index has: one that leads along this order would be walked to its end.
    order = ((deliveries.c.send_id + 0).desc(), _in_order(deliveries.c.recipient_id + 0, wanted))
    query = query.where(*_of_sends(wanted)).order_by(*order).limit(wanted.limit + 1)
    for row in conn.execute(query):
        yield _Hit(row.id, Place(row.send_id, row.recipient_id))


# --- send by send -----------------------------------------------------------------------------------------------------


def _of_sends(wanted: Filter) -> Iterator[ColumnElement[bool]]:
    """Yield what has to hold of a send."""
    if wanted.edition_id is not None:
        yield sends.c.edition_id == wanted.edition_id
    if wanted.send_id is not None:
        yield sends.c.id == wanted.send_id
    if wanted.channel:
        yield sends.c.channel == wanted.channel
    if wanted.since is not None or wanted.before is not None:
        is_open = sends.c.started_at.is_(None)
        yield or_(_within(sends.c.started_at, wanted), and_(is_open, _within(sends.c.made_at, wanted)))
    if wanted.after is not None:
        yield sends.c.id <= wanted.after.send_id


def _within(column: ColumnElement[datetime], wanted: Filter) -> ColumnElement[bool]:
    since = [column >= wanted.since] if wanted.since is not None else []
    before = [column < wanted.before] if wanted.before is not None else []
    return and_(*since, *before)


def _sends(conn: Connection, wanted: Filter) -> Iterator[RowMapping]:
    """Yield the sends that have what is wanted, newest first."""
    counter = sends.c[wanted.state] if wanted.state else sends.c.candidates
    has_scope = wanted.edition_id is not None or wanted.since is not None or wanted.before is not None
    # With a scope by a sum, which no index has: else all sends might be walked to find those few.
    order = (sends.c.id + 0 if has_scope else sends.c.id).desc()
    query = select(sends.c.id, sends.c.pending).where(*_of_sends(wanted), counter > 0).order_by(order).limit(SENDS)
    found: Sequence[RowMapping] = conn.execute(query).mappings().all()
    while found:
        yield from found
        more = query.where(sends.c.id < found[-1]["id"]) if len(found) == SENDS else None
        found = [] if more is None else conn.execute(more).mappings().all()


def _in_send(conn: Connection, look: _Look, send: RowMapping) -> Iterator[_Hit]:
    """Yield what is found in one send: at once where an index leads to it, else a stretch after another."""
    wanted = look.wanted
    at = wanted.after.recipient_id if wanted.after is not None and wanted.after.send_id == send["id"] else None
    look.go_on(Place(send["id"], at))
    along = _along(look, send)
    if _is_exact(look, send):
        for row in conn.execute(_from(along, wanted, at).limit(wanted.limit + 1)):
            yield _Hit(row.id, Place(send["id"], row.recipient_id))
        return
    size = STRETCH // 16 or 1
    while True:
        part = _from(along, wanted, at)
        rows = conn.execute(_those_of(part.limit(size), look)).all()
        for row in rows:
            yield _Hit(row.id, Place(send["id"], row.recipient_id))
        if len(rows) > wanted.limit:
            return
        last = part.with_only_columns(deliveries.c.recipient_id).offset(size - 1).limit(1)
        at = conn.execute(last).scalar_one_or_none()
        if at is None:
            return
        size = min(size * 4, STRETCH)
        look.go_on(Place(send["id"], at))


def _along(look: _Look, send: RowMapping) -> Select[Any]:
    """Return the deliveries of a send along an index, in order: those that are wanted, and maybe others."""
    wanted, recipient = look.wanted, deliveries.c.recipient_id
    query = select(deliveries.c.id, recipient, deliveries.c.state, deliveries.c.domain_id)
    query = query.where(deliveries.c.send_id == send["id"])
    order: ColumnElement[Any] = recipient
    if look.few is not None:
        query = query.where(among(recipient, look.few), deliveries.c.domain_id == look.domain_id)
        query = query.where(deliveries.c.state == wanted.state) if wanted.state else query
    elif _is_rare(wanted.state):
        query = query.where(RARE, deliveries.c.state == wanted.state)
        query = query if look.domain_id is None else query.where(deliveries.c.domain_id == look.domain_id)
    elif _are_few_pending(look, send):
        query = query.where(PENDING)
        query = query if look.domain_id is None else query.where(deliveries.c.domain_id == look.domain_id)
        order = recipient + 0  # by the index of what is due: another would lead past all the others
    return query.order_by(_in_order(order, wanted))


def _is_exact(look: _Look, send: RowMapping) -> bool:
    """Say whether what an index leads along is all wanted."""
    if look.few is not None or _is_rare(look.wanted.state) or _are_few_pending(look, send):
        return True
    return not look.wanted.state and look.domain_id is None


def _are_few_pending(look: _Look, send: RowMapping) -> bool:
    return look.wanted.state == D.PENDING and send["pending"] <= FEW_PENDING


def _from(along: Select[Any], wanted: Filter, at: int | None) -> Select[Any]:
    return along if at is None else along.where(_beyond(deliveries.c.recipient_id, wanted, at))


def _those_of(stretch: Select[Any], look: _Look) -> Select[Any]:
    """Return those of a stretch that are wanted."""
    part = stretch.subquery()
    query = select(part.c.id, part.c.recipient_id)
    if look.wanted.state:
        query = query.where(part.c.state == look.wanted.state)
    if look.domain_id is not None:
        query = query.where(part.c.domain_id == look.domain_id)
    return query.order_by(_in_order(part.c.recipient_id, look.wanted)).limit(look.wanted.limit + 1)


def _is_rare(state: str) -> bool:
    return bool(state) and state not in (D.SENT, D.PENDING, D.TAKEN)


def _is_backwards(wanted: Filter) -> bool:
    """Say whether a send is read from its last reader on: it goes out from the first on, so those who wait are last."""
    return wanted.state == D.PENDING


def _in_order(column: ColumnElement[Any], wanted: Filter) -> ColumnElement[Any]:
    return column.desc() if _is_backwards(wanted) else column.asc()


def _beyond(column: ColumnElement[int], wanted: Filter, at: int) -> ColumnElement[bool]:
    return column < at if _is_backwards(wanted) else column > at

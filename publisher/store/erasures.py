"""What erasing takes away: all that is known of a person but that there was one, and every word that names them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, select, update

from publisher.store.sql import among
from publisher.store.subscribers import ERASED, ensure_domain, is_person
from publisher.store.tables import (
    calls,
    changes,
    deliveries,
    events,
    outcomes,
    recipients,
    subscribers,
    suppressions,
    update_row,
)

NOWHERE = ""  # the mail domain of people who have no address any more


def rows_of(conn: Connection, subscriber_id: int) -> list[int]:
    """Return the ids of the rows that are a person's, locked until the transaction ends."""
    query = select(subscribers.c.id).where(is_person(subscriber_id)).order_by(subscribers.c.id)
    return list(conn.execute(query.with_for_update()).scalars())


def empty(conn: Connection, row_id: int, now: datetime) -> None:
    """Leave nothing in a row but its id, and nobody's hash: whoever has the address next is somebody else."""
    nothing: dict[str, Any] = dict.fromkeys(("language", "paused_until", "measured_since", "measured_wording_id"))
    nothing |= {"email": "", "name": "", "attributes": {}, "domain_id": ensure_domain(conn, NOWHERE)}
    update_row(conn, subscribers, row_id, {**nothing, "address_hash": f"erased:{row_id}", "erased_at": now})
    conn.execute(delete(changes).where(changes.c.subscriber_id == row_id))


def unname(conn: Connection, row_id: int, addresses: Iterable[str]) -> None:
    """Take a person's addresses out of what providers said of the letters to them."""
    to_them = (
        select(deliveries.c.id, deliveries.c.call_id)
        .join(recipients, recipients.c.id == deliveries.c.recipient_id)
        .where(recipients.c.subscriber_id == row_id)
    )
    found = conn.execute(to_them).all()
    ids, call_ids = [row.id for row in found], [row.call_id for row in found if row.call_id is not None]
    conn.execute(update(deliveries).where(among(deliveries.c.id, ids)).values(domain_id=None))
    for table, words, theirs in (
        (deliveries, "reason", among(deliveries.c.id, ids)),
        (outcomes, "reason", among(outcomes.c.delivery_id, ids)),
        (events, "words", among(events.c.delivery_id, ids)),
        (calls, "reason", among(calls.c.id, call_ids)),
        (calls, "words", among(calls.c.id, call_ids)),
    ):
        _replace(conn, table, words, theirs, addresses)


def unname_suppressions(conn: Connection, address_hash: str, address: str) -> None:
    """Take an address out of the reasons why it is suppressed; the hash and the reason stay."""
    _replace(conn, suppressions, "reason", suppressions.c.address_hash == address_hash, [address])


def _replace(conn: Connection, table: Table, column: str, condition: Any, addresses: Iterable[str]) -> None:
    # Not in SQL, whose `replace` minds the case of letters: providers write addresses in any.
    named = re.compile("|".join(map(re.escape, addresses)), re.IGNORECASE)
    query = select(*table.primary_key, table.c[column]).where(condition)
    for row in conn.execute(query).mappings().all():
        text = row[column] or ""
        if named.search(text):
            same = and_(*(key == row[key.name] for key in table.primary_key))
            conn.execute(update(table).where(same).values({column: named.sub(ERASED, text)}))

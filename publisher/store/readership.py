"""How many read each list: counted so far as that costs little, and as its last letter found them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, func, select

from publisher.store.sends import REGULAR
from publisher.store.tables import lists, sends, subscriptions

AT_MOST = 10_000  # subscriptions of a list that a page counts
LOOKED_BACK = 500  # sends in which the last letter of each list is looked for


@dataclass(frozen=True, slots=True)
class Readers:
    """The people of one list.

    :ivar states: how many are in each state; empty where there are more than are counted.
    :ivar last: the row of the last send of an edition to it; None: there was none.
    """

    name: str
    states: dict[str, int]
    is_more: bool
    last: RowMapping | None


def of_lists(conn: Connection, names: list[str], *, whole: bool = False) -> list[Readers]:
    """Return how many read each of these lists.

    :param whole: count them all, however many there are.
    """
    ids = {row.name: row.id for row in conn.execute(select(lists.c.id, lists.c.name))}
    last = _last_sends(conn)
    counted = [(name, _states(conn, ids.get(name), None if whole else AT_MOST)) for name in names]
    return [Readers(name, {} if is_more else states, is_more, last.get(name)) for name, (states, is_more) in counted]


def _states(conn: Connection, list_id: int | None, most: int | None) -> tuple[dict[str, int], bool]:
    rows = select(subscriptions.c.state).where(subscriptions.c.list_id == list_id)
    some = (rows if most is None else rows.limit(most + 1)).subquery()
    query = select(some.c.state, func.count().label("count")).group_by(some.c.state)
    states = {row["state"]: row["count"] for row in conn.execute(query).mappings()}
    return states, most is not None and sum(states.values()) > most


def _last_sends(conn: Connection) -> dict[str, RowMapping]:
    """Return the newest send of an edition to each list, by the list's name."""
    columns = (sends.c.id, sends.c.edition_id, sends.c.audience, sends.c.made_at, sends.c.candidates, sends.c.sent)
    query = select(*columns).where(sends.c.kind == REGULAR).order_by(sends.c.id.desc()).limit(LOOKED_BACK)
    found: dict[str, RowMapping] = {}
    for row in conn.execute(query).mappings():
        for name in row["audience"]:
            found.setdefault(name, row)
    return found

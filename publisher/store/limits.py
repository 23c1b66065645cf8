"""Limits that all processes share and that survive restarts: a row for each, changed in the transaction that claims."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, delete, or_, select

from publisher.model.project import Channel
from publisher.model.warming import most_on
from publisher.store.sql import upsert
from publisher.store.tables import domains, limits


def free_at(conn: Connection, name: str, *, lock: bool = True) -> datetime | None:
    """Return the limit's theoretical arrival time (GCRA), its row locked; None before it was ever used.

    :param lock: False only looks: nothing is to be taken of it.
    """
    query = select(limits.c.free_at).where(limits.c.name == name)
    found: datetime | None = conn.execute(query.with_for_update() if lock else query).scalar_one_or_none()
    return found


def set_free_at(conn: Connection, name: str, moment: datetime) -> None:
    statement = upsert(conn, limits).values(name=name, free_at=moment)
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"free_at": moment}))


def account(counted_as: str) -> str:
    """Return the name of the limit that a network keeps for an account."""
    return f"account:{counted_as}"


def removals(counted_as: str) -> str:
    """Return the name of the limit that it keeps for what the account takes down."""
    return f"{account(counted_as)}{_REMOVALS}"


_REMOVALS = ":removals"


def rest(conn: Connection, name: str, until: datetime, *, unless_after: datetime) -> None:
    """Let nothing go before a moment; a rest that lasts longer stays, unless it is beyond what can be meant."""
    statement = upsert(conn, limits).values(name=name, free_at=until)
    is_sooner = or_(limits.c.free_at.is_(None), limits.c.free_at < until, limits.c.free_at > unless_after)
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"free_at": until}, where=is_sooner))


def end_rest(conn: Connection, counted_as: str) -> bool:
    """Let an account's requests go again at once, of whatever kind; say whether there was a rest to end."""
    names = (account(counted_as), removals(counted_as))
    return conn.execute(delete(limits).where(limits.c.name.in_(names))).rowcount > 0


def resting_accounts(conn: Connection, now: datetime, *, is_removal: bool = False) -> dict[str, datetime]:
    """Return until when accounts rest, by what they are counted as.

    :param is_removal: for withdrawals, which wait for no limit of posting.
    """
    prefix = account("")
    query = select(limits.c.name, limits.c.free_at).where(limits.c.name.startswith(prefix), limits.c.free_at > now)
    rows = conn.execute(query.order_by(limits.c.free_at))  # so that the longest stays
    found = [row for row in rows if not is_removal or row.name.endswith(_REMOVALS)]
    return {row.name.removeprefix(prefix).removesuffix(_REMOVALS): row.free_at for row in found}


def daily(channel: str) -> str:
    """Return the name of a channel's daily limit."""
    return f"day:{channel}"


def warming(channel: str, sends_as: str) -> str:
    """Return the name of the row that remembers when a channel began to warm up a domain."""
    return f"warm:{channel}:{sends_as}"


def first_day(conn: Connection, name: str) -> date | None:
    """Return the day on which a warm-up began; None before its first send."""
    found = conn.execute(select(limits.c.day).where(limits.c.name == name)).scalar_one_or_none()
    return None if found is None else date.fromisoformat(found)


def number_of(conn: Connection, rules: Channel, day: str) -> int | None:
    """Return how many recipients a channel may have on that day; None: as many as there are."""
    if rules.warm_up is None:
        return rules.per_day
    that = date.fromisoformat(day)
    first = first_day(conn, warming(rules.name, rules.sends_as)) or that
    return most_on(that, first, rules.warm_up, rules.per_day)


def used_on(conn: Connection, name: str, day: str, *, lock: bool = True) -> int:
    """Return how much of a daily limit was used on that day, its row locked.

    :param lock: False only looks: nothing is to be taken of it.
    """
    query = select(limits.c.day, limits.c.used).where(limits.c.name == name)
    # By its name alone: the row of another day is locked too, since whoever comes first today makes it today's.
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return int(row.used or 0) if row is not None and row.day == day else 0


def set_used(conn: Connection, name: str, day: str, used: int) -> None:
    statement = upsert(conn, limits).values(name=name, day=day, used=used)
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"day": day, "used": used}))


def forget(conn: Connection, prefix: str) -> None:
    """Drop the rows whose names begin so."""
    conn.execute(delete(limits).where(limits.c.name.startswith(prefix, autoescape=True)))


def forget_unused(conn: Connection, prefix: str, before: datetime) -> None:
    """Drop the rows whose names begin so and that were of use before a moment only."""
    mine = limits.c.name.startswith(prefix, autoescape=True)
    conn.execute(delete(limits).where(mine, limits.c.free_at < before))


def domain_ids(conn: Connection, names: list[str]) -> dict[int, str]:
    """Return the mail domains among these that the ledger knows, by id."""
    query = select(domains.c.id, domains.c.name).where(domains.c.name.in_(names))
    return {row.id: row.name for row in conn.execute(query)}

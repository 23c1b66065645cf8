"""What the ledger remembers of a schedule: since when, up to where its slots are decided, whether it is paused."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, and_, delete, func, or_, select, update

from publisher.model.states import CallState, DeliveryState, EditionState
from publisher.store.editions import TEST
from publisher.store.sql import upsert
from publisher.store.tables import (
    calls,
    channels,
    deliveries,
    editions,
    facts,
    limits,
    looks,
    notes,
    schedules,
    sends,
)
from publisher.store.trials import UNDECIDED

ACCEPTED = "accepted_version"
AWAKE = "awake_until"
WAS = "was:"
FORMER = "former-times:"
FAR = timedelta(days=30)  # further ahead nothing is put off that a right clock wrote


def get(conn: Connection, name: str) -> RowMapping | None:
    return conn.execute(select(schedules).where(schedules.c.name == name)).mappings().one_or_none()


def every(conn: Connection) -> dict[str, RowMapping]:
    """Return all that were ever accepted, by name; those taken out of the file since stay."""
    return {row["name"]: row for row in conn.execute(select(schedules).order_by(schedules.c.id)).mappings()}


def last_editions(conn: Connection) -> dict[str, RowMapping]:
    """Return the newest edition of every schedule that had one, by its name; a test is none."""
    mine = (editions.c.schedule == schedules.c.name, editions.c.slot.not_like(f"{TEST}%"))
    newest = select(editions.c.id).where(*mine).order_by(editions.c.due_at.desc(), editions.c.id.desc()).limit(1)
    query = select(editions).where(
        editions.c.id.in_(select(newest.correlate(schedules).scalar_subquery()).select_from(schedules))
    )
    return {row["schedule"]: row for row in conn.execute(query).mappings()}


def begin(conn: Connection, name: str, at: datetime, actor: str) -> None:
    """Write down a schedule that the ledger doesn't know: its slots, and what is new for it, begin now."""
    values = {"name": name, "added_at": at, "considered_until": at, "actor": actor}
    conn.execute(upsert(conn, schedules).values(values).on_conflict_do_nothing())


def begin_again(conn: Connection, name: str, at: datetime) -> None:
    """A schedule that comes back to the file has missed nothing meanwhile."""
    conn.execute(update(schedules).where(schedules.c.name == name).values(added_at=at))
    advance(conn, name, at)


def change_on_update(conn: Connection, name: str, at: datetime) -> None:
    """The schedule's rule for changed articles is another from now on: what changed before is let be."""
    conn.execute(update(schedules).where(schedules.c.name == name).values(updates_since=at))


def advance(conn: Connection, name: str, until: datetime) -> bool:
    """Write down that slots up to here are decided. It only ever goes forward; say whether it did."""
    query = update(schedules).where(schedules.c.name == name, schedules.c.considered_until < until)
    return conn.execute(query.values(considered_until=until)).rowcount == 1


def pull_back(conn: Connection, now: datetime) -> None:
    """Take back what was written under a clock that was ahead. Slots that have an edition still fire no second time."""
    for column in (schedules.c.considered_until, schedules.c.added_at):
        conn.execute(update(schedules).where(column > now).values({column.name: now}))
    # Not the rest of a trial, which has no moment of its own yet.
    pending = and_(deliveries.c.state == DeliveryState.PENDING, deliveries.c.due_at < UNDECIDED)
    far = now + FAR
    conn.execute(update(channels).where(channels.c.open_until > now).values(open_until=now))
    conn.execute(update(limits).where(limits.c.free_at > now + timedelta(days=1)).values(free_at=now))
    unknown = calls.c.state == CallState.UNKNOWN
    conn.execute(update(calls).where(unknown, calls.c.retry_at > now).values(retry_at=now))
    made_ahead = sends.c.made_at > now
    theirs = deliveries.c.send_id.in_(select(sends.c.id).where(made_ahead))
    put_off = or_(deliveries.c.due_at > far, and_(deliveries.c.due_at > now, theirs))
    conn.execute(update(deliveries).where(pending, put_off).values(due_at=now))
    conn.execute(update(sends).where(made_ahead, sends.c.due_at > now).values(due_at=now))


def pause(conn: Connection, name: str, *, reason: str, actor: str, now: datetime) -> bool:
    """Let no slot of it fire; say whether it wasn't paused already."""
    query = update(schedules).where(schedules.c.name == name, schedules.c.paused_at.is_(None))
    return conn.execute(query.values(paused_at=now, reason=reason, actor=actor)).rowcount == 1


def resume(conn: Connection, name: str, *, paused_at: datetime, actor: str) -> bool:
    """Let its slots fire again; say whether it was paused since then."""
    query = update(schedules).where(schedules.c.name == name, schedules.c.paused_at == paused_at)
    return conn.execute(query.values(paused_at=None, reason=None, actor=actor)).rowcount == 1


def rename(conn: Connection, old: str, new: str) -> None:
    """Carry a schedule's history over to its new name; the new one's own row, without history, gives way."""
    conn.execute(delete(schedules).where(schedules.c.name == new))
    conn.execute(update(schedules).where(schedules.c.name == old).values(name=new))
    conn.execute(update(editions).where(editions.c.schedule == old).values(schedule=new))
    conn.execute(update(notes).where(notes.c.schedule == old).values(schedule=new))
    conn.execute(delete(looks).where(looks.c.schedule == new))
    conn.execute(update(looks).where(looks.c.schedule == old).values(schedule=new))
    _set_fact(conn, f"{WAS}{new}", old)
    _drop_fact(conn, f"{FORMER}{new}")
    conn.execute(update(facts).where(facts.c.name == f"{FORMER}{old}").values(name=f"{FORMER}{new}"))


def former_names(conn: Connection, name: str) -> list[str]:
    """Return the names that a schedule had before, the latest first."""
    found: list[str] = []
    while (before := _fact(conn, f"{WAS}{name}")) and before not in found:
        found.append(before)
        name = before
    return found


def has_history(conn: Connection, name: str) -> bool:
    """Say whether it has editions, of whatever fate; a test is none."""
    mine = (editions.c.schedule == name, editions.c.slot.not_like(f"{TEST}%"))
    return bool(conn.execute(select(func.count()).where(*mine)).scalar_one())


def had_editions(conn: Connection, name: str) -> bool:
    """Say whether it had an edition that was no draft and not skipped: articles may be used up for it."""
    none = (EditionState.DRAFT, EditionState.SKIPPED)
    query = select(editions.c.id).where(editions.c.schedule == name, editions.c.state.not_in(none)).limit(1)
    return conn.execute(query).first() is not None


def former_times(conn: Connection, name: str) -> list[tuple[int, datetime]]:
    """Return the versions of the file that a schedule's undecided slots are still taken from, each with its end."""
    said = _fact(conn, f"{FORMER}{name}")
    return [(version_id, datetime.fromisoformat(until)) for version_id, until in json.loads(said or "[]")]


def with_former_times(conn: Connection) -> set[str]:
    """Return the names of the schedules that have any: they were edited, and slots of before are undecided still."""
    query = select(facts.c.name).where(facts.c.name.startswith(FORMER))
    return {name.removeprefix(FORMER) for name in conn.execute(query).scalars()}


def set_former_times(conn: Connection, name: str, former: list[tuple[int, datetime]]) -> None:
    """Remember them; none: forget them."""
    if former:
        said = json.dumps([(version_id, until.isoformat()) for version_id, until in former])
        _set_fact(conn, f"{FORMER}{name}", said)
    else:
        _drop_fact(conn, f"{FORMER}{name}")


# --- the file that holds, and the last sign of life of whoever watches the slots --------------------------------------


def accepted_version(conn: Connection) -> int | None:
    """Return the id of the version of schedules.yaml that holds now."""
    said = _fact(conn, ACCEPTED)
    return None if said is None else int(said)


def set_accepted_version(conn: Connection, version_id: int) -> None:
    _set_fact(conn, ACCEPTED, str(version_id))


def awake_until(conn: Connection) -> datetime | None:
    """Return when a process last watched the slots by a clock that could be believed."""
    said = _fact(conn, AWAKE)
    return None if said is None else datetime.fromisoformat(said)


def set_awake(conn: Connection, now: datetime) -> None:
    _set_fact(conn, AWAKE, now.isoformat())


def _fact(conn: Connection, name: str) -> str | None:
    return conn.execute(select(facts.c.value).where(facts.c.name == name)).scalar_one_or_none()


def _set_fact(conn: Connection, name: str, value: str) -> None:
    row = upsert(conn, facts).values(name=name, value=value)
    conn.execute(row.on_conflict_do_update(index_elements=[facts.c.name], set_={"value": value}))


def _drop_fact(conn: Connection, name: str) -> None:
    conn.execute(delete(facts).where(facts.c.name == name))

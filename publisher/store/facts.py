"""Facts about this ledger that every process must know: whether all sending is held."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from publisher.speech.phrases import _
from publisher.store.sql import insert_new, upsert
from publisher.store.sql import take_turn as lock_turn
from publisher.store.tables import facts

HELD = "held"
WITHDRAWN = "withdrawn"
CORRECTING_POSTS, CORRECTING_MAIL = "correcting-posts", "correcting-mail"
PROGRAM = "program"  # which version of Publisher worked with the ledger last
OVERRIDDEN = "overridden"  # templates
WITHDRAWAL = "withdrawal"  # stays when nothing is left to withdraw
BY_A_PERSON, BY_A_PERSON_ALL = "person", "person-all"  # reasons beside a send: of `hold EDITION`, of `hold --all`

Pair = tuple[str, str]  # digests of a project's template, and of the one whose place it takes


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds sending, or one edition: no call begins until a person releases it. Or who withdraws one."""

    actor: str
    why: str  # may be empty
    since: datetime


def held(conn: Connection) -> Held | None:
    """Return who holds all sending; None when nobody does. Every claim asks this."""
    return _read(conn, HELD)


def hold_everything(conn: Connection, *, actor: str, why: str, now: datetime) -> bool:
    """Hold all sending; say whether it wasn't held already. The first hold's words stay."""
    return _write(conn, HELD, Held(actor, why, now))


def release_everything(conn: Connection) -> bool:
    """Let sending go on; say whether it was held."""
    return _forget(conn, HELD)


def held_edition(conn: Connection, edition_id: int) -> Held | None:
    """Return who holds an edition, whose sends are perhaps still to be made."""
    return _read(conn, f"{HELD}:{edition_id}")


def hold_edition(conn: Connection, edition_id: int, *, actor: str, why: str, now: datetime) -> bool:
    """Hold an edition, and the sends that will be made of it; say whether it wasn't held already."""
    return _write(conn, f"{HELD}:{edition_id}", Held(actor, why, now))


def held_editions(conn: Connection) -> list[int]:
    """Return the editions that a person holds."""
    names = conn.execute(select(facts.c.name).where(facts.c.name.startswith(f"{HELD}:"))).scalars()
    return sorted(int(name.partition(":")[2]) for name in names)


def release_edition(conn: Connection, edition_id: int) -> bool:
    """Let an edition go on; say whether it was held."""
    return _forget(conn, f"{HELD}:{edition_id}")


def begin_withdrawing(conn: Connection, edition_id: int, *, actor: str, why: str, now: datetime) -> None:
    """Write down that an edition is withdrawn: what comes to stand of it is taken down."""
    _write(conn, f"{WITHDRAWN}:{edition_id}", Held(actor, why, now))
    _write(conn, f"{WITHDRAWAL}:{edition_id}", Held(actor, why, now))


def first_withdrawn_by(conn: Connection, edition_id: int) -> Held | None:
    """Return who withdrew an edition first, however that stands by now; None where nobody did."""
    return _read(conn, f"{WITHDRAWAL}:{edition_id}")


def withdrawing(conn: Connection) -> set[int]:
    """Return the withdrawn editions of which something may still come to stand."""
    names = conn.execute(select(facts.c.name).where(facts.c.name.startswith(f"{WITHDRAWN}:"))).scalars()
    return {int(name.partition(":")[2]) for name in names}


def withdrawn_by(conn: Connection, edition_id: int) -> Held | None:
    """Return who withdraws an edition; None where nobody does, or nothing of it can come to stand any more."""
    return _read(conn, f"{WITHDRAWN}:{edition_id}")


def end_withdrawing(conn: Connection, edition_id: int) -> None:
    """Nothing of the edition can come to stand any more."""
    _forget(conn, f"{WITHDRAWN}:{edition_id}")


def begin_correcting(conn: Connection, what: str, edition_id: int, *, actor: str, why: str, now: datetime) -> None:
    """Write down that an edition is corrected: what still comes to stand of its old words is put right.

    :param what: CORRECTING_POSTS, or CORRECTING_MAIL where whoever gets them is mailed.
    """
    end_correcting(conn, what, edition_id)
    _write(conn, f"{what}:{edition_id}", Held(actor, why, now))


def correcting(conn: Connection, what: str) -> set[int]:
    """Return the corrected editions of which old words may still come to stand."""
    names = conn.execute(select(facts.c.name).where(facts.c.name.startswith(f"{what}:"))).scalars()
    return {int(name.partition(":")[2]) for name in names}


def corrected_by(conn: Connection, what: str, edition_id: int) -> Held | None:
    """Return who corrects an edition; None where nobody does, or no old words of it can come to stand any more."""
    return _read(conn, f"{what}:{edition_id}")


def end_correcting(conn: Connection, what: str, edition_id: int) -> None:
    """No old words of the edition can come to stand any more, or they are not put right any more."""
    _forget(conn, f"{what}:{edition_id}")


def take_turn(conn: Connection, name: str, process_id: int, now: datetime, length: timedelta) -> bool:
    """Say whether it is this process's turn at something that only one at a time should do; a turn ends by itself."""
    lock_turn(conn, name)
    mine = {"process": process_id, "until": (now + length).isoformat()}
    said = conn.execute(select(facts.c.value).where(facts.c.name == f"turn:{name}")).scalar_one_or_none()
    known: dict[str, Any] = json.loads(said) if said else mine
    until = datetime.fromisoformat(known["until"])
    if known["process"] != process_id and now < until <= now + length:  # further ahead: a clock that was wrong
        return False
    conn.execute(delete(facts).where(facts.c.name == f"turn:{name}"))
    conn.execute(insert(facts).values(name=f"turn:{name}", value=json.dumps(mine)))
    return True


def add_heard(conn: Connection, channel: str, tally: Mapping[str, int]) -> None:
    """Add to how many words of a channel's provider were new, repeated, foreign, forged or refused."""
    name = f"heard:{channel}"
    lock_turn(conn, name)
    total = Counter(heard(conn, channel))
    total.update(tally)
    conn.execute(delete(facts).where(facts.c.name == name))
    conn.execute(insert(facts).values(name=name, value=json.dumps(total)))


def heard(conn: Connection, channel: str) -> dict[str, int]:
    """Return how many words of a channel's provider were new, repeated, foreign, forged or refused."""
    said = conn.execute(select(facts.c.value).where(facts.c.name == f"heard:{channel}")).scalar_one_or_none()
    return dict(json.loads(said)) if said else {}


def program(conn: Connection) -> str:
    """Return which version of Publisher worked with the ledger last; empty: none has said so."""
    return conn.execute(select(facts.c.value).where(facts.c.name == PROGRAM)).scalar_one_or_none() or ""


def note_program(conn: Connection, version: str) -> None:
    _put(conn, PROGRAM, version)


def overridden(conn: Connection) -> dict[str, Pair]:
    """Return what was noted of the templates that take the place of Publisher's own, by name."""
    said = conn.execute(select(facts.c.value).where(facts.c.name == OVERRIDDEN)).scalar_one_or_none()
    return {name: (ours, theirs) for name, (ours, theirs) in json.loads(said or "{}").items()}


def note_overridden(conn: Connection, pairs: Mapping[str, Pair]) -> None:
    _put(conn, OVERRIDDEN, json.dumps(pairs))


def as_reason(held: Held, edition_id: int | None = None) -> dict[str, Any]:
    """Return the reason that stands beside a send that a person holds.

    :param edition_id: None: with everything else.
    """
    what = _("held by %(who)s", who=held.actor)
    what = _("held by %(who)s: %(why)s", who=held.actor, why=held.why) if held.why else what
    check = BY_A_PERSON_ALL if edition_id is None else BY_A_PERSON
    said = "--all" if edition_id is None else str(edition_id)
    return {"check": check, "blocks": True, "what": what, "remedy": f"`publisher release {said}` lets it go on"}


def _read(conn: Connection, name: str) -> Held | None:
    said = conn.execute(select(facts.c.value).where(facts.c.name == name)).scalar_one_or_none()
    if said is None:
        return None
    known = json.loads(said)
    return Held(known["actor"], known["why"], datetime.fromisoformat(known["since"]))


def _write(conn: Connection, name: str, held: Held) -> bool:
    value = json.dumps({**asdict(held), "since": held.since.isoformat()})
    return insert_new(conn, facts, name=name, value=value)


def _put(conn: Connection, name: str, value: str) -> None:
    row = upsert(conn, facts).values(name=name, value=value)
    conn.execute(row.on_conflict_do_update(index_elements=[facts.c.name], set_={"value": value}))


def _forget(conn: Connection, name: str) -> bool:
    return conn.execute(delete(facts).where(facts.c.name == name)).rowcount == 1

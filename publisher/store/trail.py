"""Who did what when: what was written down as done, and what the ledger's own rows say of it, newest first.

Each kind of row is read by its own number, from the newest back, so that no page reads more than a page of each. What
was written down has no index by who did it, nor by its kind: it is looked through a stretch at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import merge
from itertools import islice, takewhile
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, or_, select

from publisher.store.editions import TEST
from publisher.store.sends import CORRECTION, WITHDRAWAL
from publisher.store.tables import actions, approvals, editions, notes, project_versions, sends

ACTIONS = "actions"  # the kind of rows that were written down as done
BY_PEOPLE = ("console:", "cli:")  # how actors are named that are people


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that somebody did.

    :ivar about: ``edition:12``, ``subscriber:7``, ``staff:anna`` …; empty: nothing in particular.
    """

    kind: str  # of rows
    id: int
    at: datetime
    actor: str
    what: str
    about: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; what is empty is not asked.

    :ivar who: a name as it stands beside what they did, ``console:anna``; or without what comes before the colon.
    :ivar about: ``edition:12``, or only ``edition``.
    :ivar before: of each kind of rows the number before which it goes on; 0: of this kind that was all.
    :ivar stretch: how many lines are looked through at most where no index knows which are meant; 0: all.
    :ivar floor: the number above which they are.
    """

    who: str = ""
    about: str = ""
    before: Mapping[str, int] | None = None
    limit: int = 50
    stretch: int = 0
    floor: int = 0

    @property
    def kind(self) -> str:
        return self.about.partition(":")[0]

    @property
    def number(self) -> int | None:
        said = self.about.partition(":")[2]
        return int(said) if said.isascii() and said.isdecimal() and len(said) <= 18 else None


Reading = Callable[[Connection, Wanted, int | None], Iterable[Deed]]


def find(conn: Connection, wanted: Wanted) -> tuple[list[Deed], dict[str, int]]:
    """Return what was done, newest first, and of each kind of rows where the next page goes on; empty: nowhere.

    A page that goes on and isn't full is one whose stretch ended: nothing older than that stands on it.
    """
    before = dict(wanted.before or {})
    end = _end_of_stretch(conn, wanted, before.get(ACTIONS))
    wanted = replace(wanted, floor=end["id"] if end else 0)
    found = {name: list(read(conn, wanted, before.get(name))) for name, read in KINDS.items() if before.get(name) != 0}
    in_order = merge(*found.values(), key=lambda deed: deed.at, reverse=True)
    oldest = min([end["at"], *(deed.at for deed in found[ACTIONS])]) if end else None
    in_stretch = takewhile(lambda deed: oldest is None or deed.at >= oldest, in_order)
    page = list(islice(in_stretch, wanted.limit))
    taken = {name: [deed.id for deed in page if deed.kind == name] for name in found}
    left = {name: len(rows) > len(taken[name]) or (name == ACTIONS and end is not None) for name, rows in found.items()}
    if not any(left.values()):
        return page, {}
    goes_on = {name: _goes_on(taken.get(name, []), before.get(name), left.get(name, False)) for name in KINDS}
    if end and len(page) < wanted.limit:
        goes_on[ACTIONS] = end["id"] + 1
    return page, goes_on


def _end_of_stretch(conn: Connection, wanted: Wanted, before: int | None) -> RowMapping | None:
    """Return the newest line that is not looked at any more; None: nothing is left out, or an index knows them."""
    is_sought = bool(wanted.who or wanted.about) and ":" not in wanted.about
    if not (is_sought and wanted.stretch) or before == 0:
        return None
    newest = conn.execute(select(func.max(actions.c.id))).scalar_one() or 0
    last = min(newest, (before or newest + 1) - 1)
    query = select(actions.c.id, actions.c.at).where(actions.c.id <= last - wanted.stretch)
    return conn.execute(query.order_by(actions.c.id.desc()).limit(1)).mappings().one_or_none()


def _goes_on(taken: Sequence[int], before: int | None, is_left: bool) -> int:
    if not is_left:
        return 0
    return taken[-1] if taken else before or 2**63 - 1


def _newest(query: Select[Any], key: ColumnElement[int], wanted: Wanted, before: int | None) -> Select[Any]:
    mine = query.order_by(key.desc()).limit(wanted.limit + 1)
    return mine if before is None else mine.where(key < before)


def _by(column: ColumnElement[Any], who: str) -> ColumnElement[bool]:
    return column.in_([who] if ":" in who else [who, *(f"{kind}{who}" for kind in BY_PEOPLE)])


def _by_people(column: ColumnElement[Any], wanted: Wanted) -> ColumnElement[bool]:
    if wanted.who:
        return _by(column, wanted.who)
    return or_(*(column.startswith(kind) for kind in BY_PEOPLE))


def _is_asked(wanted: Wanted, kind: str) -> bool:
    return wanted.about in ("", kind) or (wanted.kind == kind and wanted.number is not None)


def _actions(conn: Connection, wanted: Wanted, before: int | None) -> Iterable[Deed]:
    query = select(actions).where(actions.c.id > wanted.floor) if wanted.floor else select(actions)
    if ":" in wanted.about:
        query = query.where(actions.c.about == wanted.about)
    elif wanted.about:
        kind = actions.c.about.startswith(f"{wanted.about}:", autoescape=True)
        query = query.where(or_(actions.c.about == wanted.about, kind))  # all sending has no number
    query = query.where(_by(actions.c.actor, wanted.who)) if wanted.who else query
    for row in conn.execute(_newest(query, actions.c.id, wanted, before)).mappings():
        yield Deed(ACTIONS, row["id"], row["at"], row["actor"], row["what"], row["about"])


def _approvals(conn: Connection, wanted: Wanted, before: int | None) -> Iterable[Deed]:
    if not _is_asked(wanted, "edition"):
        return
    query = select(approvals)
    query = query.where(approvals.c.edition_id == wanted.number) if wanted.number is not None else query
    query = query.where(_by(approvals.c.actor, wanted.who)) if wanted.who else query
    for row in conn.execute(_newest(query, approvals.c.id, wanted, before)).mappings():
        what = f"agreed to version {row['version']}" + (
            f", which {row['void_by']} made void" if row["void_at"] is not None else ""
        )
        yield Deed("approvals", row["id"], row["made_at"], row["actor"], what, f"edition:{row['edition_id']}")


def _versions(conn: Connection, wanted: Wanted, before: int | None) -> Iterable[Deed]:
    if not _is_asked(wanted, "version"):
        return
    columns = (project_versions.c.id, project_versions.c.digest, project_versions.c.accepted_at)
    query = select(*columns, project_versions.c.actor)
    query = query.where(project_versions.c.id == wanted.number) if wanted.number is not None else query
    query = query.where(_by(project_versions.c.actor, wanted.who)) if wanted.who else query
    for row in conn.execute(_newest(query, project_versions.c.id, wanted, before)).mappings():
        what = f"schedules.yaml holds in version {row['digest'][:10]}"
        yield Deed("versions", row["id"], row["accepted_at"], row["actor"], what, f"version:{row['id']}")


def _notes(conn: Connection, wanted: Wanted, before: int | None) -> Iterable[Deed]:
    if not (_is_asked(wanted, "edition") or wanted.kind == "schedule"):
        return
    query = select(notes)
    if wanted.kind == "edition":
        query = query.where(notes.c.edition_id.is_not(None))
        query = query.where(notes.c.edition_id == wanted.number) if wanted.number is not None else query
    elif wanted.kind == "schedule":
        query = query.where(notes.c.edition_id.is_(None))
        name = wanted.about.partition(":")[2]
        query = query.where(notes.c.schedule == name) if name else query
    query = query.where(_by(notes.c.actor, wanted.who)) if wanted.who else query
    for row in conn.execute(_newest(query, notes.c.id, wanted, before)).mappings():
        about = f"edition:{row['edition_id']}" if row["edition_id"] else f"schedule:{row['schedule']}"
        yield Deed("notes", row["id"], row["made_at"], row["actor"], f"wrote a note for {row['schedule']}", about)


def _editions(conn: Connection, wanted: Wanted, before: int | None) -> Iterable[Deed]:
    """Yield the editions that people had made: those of a slot made themselves."""
    if not _is_asked(wanted, "edition"):
        return
    columns = (editions.c.id, editions.c.schedule, editions.c.slot, editions.c.made_at, editions.c.actor)
    query = select(*columns).where(_by_people(editions.c.actor, wanted))
    query = query.where(editions.c.id == wanted.number) if wanted.number is not None else query
    for row in conn.execute(_newest(query, editions.c.id, wanted, before)).mappings():
        what = f"{'sent a test' if row['slot'].startswith(TEST) else 'made an edition'} of {row['schedule']}"
        yield Deed("editions", row["id"], row["made_at"], row["actor"], what, f"edition:{row['id']}")


_SENT = {CORRECTION: "corrected it through {channel}", WITHDRAWAL: "withdrew it from {channel}"}


def _sends(conn: Connection, wanted: Wanted, before: int | None) -> Iterable[Deed]:
    if not _is_asked(wanted, "edition"):
        return
    columns = (sends.c.id, sends.c.edition_id, sends.c.kind, sends.c.channel, sends.c.made_at, sends.c.actor)
    query = select(*columns).where(sends.c.kind.in_(_SENT), _by_people(sends.c.actor, wanted))
    query = query.where(sends.c.edition_id == wanted.number) if wanted.number is not None else query
    for row in conn.execute(_newest(query, sends.c.id, wanted, before)).mappings():
        what = _SENT[row["kind"]].format(channel=row["channel"])
        about = f"edition:{row['edition_id']}" if row["edition_id"] else ""
        yield Deed("sends", row["id"], row["made_at"], row["actor"], what, about)


KINDS: Mapping[str, Reading] = {
    ACTIONS: _actions,
    "approvals": _approvals,
    "versions": _versions,
    "notes": _notes,
    "editions": _editions,
    "sends": _sends,
}

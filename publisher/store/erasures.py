"""What erasing takes away: all that is known of a person but that there was one, and every word that names them.

What is known of a person is found by their rows: those of their letters by the index that leads there, however many
there are. Their addresses are also looked for in the few texts that anybody's trouble may have come into (`SWEPT`).
Their names are not: whoever signs up chooses theirs, and so could choose what is struck out of the newsroom's records.
"""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    RowMapping,
    Table,
    and_,
    cast,
    delete,
    false,
    func,
    or_,
    select,
    update,
)
from sqlalchemy import Text as AnyText

from publisher.store.calls import UNSETTLED
from publisher.store.sql import among, upsert
from publisher.store.subscribers import ERASED, ensure_domain, is_person
from publisher.store.tables import (
    actions,
    alerts,
    calls,
    changes,
    channels,
    deliveries,
    editions,
    erasures,
    events,
    facts,
    hook_messages,
    hook_tries,
    hooks,
    insert_row,
    outcomes,
    recipients,
    schedules,
    sends,
    sources,
    subscribers,
    suppressions,
    tries,
    update_row,
)

ERASING = "erasing:"  # so the facts begin that keep what an erasure has to know until it is done
NOWHERE = ""  # the mail domain of people who have no address any more
BEFORE, AFTER = r"(?<![\w.+%-])", r"(?![\w-]|\.\w)"  # an address ends where no other goes on
NAMES_OF_LETTERS = 2  # a shorter name is part of too many words

# Texts that say what went wrong, or what somebody did, in words that may have come from anywhere.
SWEPT: Mapping[Table, tuple[str, ...]] = {
    actions: ("what", "about"),
    alerts: ("what", "affected", "command"),
    channels: ("reason",),
    editions: ("reason",),
    erasures: ("why",),
    facts: ("value",),
    hook_messages: ("data",),
    hook_tries: ("trouble", "words"),
    hooks: ("paused_why", "ended_why"),
    schedules: ("reason",),
    sends: ("reasons",),
    sources: ("error", "problems", "waits_why"),
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a person was erased; not who it was."""

    number: int
    subscriber_id: int  # nobody else gets it
    at: datetime
    actor: str
    why: str
    counted: Mapping[str, int]  # rows that were emptied, deleted or rid of their name, by table

    @property
    def total(self) -> int:
        return sum(self.counted.values())


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery to a person."""

    id: int
    call_id: int | None


@dataclass(frozen=True, slots=True)
class UnderWay:
    """An erasure of somebody who has many letters: what it still has to know of them, until it is done."""

    subscriber_id: int
    rows: Sequence[int]  # of subscribers
    addresses: Sequence[str]
    name: str
    at: datetime
    actor: str
    why: str
    counted: Mapping[str, int]  # so far
    through: int = 0  # the last letter that they were taken out of

    def on(self, letters: Sequence[Letter], counted: Mapping[str, int]) -> UnderWay:
        through = letters[-1].id if letters else self.through
        return replace(self, through=through, counted=dict(Counter(self.counted) + Counter(counted)))


def keep(conn: Connection, erasure: UnderWay) -> None:
    """Write down how far an erasure is: whoever finds it goes on with it."""
    said = json.dumps({**asdict(erasure), "at": erasure.at.isoformat()})
    row = upsert(conn, facts).values(name=f"{ERASING}{erasure.subscriber_id}", value=said)
    conn.execute(row.on_conflict_do_update(index_elements=[facts.c.name], set_={"value": said}))


def under_way(conn: Connection, subscriber_id: int) -> UnderWay | None:
    """Return how far a person's erasure is, locked; None: it is done, or none was begun."""
    query = select(facts.c.value).where(facts.c.name == f"{ERASING}{subscriber_id}").with_for_update()
    said = conn.execute(query).scalar_one_or_none()
    if said is None:
        return None
    known = json.loads(said)
    return UnderWay(**{**known, "at": datetime.fromisoformat(known["at"])})


def unfinished(conn: Connection) -> list[int]:
    """Return whose erasure was begun and is not done."""
    names = conn.execute(select(facts.c.name).where(facts.c.name.startswith(ERASING, autoescape=True))).scalars()
    return sorted(int(name.removeprefix(ERASING)) for name in names)


def end(conn: Connection, subscriber_id: int) -> None:
    """Forget what an erasure had to know."""
    conn.execute(delete(facts).where(facts.c.name == f"{ERASING}{subscriber_id}"))


def rows_of(conn: Connection, subscriber_id: int) -> list[int]:
    """Return the ids of the rows that are a person's."""
    query = select(subscribers.c.id).where(is_person(subscriber_id)).order_by(subscribers.c.id)
    return list(conn.execute(query).scalars())


def empty(conn: Connection, row_id: int, now: datetime) -> Counter[str]:
    """Leave nothing in a row but its id, and nobody's hash: whoever has the address next is somebody else."""
    nothing: dict[str, Any] = dict.fromkeys(("language", "paused_until", "measured_since", "measured_wording_id"))
    nothing |= {"email": "", "name": "", "attributes": {}, "domain_id": ensure_domain(conn, NOWHERE)}
    update_row(conn, subscribers, row_id, {**nothing, "address_hash": f"erased:{row_id}", "erased_at": now})
    gone = conn.execute(delete(changes).where(changes.c.subscriber_id == row_id)).rowcount
    return Counter(subscribers=1, changes=gone)


class Names:
    """How a person is named: by their addresses everywhere, by their name where the words are about them alone."""

    def __init__(self, addresses: Iterable[str], names: Iterable[str] = ()) -> None:
        self.addresses = [each for each in addresses if each]
        own = [rf"(?<!\w){re.escape(each)}(?!\w)" for each in names if len(each) >= NAMES_OF_LETTERS]
        # Not in SQL, whose `replace` minds the case of letters, and knows no borders: jean@x.org is not an@x.org.
        theirs = [f"{BEFORE}{re.escape(form)}{AFTER}" for each in self.addresses for form in _forms(each)]
        self._anywhere = _any_of(theirs)
        self._of_theirs = _any_of([*theirs, *own])

    def out_of(self, value: Any, *, is_theirs: bool = False) -> Any:
        """Return a text, or what is kept as JSON, without them."""
        named = self._of_theirs if is_theirs else self._anywhere
        if isinstance(value, str):
            return named.sub(ERASED, value)
        if isinstance(value, list):
            return [self.out_of(each, is_theirs=is_theirs) for each in value]
        if isinstance(value, dict):
            return {self.out_of(key): self.out_of(each, is_theirs=is_theirs) for key, each in value.items()}
        return value


def _forms(address: str) -> set[str]:
    """Return an address as texts have it, and as JSON in a text has one that is not ASCII."""
    return {address, json.dumps(address)[1:-1]}


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns) or r"(?!)", re.IGNORECASE)


def letters_to(conn: Connection, row_ids: Sequence[int], *, after: int = 0, limit: int | None = None) -> list[Letter]:
    """Return the letters to a person after one, in their order, as they stay until the transaction ends.

    :param row_ids: the rows that are theirs.
    """
    query = (
        select(deliveries.c.id, deliveries.c.call_id)
        .join(recipients, recipients.c.id == deliveries.c.recipient_id)
        .where(among(recipients.c.subscriber_id, row_ids), deliveries.c.id > after)
        .order_by(deliveries.c.id)
        .with_for_update(of=deliveries, key_share=True)  # a claim under way is waited for: its call has the address
    )
    return [Letter(*row) for row in conn.execute(query.limit(limit))]


def unname(conn: Connection, letters: Sequence[Letter], names: Names) -> Counter[str]:
    """Take a person out of what is kept of letters to them."""
    ids = [letter.id for letter in letters]
    told = conn.execute(select(outcomes.c.call_id).where(among(outcomes.c.delivery_id, ids))).scalars()
    call_ids = sorted({*told, *(letter.call_id for letter in letters if letter.call_id is not None)})
    conn.execute(update(deliveries).where(among(deliveries.c.id, ids)).values(domain_id=None))
    done = Counter(deliveries=len(ids))
    for table, words, theirs in (
        (deliveries, ("reason",), among(deliveries.c.id, ids)),
        (outcomes, ("reason",), among(outcomes.c.delivery_id, ids)),
        (events, ("words",), among(events.c.delivery_id, ids)),
    ):
        rid = _replace(conn, table, words, theirs, names, is_theirs=True)
        done[table.name] = max(done[table.name], rid)
    # What a provider said of a whole call stands with each of its readers, whichever of them it named.
    beside = and_(among(outcomes.c.call_id, call_ids), _mention(outcomes.c.reason, names))
    done["outcomes"] += _replace(conn, outcomes, ("reason",), beside, names)
    done["calls"] += _replace(conn, calls, ("reason", "words", "url", "journal"), among(calls.c.id, call_ids), names)
    done["tries"] += _replace(conn, tries, ("reason", "words"), among(tries.c.call_id, call_ids), names)
    done["calls"] += _forget_members(conn, call_ids, set(ids))
    return done


def _forget_members(conn: Connection, call_ids: list[int], delivery_ids: set[int]) -> int:
    """Leave of a person, in what calls that are still open have frozen, which delivery it was: whoever settles the call
    settles it too. Such a call is never said again, since a member without an address is written to by nobody.
    """
    query = select(calls.c.id, calls.c.members).where(UNSETTLED, among(calls.c.id, call_ids))
    found = query.where(calls.c.members.is_not(None)).with_for_update(key_share=True)
    done = 0
    for row in conn.execute(found).all():
        members = json.loads(zlib.decompress(row.members))
        kept = [[*each[:2], "", "", {}] if each[0] in delivery_ids else each for each in members]
        blob = zlib.compress(json.dumps(kept, ensure_ascii=False).encode(), 1)
        parked = (
            {} if any(each[2] for each in kept) else {"retry_at": None}
        )  # nobody is left to ask about: it is a person's to decide
        update_row(conn, calls, row.id, {"members": blob, **parked})
        done += 1
    return done


def unname_suppressions(conn: Connection, address_hash: str, names: Names) -> int:
    """Take a person out of the reasons why their address is suppressed; the hash and the reason stay."""
    mine = suppressions.c.address_hash == address_hash
    return _replace(conn, suppressions, ("reason",), mine, names, is_theirs=True)


def sweep(conn: Connection, names: Names) -> Counter[str]:
    """Take a person's addresses out of the texts that anybody's trouble may have come into."""
    done: Counter[str] = Counter()
    for table, columns in SWEPT.items():
        mentions = or_(*(_mention(table.c[name], names) for name in columns))
        if table is facts:  # another's erasure goes by its addresses to its end, which takes them away
            mentions = and_(mentions, ~facts.c.name.startswith(ERASING, autoescape=True))
        done[table.name] = _replace(conn, table, columns, mentions, names)
    return done


def _mention(column: Column[Any], names: Names) -> ColumnElement[bool]:
    """Say in SQL whether a text, or what is kept as JSON, may have one of a person's addresses in it."""
    text = func.lower(cast(column, AnyText))
    lower = {each.lower() for each in names.addresses}
    said = sorted(lower | {json.dumps(each)[1:-1] for each in lower})  # as JSON writes what is not ASCII
    return or_(false(), *(text.contains(each, autoescape=True) for each in said))


def _replace(
    conn: Connection, table: Table, columns: Iterable[str], condition: Any, names: Names, *, is_theirs: bool = False
) -> int:
    """Rewrite the texts that name a person; return how many rows it were."""
    found = [table.c[name] for name in columns]
    query = select(*table.primary_key, *found).where(condition).with_for_update(key_share=True)  # others write here too
    done = 0
    for row in conn.execute(query).mappings().all():
        new = {each.name: _rid(row, each, names, is_theirs) for each in found}
        changed = {name: value for name, value in new.items() if value != row[name]}
        if changed:
            same = and_(*(key == row[key.name] for key in table.primary_key))
            conn.execute(update(table).where(same).values(changed))
            done += 1
    return done


def _rid(row: RowMapping, column: Column[Any], names: Names, is_theirs: bool) -> Any:
    value = row[column.name]
    if isinstance(column.type, JSON) or value is None:
        return names.out_of(value, is_theirs=is_theirs)
    return names.out_of(str(value), is_theirs=is_theirs)


# --- receipts ---------------------------------------------------------------------------------------------------------


def give_receipt(
    conn: Connection, subscriber_id: int, *, at: datetime, actor: str, why: str, counted: Mapping[str, int]
) -> Receipt:
    """Write down that a person was erased, in the transaction that does it."""
    plain = {name: number for name, number in sorted(counted.items()) if number}
    said: dict[str, Any] = {"subscriber_id": subscriber_id, "at": at, "actor": actor, "why": why, "counted": plain}
    return Receipt(insert_row(conn, erasures, **said), **said)


def receipts(conn: Connection, limit: int) -> list[Receipt]:
    """Return the newest receipts."""
    query = select(erasures).order_by(erasures.c.id.desc()).limit(limit)
    return [_receipt(row) for row in conn.execute(query).mappings()]


def receipt(conn: Connection, number: int) -> Receipt | None:
    row = conn.execute(select(erasures).where(erasures.c.id == number)).mappings().one_or_none()
    return None if row is None else _receipt(row)


def receipt_of(conn: Connection, subscriber_id: int) -> Receipt | None:
    """Return the newest receipt of a person."""
    query = select(erasures).where(erasures.c.subscriber_id == subscriber_id).order_by(erasures.c.id.desc()).limit(1)
    row = conn.execute(query).mappings().one_or_none()
    return None if row is None else _receipt(row)


def _receipt(row: RowMapping) -> Receipt:
    names = ("subscriber_id", "at", "actor", "why", "counted")
    return Receipt(row["id"], **{name: row[name] for name in names})

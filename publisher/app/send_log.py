"""The send log as it is asked for: what people say of deliveries, a page of them, and all of them as a file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from publisher.audience.addresses import normalise
from publisher.audience.cells import harmless
from publisher.errors import MissingError, UsageError
from publisher.model.staff import May
from publisher.model.states import DeliveryState
from publisher.store import Connection, RowMapping, log, staff, withdrawals
from publisher.store.log import Filter, Place
from publisher.store.permission import allowed

if TYPE_CHECKING:
    from publisher.app import App

RECENT = timedelta(days=7)  # what is looked at where nobody says which edition, whose or when
PATIENCE = 0.12  # seconds that a page may take to look through what no index leads to
BATCH = 1_000  # deliveries of an export that are read at once
LARGEST = 2**63 - 1  # that the ledger has as a number
_PLACE = re.compile(r"(\d{1,19})(?:\.(\d{1,19}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person, or a program, says of the deliveries that they want; an empty field leaves it open."""

    edition: str = ""  # as `App.edition` takes it
    send: int | None = None
    channel: str = ""
    state: str = ""
    domain: str = ""
    since: str = ""  # a day or a moment by the publication's clock, at which the send began
    until: str = ""  # a day wholly, a moment not
    subscriber: int | None = None
    after: str = ""  # as a page says where the next one begins

    @property
    def has_scope(self) -> bool:
        return bool(self.edition or self.send or self.since or self.until or self.subscriber)


def filter_of(app: App, asked: Asked, *, limit: int, recent: bool = True) -> Filter:
    """Return what to look for.

    :param recent: what has no scope is of the last seven days.
    :raises UsageError: something that is said can't be meant; what, and what can.
    """
    since = _moment("since", asked.since, app.zone) if asked.since else None
    if recent and not asked.has_scope:
        since = app.clock() - RECENT
    return Filter(
        edition_id=_edition(app, asked.edition.strip()) if asked.edition.strip() else None,
        send_id=asked.send,
        channel=asked.channel,
        subscriber_id=asked.subscriber,
        state=_state(asked.state),
        domain=domain_named(asked.domain) if asked.domain else "",
        since=since,
        before=_moment("until", asked.until, app.zone, is_end=True) if asked.until else None,
        after=_place(asked.after) if asked.after else None,
        limit=limit,
    )


def _edition(app: App, said: str) -> int:
    if said.isdecimal() and int(said) > LARGEST:
        raise MissingError(f"there is no edition {said[:30]}", remedy="See them: publisher editions")
    return app.edition(said)


def _state(said: str) -> str:
    if said and said not in set(DeliveryState):
        raise UsageError(f"there is no state {said!r}", remedy=f"States: {', '.join(DeliveryState)}")
    return said


def domain_named(said: str) -> str:
    """Return a domain as the ledger writes it.

    :raises UsageError: it is none.
    """
    try:
        return normalise(f"reader@{said.strip().removeprefix('@')}").rpartition("@")[2]
    except ValueError as why:
        raise UsageError(f"{said!r} is no domain of addresses", remedy="Such as example.org") from why


def _moment(name: str, said: str, zone: ZoneInfo, *, is_end: bool = False) -> datetime:
    """Return a day's beginning, or where it ends; or a moment. Of an hour that the clock shows twice, all of it."""
    try:
        if len(said.strip()) <= len("2026-11-24"):
            day = date.fromisoformat(said.strip())
            found = datetime.combine(day + timedelta(days=1) if is_end else day, time())
        else:
            found = datetime.fromisoformat(said.strip())
        local = found if found.tzinfo else found.replace(tzinfo=zone, fold=int(is_end))
        return local.astimezone(UTC)
    except (ValueError, OverflowError) as why:
        raise UsageError(
            f"{name}: {said!r} is no time", remedy="Say a day or a time: 2026-11-24, 2026-11-24T07:00"
        ) from why


def _place(said: str) -> Place:
    found = _PLACE.fullmatch(said)
    numbers = [int(each) for each in found.groups() if each] if found else []
    if not numbers or max(numbers) > LARGEST:
        raise UsageError("this list has no such page", remedy="Begin at its first page")
    return Place(*numbers)


# --- a delivery as data -----------------------------------------------------------------------------------------------

COLUMNS = ("delivery", "edition", "schedule", "slot", "send", "channel", "kind", "list", "to", "state", "attempts",
           "due_at", "spoke_at", "status", "practice", "reason", "provider_id", "url", "variant")  # fmt: skip


def plain(row: RowMapping, begun: str | None = None) -> dict[str, object]:
    """Return one delivery as data.

    :param begun: address of what stands of a thread that is not out whole.
    """
    same = ("schedule", "slot", "channel", "kind", "list", "to", "state", "attempts", "due_at", "spoke_at", "status")
    named = {
        "delivery": row["id"],
        "edition": row["edition_id"],
        "send": row["send_id"],
        **{name: row[name] for name in same},
        "practice": row["practice"] is not None,
        "reason": row["reason"],
        "provider_id": row["provider_id"],
        "url": row["url"] or begun,
        "variant": row["variant"] or None,
    }
    return {name: named[name] for name in COLUMNS}


def begun(conn: Connection, found: Sequence[RowMapping]) -> Mapping[int, str]:
    """Return, by delivery, the address of the first part of each thread of which a part stands though not all of it."""
    ids = {row["edition_id"] for row in found if row["state"] != DeliveryState.SENT and row["message"] == "post"}
    ids -= {None}
    down = {delivery_id for each in ids for delivery_id in withdrawals.taken_down(conn, each)}
    return {number: post.url for number, post in withdrawals.in_part(conn, ids).items() if number not in down}


# --- all of them, as a file -------------------------------------------------------------------------------------------


class Form(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSON = "json"  # a line for each delivery (NDJSON)


@allowed(May.OPERATE)
def export(app: App, wanted: Filter, form: Form, words: str) -> Iterator[str]:
    """Return what a filter finds, piece by piece, and write down that it left the house.

    Each piece is read by itself: however slowly it is fetched, nothing stays open meanwhile.

    :param words: what was asked for, without an address.
    """
    what = f"exported the send log as {form.value}"
    with app.store.write() as conn:
        staff.write_down(conn, app.actor, what, about=words or "all", now=app.clock())
    return written(app, wanted, form)


def written(app: App, wanted: Filter, form: Form, most: int | None = None) -> Iterator[str]:
    """Yield a file of what a filter finds, piece by piece.

    :param most: how many deliveries; None: all.
    """
    if form is Form.CSV:
        yield _as_csv([COLUMNS])
    for batch in _batches(app, wanted, most):
        if form is Form.CSV:
            yield _as_csv([_cell(value) for value in each.values()] for each in batch)
        else:
            yield "".join(f"{json.dumps(each, ensure_ascii=False, default=_text)}\n" for each in batch)


def _batches(app: App, wanted: Filter, most: int | None) -> Iterator[list[dict[str, object]]]:
    at: Filter | None = wanted
    while at is not None:
        at = replace(at, limit=BATCH if most is None else min(BATCH, most))
        with app.store.read() as conn:
            page = log.look(conn, at)
            parts = begun(conn, page.rows)
        yield [plain(row, parts.get(row["id"])) for row in page.rows]
        most = None if most is None else most - len(page.rows)
        at = replace(at, after=page.goes_on) if page.goes_on and most != 0 else None


def _as_csv(rows: Any) -> str:
    kept = io.StringIO()
    csv.writer(kept, lineterminator="\r\n").writerows(rows)
    return kept.getvalue()


def _cell(value: object) -> str:
    if value is None or value is False:
        return ""
    return harmless("yes" if value is True else _text(value))


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)

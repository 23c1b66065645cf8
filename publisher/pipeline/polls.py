"""How a poll went, written into its source's row: within the transaction that writes down what it brought."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from publisher.errors import PublisherError
from publisher.model.article import Reading
from publisher.model.project import Source
from publisher.pipeline import rhythm
from publisher.store import Connection, RowMapping, sources


def row_of(conn: Connection, source: Source) -> RowMapping:
    """Return a source's row, made if need be; nobody else writes of it until the transaction ends."""
    return sources.ensure(conn, source.name, rhythm.place_of(source))


def note_good(
    conn: Connection, row: RowMapping, source: Source, reading: Reading, now: datetime, chance: float = 0.0
) -> None:
    """Write down that a source was read, what it asks of its readers, and when its turn comes next.

    :param chance: from 0 to 1; where in the jitter its next turn lies.
    """
    turn = rhythm.after_good(source, reading.manners, now, chance)
    move = rhythm.move_after(row, source, reading, now)
    changed = _validators(row, reading, now) if reading.unchanged else _whole(reading, now)
    whole = not reading.is_broken  # what broke off may hide what was there before us
    sources.record_good_poll(conn, row, now, turn, every=source.every, move=move, changed=changed, is_baseline=whole)


def unchanged(
    row: RowMapping, source: Source, reading: Reading, now: datetime, chance: float = 0.0
) -> sources.Unchanged | None:
    """Return the note that nothing is new; None where there is more to be written down than that."""
    is_plain = reading.unchanged and reading.moved_to is None and row["moved_to"] is None and row["baseline_at"]
    is_same = reading.etag in (None, row["etag"]) and reading.last_modified in (None, row["last_modified"])
    if not is_plain or not is_same or source.backfill > row["backfilled"]:
        return None
    turn = rhythm.after_good(source, reading.manners, now, chance)
    return sources.Unchanged(row["id"], rhythm.place_of(source), now, turn, source.every)


def note_bad(
    conn: Connection, row: RowMapping, source: Source, error: PublisherError, now: datetime, chance: float = 0.0
) -> None:
    """Write down that a source could not be read; nothing else that is known of it changes."""
    turn = rhythm.after_bad(source, row["failures"] or 0, error, now, chance)
    if turn.stopped and row["moved_to"] and (row["moved_times"] or 0) >= rhythm.MOVED_FOR_GOOD:
        turn = rhythm.after_good(source, Reading().manners, now, chance)  # its own address is asked again first
    sources.record_bad_poll(conn, row, now, turn, every=source.every, error=str(error))


def _validators(row: RowMapping, reading: Reading, now: datetime) -> dict[str, Any]:
    """An answer that nothing has changed may bring other validators than those that it was asked with."""
    modified = reading.last_modified if _is_past(reading.last_modified, now) else None
    return {"etag": reading.etag or row["etag"], "last_modified": modified or row["last_modified"]}


def _whole(reading: Reading, now: datetime) -> dict[str, Any]:
    is_good = not reading.is_broken  # else the next answer must be whole: a 304 would freeze what broke off
    return {
        "etag": reading.etag if is_good else None,
        "last_modified": reading.last_modified if is_good and _is_past(reading.last_modified, now) else None,
        "problems": [*reading.problems, *({"remark": line} for line in reading.remarks)] or None,
        "whole_at": now,
    } | ({"title": reading.title} if reading.title else {})


def _is_past(stated: str | None, now: datetime) -> bool:
    """A date years ahead would have the server say "unchanged" until then."""
    try:
        return stated is not None and parsedate_to_datetime(stated) < now + timedelta(days=1)
    except (ValueError, TypeError, IndexError, OverflowError):  # not a date: the server knows what it means by it
        return True

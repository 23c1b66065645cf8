"""What is under way: how far each send is, how quickly it goes, and when it would have gone to the last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from publisher.app.accounts import resting
from publisher.app.ends import ends_of_sends
from publisher.app.waits import Wait, waits
from publisher.store import Connection, RowMapping, progress

if TYPE_CHECKING:
    from publisher.app.core import App

MOST = 50  # sends under way that are shown
SHORTEST = timedelta(seconds=1)  # over which a rate is measured


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the channels' limits have to say of a send."""

    ends_at: datetime | None = None  # as they have it; None: not within a year, or they can't be told
    wait: Wait | None = None  # it goes on then, and not before


NO_OUTLOOK = Outlook()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one send is."""

    row: RowMapping
    per_second: float  # readers, in the last minute
    ends_at: datetime | None  # None: it can't be told
    wait: Wait | None = None

    @property
    def left(self) -> int:
        """How many have still to be written to."""
        return int(self.row["pending"] + self.row["taken"])


def under_way(app: App, conn: Connection, now: datetime) -> list[Progress]:
    """Return what is under way, as a page shows it that was asked for just now."""
    rows = progress.under_way(conn, now, limit=MOST)
    known = outlooks(app, conn, rows, now)
    return [progress_of(row, now, known.get(row["id"], NO_OUTLOOK)) for row in rows]


def of_edition(app: App, conn: Connection, edition_id: int, now: datetime) -> dict[int, Progress]:
    """Return how far each send of an edition is, by its id."""
    rows = progress.of_editions(conn, [edition_id], now)
    known = outlooks(app, conn, rows, now)
    return {row["id"]: progress_of(row, now, known.get(row["id"], NO_OUTLOOK)) for row in rows}


def outlooks(app: App, conn: Connection, rows: Iterable[RowMapping], now: datetime) -> dict[int, Outlook]:
    """Return by its id what the limits say of each send: that changes seldom, and asks the ledger several times."""
    mine = [row for row in rows if row["state"] in progress.UNDER_WAY]
    if not mine:
        return {}
    removals = resting(conn, app.project, app.settings, now, is_removal=True)
    waiting = waits(conn, app.project, now, mine, resting(conn, app.project, app.settings, now), removals)
    by_send = {wait.send_id: wait for wait in waiting}
    ends = ends_of_sends(app, conn, mine, now)
    return {row["id"]: Outlook(ends.get(row["id"]), by_send.get(row["id"])) for row in mine}


def progress_of(row: RowMapping, now: datetime, outlook: Outlook = NO_OUTLOOK) -> Progress:
    """Return how far a send is; it ends when its pace and its channel's limits both have let the last one go. Pure."""
    per_second = _per_second(row, now)
    left = row["pending"] + row["taken"]
    wait = outlook.wait if outlook.wait and outlook.wait.until > now else None
    if not left or not per_second or row["state"] not in progress.UNDER_WAY:
        return Progress(row, per_second, None, wait)
    by_pace = now + timedelta(seconds=left / per_second)
    return Progress(row, per_second, max(by_pace, outlook.ends_at or by_pace), wait)


def _per_second(row: RowMapping, now: datetime) -> float:
    if row["since"] is None:
        return 0.0
    return float(row["readers_lately"] / (max(now - row["since"], SHORTEST) / timedelta(seconds=1)))

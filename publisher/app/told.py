"""Which editions have a story already, or are about to: said before it goes out again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from publisher.app.standing import title
from publisher.model.article import LedgerArticle
from publisher.model.project import BREAKING
from publisher.model.states import EditionState
from publisher.store import Connection, articles, identity, sends
from publisher.store.candidates import OVER

if TYPE_CHECKING:
    from publisher.app.core import App

LATELY = timedelta(days=7)  # how long it matters that a story went out


@dataclass(frozen=True, slots=True)
class Told:
    """An edition that has the story."""

    words: str
    is_harmless: bool = False  # a draft that leaves it out when it has gone as breaking news


def told_of(conn: Connection, app: App, article: LedgerArticle, now: datetime) -> tuple[Told, ...]:
    """Return which editions of late, or to come, have the article's story, newest last."""
    ids = identity.same_story(conn, article.id, article.story_id)
    rows = {row["edition_id"]: row for found in articles.places_of(conn, ids).values() for row in found}
    return tuple(
        _said(conn, app, rows[edition_id]) for edition_id in sorted(rows) if _matters(rows[edition_id], now - LATELY)
    )


def _matters(place: Any, since: datetime) -> bool:
    is_in = place["position"] is not None and place["practice"] != OVER
    is_live = place["state"] in (EditionState.DRAFT, EditionState.LOCKED, EditionState.CLOSED)
    return is_in and (is_live or place["sent"] > 0) and place["due_at"] >= since


def _said(conn: Connection, app: App, place: Any) -> Told:
    named = title(place["edition_id"], place["schedule"], place["slot"], app.zone)
    if place["state"] == EditionState.DRAFT:
        schedule = app.project.schedules.get(place["schedule"])
        is_harmless = schedule is not None and BREAKING in schedule.pick.not_in
        fate = "leaves it out then (not_in)" if is_harmless else "brings it too"
        at = f"{place['due_at'].astimezone(app.zone):%Y-%m-%d %H:%M}"
        return Told(f"{named}, a draft that goes at {at}, {fate}", is_harmless)
    made = [send for send in sends.of_edition(conn, place["edition_id"]) if send["kind"] == sends.REGULAR]
    return Told(f"{named}: {'; '.join(_sends(made, app)) or 'its messages are about to be made'}")


def _sends(made: Sequence[Any], app: App) -> Iterator[str]:
    """Yield to whom each send brought it, and when."""
    for send in made:
        to = f"{send['channel']} to {', '.join(send['audience'])}" if send["audience"] else send["channel"]
        if send["started_at"] is None:
            due = send["due_at"]
            at = f", due {due.astimezone(app.zone):%Y-%m-%d %H:%M}" if due else ""
            yield f"{to}: {send['state']}{at}"
        else:
            people = f"{send['sent']:,} of {send['candidates']:,} " if send["audience"] else ""
            yield f"{to}: {people}since {send['started_at'].astimezone(app.zone):%Y-%m-%d %H:%M}"

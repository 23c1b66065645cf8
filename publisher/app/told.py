"""Which editions have a story already, or are about to: said before it goes out again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from publisher.app.standing import because, title
from publisher.model.article import LedgerArticle
from publisher.model.project import BREAKING
from publisher.model.states import EditionState
from publisher.speech.phrases import _, joined
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
    has_begun: bool = False  # somebody may have it from there


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
        at = _moment(place["due_at"], app)
        if is_harmless:
            words = _(
                "%(edition)s, a draft that goes at %(moment)s, leaves it out then (not_in)", edition=named, moment=at
            )
        else:
            words = _("%(edition)s, a draft that goes at %(moment)s, brings it too", edition=named, moment=at)
        return Told(words, is_harmless)
    made = [send for send in sends.of_edition(conn, place["edition_id"]) if send["kind"] == sends.REGULAR]
    brought = because(named, joined(_sends(made, app), "; ") or _("its messages are about to be made"))
    return Told(brought, has_begun=any(send["started_at"] is not None for send in made))


def _sends(made: Sequence[Any], app: App) -> Iterator[str]:
    """Yield to whom each send brought it, and when."""
    for send in made:
        to, state = send["channel"], send["state"]
        if send["audience"]:
            to = _("%(channel)s to %(lists)s", channel=to, lists=", ".join(send["audience"]))
        if send["started_at"] is None:
            at = _("due %(moment)s", moment=_moment(send["due_at"], app)) if send["due_at"] else ""
            yield because(to, joined([_(state), at], ", "))
        else:
            people = ""
            if send["audience"]:
                people = _("%(part)s of %(whole)s", part=send["sent"], whole=send["candidates"])
            since = _("since %(moment)s", moment=_moment(send["started_at"], app))
            yield because(to, joined([people, since]))


def _moment(at: datetime, app: App) -> str:
    return f"{at.astimezone(app.zone):%Y-%m-%d %H:%M}"

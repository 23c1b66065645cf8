"""How many readers an entry of `send:` would go to now, and how many it would leave out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, not_

from publisher.app.core import App
from publisher.model.article import LedgerArticle
from publisher.model.project import Entry, Schedule
from publisher.speech.phrases import joined, ngettext
from publisher.store import Connection, earlier, segments, subscribers


@dataclass(frozen=True, slots=True)
class Audience:
    """How many there are; of a post one: its account."""

    people: int  # whom it would go to
    quiet: int = 0  # how many more asked for quiet
    have_it: int = 0  # how many more have its article by another schedule (`never_twice`)

    @property
    def is_empty(self) -> bool:
        """Say whether there is nobody, not even somebody whom it would leave out."""
        return not (self.people or self.quiet or self.have_it)

    @property
    def left_out(self) -> str:
        """Whom it would leave out, in words; empty: nobody."""
        quiet = ngettext("%(count)s more asked for quiet", "%(count)s more asked for quiet", self.quiet)
        have_it = ngettext("%(count)s more has the article", "%(count)s more have the article", self.have_it)
        return joined([quiet if self.quiet else "", have_it if self.have_it else ""], ", ")


def audiences_of(
    app: App, schedule: Schedule, entries: Sequence[Entry], picked: Sequence[LedgerArticle], now: datetime
) -> tuple[Audience, ...]:
    """Return the audience of each of these entries.

    :param picked: what their edition carries.
    """
    story = only_story(picked)
    with app.store.read() as conn:
        return tuple(_audience(app, conn, schedule, entry, story, now) for entry in entries)


def only_story(picked: Sequence[LedgerArticle]) -> int | None:
    """Return the story of an edition with one article; of a digest None: it is kept from no reader."""
    return picked[0].story if len(picked) == 1 else None


def _audience(
    app: App, conn: Connection, schedule: Schedule, entry: Entry, story: int | None, now: datetime
) -> Audience:
    if not entry.to:
        return Audience(1)
    selection = app.project.selection_of(schedule, entry)
    awake, quiet = (segments.chosen(selection, now, is_quiet=is_quiet) for is_quiet in (False, True))
    has_it = earlier.has_already(conn, schedule.name, story, selection)
    return Audience(
        subscribers.count(conn, entry.to, whom=and_(awake, not_(has_it))),
        subscribers.count(conn, entry.to, whom=quiet),
        subscribers.count(conn, entry.to, whom=and_(awake, has_it)),
    )

"""Looks for live pages: what has changed is found by one short question, and rendered once for all who see the same."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from publisher.app import staff
from publisher.app.progress import NO_OUTLOOK, Outlook, Progress, outlooks, progress_of
from publisher.app.standing import because, send_now, title
from publisher.model.staff import Member, Role
from publisher.model.states import ENDED, SendState
from publisher.store import Connection, RowMapping, facts, permission, progress
from publisher.store import staff as ledger
from publisher.web.acts import Acts
from publisher.web.console.heads import Heads
from publisher.web.console.today import ABOUT, Today, moving_views
from publisher.web.live import Seen, Wish
from publisher.web.pages import Pages, environment, spoken
from publisher.web.views import sends_now

if TYPE_CHECKING:
    from publisher.app import App

ALL_AFTER = 15.0  # seconds after which what moves seldom is looked up anew
EDITION = "edition-"
SAID_OF = (*ENDED, SendState.HELD, SendState.PAUSED)  # states that are said aloud when they begin


class Lookout:
    """Remembers what it saw last, and so sees what has changed; one look at a time.

    :param acts: whose buttons the first page has.
    """

    def __init__(self, app: App, pages: Pages, acts: Acts) -> None:
        self._app = app
        self._pages = pages
        self._today = Today(app, acts)
        self._outlooks: Mapping[int, Outlook] = {}
        self._context: dict[str, Any] = {}  # of the first page, but for what is under way
        self._rendered_of: dict[Role | None, dict[str, str]] = {}  # the first page from that, for each role
        self._all_at = 0.0  # when all was looked up, by the monotonic clock; 0: it has to be
        self._states: dict[int, str] = {}  # of the sends that were seen at the last look
        self._editions: dict[int, tuple[list[Progress], dict[str, str]]] = {}  # as they were seen, and rendered from it
        self._heads = Heads(app, pages)
        self._deeds: tuple[Any, ...] = ()  # the newest thing that somebody did, and who holds all sending

    def roles(self, sessions: frozenset[str]) -> Mapping[str, Role | None]:
        """Return who is still signed in, by the digest of their session; `""` is there while nobody works here."""
        found: dict[str, Role | None] = {**staff.roles_of(self._app, sessions - {""})}
        with self._app.store.read() as conn:
            return found if ledger.is_any(conn) else {**found, "": None}

    def look(self, wishes: frozenset[Wish]) -> Seen:
        """Return how everything stands that is wished for."""
        now = self._app.clock()
        about = {wish.about for wish in wishes}
        ids = sorted({_number(wish) for wish in wishes if wish.about != ABOUT})
        with self._app.store.read() as conn:
            rows = progress.seen(conn, now, ids, is_all=ABOUT in about)
            before, self._states = self._states, {row["id"]: row["state"] for row in rows}
            ended = progress.of_sends(conn, before.keys() - self._states.keys(), now)
            deeds, self._deeds = self._deeds, (ledger.done(conn, limit=1), facts.held(conn))
            if before != self._states or deeds != self._deeds or (ABOUT in about and not self._context):
                self._all_at = 0.0
            self._look_at_all(conn, rows, now, is_today=ABOUT in about)
            moving = [progress_of(row, now, self._outlooks.get(row["id"], NO_OUTLOOK)) for row in rows]
            self._editions = {each: self._edition(conn, each, moving) for each in ids}
            heads = {
                wish: self._heads.of(conn, _number(wish), wish.role, moving, self._deeds)
                for wish in wishes
                if wish.about != ABOUT
            }
        self._heads.forget(frozenset(ids))
        parts = {wish: {**self._editions[_number(wish)][1], **head} for wish, head in heads.items()}
        parts |= self._todays([wish for wish in wishes if wish.about == ABOUT], moving)
        changed = [row for row in (*rows, *ended) if before.get(row["id"], row["state"]) != row["state"]]
        held = {"sending-held": self._rendered("_live.html", "all_held", self._deeds[1], self._pages.zone)}
        parts = {wish: {**of_wish, **held} for wish, of_wish in parts.items()}
        return Seen(parts, {wish: said for wish in wishes if (said := self._said(wish.about, changed))})

    def _look_at_all(self, conn: Connection, rows: Sequence[RowMapping], now: datetime, *, is_today: bool) -> None:
        """Look up what asks the ledger for more: from time to time, and whenever a send has begun or ended."""
        if self._all_at and time.monotonic() - self._all_at < ALL_AFTER:
            return
        self._all_at = time.monotonic()
        self._outlooks = outlooks(self._app, conn, rows, now)
        self._context = self._today.look(now) if is_today else {}
        self._rendered_of.clear()

    def _edition(
        self, conn: Connection, edition_id: int, moving: Sequence[Progress]
    ) -> tuple[list[Progress], dict[str, str]]:
        """Return an edition's sends, and what is shown of them: rendered anew only where that has changed."""
        mine = [each for each in moving if each.row["edition_id"] == edition_id]
        seen = self._editions.get(edition_id)
        if seen is not None and seen[0] == mine:
            return seen
        views = sends_now(self._app, conn, edition_id, mine)
        zone = self._pages.zone
        parts = {f"send-{view.row['id']}-live": self._rendered("_live.html", "send", view, zone) for view in views}
        if views:  # first: whoever opened the page before there were any has no part for each
            made = self._rendered("_live.html", "made", edition_id, views, zone)
            parts = {f"{EDITION}{edition_id}-live": made, **parts}
        return mine, parts

    def _todays(self, wishes: Sequence[Wish], moving: Sequence[Progress]) -> dict[Wish, dict[str, str]]:
        """Return the first page for each role: none is told more than it may see, or offered more than it may do."""
        if not wishes:
            return {}
        views = moving_views(self._app, [each for each in moving if each.row["state"] in progress.UNDER_WAY])
        under_way = {"today-under-way": self._rendered("_today.html", "under_way", views, self._pages.zone)}
        for role in {wish.role for wish in wishes} - self._rendered_of.keys():
            self._rendered_of[role] = self._of_role(role)
        return {wish: {**self._rendered_of[wish.role], **under_way} for wish in wishes}

    def _of_role(self, role: Role | None) -> dict[str, str]:
        worker = None if role is None else Member(0, "", role, self._app.clock())
        said = (self._context, self._pages.zone, worker, "")  # no form of a session: each page puts in its own
        with permission.asking(worker):  # what there is to do is said as it is on the page that they asked for
            return self._parts_of_role(said)

    def _parts_of_role(self, said: tuple[Any, ...]) -> dict[str, str]:
        return {
            "today-person": self._rendered("_today.html", "person", *said),
            "today-next": self._rendered("_today.html", "coming", *said),
            "today-gone": self._rendered("_today.html", "gone", self._context, self._pages.zone),
        }

    def _rendered(self, template: str, macro: str, *said: Any) -> str:
        module = environment(self._pages.spoken).get_template(template).module
        return str(getattr(module, macro)(*said)).strip()

    def _said(self, about: str, changed: Iterable[RowMapping]) -> list[str]:
        """Return what is to be said aloud: which sends have ended, or were stopped."""
        mine = [row for row in changed if about in (ABOUT, f"{EDITION}{row['edition_id']}")]
        told = [row for row in mine if row["state"] in SAID_OF]
        named = [(title(row["edition_id"], row["schedule"], row["slot"], self._app.zone), row) for row in told]
        language = self._pages.spoken
        return [spoken(language, because(name, str(send_now(row)))) for name, row in named]


def _number(wish: Wish) -> int:
    """Return which edition a wish is about."""
    return int(wish.about.removeprefix(EDITION))

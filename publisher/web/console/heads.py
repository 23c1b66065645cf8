"""The top of an edition's page, told anew while it is open: its state, its recipients, and what may be done to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from publisher.app.progress import Progress
from publisher.model.staff import Member, Role
from publisher.store import Connection, editions, facts, permission
from publisher.web.console.offers import Offers
from publisher.web.pages import Pages, environment
from publisher.web.views import EditionView, edition_now

if TYPE_CHECKING:
    from publisher.app import App

Kept = tuple[tuple[Any, ...], dict[str, str]]


class Heads:
    """Renders it for each role, anew only where it has changed: a count that moves alone changes no button."""

    def __init__(self, app: App, pages: Pages) -> None:
        self._app = app
        self._pages = pages
        self._offers = Offers(app)
        self._kept: dict[tuple[int, Role | None], Kept] = {}

    def of(
        self, conn: Connection, edition_id: int, role: Role | None, moving: Sequence[Progress], deeds: tuple[Any, ...]
    ) -> dict[str, str]:
        """Return the parts by their ids; none where there is no such edition.

        :param moving: the sends that are seen, those of other editions among them.
        :param deeds: the newest thing that somebody did, and who holds all sending.
        """
        row, now = editions.get(conn, edition_id), self._app.clock()
        if row is None:
            return {}
        mine = [each.row for each in moving if each.row["edition_id"] == edition_id]
        stands = [(each["id"], each["state"], each["candidates"], *map(bool, _counts(each))) for each in mine]
        key = (row["state"], row["reason"], row["due_at"], row["due_at"] <= now, stands, deeds)
        kept = self._kept.get((edition_id, role))
        if kept is None or kept[0] != key:
            view = edition_now(self._app, conn, row, [each for each in moving if each.row["edition_id"] == edition_id])
            kept = self._kept[edition_id, role] = (key, self._rendered(view, role, deeds[-1]))
        return kept[1]

    def forget(self, those: frozenset[int]) -> None:
        """Keep nothing of other editions than these."""
        self._kept = {which: kept for which, kept in self._kept.items() if which[0] in those}

    def _rendered(self, view: EditionView, role: Role | None, held: facts.Held | None) -> dict[str, str]:
        now, zone, edition_id = self._app.clock(), self._pages.zone, view.row["id"]
        worker = None if role is None else Member(0, "", role, now)
        live: Any = environment(self._pages.spoken).get_template("_live.html").module
        parts = {
            f"edition-{edition_id}-state": str(live.edition_state(view, zone, now, worker, held)).strip(),
            f"edition-{edition_id}-recipients": str(live.edition_recipients(view)),
        }
        if view.row["state"] != "draft":  # what is offered of a draft is of the words that its page shows
            parts[f"edition-{edition_id}-acts"] = self._acts(view, worker)
        return parts

    def _acts(self, view: EditionView, worker: Member | None) -> str:
        made = environment(self._pages.spoken)
        with permission.asking(worker):
            said = {
                "edition": view,
                "worker": worker,
                "practice": self._app.is_practice,
                "typed": {},
                "form_token": "",  # each page puts in its own
                "parts": made.get_template("_parts.html").module,
                **self._offers.of(view),
            }
            return made.get_template("_edition_acts.html").render(said).strip()


def _counts(send: Any) -> tuple[int, int, int]:
    return send["sent"], send["failed"], send["unknown"]

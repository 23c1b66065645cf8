"""The console's page of an edition: what lies on the desk, what is under way, what became of it, what can be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, Response

from publisher.app import corrections, desk, errata, taking_back, withdrawals
from publisher.app.approved import rule
from publisher.errors import UsageError
from publisher.model.desk import Changes
from publisher.model.staff import May
from publisher.pipeline.operate.again import still_kept
from publisher.speech.phrases import _
from publisher.store import RowMapping, approvals, articles, editions, facts, permission, sends
from publisher.store import corrections as ledger
from publisher.web.acts import Acts, Id
from publisher.web.console.laid_out import Laid, Table
from publisher.web.console.laid_out import routes as laid_out
from publisher.web.headers import PICTURES
from publisher.web.pages import Pages
from publisher.web.views import EditionView, edition_view

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.model.project import Schedule

LINES = 100  # of the send log on the page
NEWEST = 30  # articles that may be added by choosing them from a list
OPEN = ("draft", "locked")


@dataclass(frozen=True)
class Desk:
    """A draft as its page shows it."""

    page: desk.Page
    laid: Laid
    schedule: Schedule | None  # None: schedules.yaml has it no more
    newest: list[Any]  # articles that aren't in it, the newest first

    @property
    def out(self) -> set[int]:
        """Return what people left out of it, which may be put back."""
        return {*self.page.changes.dropped, *self.page.changes.later}


@dataclass(frozen=True)
class Buttons:
    """What whoever looks may do to an edition as it is now."""

    hold: bool = False
    release: bool = False
    cancel: bool = False
    withdraw: bool = False
    resend: bool = False
    unknown: bool = False
    correct: bool = False
    reopen: bool = False
    test: bool = False
    approve: bool = False
    practised: bool = False  # it went to the inbox of practice: nothing is there to put right, or to take back

    @property
    def is_any(self) -> bool:
        return any((self.hold, self.release, self.cancel, self.withdraw, self.resend, self.unknown, self.correct))


@dataclass(frozen=True)
class Asked:
    """What waits for approval, and who agreed to it."""

    version: str
    seen: int  # changes that people had made in it
    agreed: tuple[str, ...] = ()
    by: int = 1

    @property
    def mailed(self) -> bool:
        """Say whether somebody agreed by mail: who that is nobody here can know."""
        return any(who.startswith("mail:") for who in self.agreed)


@dataclass(frozen=True)
class Outcome:
    """What became of what was taken back, or put right, one by one."""

    title: str
    lines: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)


class Room:
    """Makes the page of an edition, also anew where something that was asked for won't do."""

    def __init__(self, app: App, pages: Pages, table: Table) -> None:
        self.app = app
        self.pages = pages
        self.table = table

    def show(
        self, edition_id: int, *, status: int = 200, wrong: str = "", typed: Mapping[str, Any] | None = None
    ) -> Response:
        """Return the page.

        :param wrong: why what was asked for was not done.
        :param typed: what stood in the form then, with the form's name as ``form``: it stays there.
        """
        view = edition_view(self.app, edition_id, deliveries=LINES)
        if view is None:
            raise HTTPException(404, _("There is no such edition."))
        shown, places = self._desk(edition_id) if view.row["state"] == "draft" else (None, None)
        return self.pages.page(
            "edition.html",
            status=status,
            pictures=PICTURES,
            places=places,
            here="editions",
            live="" if shown else f"edition-{edition_id}",  # what somebody types must not be replaced
            edition=view,
            retention=self.app.project.retention,
            lines=LINES,
            desk=shown,
            buttons=self._buttons(view, shown),
            asked=self._asked(view, shown),
            outcomes=self._outcomes(view),
            changes=Changes.of(view.row["changes"]),
            wrong=wrong,
            typed=typed or {},
        )

    def again(self, form: str) -> Callable[..., Response]:
        """Return what makes the page anew for a form of this name, with what was typed into it."""
        return partial(self._again, form)

    def _again(self, form: str, edition_id: int, said: dict[str, Any], wrong: str, status: int) -> Response:
        return self.show(edition_id, status=status, wrong=wrong, typed={**said, "form": form})

    def _desk(self, edition_id: int) -> tuple[Desk, Any]:
        page = desk.page(self.app, edition_id)
        laid, places = self.table.lay(page.products, page.audiences)
        there = {story.article.id for story in page.stories}
        with self.app.store.read() as conn:
            newest = [each for each in articles.latest(conn, limit=NEWEST) if each.id not in there]
        schedule = self.app.project.schedules.get(page.schedule)
        return Desk(page, laid, schedule.in_language(page.language) if schedule else None, newest), places

    def _asked(self, view: EditionView, shown: Desk | None) -> Asked | None:
        seen = Changes.of(view.row["changes"]).version
        if shown is not None:
            by = rule(self.app, view.row["schedule"]).by
            return Asked(shown.page.approvable, seen, (), by) if shown.page.approvable else None
        found = [send.row for send in view.sends]
        version = approvals.version_waiting(found)
        with self.app.store.read() as conn:
            agreed = approvals.agreed(conn, view.row["id"], version) if version else ()
        by = rule(self.app, view.row["schedule"]).by
        return Asked(version, seen, agreed, by) if version else None

    def _buttons(self, view: EditionView, shown: Desk | None) -> Buttons:
        worker = permission.who()
        if worker is None:
            return Buttons()
        row, made = view.row, [send.row for send in view.sends]
        is_open = row["state"] in OPEN or any(send["state"] not in ("done", "cancelled") for send in made)
        is_kept = view.held is not None or any(send["state"] in ("held", "paused") for send in made)
        edits, approves, operates = map(worker.may, (May.EDIT, May.APPROVE, May.OPERATE))
        failed = any(send["failed"] for send in made)
        is_over = row["state"] == "cancelled" or row["practice"] in editions.AFTER_PRACTICE
        return Buttons(
            hold=edits and is_open and view.held is None,
            release=approves and is_kept,
            cancel=operates and is_open,
            withdraw=operates and _may(taking_back.require_something, self.app, row["id"]),
            resend=operates and not is_over and failed and bool(still_kept(self.app.store, row["id"])),
            unknown=operates and any(send["unknown"] for send in made),
            correct=approves and _may(errata.require_gone_out, self.app, row["id"]),
            reopen=approves and self._is_approved(row),
            test=edits and shown is not None and shown.schedule is not None and bool(shown.schedule.mails_to),
            approve=approves,
            practised=(approves or operates) and not failed and row["state"] != "draft" and self._is_of_practice(row),
        )

    def _is_of_practice(self, row: RowMapping) -> bool:
        return self.app.is_practice or withdrawals.is_of_practice(self.app, row["project_version_id"])

    def _is_approved(self, row: RowMapping) -> bool:
        with self.app.store.read() as conn:
            return row["state"] == "locked" and approvals.waits_for_slot(conn, row, self.app.clock())

    def _outcomes(self, view: EditionView) -> list[Outcome]:
        """Return what became of a withdrawal and of a correction, network by network."""
        edition_id = view.row["id"]
        with self.app.store.read() as conn:
            withdrawn = facts.first_withdrawn_by(conn, edition_id)
            said = ledger.erratum(conn, edition_id)
        corrected = bool(said.note or said.subject) or any(send.row["kind"] == sends.CORRECTION for send in view.sends)
        if withdrawn is not None:
            taken = withdrawals.account_of(self.app, edition_id)
            lines = [str(line) for line in (*taken.posts, *taken.unposted, *taken.mails)]
            return [Outcome("withdrawn", lines, taking_back.next_steps(self.app, edition_id, taken))]
        if not corrected:
            return []
        put = corrections.account_of(self.app, edition_id)
        lines = [str(line) for line in (*put.posts, *put.unposted, *put.mails)]
        return [Outcome("corrected", lines, corrections.next_steps(self.app, edition_id, put))]


def _may(require: Callable[[App, int], None], app: App, edition_id: int) -> bool:
    try:
        require(app, edition_id)
    except UsageError:
        return False
    return True


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the address of an edition's page, and those of its frames."""
    from publisher.web.console import breaking, correcting, desk_acts, edition_api, under_way

    router = APIRouter(default_response_class=HTMLResponse)
    table = Table(app)
    room = Room(app, pages, table)
    router.include_router(laid_out(table))

    @router.get("/editions/{edition_id}")
    def show(edition_id: Id) -> Response:
        return room.show(edition_id)

    edition_api.add(app, acts)
    desk_acts.add(app, acts, room)
    for more in (desk_acts, under_way, correcting, breaking):
        router.include_router(more.routes(app, acts, room))
    return router

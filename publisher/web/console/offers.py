"""What may be done to an edition as it is now, by whoever looks; and what became of what was done to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.app import corrections, errata, taking_back, withdrawals
from publisher.app.approved import rule
from publisher.errors import UsageError
from publisher.model.desk import Changes
from publisher.model.staff import May
from publisher.pipeline.operate.again import still_kept
from publisher.store import RowMapping, approvals, editions, facts, permission, sends
from publisher.store import corrections as ledger
from publisher.web.views import EditionView

if TYPE_CHECKING:
    from publisher.app import App

OPEN = ("draft", "locked")


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


class Offers:
    """Finds what an edition's page offers."""

    def __init__(self, app: App) -> None:
        self.app = app

    def of(self, view: EditionView, approvable: str | None = None, *, mails: bool = False) -> dict[str, Any]:
        """Return what the piece of the page needs.

        :param approvable: of a draft, the version that may be approved; empty: none. None: it is no draft.
        :param mails: it is a draft with mails, of which a test may be sent.
        """
        return {
            "buttons": self._buttons(view, mails=mails),
            "asked": self._asked(view, approvable),
            "outcomes": self._outcomes(view),
        }

    def _asked(self, view: EditionView, approvable: str | None) -> Asked | None:
        seen = Changes.of(view.row["changes"]).version
        if approvable is not None:
            by = rule(self.app, view.row["schedule"]).by
            return Asked(approvable, seen, (), by) if approvable else None
        found = [send.row for send in view.sends]
        version = approvals.version_waiting(found)
        with self.app.store.read() as conn:
            agreed = approvals.agreed(conn, view.row["id"], version) if version else ()
        by = rule(self.app, view.row["schedule"]).by
        return Asked(version, seen, agreed, by) if version else None

    def _buttons(self, view: EditionView, *, mails: bool) -> Buttons:
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
            test=edits and mails,
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

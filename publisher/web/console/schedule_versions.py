"""The console's pages about the versions of schedules.yaml: who wrote each, what it changed, and the way back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from publisher.app import schedule_file
from publisher.app.diff import changes, paper_changes, with_drafts
from publisher.app.in_clear import may_see, require_sight
from publisher.config import replacing
from publisher.config.schedules import parse_project
from publisher.errors import ConfigError, MissingError
from publisher.model.project import Project
from publisher.model.staff import May
from publisher.speech.phrases import _, at
from publisher.store import project_versions, schedules
from publisher.web.acts import Acts, Done, Id, Words
from publisher.web.console.paging import PAGE, Limit, Mark, Page, cut, number_in, pack
from publisher.web.console.schedule_file import MEANT, MOST_LINES, SHOWN
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App


class Seen(Words):
    """The file that is to give way."""

    seen: str = Field(default="", max_length=64, description="The digest of the file as it is.")
    practice_is_meant: bool = Field(default=False, description=MEANT)


class VersionRecord(BaseModel):
    """A version that was accepted."""

    id: int
    digest: str
    accepted_at: datetime
    actor: str
    holds: bool


class VersionText(VersionRecord):
    """A version with its text."""

    text: str


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/schedules/versions")
    def every(after: Mark = "") -> Response:
        found = _records(app, after, PAGE)
        return pages.page("schedule_versions.html", here="schedules", found=found)

    @router.get("/schedules/versions/{version_id}")
    def one(version_id: Id) -> Response:
        with app.store.read() as conn:
            row = project_versions.find(conn, version_id)
            if row is None:
                raise HTTPException(404, _("There is no such version."))
            before = project_versions.before(conn, version_id)
            holding = project_versions.held_since(conn, row)
            holds = schedules.accepted_version(conn) == version_id
        base, project, former = (
            schedule_file.read(app),
            _parsed(row["text"]),
            _parsed(before["text"]) if before else None,
        )
        is_shown = may_see(row["text"], base.text, before["text"] if before else "")
        return pages.page(
            "schedule_version.html",
            is_shown=is_shown,
            here="schedules",
            row=row,
            before=before,
            holding=holding,
            holds=holds,
            can_be_read=project is not None,
            lines=schedule_file.text_diff(before["text"] if before else "", row["text"])[:MOST_LINES],
            changes=changes(former, project, row["accepted_at"]) if project and before else (),
            back=schedule_file.text_diff(base.text, row["text"])[:MOST_LINES],
            back_changes=with_drafts(app.store, changes(app.project, project, app.clock())) if project else (),
            paper=paper_changes(former, project) if project else (),
            back_paper=paper_changes(app.project, project) if project else (),
            seen=base.digest,
            why_not=replacing.why_not(app.folder),
            shown=SHOWN,
        )

    @acts.post("/schedules/versions/{version_id}/restore", may=May.EDIT, back="/schedules/versions/{version_id}")
    def restore(version_id: Id, said: Seen) -> Done:
        """Save the text of an earlier version: it holds again from then on."""
        with app.store.read() as conn:
            row = project_versions.find(conn, version_id)
        if row is None:
            raise MissingError(f"there is no version {version_id}")
        saved = schedule_file.save(app, row["text"], said.seen, is_exact=True, practice_is_meant=said.practice_is_meant)
        since = at(saved.since, app.zone, seconds=True)
        return Done(said=_("Version %(digest)s holds again, since %(since)s.", digest=saved.digest, since=since))

    @acts.api.get("/schedules-versions", response_model=Page[VersionRecord])
    def listed(after: Mark = "", limit: Limit = PAGE) -> Page[VersionRecord]:
        """List the versions of schedules.yaml that were accepted, the newest first."""
        return _records(app, after, limit)

    @acts.api.get(
        "/schedules-versions/{version_id}", response_model=VersionText, summary="Show a version of schedules.yaml"
    )
    def shown(version_id: Id) -> VersionText:
        """Return a version with its text."""
        with app.store.read() as conn:
            row, held = project_versions.find(conn, version_id), schedules.accepted_version(conn)
        if row is None:
            raise HTTPException(404, _("There is no such version."))
        require_sight(row["text"])
        own = {name: row[name] for name in ("id", "digest", "accepted_at", "actor", "text")}
        return VersionText(**own, holds=row["id"] == held)

    return router


def _records(app: App, after: str, limit: int) -> Page[VersionRecord]:
    with app.store.read() as conn:
        every = project_versions.latest(conn, before=number_in(after) or 0, limit=limit + 1)
        held = schedules.accepted_version(conn)
    rows, mark = cut(every, limit, lambda row: pack(row["id"]))
    names = ("id", "digest", "accepted_at", "actor")
    found = [VersionRecord(**{name: row[name] for name in names}, holds=row["id"] == held) for row in rows]
    return Page[VersionRecord](items=found, after=mark)


def _parsed(text: str) -> Project | None:
    """Return what a text says; None where this version of Publisher can't read it any more."""
    try:
        return parse_project(text)
    except ConfigError:
        return None

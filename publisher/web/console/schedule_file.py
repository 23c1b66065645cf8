"""The console's editor of schedules.yaml: the whole file, or one schedule's lines, with errors as they are typed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from publisher.app import schedule_file
from publisher.app.in_clear import may_see, require_sight
from publisher.app.schedule_file import Checked, Problem
from publisher.config import completion, replacing
from publisher.config.blocks import block_of
from publisher.config.reading import MAX_BYTES
from publisher.config.replacing import Written
from publisher.errors import UsageError
from publisher.model.staff import May
from publisher.senders.registry import sender_names
from publisher.speech.phrases import _, at
from publisher.store import project_versions
from publisher.web.acts import Acts, Done, Words
from publisher.web.door import needs
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

Name = Annotated[str, Path(max_length=64)]
SHOWN = 5  # slots that are listed; the others are counted
MEANT = "Where it begins or ends practice: that this is meant."
MOST_LINES = 400  # of a difference


class Text(Words):
    """A text to be saved: blanks at its ends belong to it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)

    text: str = Field(description="The whole file, or the lines of the schedule that is named.")
    seen: str = Field(default="", max_length=64, description="The digest of the file that was edited.")
    name: str = Field(default="", max_length=64, description="The schedule; empty: the whole file.")
    practice_is_meant: bool = Field(default=False, description=MEANT)


class Draft(Words):
    """A text to be looked over."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)

    text: str
    name: str = Field(default="", max_length=64, description="The schedule; empty: the whole file.")


class Place(BaseModel):
    """Something that is wrong, or worth a note, at a place of the file."""

    line: int = Field(description="From 1; 0: of the whole.")
    column: int
    words: str


class Ahead(BaseModel):
    """What becomes of one schedule in the next 7 days."""

    schedule: str
    kind: str = Field(description="added, removed, renamed or changed")
    was: str
    lines: list[str]
    slots_added: list[datetime]
    slots_removed: list[datetime]
    slots_moved: list[tuple[datetime, datetime]]
    drafts: list[int] = Field(
        description="Editions of a removed schedule that are drafts: they are cancelled for good."
    )


class OfPaper(BaseModel):
    """What of the newspaper itself is another: `practice`, or a key of `publication:`."""

    key: str
    was: str
    now: str


class Looked(BaseModel):
    """What a text says, before anybody saves it."""

    problems: list[Place]
    notes: list[Place]
    refused: list[str] = Field(description="Keys that are not yours to change.")
    paper: list[OfPaper]
    changes: list[Ahead]
    diff: list[str] = Field(description="Against the file as it is, as `diff -u` writes it.")


class Holds(BaseModel):
    """The version that holds."""

    id: int
    digest: str
    since: datetime
    actor: str
    is_file: bool = Field(description="Whether the file on the disk says it.")


class FileRecord(BaseModel):
    """schedules.yaml as it is on the disk."""

    text: str
    digest: str = Field(description="Say it as `seen` when you save.")
    read_only: str = Field(description="Why it can’t be saved here; empty: it can.")
    trouble: str = Field(description="Why its text can’t be read; empty: it can.")
    holds: Holds | None


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses."""
    router = APIRouter(default_response_class=HTMLResponse)
    desk = Desk(app, pages)

    @router.get("/schedules/edit")
    def whole() -> Response:
        return desk.page({})

    @router.get("/schedules/{name}/edit")
    def part(name: Name) -> Response:
        return desk.page({"name": name})

    @router.post("/schedules/check", dependencies=[Depends(needs(May.EDIT))])
    def look(request: Request, said: Annotated[dict[str, str], Depends(_said)]) -> Response:
        if "application/json" not in request.headers.get("accept", ""):
            return desk.page(said, is_checked=True)
        base = schedule_file.read(app)
        checked = desk.checked(said, base)
        shown = desk.effect(checked, said, base)
        return JSONResponse({"problems": [vars_of(each) for each in checked.problems], "html": shown})

    @router.post("/schedules/complete", dependencies=[Depends(needs(May.EDIT))])
    def complete(said: Annotated[dict[str, str], Depends(_said)]) -> Response:
        word, found = completed(app, said)
        plain = [{"text": each.text, "about": each.about} for each in found]
        return JSONResponse({"word": word, "suggestions": plain})

    @acts.post("/schedules/save", may=May.EDIT, again=desk.again)
    def save(said: Text) -> Done:
        """Save schedules.yaml, or one schedule’s lines in it; it holds from then on."""
        saved = schedule_file.save(app, said.text, said.seen, said.name, practice_is_meant=said.practice_is_meant)
        where = f"/schedules/{quote(said.name, safe='')}/edit" if said.name else "/schedules/edit"
        if said.name not in app.project.schedules:
            where = "/schedules/edit"
        told = {"digest": saved.digest, "since": at(saved.since, app.zone, seconds=True)}
        if saved.is_new:
            return Done(said=_("Saved. Version %(digest)s holds since %(since)s.", **told), where=where)
        return Done(said=_("Version %(digest)s holds since %(since)s: it says the same.", **told), where=where)

    _tells(app, acts, desk)
    return router


def _tells(app: App, acts: Acts, desk: Desk) -> None:
    @acts.api.get("/schedules-file", response_model=FileRecord, summary="Show schedules.yaml")
    def file() -> FileRecord:
        """Return the file as it is on the disk, and which version holds."""
        base = schedule_file.read(app)
        require_sight(base.text)
        holds = schedule_file.held(app, base)
        return FileRecord(
            text=base.text,
            digest=base.digest,
            read_only=replacing.why_not(app.folder),
            trouble=base.trouble,
            holds=Holds(id=holds.version_id, **{name: getattr(holds, name) for name in HELD}) if holds else None,
        )

    @acts.api.post(
        "/schedules/check",
        response_model=Looked,
        dependencies=[Depends(needs(May.EDIT))],
        summary="Look a text over without saving it",
    )
    def look(said: Draft) -> Looked:
        """Say what is wrong with a text, and what it changes in the next 7 days."""
        found = desk.checked({"text": said.text, "name": said.name}, schedule_file.read(app))
        return Looked(
            problems=[Place(**vars_of(each)) for each in found.problems],
            notes=[Place(**vars_of(each)) for each in found.notes],
            refused=list(found.refused),
            paper=[OfPaper(key=each.key, was=each.was, now=each.now) for each in found.paper],
            changes=[
                Ahead(
                    schedule=each.schedule,
                    kind=each.kind,
                    was=each.was,
                    lines=list(each.lines),
                    slots_added=[slot.due_at for slot in each.slots_added],
                    slots_removed=[slot.due_at for slot in each.slots_removed],
                    slots_moved=[(old.due_at, new.due_at) for old, new in each.slots_moved],
                    drafts=[draft.edition_id for draft in each.drafts],
                )
                for each in found.changes
            ],
            diff=list(found.lines),
        )


HELD = ("digest", "since", "actor", "is_file")


class Desk:
    """Makes the editor's page: as the file is, as it was typed, and where somebody else was faster."""

    def __init__(self, app: App, pages: Pages) -> None:
        self._app = app
        self._pages = pages

    def again(self, *, said: Mapping[str, Any], wrong: str, status: int) -> Response:
        """Show what was typed once more, and why it wasn't saved."""
        return self.page(dict(said), wrong=wrong, status=status, is_checked=True)

    def page(
        self, said: Mapping[str, str], *, wrong: str = "", status: int = 200, is_checked: bool = False
    ) -> Response:
        """Return the page.

        :param said: what the form said: ``text``, ``seen``, ``name``; without a text the file's own stands there.
        """
        app, name, base = self._app, said.get("name", ""), schedule_file.read(self._app)
        own = schedule_file.part_of(base.text, name) if name else base.text
        if own is None and "text" not in said:
            own, name, wrong = base.text, "", wrong or self._no_lines(name)
        if not name:
            require_sight(base.text)
        text = said.get("text", own or "")
        seen = said.get("seen", "") if "text" in said else base.digest
        block = block_of(base.text, name) if name else None
        checked = self.checked({"text": text, "name": name}, base) if is_checked or not _is_fine(app, base) else None
        return self._pages.page(
            "schedule_edit.html",
            status=status,
            here="schedules",
            name=name,
            text=text,
            seen=base.digest,
            first_line=block.first_line if block else 1,
            wrong=wrong,
            base=base,
            why_not=replacing.why_not(app.folder),
            holds=schedule_file.held(app, base),
            checked=checked,
            lines=checked.lines[:MOST_LINES] if checked else (),
            conflict=self._conflict(base, seen, text, name) if seen != base.digest else None,
            is_checked=is_checked,
            shown=SHOWN,
            most=MAX_BYTES,
        )

    def effect(self, checked: Checked, said: Mapping[str, str], base: Written) -> str:
        """Return the part of the page that says what a text changes."""
        from publisher.web.places import Served

        return self._pages.html(
            "_schedule_effect.html",
            Served(),
            checked=checked,
            lines=checked.lines[:MOST_LINES],
            shown=SHOWN,
            stale=bool(said.get("seen")) and said["seen"] != base.digest,
        )

    def checked(self, said: Mapping[str, str], base: Written) -> Checked:
        if not said.get("name"):
            require_sight(base.text)  # what is missing from a text would be told by the difference
        try:
            text = schedule_file.whole(base, said.get("text", ""), said.get("name", ""))
        except UsageError as error:
            return Checked((Problem(0, 0, f"{error}."),))
        return schedule_file.check(self._app, text, base)

    def _no_lines(self, name: str) -> str:
        """Say why a schedule can't be edited by itself; the whole file can."""
        if name not in self._app.project.schedules:
            raise HTTPException(404, f"There is no schedule {name}.")
        return f"{name} has no lines of its own in the file as it is now: this is the whole file."

    def _conflict(self, base: Written, seen: str, text: str, name: str) -> dict[str, Any]:
        """Return what somebody else did meanwhile, and what saving this on top of it would undo."""
        with self._app.store.read() as conn:
            row = project_versions.by_digest(conn, seen[:16])
        before, now = (row["text"] if row and (name or may_see(row["text"])) else None), base.text
        if name:
            before = schedule_file.part_of(before, name) if before is not None else None
            now = schedule_file.part_of(now, name) or ""
        return {
            "theirs": schedule_file.text_diff(before, now)[:MOST_LINES] if before is not None else None,
            "yours": schedule_file.text_diff(before, text)[:MOST_LINES] if before is not None else None,
            "on_top": schedule_file.text_diff(now, text)[:MOST_LINES],
        }


def completed(app: App, said: Mapping[str, str]) -> tuple[str, list[completion.Suggestion]]:
    """Return what may stand where the cursor is."""
    text, name, cursor = said.get("text", ""), said.get("name", ""), said.get("cursor", "")
    before = int(cursor) if cursor.isdecimal() and len(cursor) < 9 else 0
    text = text.replace("\r\n", "\n")
    if name:  # the file around it says which names there are, and what it stands under
        base = schedule_file.read(app).text
        block = block_of(base, name)
        if block is not None:
            text, before = base[: block.start] + text + base[block.end :], before + block.start
    folder = app.folder / "templates"
    templates = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))[: completion.MOST]
    return completion.suggestions(text, before, {"senders": sender_names(), "templates": templates})


def vars_of(each: Problem) -> dict[str, Any]:
    return {"line": each.line, "column": each.column, "words": each.words}


def _is_fine(app: App, base: Written) -> bool:
    """Say whether the file on the disk is what holds: one that was broken from outside is shown with its errors."""
    return base.text == app.project.text


async def _said(request: Request) -> dict[str, str]:
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}

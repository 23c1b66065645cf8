"""schedules.yaml as people edit it by the console: looked at, checked, and saved as a version that holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from difflib import unified_diff
from functools import lru_cache
from typing import TYPE_CHECKING

from publisher.app import bounds, checkup
from publisher.app.bounds import Touched
from publisher.app.diff import (
    Change,
    PaperChange,
    SourceChange,
    changes,
    held_by,
    paper_changes,
    source_changes,
    with_drafts,
)
from publisher.app.in_clear import may_see
from publisher.app.reload import REFUSED
from publisher.config import replacing
from publisher.config.blocks import block_of, lines_of, with_ends_of
from publisher.config.problems import line_and_column
from publisher.config.reading import FILE, MAX_BYTES, Document, parse_document
from publisher.config.replacing import Written
from publisher.config.schedules import project_in
from publisher.config.settings import Settings
from publisher.errors import ConfigError, StaleError, StoreError, UsageError
from publisher.model.project import Project
from publisher.model.staff import May
from publisher.speech.phrases import said_in
from publisher.store import permission, project_versions, schedules
from publisher.store.permission import allowed
from publisher.store.staff import Line

if TYPE_CHECKING:
    from publisher.app.core import App

_PLACE = re.compile(rf"{re.escape(FILE)}:(\d+)(?::(\d+))?: ")
MOST = 200  # problems that are said


@lru_cache(maxsize=8)
def _document(text: str) -> Document:
    """Return what a text says as YAML, which takes most of the time; somebody who types asks for it again and again."""
    return parse_document(text)


@lru_cache(maxsize=8)
def _parsed(text: str) -> Project:
    return project_in(_document(text))


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at a place of the file; line and column count from 1, 0: of the whole."""

    line: int
    column: int
    words: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a text says, before anybody saves it."""

    problems: tuple[Problem, ...] = ()  # it can't be saved with these
    notes: tuple[Problem, ...] = ()
    changes: tuple[Change, ...] = ()  # in the next 7 days, against the version that holds
    sources: tuple[SourceChange, ...] = ()
    paper: tuple[PaperChange, ...] = ()  # whether it is practice first
    refused: tuple[str, ...] = ()  # keys that aren't theirs to change who ask
    lines: tuple[str, ...] = ()  # against the file as it is, as `diff -u` writes it
    project: Project | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Saved:
    """The version that was saved."""

    version_id: int
    digest: str  # as `publisher status` names it
    since: datetime
    is_new: bool  # False: it says what held already


def read(app: App) -> Written:
    return replacing.written(app.folder)


def broken(app: App) -> str:
    """Return why the file on the disk can't be meant, and where; empty: it can."""
    base = read(app)
    if base.trouble:
        return base.trouble
    try:
        _parsed(base.text)
    except ConfigError as error:
        return str(error.problems[0])
    return ""


def part_of(text: str, name: str) -> str | None:
    """Return a schedule's own lines; None where it has none."""
    block = block_of(text, name)
    return None if block is None else block.of(text)


def whole(base: Written, said: str, name: str = "") -> str:
    """Return the whole text that is meant: what nobody edited stays as it is, byte for byte.

    :param said: the file, or a schedule's lines, as a browser gives it back.
    :param name: of the schedule; empty: it is the whole file.
    :raises UsageError: the schedule has no lines of its own.
    """
    if not name:
        return with_ends_of(base.text, said.removeprefix(replacing.MARK))
    block = block_of(base.text, name)
    if block is None:
        raise UsageError("it has no lines of its own in the file", where=name, remedy="Edit the whole file")
    return block.replaced(base.text, said)


def check(app: App, text: str, base: Written | None = None) -> Checked:
    """Say what is wrong with a text, what it changes, and what of that isn't theirs who ask. Writes nothing.

    :param base: the file that was edited; None: as it is.
    """
    base = base or read(app)
    lines = text_diff(base.text, text, around=3 if may_see(base.text) else 0)
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return Checked((Problem(0, 0, f"The file would have more than the {MAX_BYTES:,} bytes allowed"),), lines=lines)
    try:
        project = _parsed(text)
    except ConfigError as error:
        return Checked(tuple(map(_problem, error.problems[:MOST])), lines=lines)
    held = _held(app)
    errors, notes = _looked_over(app, project, held)
    return Checked(
        errors,
        notes,
        tuple(with_drafts(app.store, changes(held, project, app.clock()))),
        tuple(source_changes(held, project)),
        tuple(paper_changes(held, project)),
        tuple(map(bounds.words_of, bounds.refused(_touched(app, base, text, project)))),
        lines,
        project,
    )


def text_diff(before: str, after: str, *, around: int = 3) -> tuple[str, ...]:
    """Return how two texts differ, by lines, with some around each; without the names of the files."""
    old, new = ([line.rstrip("\r\n") for line in lines_of(text)] for text in (before, after))
    return tuple(unified_diff(old, new, n=around, lineterm=""))[2:]


def _looked_over(app: App, project: Project, held: Project) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """Return what `publisher check` says of channels and slots: what costs no rendering.

    What was wrong with the version that holds is no reason to refuse another: it may be somebody else's to mend.
    """
    like = _as_if(app, project)
    wrong = list(map(_problem, checkup.wrong_channels(like)))
    known = {_problem(line).words for line in checkup.wrong_channels(_as_if(app, held))} if wrong else set()
    said = [*checkup.notes_of_file(like, ()), *checkup.past_slots(like)]
    notes = [*(each for each in wrong if each.words in known), *map(_problem, said)]
    return tuple(each for each in wrong if each.words not in known)[:MOST], tuple(notes[:MOST])


def _as_if(app: App, project: Project) -> App:
    """Return the project as a text has it, over the same ledger."""
    like = type(app)(app.folder, project, app.store, app.keys, app.settings, app.clock)
    like.inbox = app.inbox
    return like


def _problem(line: str) -> Problem:
    found = _PLACE.match(line)
    if found is None:
        return Problem(0, 0, line.removeprefix(f"{FILE}: "))
    return Problem(*line_and_column(found[0].removesuffix(": ")), line[found.end() :])


def _held(app: App) -> Project:
    """Return the version that holds; before any was accepted, what we were opened with."""
    return held_by(app) or app.project


def _touched(app: App, base: Written, text: str, project: Project) -> list[Touched]:
    """Return what a text changes against the file; where that is none, against the version that holds."""
    held = _held(app)
    try:
        before = _document(base.text).data
    except ConfigError:
        before = _document(held.text).data
    try:
        former = _parsed(base.text)
    except ConfigError:
        former = held
    return [*bounds.touched(before, _document(text).data), *bounds.goes_round(former, project)]


@allowed(May.EDIT)
def save(
    app: App, said: str, seen: str, name: str = "", *, is_exact: bool = False, practice_is_meant: bool = False
) -> Saved:
    """Put a text in the file's place, and let it hold from now on.

    :param said: the whole file, or a schedule's lines.
    :param seen: the digest of the file that was edited.
    :param is_exact: it is no browser's, and its lines end as they shall.
    :param practice_is_meant: it was said beside the text that practice is over, or begins.
    :raises StaleError: the file is another by now; nothing was written.
    :raises UsageError: the text can't be meant, or the file can't be written here.
    :raises NotAllowedError: a key isn't theirs to change who ask.
    """
    if why := replacing.why_not(app.folder):
        raise UsageError(why, remedy="Nothing was saved: the difference below is what to commit where it is kept")
    try:
        with replacing.alone(app.folder):
            base = _unchanged(app, seen)
            text = said if is_exact else whole(base, said, name)
            return _save(app, base, text, practice_is_meant=practice_is_meant)
    except ConfigError as error:
        raise UsageError(str(error)) from error


def _unchanged(app: App, seen: str) -> Written:
    base = read(app)
    if base.digest != seen:
        raise StaleError(replacing.CHANGED, where=FILE, remedy=replacing.LOOK)
    return base


def _save(app: App, base: Written, text: str, *, practice_is_meant: bool) -> Saved:
    found = check(app, text, base)
    if found.problems or found.project is None:
        first = found.problems[0]
        place = f"line {first.line}: " if first.line else ""
        more = f" (and {len(found.problems) - 1} more)" if len(found.problems) > 1 else ""
        raise UsageError(f"{place}{first.words.rstrip('.')}{more}", remedy="Nothing was saved: mend it first")
    theirs = _touched(app, base, text, found.project)
    bounds.require(theirs)
    _require_meant(found, practice_is_meant)
    before = app.version_id
    with app.firing:  # no slot comes between the file and the version that holds
        mine = replacing.put(app.folder, text, has_mark=base.has_mark, instead_of=base.digest)
        try:
            _take(app, found.project, _line(app, theirs))
        except Exception:  # a `was:` that can't be meant, a busy database: what is on the disk is what holds
            if not _holds(app, found.project):
                with suppress(StaleError):  # somebody wrote another one meanwhile, which stays
                    replacing.put(app.folder, base.text, has_mark=base.has_mark, instead_of=mine)
            raise
    return _saved(app, before)


def _require_meant(found: Checked, is_meant: bool) -> None:
    """Let nobody begin or end practice in passing."""
    for each in found.paper:
        if each.is_practice and not is_meant:
            remedy = "Nothing was saved: tick the box that says so below if you mean it (`practice_is_meant`)"
            raise UsageError(said_in(each.line, "en"), remedy=remedy)


def _holds(app: App, project: Project) -> bool:
    """Say whether a version holds; where the ledger doesn't tell, the file put back is newer, and the next start's."""
    try:
        with app.store.read() as conn:
            version_id = schedules.accepted_version(conn)
            return version_id is not None and project_versions.get(conn, version_id)["digest"] == project.version
    except StoreError:
        return False


def _take(app: App, project: Project, line: Line) -> None:
    """Let it hold, as the watch of the files would at its next look: what follows is nobody's wish but the file's."""
    fresh = Settings.load(app.folder)
    with permission.by_itself():
        app.take(project, fresh, line.actor, line=line)
        app.all_clear(REFUSED)


def _line(app: App, theirs: Sequence[Touched]) -> Line:
    named = ", ".join(each.place for each in theirs[:8]) + (" and more" if len(theirs) > 8 else "")
    what = f"saved schedules.yaml: {named or 'comments or order alone'}"
    return Line(app.actor, what, app.clock(), "schedules.yaml")


def _saved(app: App, before: int | None) -> Saved:
    assert app.version_id is not None  # noqa: S101 -- it was just accepted
    with app.store.read() as conn:
        row = project_versions.get(conn, app.version_id)
        since = project_versions.held_since(conn, row).since
    return Saved(app.version_id, row["digest"], since, app.version_id != before)


@dataclass(frozen=True, slots=True)
class Held:
    """The version that holds."""

    version_id: int
    digest: str
    since: datetime
    actor: str
    is_file: bool  # whether the file on the disk says it


def held(app: App, base: Written) -> Held | None:
    """Return which version holds, and from when; None before any was accepted."""
    with app.store.read() as conn:
        version_id = schedules.accepted_version(conn)
        if version_id is None:
            return None
        row = project_versions.get(conn, version_id)
        since = project_versions.held_since(conn, row)
    return Held(version_id, row["digest"], since.since, since.actor, row["text"] == base.text)

"""How every source stands: for `publisher sources` and the console."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from publisher.config.problems import suggestion
from publisher.errors import MissingError, UsageError
from publisher.model.project import Project, Source
from publisher.model.staff import May
from publisher.pipeline import rhythm
from publisher.sources.address import shown, web_url
from publisher.store import RowMapping, Store, sources, staff
from publisher.store.permission import allowed

if TYPE_CHECKING:
    from publisher.app.core import App

PATIENCE = timedelta(seconds=8)  # how long somebody waits for a source that they want looked at


class Opened(Protocol):
    """A project opened, with or without what renders and sends."""

    @property
    def project(self) -> Project: ...
    @property
    def store(self) -> Store: ...


@dataclass(frozen=True, slots=True)
class SourceNow:
    """One source as it stands."""

    name: str
    kind: str
    place: str  # its address without password and query
    every: timedelta | None  # None: it is not asked, its articles come by themselves
    state: str = "never asked"  # or: well, in part, failing, stopped; of one that is not asked: nothing yet
    title: str = ""  # what it calls itself
    polled_at: datetime | None = None
    good_at: datetime | None = None  # of one that is not asked: when the last article came
    next_poll_at: datetime | None = None
    stopped_at: datetime | None = None  # not asked any more since then, until a person says so
    waits_why: str = ""  # why that is later than its rhythm
    failures: int = 0  # polls in a row that gave nothing
    error: str = ""  # of the last poll
    problems: tuple[str, ...] = ()  # what of its last whole answer could not be used
    remarks: tuple[str, ...] = ()  # what of it is as its keeper wants it: a draft, an empty folder
    moved_to: str = ""  # where its server says that it is for good, shown as `place` is
    is_moved: bool = False  # it said so long enough: that is where it is asked
    remedy: str = ""  # what to do; empty: nothing

    @property
    def lines(self) -> list[str]:
        """Return what is to be said of it: what is wrong, why it waits, what to do."""
        moves = "has moved, and is asked at" if self.is_moved else "its server says that it has moved to"
        moved = f"{moves} {self.moved_to}" if self.moved_to else ""
        # Where the last look gave nothing, what the one before it gave is no news.
        seen = () if self.error else (*self.problems, *self.remarks)
        said = (self.error.removeprefix(f"{self.name}: "), *seen, self.waits_why, moved, self.remedy)
        return [line for line in said if line]


def check_name(name: str, known: Collection[str]) -> None:
    """Refuse a name that no source has.

    :raises UsageError: the nearest there is, or all.
    """
    if name not in known:
        remedy = suggestion(name, known) or "Write one under `sources:` in schedules.yaml"
        raise MissingError(f"there is no source {name!r}", remedy=remedy)


def standing(opened: Opened) -> list[SourceNow]:
    """Return every source of the project, in the order of the file."""
    with opened.store.read() as conn:
        rows = {row["name"]: row for row in sources.every(conn)}
    return [_now(source, rows.get(source.name)) for source in opened.project.sources.values()]


@allowed(May.EDIT)
def start(opened: Opened, name: str, *, actor: str, now: datetime) -> None:
    """Have a source asked at once, whenever its turn would be.

    :raises UsageError: there is none of that name, or its articles come by themselves.
    """
    check_name(name, opened.project.sources)
    if opened.project.sources[name].kind == "push":
        remedy = "Have its system send them, or write one in the console: docs/sources/push.md"
        raise UsageError(f"{name} is asked for nothing: its articles come by themselves", remedy=remedy)
    with opened.store.write() as conn:
        sources.start(conn, name, actor=actor)
        staff.write_down(conn, actor, f"had {name} asked at once", about=f"source:{name}", now=now)


@allowed(May.EDIT)
def look_now(app: App, name: str, *, actor: str) -> str:
    """Look at a source while somebody waits; return what came of it, in a sentence.

    One that takes longer than people wait is looked at to its end all the same, and what comes is written down.

    :raises UsageError: as for `start`.
    """
    start(app, name, actor=actor, now=app.clock())
    (came,) = app.poll_all([name], patience=PATIENCE)
    if came.error:
        return came.error.removeprefix(f"{name}: ")
    counts = [(came.new, "new"), (came.changed, "changed"), (came.gone, "gone"), (came.held, "held for a person")]
    said = [f"{count:,} {word}" for count, word in counts if count]
    return f"{name} was looked at: {', '.join(said) or 'nothing is new'}"


def _now(source: Source, row: RowMapping | None) -> SourceNow:
    place = shown(source.location) if web_url(source.location) else source.location
    if source.kind == "push":
        return _pushed(source, row)
    if row is None or row["place"] not in (None, rhythm.place_of(source)):
        return SourceNow(source.name, source.kind, place, source.every)
    is_moved = rhythm.address_of(row, source) is not None
    moved_to = shown(row["moved_to"]) if row["moved_to"] else ""
    return SourceNow(
        name=source.name,
        kind=source.kind,
        place=place,
        title=row["title"],
        every=source.every,
        state=_state(row),
        polled_at=row["polled_at"],
        good_at=row["good_at"],
        next_poll_at=row["next_poll_at"],
        stopped_at=row["stopped_at"],
        waits_why=row["waits_why"] or "",
        failures=row["failures"] or 0,
        error=row["error"] or "",
        problems=_problems(row),
        remarks=tuple(line["remark"] for line in row["problems"] or () if isinstance(line, dict)),
        moved_to=moved_to,
        is_moved=is_moved,
        remedy=_remedy(source.name, row, moved_to if is_moved else ""),
    )


def _pushed(source: Source, row: RowMapping | None) -> SourceNow:
    came_at = row["good_at"] if row is not None else None
    state = "well" if came_at else "nothing yet"
    return SourceNow(source.name, source.kind, "", None, state, polled_at=came_at, good_at=came_at)


def _state(row: RowMapping) -> str:
    if row["stopped_at"] is not None:
        return "stopped"
    if row["error"]:
        return "failing"
    if row["polled_at"] is None:
        return "never asked"
    return "in part" if _problems(row) else "well"


def _problems(row: RowMapping) -> tuple[str, ...]:
    return tuple(line for line in row["problems"] or () if isinstance(line, str))


def _remedy(name: str, row: RowMapping, moved_to: str) -> str:
    if row["stopped_at"] is not None:
        return f"to ask it again: publisher sources --start {name}"  # what else there is to do, its error says
    if row["error"] and row["waits_why"]:
        return f"once it is mended, to ask it at once: publisher sources --start {name}"
    return f"write its new address into schedules.yaml: {moved_to}" if moved_to else ""

"""What an edited schedules.yaml changes against the version that holds: the newspaper, its sources, the days ahead.

Writes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, time, timedelta
from itertools import islice, takewhile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from publisher.model.project import Channel, Entry, Project, Schedule, Source
from publisher.runtime.slots import Slot, slots_after
from publisher.speech.phrases import _
from publisher.store import Store, edition_lists

if TYPE_CHECKING:
    from publisher.app.core import App

AHEAD = timedelta(days=7)
MOST = 2_500  # slots of one schedule: each four minutes for a week
PRACTICE = "practice"
OF_PAPER = ("reply_to", "address", "public_url", "url", "name", "language", "timezone")
ON_EVERY_ARTICLE = _("fires on every new article")


@dataclass(frozen=True, slots=True)
class LostDraft:
    """The draft of a schedule that is taken out: it is cancelled with it, for good."""

    edition_id: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one schedule. ``kind``: added, removed, renamed, changed."""

    kind: str
    schedule: str
    was: str  # its former name, if renamed
    lines: tuple[str, ...]  # what is different, in words
    slots_added: tuple[Slot, ...]
    slots_removed: tuple[Slot, ...]
    slots_moved: tuple[tuple[Slot, Slot], ...]
    drafts: tuple[LostDraft, ...] = ()  # that are cancelled, if removed


def changes(before: Project | None, after: Project, now: datetime) -> list[Change]:
    """Return every schedule of which the next 7 days differ, in the order of the file; removed ones last. Pure."""
    until = _until(after, now)
    old = dict(before.schedules) if before else {}
    found = []
    for schedule in after.schedules.values():
        name = schedule.was if schedule.was in old and schedule.was not in after.schedules else schedule.name
        change = _compare(old.pop(name, None), schedule, before or after, after, now, until)
        if change is not None:
            found.append(change)
    found = [_asked(change, after, old) if change.kind == "added" else change for change in found]
    for schedule in old.values():
        assert before is not None  # noqa: S101 -- it is where the schedule is from
        found.append(Change("removed", schedule.name, "", (), (), tuple(_ahead(schedule, before, now, until)), ()))
    return found


def with_drafts(store: Store, found: Iterable[Change]) -> list[Change]:
    """Return changes, those that take a schedule out with the drafts that go with it."""
    with store.read() as conn:
        return [
            replace(
                each,
                drafts=tuple(LostDraft(row["id"], row["due_at"]) for row in edition_lists.drafts(conn, each.schedule)),
            )
            if each.kind == "removed"
            else each
            for each in found
        ]


def _asked(change: Change, after: Project, gone: Mapping[str, Schedule]) -> Change:
    """Say that a new schedule may be one that is gone under another name: taken over like this it would be held."""
    mine = after.schedules[change.schedule].reaches
    former = next((name for name, schedule in gone.items() if schedule.reaches & mine), "")
    hint = _("is it %(name)s under a new name? Then write `was: %(name)s` under it, or it begins anew", name=former)
    return replace(change, lines=(*change.lines, hint)) if former else change


@dataclass(frozen=True, slots=True)
class PaperChange:
    """What of the newspaper itself is another: whether it is practice, or a key of ``publication:``."""

    key: str
    was: str
    now: str

    @property
    def is_practice(self) -> bool:
        return self.key == PRACTICE

    @property
    def line(self) -> str:
        if not self.is_practice:
            return f"{self.key}: {self.was or '–'} → {self.now or '–'}"
        if self.now:
            return _("From now on nothing reaches readers any more: practice begins")
        return _("From now on real people get this: practice is over")


def paper_changes(before: Project | None, after: Project) -> list[PaperChange]:
    """Return what of the newspaper itself differs; whether it is practice comes first. Pure."""
    if before is None:
        return []
    old, new = _paper(before), _paper(after)
    return [PaperChange(key, old[key], new[key]) for key in old if old[key] != new[key]]


def _paper(project: Project) -> dict[str, str]:
    paper = project.publication
    return {
        PRACTICE: "true" if project.practice else "",
        "from": f"{paper.from_name} <{paper.from_email}>".strip(),
        **{name: getattr(paper, name) for name in OF_PAPER},
    }


@dataclass(frozen=True, slots=True)
class SourceChange:
    """What becomes of one source. ``kind``: added, removed, changed."""

    kind: str
    source: str
    lines: tuple[str, ...]  # what follows, in words


def source_changes(before: Project | None, after: Project) -> list[SourceChange]:
    """Return every source that differs, in the order of the file; removed ones last. Pure."""
    old = dict(before.sources) if before else {}
    found = []
    for source in after.sources.values():
        was = old.pop(source.name, None)
        if was is None:
            found.append(SourceChange("added", source.name, (_first_look(source),)))
        elif names := _names(was, source):
            found.append(
                SourceChange("changed", source.name, (_("is read differently: %(keys)s", keys=", ".join(names)),))
            )
    gone = _("brings nothing more; what it has brought stays in the ledger")
    return found + [SourceChange("removed", name, (gone,)) for name in old]


def _first_look(source: Source) -> str:
    if source.kind == "push":
        return _("takes articles from the first one on")
    if not source.backfill:
        return _("what it has at its first look was there before, and is not sent")
    return _(
        "what it has at its first look was there before, and is not sent, but for the newest %(count)s (backfill)",
        count=source.backfill,
    )


def _compare(
    old: Schedule | None, new: Schedule, before: Project, after: Project, now: datetime, until: datetime
) -> Change | None:
    there = list(_ahead(new, after, now, until))
    if old is None:
        return Change("added", new.name, "", tuple(_when(new)), tuple(there), (), ())
    kind = "changed" if old.name == new.name else "renamed"
    was = list(_ahead(old, before, now, until))
    before_slots = set(was)
    keys = {slot.key for slot in there if slot in before_slots}
    gone = [slot for slot in was if slot.key not in keys]
    fresh = [slot for slot in there if slot.key not in keys]
    moved = _moved(gone, fresh, ZoneInfo(after.publication.timezone))
    lines = tuple(_differences(old, new, before, after))
    if kind == "changed" and not (gone or fresh or lines):
        return None
    pairs = {slot for pair in moved for slot in pair}
    gone, fresh = [slot for slot in gone if slot not in pairs], [slot for slot in fresh if slot not in pairs]
    return Change(kind, new.name, old.name if kind == "renamed" else "", lines, tuple(fresh), tuple(gone), moved)


def _moved(gone: list[Slot], fresh: list[Slot], zone: ZoneInfo) -> tuple[tuple[Slot, Slot], ...]:
    """Pair the slots of days that lost one and gained one: it moved."""

    def single(slots: list[Slot]) -> dict[object, Slot]:
        days = [slot.due_at.astimezone(zone).date() for slot in slots]
        counted = Counter(days)
        return {day: slot for day, slot in zip(days, slots, strict=True) if counted[day] == 1}

    lost, won = single(gone), single(fresh)
    return tuple((lost[day], won[day]) for day in lost if day in won)


def _until(project: Project, now: datetime) -> datetime:
    """Return the end of the seventh day: a slot that moves on that day is neither gone nor new."""
    zone = ZoneInfo(project.publication.timezone)
    last = (now + AHEAD).astimezone(zone).date()
    return datetime.combine(last + timedelta(days=1), time(), zone)


def _ahead(schedule: Schedule, project: Project, now: datetime, until: datetime) -> Iterable[Slot]:
    slots = slots_after(schedule.when, ZoneInfo(project.publication.timezone), now)
    return takewhile(lambda slot: slot.due_at < until, islice(slots, MOST))


def _when(schedule: Schedule) -> Iterable[str]:
    if schedule.when.new:
        yield ON_EVERY_ARTICLE


def _differences(old: Schedule, new: Schedule, before: Project, after: Project) -> Iterable[str]:
    if bool(old.when.new) != bool(new.when.new):
        yield ON_EVERY_ARTICLE if new.when.new else _("fires at slots, no longer on every new article")
    theirs = {entry.key: entry for entry in old.send}
    for entry in new.send:
        before_entry = theirs.pop(entry.key, None)
        if before_entry is None:
            yield _("also sends %(what)s", what=_to(entry))
        elif _plain(before_entry) != _plain(entry):
            keys = ", ".join(_names(before_entry, entry))
            yield _("sends %(what)s differently: %(keys)s", what=_to(entry), keys=keys)
        elif _said_of(before, entry.via) != _said_of(after, entry.via):
            yield _("sends %(what)s, a channel that is changed", what=_to(entry))
    yield from (_("no longer sends %(what)s", what=_to(entry)) for entry in theirs.values())
    for part in ("pick", "when"):
        names = _names(getattr(old, part), getattr(new, part))
        if part == "pick" and names:
            yield _("picks differently: %(keys)s", keys=", ".join(names))
    rules = [name for name in _names(old, new) if name not in ("name", "was", "when", "pick", "send", "where")]
    rules += [name for name in _names(old.when, new.when) if name in WHEN_RULES]
    if rules:
        yield _("has other rules: %(keys)s", keys=", ".join(rules))


WHEN_RULES = ("between", "outside", "prepare", "late", "missed", "hold_for", "jitter")


def _to(entry: Entry) -> str:
    if not entry.to:
        return _("a post through %(channel)s", channel=entry.via)
    return _("to %(lists)s through %(channel)s", lists=", ".join(entry.to), channel=entry.via)


def _plain(entry: Entry) -> list[object]:
    return [getattr(entry, each.name) for each in fields(entry) if each.name not in NO_KEYS]


def _names(old: object, new: object) -> list[str]:
    """Return the fields in which two records of one kind differ, as the file calls them."""
    names = [each.name for each in fields(new) if each.name not in NO_KEYS]  # type: ignore[arg-type]  # both are dataclasses
    return [WRITTEN.get(name, name) for name in names if getattr(old, name) != getattr(new, name)]


NO_KEYS = ("where", "edition")  # what follows from other keys, and changes with them


WRITTEN = {
    "location": "address",
    "statuses": "status",
    "sources": "from",
    "from_name": "from",
    "from_email": "from",
    "trial": "try",
    "pace_every": "pace",
    "pace_per_day": "pace",
}


def of_app(app: App, after: Project) -> list[Change]:
    """Return what a file changes against the version that holds; against nothing where none was accepted yet."""
    return with_drafts(app.store, changes(held_by(app), after, app.clock()))


def held_by(app: App) -> Project | None:
    """Return the version that holds; None where none was accepted yet."""
    from publisher.app import following
    from publisher.store import schedules

    with app.store.read() as conn:
        held = schedules.accepted_version(conn)
    return following.project_of(app, held) if held is not None else None


def _said_of(project: Project, channel: str) -> Channel | None:
    """Return what the file says of a channel, wherever in the file it says so."""
    found = project.channels.get(channel)
    return None if found is None else replace(found, where="", places={})

"""The note of a schedule's next edition, as somebody hands it in: looked through, kept, and told what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.app import desk, written
from publisher.app.approved import next_open
from publisher.model.desk import Note
from publisher.model.staff import May
from publisher.pipeline.operate import editing
from publisher.runtime.slots import Slot
from publisher.store.permission import allowed

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.model.project import Schedule
    from publisher.sources.written import Fault

LONGEST = 20_000  # characters of Markdown: more is an article


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a note."""

    faults: tuple[Fault, ...]  # what of it readers won't see
    before: Note | None  # whose place it takes
    slot: Slot  # of the edition on which it stands


@allowed(May.EDIT)
def write(
    app: App, schedule: Schedule, text: str, where: str, *, anyway: bool = False, seen: int | None = None
) -> Kept:
    """Look a note through, and keep it for the schedule's next edition, which is composed with it at once.

    :param where: what errors call the text.
    :param anyway: pictures elsewhere on the web are not asked for.
    :param seen: the note that waited when whoever writes it looked; 0: none did.
    :raises UsageError: there is no room for a note, or it can't go out like this.
    :raises StaleError: another note waits by now.
    """
    desk.require_room(app, schedule)
    found = written.looked_through(app, text, where, anyway=anyway)
    written.require_readable(app, subject=found.subject, preheader=found.preheader)
    before = desk.write_note(app, schedule, text, seen)
    slot = next_open(app, schedule, app.clock()) or desk.next_slot(app, schedule)
    desk.compose_next_anew(app, schedule)
    return Kept(found.faults, before, slot)


@allowed(May.EDIT)
def take_back(app: App, schedule: Schedule, seen: int | None = None) -> Note | None:
    """Take back the note that waits; return it, or None where none did.

    :raises StaleError: another one waits than the one that was seen.
    """
    language = schedule.languages.only
    who, now = app.actor, app.clock()
    before = editing.take_back_note(app.store, schedule.name, language=language, actor=who, now=now, seen=seen)
    desk.compose_next_anew(app, schedule)
    return before

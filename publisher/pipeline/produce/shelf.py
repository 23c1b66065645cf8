"""What people add to mails beside the articles: the note, the inserts of the day, pictures of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from publisher.errors import ConfigError, PublisherError
from publisher.model.message import Block, Finding, Mail, Message
from publisher.model.project import Entry, Insert, Project, Schedule
from publisher.sources.written import Pictures, Written, no_pictures, read

PICTURE = re.compile(r"/media/([0-9a-f]{64})\.(?:png|jpg)\b")  # the path of a picture that we serve


def _no_file(path: str) -> str:
    raise ConfigError(f"there is no file {path}")


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where what people add lies.

    :param picture: returns a picture that they added, by its name; None where there is none.
    :param text: returns what stands in a file of the project; PublisherError says why it can't be had.
    """

    picture: Pictures = no_pictures
    text: Callable[[str], str] = _no_file

    def findings_of_note(self, schedule: Schedule, note: str) -> tuple[Finding, ...]:
        """Return what is wrong with a note, or with the letter that stands in its place."""
        return tuple(_findings("the letter" if schedule.write else "the note", read(note, self.picture)))

    def blocks(
        self, project: Project, schedule: Schedule, entry: Entry, due_at: datetime
    ) -> tuple[tuple[Block, ...], tuple[Finding, ...]]:
        """Return the inserts of a mail, in the order of the file, and what is wrong with them. A post has none."""
        blocks: list[Block] = []
        findings: list[Finding] = []
        for insert in inserts_of(project, schedule, due_at) if entry.to else ():
            try:
                written = read(self.text(insert.file), self.picture)
            except PublisherError as error:
                findings.append(_missing(insert, error))
                continue
            blocks.append(Block(insert.name, insert.label, written.html, insert.after, insert.place))
            findings += _findings(f"the insert {insert.name} ({insert.file})", written)
        return tuple(blocks), tuple(findings)


def subject_of(note: str) -> str:
    """Return the subject that a note's front matter gives its mail; empty: none."""
    return read(note).subject


def inserts_of(project: Project, schedule: Schedule, due_at: datetime) -> Iterator[Insert]:
    """Yield the inserts of a schedule's edition, by the day that it is due on where the publication is."""
    day: date = due_at.astimezone(ZoneInfo(project.publication.timezone)).date()
    yield from (insert for insert in project.inserts.values() if insert.is_in(schedule.name, day))


def pictures_of(message: Message) -> set[str]:
    """Return the digests of the pictures of ours that a mail shows."""
    if not isinstance(message, Mail):
        return set()
    return {found for part in message.html if isinstance(part, str) for found in PICTURE.findall(part)}


def _missing(insert: Insert, error: PublisherError) -> Finding:
    what = f"the insert {insert.name} can't be shown: {error.what}"
    remedy = f"Write {insert.file}, or take the insert out ({insert.where})"
    return Finding("insert-missing", True, what, remedy)


def _findings(place: str, written: Written) -> Iterator[Finding]:
    for fault in written.faults:
        what = f"{place}{f', line {fault.line}' if fault.line else ''}: {fault.what}"
        if fault.is_grave:
            yield Finding("unusable-text", True, what, fault.remedy)
        else:
            yield Finding("left-out", False, what, fault.remedy)

"""Letters: the file that `write:` names, as the note of the schedule's next edition. Each text of it goes out once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from publisher.model.desk import FILE
from publisher.model.project import Schedule
from publisher.store import Connection, desk


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands in the file of a letter, or why it can't be had and what to do."""

    text: str = ""
    why_not: str = ""


def take_in(conn: Connection, schedule: Schedule, paper: Paper, *, language: str, now: datetime) -> str:
    """Let the file be the note that waits; say why there is none. A note that people wrote goes first."""
    waits = desk.waiting_note(conn, schedule.name, language)
    if waits is not None and waits.actor != FILE:
        return ""
    why_not = _why_not(conn, schedule, paper)
    if why_not:
        if waits is not None:
            desk.take_back_note(conn, schedule.name, language=waits.language, now=now)
    elif waits is None or waits.text != paper.text:
        desk.write_note(conn, schedule.name, paper.text, actor=FILE, now=now)
    return why_not


def is_taken_in(conn: Connection, schedule: Schedule, paper: Paper, *, language: str) -> bool:
    """Say whether `take_in` would change nothing."""
    waits = desk.waiting_note(conn, schedule.name, language)
    if waits is None or waits.actor == FILE:
        return (waits.text if waits else "") == ("" if _why_not(conn, schedule, paper) else paper.text)
    return True


def _why_not(conn: Connection, schedule: Schedule, paper: Paper) -> str:
    if paper.why_not:
        return paper.why_not
    edition_id = desk.edition_with(conn, schedule.name, paper.text, FILE)
    if edition_id is None:
        return ""
    return f"{schedule.write} says what edition {edition_id} said. Write the next letter into it"

"""``inserts:``: labelled blocks of others' words in mails, such as a sponsor's from Monday to Wednesday."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import model_validator

from publisher.config.problems import Problems
from publisher.config.reading import Document
from publisher.config.shape import REQUIRED, Shape, key
from publisher.config.values import Line, Names, TextFile, as_text, parsed, split_names, wrong
from publisher.config.when import Days
from publisher.model.project import Insert


def day(value: object) -> date:
    """Read ``2026-11-23``."""
    try:
        return date.fromisoformat(as_text(value))
    except ValueError:
        raise wrong("is not a date", "Write `2026-11-23`") from None


Day = Annotated[date, *parsed(day, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "2026-11-23")]


class InsertShape(Shape):
    """One block: which words, where, under which label, and when."""

    file: TextFile = key(REQUIRED, "Its words: a Markdown file of the project", example="inserts/bank.md")
    label: Line = key(REQUIRED, "What readers are told that it is: `Sponsored`", example="Sponsored", min_length=1)
    schedules: Names = key((), "Schedule or schedules; without it, all that mail", alias="in")
    after: int | None = key(None, "After so many stories; with fewer, after the last", ge=1)
    place: Literal["top", "bottom"] | None = key(None, "Instead of `after`: above the stories, or below them, as usual")
    since: Day | None = key(None, "The first day", alias="from")
    until: Day | None = key(None, "The last day")
    days: Days | None = key(None, "Only on these days: `mon-wed`, `[mon, thu]`, `first mon`")

    @model_validator(mode="after")
    def _can_be_shown(self) -> InsertShape:
        if self.after is not None and self.place is not None:
            raise wrong(f"has both `after: {self.after}` and `place: {self.place}`", "Keep one of them")
        if self.since and self.until and self.until < self.since:
            raise wrong(f"ends on {self.until}, before it begins on {self.since}", "Correct `from:` or `until:`")
        return self

    def record(self, name: str, where: str) -> Insert:
        return Insert(
            name=name,
            file=self.file,
            label=self.label,
            schedules=self.schedules,
            after=self.after,
            place=self.place or "bottom",
            since=self.since,
            until=self.until,
            days=self.days or (),
            where=where,
        )


def check_inserts(document: Document, problems: Problems) -> None:
    """Add inserts for schedules that send no mail: posts carry none."""
    inserts, schedules = document.data.get("inserts"), document.data.get("schedules")
    if not isinstance(inserts, dict) or not isinstance(schedules, dict):
        return
    for name, insert in inserts.items():
        written = insert.get("in") if isinstance(insert, dict) else None
        names = split_names(written)
        for index, each in enumerate(names if isinstance(names, list) else []):
            if str(each) in schedules and not _mails(schedules[str(each)]):
                path = ("inserts", name, "in", *([index] if isinstance(written, list) else []))
                what = f"the schedule `{each}` sends no mail, and an insert stands in mails alone"
                problems.add(document.where(path), what, "Name one that has `to:` in a line of `send:`")


def _mails(schedule: Any) -> bool:
    send = schedule.get("send") if isinstance(schedule, dict) else None
    return not isinstance(send, list) or any(isinstance(entry, dict) and entry.get("to") for entry in send)

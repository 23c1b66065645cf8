"""schedules.yaml as records: read, checked as a whole, and every problem said with its place."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import ValidationError, model_validator

from publisher.config.alerts import AlertsShape
from publisher.config.approve import ApproveShape
from publisher.config.channels import ChannelShape
from publisher.config.explain import explain
from publisher.config.inserts import InsertShape, check_inserts
from publisher.config.languages import Spoken, check_languages
from publisher.config.moments import in_zone
from publisher.config.notes import notes_of
from publisher.config.pick import PickShape
from publisher.config.problems import Problems
from publisher.config.publication import ListShape, PublicationShape
from publisher.config.reading import FILE, Document, parse_document, read_text
from publisher.config.relations import check_relations
from publisher.config.retention import RetentionShape
from publisher.config.segments import check_segments, segments_of
from publisher.config.send import EntryShape, entry_keys
from publisher.config.shape import REQUIRED, Shape, key
from publisher.config.sources import SourceShape
from publisher.config.values import Duration, LanguageCodes, Name, PositiveDuration, TextFile, wrong, zone_info
from publisher.config.when import WhenShape
from publisher.model.project import Alerts, MeasureRule, Project, Schedule, UpdateRule
from publisher.model.retention import Retention

TO_LOOK_AT_IT = timedelta(hours=1)  # before the slot, where an edition has to be approved and no `prepare:` is said


class PaceShape(Shape):
    """How posts are spaced."""

    every: PositiveDuration | None = key(None, "At least this long between two")
    per_day: int | None = key(None, "At most this many a day", ge=1)


class ScheduleShape(Shape):
    """When, which articles, which messages to which channels."""

    when: WhenShape = key(REQUIRED, "When slots are", example='{at: "07:00"}')
    pick: PickShape = key(PickShape(), "Which articles")
    send: tuple[EntryShape, ...] = key(REQUIRED, "Which messages to whom", example="[{via: …, to: …}]", min_length=1)
    give_up_after: Duration = key(timedelta(hours=6), "How long a message that fails is tried again")
    pace: PaceShape | None = key(None, "How posts are spaced")
    backfill: int = key(0, "How many older articles a new schedule may use", ge=0)
    was: Name | None = key(None, "The schedule's former name, whose history it carries on")
    on_unknown: Literal["park", "resend"] = key("park", "What becomes of a message that may have arrived")
    on_update: UpdateRule = key("ignore", "What follows when a sent article changes")
    approve: ApproveShape | None = key(None, "Who has to agree first")
    write: TextFile | None = key(
        None, "A Markdown file of the project that makes an edition without articles; each text of it goes once"
    )
    never_twice: bool = key(
        False, "Whether readers are spared what another schedule sent them, as far as deliveries are kept"
    )
    measure: MeasureRule = key("off", "What is counted of its mails: how often each link was followed, never by whom")
    languages: LanguageCodes = key((), "An edition in each: its own articles to its own lists; without it, one for all")

    @model_validator(mode="after")
    def _has_room_for_a_note(self) -> ScheduleShape:
        if self.on_update == "note" and self.when.new:
            what = "has `on_update: note`, but with `new: article` each edition is one article: there is no room for it"
            raise wrong(what, "Write `repost` or `ignore`")
        return self

    @model_validator(mode="after")
    def _measures_what_it_tries(self) -> ScheduleShape:
        if self.measure != "clicks" and any(entry.subjects for entry in self.send):
            what = "tries two `subjects` and measures nothing: what decides is how often links are followed"
            raise wrong(what, "Add `measure: clicks`, or write one `subject`")
        return self

    @model_validator(mode="after")
    def _has_something_to_approve(self) -> ScheduleShape:
        if self.approve and self.when.new:
            what = (
                "has `approve:`, but with `new: article` each article goes by itself, and there is no draft to look at"
            )
            raise wrong(what, "Take `approve:` out, or give it a time: `at:`, `cron:`, `every:` or `once:`")
        return self

    @property
    def prepares_unasked(self) -> bool:
        """Say whether its draft is made though no `prepare:` says so: there has to be something to approve."""
        return self.approve is not None and not self.when.prepare

    @model_validator(mode="after")
    def _writes_mails(self) -> ScheduleShape:
        if self.write is None:
            return self
        if "pick" in self.model_fields_set:
            raise wrong("has both `write:` and `pick:`: what is written has no articles", "Keep one of them")
        if self.when.new:
            raise wrong("has `write:`, but with `new: article` each edition is one article", "Write `at:` or `once:`")
        if len(self.languages) > 1:
            what = "has `write:` and several `languages:`: one file is in one language, and its text goes out once"
            raise wrong(what, "Write a schedule with a file of its own for each language")
        if not any(entry.to for entry in self.send):
            raise wrong("has `write:`, but no line of `send:` has readers: no post says it", "Add one with `to:`")
        return self

    def record(self, name: str, document: Document, once: datetime | None, spoken: Spoken) -> Schedule:
        path = ("schedules", name)
        languages = spoken.languages(self.languages)
        parts = list(spoken.parts(self.send, languages))
        keys = entry_keys([entry for _, entry, _ in parts])
        when = self.when.record(once)
        return Schedule(
            name=name,
            when=replace(when, prepare=TO_LOOK_AT_IT) if self.prepares_unasked else when,
            pick=self.pick.record(),
            send=tuple(
                entry.record(own_key, document, (*path, "send", index), edition)
                for own_key, (index, entry, edition) in zip(keys, parts, strict=True)
            ),
            backfill=self.backfill,
            was=self.was or "",
            give_up_after=self.give_up_after,
            on_unknown=self.on_unknown,
            on_update=self.on_update,
            pace_every=self.pace.every if self.pace else None,
            pace_per_day=self.pace.per_day if self.pace else None,
            measure=self.measure,
            never_twice=self.never_twice,
            approve=self.approve.record() if self.approve else None,
            languages=languages,
            write=self.write or "",
            where=document.where_key(path),
        )


class ProjectShape(Shape):
    """The whole file."""

    version: Literal[1] = key(1, "Version of this file's format")
    practice: bool = key(False, "While `true`, everything goes to the built-in inbox and nothing to readers")
    publication: PublicationShape = key(REQUIRED, "The newspaper itself")
    sources: dict[Name, SourceShape] = key({}, "Where articles come from")
    lists: dict[Name, ListShape] = key({}, "What people subscribe to")
    channels: dict[Name, ChannelShape] = key({}, "Through what mail and posts go out")
    schedules: dict[Name, ScheduleShape] = key({}, "What goes out when")
    segments: dict[Name, str] = key({}, 'Conditions that choose among a list\'s subscribers: `porto: city == "Porto"`')
    inserts: dict[Name, InsertShape] = key({}, "Labelled blocks in mails, such as a sponsor's")
    alerts: AlertsShape | None = key(None, "Who is told when something is wrong")
    retention: RetentionShape | None = key(None, "How long things are kept")


def load_project(folder: Path) -> Project:
    """Read the project in a directory; ConfigError carries every problem of its schedules.yaml."""
    return parse_project(read_text(folder / FILE), FILE)


def parse_project(text: str, name: str = FILE) -> Project:
    """Read the text of a schedules.yaml.

    :param name: what places are called: ``name:12:7``.
    """
    return project_in(parse_document(text, name))


def project_in(document: Document) -> Project:
    """Read the values of a schedules.yaml."""
    problems = Problems()
    check_relations(document, problems)
    check_segments(document, problems)
    check_inserts(document, problems)
    shape = _shape(document, problems)
    problems.raise_any()
    check_languages(shape, document, problems)
    once = _once(shape, document, problems)
    problems.raise_any()
    return _project(shape, document, once)


def _shape(document: Document, problems: Problems) -> ProjectShape:
    try:
        return ProjectShape.model_validate(document.data)
    except ValidationError as error:
        explain(error, ProjectShape, document, problems)
    problems.raise_any()
    raise AssertionError("the shapes refuse the file and do not say why")


def _once(shape: ProjectShape, document: Document, problems: Problems) -> dict[str, datetime]:
    """Return the moments of ``once:`` in the publication's zone, by schedule; add those that don't exist there."""
    found = {}
    zone = shape.publication.timezone
    for name, schedule in shape.schedules.items():
        written = schedule.when.once
        if written is not None:
            moment = in_zone(written, zone_info(zone))
            if moment is None:
                where = document.where(("schedules", name, "when", "once"))
                problems.add(where, f"`once: {written:%Y-%m-%dT%H:%M}` does not exist in {zone}: clocks spring over it")
            else:
                found[name] = moment
    return found


def _project(shape: ProjectShape, document: Document, once: dict[str, datetime]) -> Project:
    where = document.where_key
    home = shape.publication.sender[1].rpartition("@")[2].casefold()
    spoken = Spoken.of(shape)
    return Project(
        publication=shape.publication.record(document),
        sources={name: item.record(name, where(("sources", name))) for name, item in shape.sources.items()},
        lists={name: item.record(name, where(("lists", name))) for name, item in shape.lists.items()},
        channels={name: item.record(name, document, home) for name, item in shape.channels.items()},
        schedules={name: item.record(name, document, once.get(name), spoken) for name, item in shape.schedules.items()},
        segments=segments_of(shape.segments, document),
        inserts={name: item.record(name, where(("inserts", name))) for name, item in shape.inserts.items()},
        practice=shape.practice,
        alerts=shape.alerts.record(where(("alerts",))) if shape.alerts else Alerts(),
        retention=shape.retention.record() if shape.retention else Retention(),
        notes=notes_of(shape, document),
        version=hashlib.sha256(document.text.encode()).hexdigest()[:16],
        text=document.text,
    )

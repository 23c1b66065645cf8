"""What sources say at this moment: asked side by side, as for an edition, and nothing of it is written down."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from publisher.app.composing import PATIENCE
from publisher.app.core import App
from publisher.app.reading import in_words, read, row_of
from publisher.errors import PublisherError
from publisher.model.project import Schedule, Source
from publisher.pipeline import rhythm
from publisher.pipeline.collect import Sighting
from publisher.runtime.sidebyside import SideBySide
from publisher.store import RowMapping


@dataclass(frozen=True, slots=True)
class Look:
    """What one source said, and what was wrong with it; one that said nothing is planned by what is known of it."""

    seen: Sighting | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """What sources said at one moment, by name, in the order of the file."""

    looks: Mapping[str, Look] = field(default_factory=dict)

    def seen(self, names: Collection[str]) -> list[Sighting]:
        """Return what was seen of these sources; no names: of all."""
        return [each.seen for each in self._of(names) if each.seen is not None]

    def problems(self, names: Collection[str]) -> tuple[str, ...]:
        """Return what was wrong with these sources; no names: with all."""
        return tuple(problem for each in self._of(names) for problem in each.problems)

    def _of(self, names: Collection[str]) -> list[Look]:
        return [each for name, each in self.looks.items() if not names or name in names]


def look(app: App, schedules: Sequence[Schedule]) -> Looked:
    """Look once at each source of these schedules and write nothing."""
    wanted = {name for each in schedules for name in each.pick.sources or app.project.sources}
    chosen = {name: each for name, each in app.project.sources.items() if name in wanted and each.kind != "push"}
    asking = SideBySide(lambda name: _look_at(app, chosen[name]))
    answers = {name: asking.ask(name) for name in chosen}
    wait(answers.values(), timeout=PATIENCE.total_seconds())
    return Looked({name: _told(name, answer) for name, answer in answers.items()})


def _look_at(app: App, source: Source) -> Look:
    row, asked_at = row_of(app, source), app.clock()
    refused = rhythm.may_not(row, source, asked_at)
    if row is not None and refused:
        return Look(problems=(_left_alone(source, row, refused, app.zone),))
    try:
        with in_words(app, source):
            reading = read(app, source, row)
    except PublisherError as error:
        return Look(problems=(str(error),))
    problems = tuple(f"{source.name}: {problem}" for problem in (*reading.problems, *reading.remarks))
    return Look(Sighting.of(source, reading, asked_at), problems)


def _left_alone(source: Source, row: RowMapping, why: str, zone: ZoneInfo) -> str:
    is_stopped = row["stopped_at"] is not None
    span = "any more" if is_stopped else f"before {row['not_before'].astimezone(zone):%Y-%m-%d %H:%M}"
    return f"{source.name}: is not asked {span}, and stands as it is known: {why.removeprefix(f'{source.name}: ')}"


def _told(name: str, answer: Future[Look]) -> Look:
    if answer.done():
        return answer.result()
    return Look(problems=(f"{name}: no answer within {PATIENCE.total_seconds():g} s",))

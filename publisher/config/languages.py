"""`languages:` of a schedule: which line of `send:` is in which language's edition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.config.problems import Problems
from publisher.config.reading import Document, Path_
from publisher.config.send import EntryShape
from publisher.model.languages import Languages

if TYPE_CHECKING:
    from publisher.config.schedules import ProjectShape

Part = tuple[int, EntryShape, str]  # which line of `send:`, with those of its lists that are meant, and their language


@dataclass(frozen=True, slots=True)
class Spoken:
    """The languages of a publication and of its lists."""

    own: str
    lists: Mapping[str, str]

    @classmethod
    def of(cls, shape: ProjectShape) -> Spoken:
        own = shape.publication.language
        return cls(own, {name: each.language or own for name, each in shape.lists.items()})

    def languages(self, written: Sequence[str]) -> Languages:
        """Return the languages of a schedule that has an edition in each of these; of one that has one for all."""
        return Languages(tuple(dict.fromkeys(written)), self.own) if written else Languages()

    def parts(self, entries: Sequence[EntryShape], languages: Languages) -> Iterator[Part]:
        """Yield the lines of `send:`, one for each language of its lists where the schedule has an edition in each."""
        for index, entry in enumerate(entries):
            for stated, names in self._by_language(entry).items() if languages.every else ():
                alone = entry.model_copy(update={"to": names})
                yield index, alone, languages.of(stated)
            if not languages.every:
                yield index, entry, ""

    def _by_language(self, entry: EntryShape) -> dict[str, tuple[str, ...]]:
        """Return an entry's lists by language, its own for all of them where it has one."""
        if entry.language or not entry.to:
            return {entry.language or self.own: entry.to}
        found: dict[str, tuple[str, ...]] = {}
        for name in entry.to:
            found[self.lists[name]] = (*found.get(self.lists[name], ()), name)
        return found


def check_languages(shape: ProjectShape, document: Document, problems: Problems) -> None:
    """Add lines of `send:` that no edition would have, and languages whose editions would go to nobody."""
    spoken = Spoken.of(shape)
    for name, schedule in shape.schedules.items():
        languages = spoken.languages(schedule.languages)
        parts = list(spoken.parts(schedule.send, languages))
        path: Path_ = ("schedules", name)
        for index, entry, edition in parts if languages.every else ():
            if not edition:
                _add_homeless(document, problems, (*path, "send", index), entry, spoken, languages)
        had = {edition for _, _, edition in parts}
        for language in (each for each in languages.every if each not in had):
            what = f"`languages:` has `{language}`, and no line of `send:` is in it"
            remedy = f"Write a line to a list with `language: {language}`, or take it out"
            problems.add(document.where_key((*path, "languages")), what, remedy)


def _add_homeless(
    document: Document, problems: Problems, path: Path_, entry: EntryShape, spoken: Spoken, languages: Languages
) -> None:
    stated = entry.language or (spoken.lists[entry.to[0]] if entry.to else spoken.own)
    whose = f"the list {', '.join(entry.to)} is" if entry.to and not entry.language else "this line is"
    what = f"{whose} in `{stated}`, which `languages:` doesn't have ({', '.join(languages.every)})"
    problems.add(document.where(path), what, f"Add `{stated}` there, or write the right `language:`")

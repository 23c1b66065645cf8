"""``segments:``: conditions that choose among a list's subscribers, read so that each mistake is said at its place."""

from __future__ import annotations

from collections.abc import Iterable

from publisher.config.problems import Problems, suggestion
from publisher.config.reading import Document
from publisher.config.values import language
from publisher.model.condition import Comparison, ConditionError, IsOn, OneOf, parts_of
from publisher.model.condition_parser import parse
from publisher.model.segment import Segment


def check_segments(document: Document, problems: Problems) -> None:
    """Add what is wrong with conditions: how they are written, and lists and languages that there are not."""
    segments, lists = document.data.get("segments"), document.data.get("lists")
    known = list(lists) if isinstance(lists, dict) else []
    for name, condition in segments.items() if isinstance(segments, dict) else ():
        if isinstance(condition, str):
            _check(document, problems, str(name), condition, known)


def _check(document: Document, problems: Problems, name: str, condition: str, lists: Iterable[str]) -> None:
    try:
        parts = list(parts_of(parse(condition)))
    except ConditionError as error:
        _add(document, problems, name, error)
        return
    for part in parts:
        if isinstance(part, IsOn) and part.list_name not in lists:
            remedy = suggestion(part.list_name, lists) or "Declare it under `lists:`"
            _add(document, problems, name, ConditionError(f"there is no list `{part.list_name}`", part.at, remedy))
        elif isinstance(part, Comparison | OneOf) and part.subject.kind == "language":
            values = part.values if isinstance(part, OneOf) else (part.value,)
            for value in values:
                _check_language(document, problems, name, str(value), part.subject.at)


def _check_language(document: Document, problems: Problems, name: str, value: str, at: int) -> None:
    remedy = "Write one such as `en` or `pt-PT`"
    try:
        usual = language(value)
        remedy = f"Write `{usual}`"
    except ValueError:
        usual = ""
    if usual != value:
        _add(document, problems, name, ConditionError(f"`{value}` is not a language code", at, remedy))


def _add(document: Document, problems: Problems, name: str, error: ConditionError) -> None:
    problems.add(place_in(document, name, error.at), f"segment `{name}`: {error.what}", error.remedy)


def place_in(document: Document, name: str, at: int) -> str:
    """Return the place of a character of a condition; of the whole, where it isn't written as it is read."""
    where = document.where(("segments", name))
    file, line, column = where.rsplit(":", 2)
    condition = str(document.data["segments"][name])
    written = document.text.split("\n")[int(line) - 1][int(column) - 1 :]
    quote = 1 if written[:1] in ("'", '"') else 0
    return f"{file}:{line}:{int(column) + quote + at}" if written[quote:].startswith(condition) else where


def segments_of(conditions: dict[str, str], document: Document) -> dict[str, Segment]:
    """Return the segments by name."""
    return {
        name: Segment(name, condition, document.where_key(("segments", name))) for name, condition in conditions.items()
    }

"""What can stand at a place of schedules.yaml while somebody types: keys with what they mean, and values.

The text is half written then, and often no YAML at all: where the cursor is follows from how far lines stand in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from publisher.config.catalogue import shape_at
from publisher.config.reading import Path_
from publisher.config.schedules import ProjectShape
from publisher.config.shape import Shape
from publisher.model.days import WEEKDAYS

MOST = 40
LONGEST_LINE = 2_000  # characters of which a place is made out
_KEY = re.compile(r"""^(?P<indent>[ \t]*(?:- +)*)(?P<key>[\w.-]+|"[^"]*"|'[^']*')[ \t]*:(?:[ \t]|$)""")
_WORD = re.compile(r"[\w./-]*\Z")
_NAME = re.compile(r"[ \t]+([a-z0-9][a-z0-9_-]{0,63}):(?:[ \t]|\Z)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'')

# Of which section's names a value is one.
NAMES: Mapping[str, str] = {
    "send.via": "channels",
    "send.to": "lists",
    "send.segment": "segments",
    "send.template": "templates",
    "pick.from": "sources",
    "pick.not_in": "schedules",
    "inserts.in": "schedules",
    "channels.fallback": "channels",
    "channels.sender": "senders",
}
SECTIONS = ("sources", "lists", "channels", "schedules", "segments")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing that may stand there. ``text`` takes the place of the word before the cursor."""

    text: str
    about: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the cursor is."""

    path: Path_  # of what is around it
    key: str  # whose value is typed; empty: a key is
    word: str  # what of it is typed so far
    had: tuple[str, ...] = ()  # keys that stand beside it in the same braces


def suggestions(text: str, cursor: int, names: Mapping[str, Sequence[str]]) -> tuple[str, list[Suggestion]]:
    """Return the word before the cursor, and what may take its place.

    :param cursor: how many characters stand before it.
    :param names: of templates and senders, which the file doesn't declare.
    """
    before = text[: max(cursor, 0)]
    place = _place(before)
    if place is None:
        return "", []
    if place.key:
        found = list(_values(place, _declared(text) | dict(names)))
    else:
        beside = {*place.had, *_beside(text, before, place)}
        found = [each for each in _keys(place) if each.text.rstrip(": ") not in beside]
    typed = place.word.casefold()
    fitting = [each for each in found if each.text.casefold().startswith(typed) and each.text != place.word]
    return place.word, (fitting or [each for each in found if typed and typed in each.text.casefold()])[:MOST]


def _place(before: str) -> _Place | None:
    start = max(before.rfind("\n"), before.rfind("\r")) + 1
    line = before[start:]
    if len(line) > LONGEST_LINE or _is_comment(line):
        return None
    lines = re.split(r"\r\n|\r|\n", before[:start])
    around, opened = _around(lines, line)
    word = _WORD.search(line)
    assert word is not None  # noqa: S101 -- an empty word is one
    return _in_braces(around, opened, word[0]) if opened else _in_lines(around, line, word[0])


def _is_comment(line: str) -> bool:
    return re.search(r"(?:^|[ \t])#", _QUOTED.sub("", line)) is not None


def _around(lines: Sequence[str], line: str) -> tuple[Path_, str]:
    """Return the keys that a line stands under, and what of it is in braces or brackets that are open still."""
    found = _KEY.match(line)
    indent = len(found["indent"]) if found else _indent(line)
    path = list(_above(lines, indent, "-" in (found["indent"] if found else line[:indent])))
    rest = line[found.end() :] if found else line
    opened = _open_part(rest)
    if opened and found:
        path.append(found["key"].strip("\"'"))
    return tuple(path), opened


def _above(lines: Sequence[str], indent: int, is_item: bool) -> list[str]:
    """Return the keys of the lines above that stand further out than this one, the outermost first."""
    path: list[str] = []
    limit = indent
    for line in reversed(lines):
        found = _KEY.match(line)
        if found is None or not line.strip():
            continue
        depth = len(found["indent"])
        # Under a key, a dash may stand as far out as the key itself.
        is_outside = depth < limit or (is_item and depth == limit - 2 and "-" not in found["indent"])
        if is_outside:
            path.append(found["key"].strip("\"'"))
            limit = found["indent"].find("-") if "-" in found["indent"] else depth
            limit = limit + 1 if "-" in found["indent"] and limit == 0 else limit
            is_item = "-" in found["indent"]
        if limit == 0:
            break
    return path[::-1]


def _indent(line: str) -> int:
    """Return how far a line stands in, the dashes of lists counted."""
    found = re.match(r"[ \t]*(?:- +)*", line)
    return found.end() if found else 0


def _open_part(rest: str) -> str:
    """Return what follows the outermost brace or bracket that is still open; empty where none is."""
    plain = _QUOTED.sub(lambda found: "x" * len(found[0]), rest)
    opened: list[int] = []
    for number, sign in enumerate(plain):
        if sign in "{[":
            opened.append(number)
        elif sign in "}]" and opened:
            opened.pop()
    return plain[opened[0] :] if opened else ""


def _in_braces(around: Path_, opened: str, word: str) -> _Place | None:
    path, had, key = list(around), list[str](), ""
    stack: list[tuple[str, list[str], str]] = []
    for sign in re.findall(r"[{}\[\],]|[^{}\[\],]+", opened):
        if sign in "{[":
            stack.append((sign, had, key))
            path += [key] if key else []
            had, key = [], ""
        elif sign in "}]":
            _, had, key = stack.pop() if stack else ("", [], "")
            path = path[:-1] if key else path
        elif sign == ",":
            had, key = [*had, key] if key else had, ""
        else:
            name, colon, _ = sign.partition(":")
            key = name.strip() if colon else key
    if stack and stack[-1][0] == "[" and path:
        return _Place(tuple(path[:-1]), str(path[-1]), word)
    typed_key = not key
    return _Place(tuple(path), "" if typed_key else key, word, tuple(had))


def _in_lines(around: Path_, line: str, word: str) -> _Place | None:
    found = _KEY.match(line)
    if found:
        return _Place(around, found["key"].strip("\"'"), word)
    bare = line.lstrip(" \t")
    if bare.startswith("- ") and bare[2:] == word and around and _is_list_of_names(around):
        return _Place(around[:-1], str(around[-1]), word)
    return _Place(around, "", word) if bare.lstrip("- ") == word else None


def _is_list_of_names(path: Path_) -> bool:
    return ".".join(map(str, (_last_shape_key(path[:-1]), path[-1]))) in NAMES


def _last_shape_key(path: Path_) -> str:
    """Return the key of the file's format that a path is inside: a schedule's or a channel's own name is none."""
    if len(path) >= 3:
        return str(path[2])
    return str(path[0]) if path else ""


def _keys(place: _Place) -> Iterator[Suggestion]:
    shape = _shape(place.path)
    if shape is None:
        return
    for name, field in shape.model_fields.items():
        yield Suggestion(f"{field.alias or name}: ", field.description or "")


def _shape(path: Path_) -> type[Shape] | None:
    """Return the shape of the keys under a path in which lists aren't counted."""
    found = shape_at(ProjectShape, path)
    for number in range(len(path), 0, -1):
        found = found or shape_at(ProjectShape, (*path[:number], 0, *path[number:]))
    return found


def _values(place: _Place, names: Mapping[str, Sequence[str]]) -> Iterator[Suggestion]:
    section = NAMES.get(f"{_last_shape_key(place.path)}.{place.key}")
    if section:
        noun = section.removesuffix("s")
        yield from (Suggestion(name, noun) for name in names.get(section, ()))
        if section == "schedules" and place.key == "not_in":
            yield Suggestion("breaking", "what went out as breaking news")
        return
    if place.key == "days":
        yield from (Suggestion(day, "") for day in ("mon-fri", *WEEKDAYS))
        return
    shape = _shape(place.path)
    fields = {field.alias or name: field for name, field in shape.model_fields.items()} if shape else {}
    field = fields.get(place.key)
    if field is not None:
        yield from (Suggestion(word, "") for word in _words_of(field))


def _words_of(field: FieldInfo) -> list[str]:
    """Return the words that a value may be, where they are few; else how one is written."""
    annotations = get_args(field.annotation) if get_origin(field.annotation) is Union else (field.annotation,)
    for annotation in (field.annotation, *annotations):
        if annotation is bool:
            return ["true", "false"]
        if get_origin(annotation) is Literal:
            return [str(word) for word in get_args(annotation)]
    return [str(example) for example in field.examples or ()]


def _declared(text: str) -> dict[str, Sequence[str]]:
    """Return the names that stand under each section, by how far they stand in."""
    found: dict[str, list[str]] = {section: [] for section in SECTIONS}
    section, indent = "", 0
    for line in re.split(r"\r\n|\r|\n", text):
        if line[:1] not in ("", " ", "\t", "#", "-"):
            section, indent = line.partition(":")[0], 0
            continue
        name = _NAME.match(line)
        if section in found and name:
            depth = name.start(1)
            indent = indent or depth
            if depth == indent:
                found[section].append(name[1])
    return dict(found)


def _beside(text: str, before: str, place: _Place) -> Iterator[str]:
    """Yield the keys that stand beside this one already, on lines of their own."""
    if not place.path and place.had:
        return
    lines = re.split(r"\r\n|\r|\n", text)
    number = len(re.split(r"\r\n|\r|\n", before)) - 1
    depth = _indent(lines[number])
    for step in (-1, 1):
        at = number + step
        while 0 <= at < len(lines):
            found = _KEY.match(lines[at])
            if lines[at].strip() and not lines[at].lstrip().startswith("#"):
                far = _indent(lines[at])
                if far < depth or (step == 1 and "-" in lines[at][:far] and far <= depth):
                    break
                if found and far == depth:
                    yield found["key"]
                if step == -1 and "-" in lines[at][:far] and far <= depth:
                    break
            at += step

"""Say what does not fit the shapes in our words, each with its place and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from publisher.config.catalogue import Key, keys_of, shape_at
from publisher.config.problems import Problems, nearest
from publisher.config.reading import Document, Path_
from publisher.config.shape import Shape

Words = tuple[str, str]  # what continues "`key: value` …", remedy
# Their values may hold a password.
UNSPOKEN = {"feed", "wordpress", "page", "base_url", "password", "token"}


_CREDENTIALS = re.compile(r"//[^/\s]*@")  # in an address


def explain(error: ValidationError, root: type[Shape], document: Document, problems: Problems) -> None:
    """Add every error of the shapes to the problems."""
    for item in error.errors(include_url=False):
        path, kind, value = item["loc"], item["type"], item["input"]
        if _is_said_elsewhere(kind, value):
            continue
        if path and path[-1] == "[key]":
            words = item["ctx"]
            problems.add(document.where_key(path[:-1]), f"`{path[-2]}` {words['what']}", words["remedy"])
        elif kind == "missing":
            _missing(path, root, document, problems)
        elif kind == "extra_forbidden":
            _unknown(path, root, document, problems)
        else:
            what, remedy = _words(kind, value, item.get("ctx", {}), item["msg"])
            where = document.where_key(path) if isinstance(value, dict) else document.where(path)
            problems.add(where, f"{_subject(path, value)} {what}", remedy)


def _is_said_elsewhere(kind: str, value: object) -> bool:
    """Tell of an empty value, and of a list that is too short only because its entries are wrong."""
    return (value is None and kind not in ("missing", "extra_forbidden")) or (kind == "too_short" and bool(value))


def _missing(path: Path_, root: type[Shape], document: Document, problems: Problems) -> None:
    shape, name = shape_at(root, path[:-1]), str(path[-1])
    fields = shape.model_fields if shape is not None else {}
    example = next(
        (field.examples[0] for key, field in fields.items() if name == (field.alias or key) and field.examples), ""
    )
    what = f"{_label(path[:-1])} has no `{name}:`" if len(path) > 1 else f"`{name}:` is missing"
    problems.add(document.where_key(path[:-1]), what, f"Add `{f'{name}: {example}'.strip()}`")


def _unknown(path: Path_, root: type[Shape], document: Document, problems: Problems) -> None:
    name = str(path[-1])
    shape = shape_at(root, path[:-1])
    known = [field.alias or key for key, field in shape.model_fields.items()] if shape is not None else []
    # What belongs further down from here is what was meant; else it may be anywhere in the file.
    elsewhere = _keys_named(name, shape or root) or _keys_named(name, root)
    problems.add(document.where_key(path), f"`{name}:` is not a key here", _meant(name, known, elsewhere))


def _keys_named(name: str, shape: type[Shape]) -> list[Key]:
    return [key for key in keys_of(shape) if key.name == name]


def _meant(name: str, known: list[str], elsewhere: list[Key]) -> str:
    close = nearest(name, known)
    if elsewhere and not (close and len(elsewhere) > 3):
        parents = list(dict.fromkeys(f"`{key.parent}:`" if key.parent else "the top of the file" for key in elsewhere))
        return f"It belongs under {' or '.join(parents)}"
    if close:
        return f"Did you mean `{close}:`?"
    return f"There are: {', '.join(known)}" if known else ""


def _subject(path: Path_, value: object) -> str:
    if isinstance(value, str | int | float) and _is_speakable(path):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if len(text) <= 60 and "\n" not in text:
            return f"`{_name(path)}: {_CREDENTIALS.sub('//…@', text)}`"
    return _label(path)


def _is_speakable(path: Path_) -> bool:
    return not (path and path[0] in ("sources", "channels") and _name(path) in UNSPOKEN)


def _label(path: Path_) -> str:
    return f"`{_name(path)}:`" if path else "the file"


def _name(path: Path_) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "")


def _words(kind: str, value: object, ctx: dict[str, Any], message: str) -> Words:
    if kind == "publisher":
        return ctx["what"], ctx["remedy"]
    if kind == "literal_error":
        return _choice(value, ctx)
    for pattern, words in WORDS.items():
        if re.fullmatch(pattern, kind):
            return words(value, ctx)
    return f"doesn't fit: {message}", ""


def _choice(value: object, ctx: dict[str, Any]) -> Words:
    choices = re.findall(r"'([^']*)'", str(ctx["expected"])) or [str(ctx["expected"])]
    close = nearest(str(value), choices) if len(choices) > 1 else choices[0]
    known = ", ".join(f"`{choice}`" for choice in choices)
    return "is not known", f"Did you mean `{close}`?" if close and len(choices) > 1 else f"Write {known}"


def _text(value: object, ctx: dict[str, Any]) -> Words:
    if isinstance(value, bool):
        return "should be text", f'Write it in quotes: `"{str(value).lower()}"`'
    return "should be text, not a list or keys", "Write it on one line"


def _keys(value: object, ctx: dict[str, Any]) -> Words:
    return "should hold keys", "Write each as `key: value`, indented, on a line of its own"


WORDS: dict[str, Callable[[object, dict[str, Any]], Words]] = {
    "string_type": _text,
    "string_too_short": lambda value, ctx: ("is empty", "Write a value"),
    "int_.*": lambda value, ctx: ("is not a whole number", "Write digits alone"),
    "bool_.*": lambda value, ctx: ("is neither true nor false", "Write `true` or `false`"),
    "model_type|dict_type|model_attributes_type": _keys,
    "(tuple|list)_type": lambda value, ctx: ("should be a list", "Begin each entry on a line of its own with `- `"),
    "too_short": lambda value, ctx: ("is an empty list", "Write at least one entry, or take the line out"),
    "greater_than_equal": lambda value, ctx: ("is too small", f"Write {ctx['ge']} or more"),
    "less_than_equal": lambda value, ctx: ("is too large", f"Write {ctx['le']} or less"),
}

"""Everything that can stand in the file, read off the shapes: for the table of keys, and to know where one belongs."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from publisher.config.reading import Path_
from publisher.config.shape import Shape


@dataclass(frozen=True, slots=True)
class Key:
    """One key: where it stands and what it is for."""

    place: str  # `schedules.NAME.when.at`
    name: str
    parent: str  # the key it stands under; empty at the top
    default: Any  # None where there is none
    required: bool
    about: str
    later: bool


def keys_of(shape: type[Shape], place: str = "", parent: str = "") -> Iterator[Key]:
    """Yield every key of a shape and of the shapes inside it, in order."""
    for name, field in shape.model_fields.items():
        written = field.alias or name
        here = f"{place}.{written}" if place else written
        yield Key(here, written, parent, _default(field), field.is_required(), field.description or "", is_later(field))
        inner, suffix = _inner(field.annotation)
        if inner is not None:
            yield from keys_of(inner, here + suffix, written)


def is_later(field: FieldInfo) -> bool:
    """Tell whether a key is known but not carried out yet."""
    extra = field.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("later"))


def shape_at(shape: type[Shape], path: Path_) -> type[Shape] | None:
    """Return the shape of the keys under a path; None where there is none."""
    annotation: Any = shape
    for part in path:
        annotation = _step(annotation, part)
    found = _without_none(annotation)
    return found if isinstance(found, type) and issubclass(found, Shape) else None


def _step(annotation: Any, part: str | int) -> Any:
    around = _without_none(annotation)
    if isinstance(around, type) and issubclass(around, Shape):
        by_name = {field.alias or name: field.annotation for name, field in around.model_fields.items()}
        return by_name.get(str(part))
    inside = [argument for argument in get_args(around) if argument is not Ellipsis]
    return inside[-1] if inside else None


def _inner(annotation: Any) -> tuple[type[Shape] | None, str]:
    around = _without_none(annotation)
    if isinstance(around, type) and issubclass(around, Shape):
        return around, ""
    item = _without_none(_step(around, 0))
    suffix = ".NAME" if get_origin(around) is dict else "[]"
    return (item, suffix) if isinstance(item, type) and issubclass(item, Shape) else (None, "")


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        return next(option for option in get_args(annotation) if option is not type(None))
    return annotation


def _default(field: FieldInfo) -> Any:
    return None if field.is_required() else field.default

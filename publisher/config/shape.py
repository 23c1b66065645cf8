"""The base of all shapes: what keys there are, of which type, with which default, and what each is for."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticUndefined

REQUIRED: Any = PydanticUndefined


class Shape(BaseModel):
    """A group of keys. Unknown ones are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True, str_strip_whitespace=True)


def key(
    default: Any, about: str, *, alias: str | None = None, example: str = "", later: bool = False, **limits: Any
) -> Any:
    """Declare a key.

    :param default: REQUIRED where the key can't be left out.
    :param about: what it means, for the table of all keys and for editors' completion.
    :param example: a value that an error can suggest.
    :param later: known and checked, but not carried out yet: a file that uses it gets a note.
    """
    extra: dict[str, Any] = {"later": True} if later else {}
    examples = [example] if example else None
    return Field(default, alias=alias, description=about, examples=examples, json_schema_extra=extra, **limits)

"""Wrong use of a command in one line: where, what, and what to do now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

_WORDS = {
    "int_parsing": "{input!r} is no number",
    "greater_than_equal": "{input} is less than {ge}",
    "less_than_equal": "{input} is more than {le}",
}


def words_of(error: typer.TyperException) -> str:
    """Return what is wrong with a command line; help that was asked for by saying nothing stays as it is."""
    context = getattr(error, "ctx", None)
    if context is None or error.message.startswith("Usage:"):
        return error.format_message()
    path = context.command_path
    return f"{path}: {_what(error).rstrip('.')}. See: {path} --help"


def _what(error: typer.TyperException) -> str:
    """Return what is wrong with a value, by the name under which it was given; else the library's own words."""
    found = getattr(error.__cause__, "errors", None)
    first: Mapping[str, Any] = found()[0] if found else {}
    words = _WORDS.get(first.get("type", ""))
    param = getattr(error, "param", None)
    if words is None or param is None:
        return error.format_message()
    return f"{param.opts[0] if param.param_type_name == 'option' else param.metavar}: " + words.format(
        input=first["input"], **first.get("ctx", {})
    )

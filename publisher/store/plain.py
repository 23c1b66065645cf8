"""Text that every engine can keep: PostgreSQL refuses the character NUL."""

from __future__ import annotations

import json
import re
from typing import Any

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_ADDRESS = re.compile(r"[^\s<>\"'(),;:=]+@[^\s<>\"'(),;:=]+")
_NUL_IN_JSON = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def plain(text: str) -> str:
    """Return the text with what not every engine can keep marked as lost."""
    return text.replace("\0", REPLACEMENT)


def without_addresses(text: str) -> str:
    """Leave out whatever looks like somebody's address."""
    return _ADDRESS.sub("…", text)


def dumps(value: Any) -> str:
    """Return the value as JSON that every engine can keep."""
    text = json.dumps(value)
    return _NUL_IN_JSON.sub(r"\1\\ufffd", text) if "\\u0000" in text else text

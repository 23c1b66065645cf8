"""Text that people hand over: a file, or `-` for what is piped in."""

from __future__ import annotations

import sys
from pathlib import Path

from publisher.errors import UsageError

PIPED = Path("-")


def named(path: Path) -> str:
    """Return what people call where a text came from."""
    return "standard input" if path == PIPED else str(path)


def text_in(path: Path, most: int) -> str:
    """Return the text in a file.

    :param most: characters.
    :raises PublisherError: it can't be read, is no text, says nothing, or too much.
    """
    from publisher.sources.files import read_capped
    from publisher.sources.xmltext import decode, is_binary

    data = sys.stdin.buffer.read(most * 4 + 1) if path == PIPED else read_capped(path, most * 4)
    where = named(path)
    if is_binary(data):
        raise UsageError("this is no text", where=where, remedy="Save it as UTF-8 text")
    text = decode(data).strip()
    if not text:
        raise UsageError("it says nothing", where=where)
    if len(text) > most:
        raise UsageError(f"it has more than {most:,} characters", where=where, remedy="Write less")
    return text

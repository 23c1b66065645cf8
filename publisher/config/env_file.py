"""Writing into ``.env``: one value, in the place of the one before it; every other line stays as it is."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from publisher.config.giving_way import READ_BY_OTHERS, alone, made_beside, open_to_group, replace
from publisher.config.settings import FILE
from publisher.errors import ConfigError

PLAIN = re.compile(r"[A-Za-z0-9_.:/@%+=,~?&-]+")  # what needs no quotes
BEGINS = re.compile(r"\s*(?:export\s+)?")
SAID = re.compile(  # a name and its value, up to the comment behind it; quoted as python-dotenv reads it
    r"""\s*(?:export\s+)?(?:'[^']+'|[^=#\s]+)[^\S\r\n]*
    (?:=(?: [^\S\r\n]*(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*") | [^\r\n]*?(?=[^\S\r\n]+\#|[\r\n]|\Z) ))?""",
    re.VERBOSE | re.DOTALL,
)


def write_values(
    folder: Path,
    values: Mapping[str, str],
    seen: Mapping[str, str] | None = None,
    within: Callable[[list[str]], AbstractContextManager[object]] = nullcontext,
) -> list[str]:
    """Write values into a project's ``.env``, whole or not at all; return the names of those that weren't there yet.

    It stays whose it was. Its group may read it where that alone was let in before; else its owner alone may.

    :param seen: what stood there when the values were asked for; of a name that isn't in it nobody looked.
    :param within: given those names, the block in which the file is put in its place: what it raises keeps it out.
    :raises ConfigError: it can't be read or written, a value can't stand in it, or somebody else has written another
        there since it was seen; then it is as it was.
    """
    path = (folder / FILE).resolve()  # a link stays one
    with _saying_what_failed(), alone(path.parent):
        text = path.read_bytes().decode("utf-8-sig") if path.exists() else ""
        now = _values_in(text)
        _must_be_as_seen(now, values, seen or {})
        new = {name: value for name, value in values.items() if now.get(name) != value}
        with within(list(new)):
            if new:
                replace(path, with_values(text, new))
    return list(new)


def must_be_writable(folder: Path) -> None:
    """Make sure that a project's ``.env`` can be written, before somebody takes pains for it. It stays as it is.

    :raises ConfigError: it can't.
    """
    path = (folder / FILE).resolve()
    with _saying_what_failed(), alone(path.parent), made_beside(path):
        pass


def shuts_out(folder: Path) -> bool:
    """Say whether others may read a project's ``.env`` who won't, once a value is written into it."""
    path = folder / FILE
    mode = path.stat().st_mode if path.exists() else 0
    return bool(mode & READ_BY_OTHERS & ~open_to_group(mode))


@contextmanager
def _saying_what_failed() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(f"the file can't be written: {error.strerror}", where=FILE) from None
    except UnicodeDecodeError:
        raise ConfigError("the file is not UTF-8", where=FILE, remedy="Save it as UTF-8 in your editor") from None


def _must_be_as_seen(now: Mapping[str, str], values: Mapping[str, str], seen: Mapping[str, str]) -> None:
    """Make sure that no value is lost that stands there only since somebody looked."""
    changed = [name for name in seen if now.get(name, "") not in ("", seen[name], values.get(name))]
    if changed:
        remedy = "Nothing was written. Begin again, or keep what is there"
        said = "was" if len(changed) == 1 else "were"
        raise ConfigError(f"{', '.join(changed)} {said} changed meanwhile", where=FILE, remedy=remedy)


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Return the text of a ``.env`` that says these values; of a name that stands twice the last one counts."""
    bindings = list(parse_stream(io.StringIO(text, newline="")))
    lines = [binding.original.string for binding in bindings]
    last = {binding.key: place for place, binding in enumerate(bindings) if binding.key is not None}
    for name in values.keys() & last.keys():
        lines[last[name]] = _line(bindings[last[name]], values[name])
    end = "\r\n" if "\r\n" in text else "\n"
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += end
    lines += [f"{name}={_quoted(value)}{end}" for name, value in values.items() if name not in last]
    written = "".join(lines)
    _prove(written, values)
    return written


def _line(binding: Binding, value: str) -> str:
    said = binding.original.string
    begins = BEGINS.match(said)
    end = said[len(said.rstrip("\r\n")) :]
    return f"{begins[0] if begins else ''}{binding.key}={_quoted(value)}{_comment(said)}{end}"


def _comment(said: str) -> str:
    """Return what an editor wrote behind a value, with the space that tells it from one; empty: nothing."""
    before = SAID.match(said)
    behind = said[before.end() :].rstrip() if before else ""
    return f" {behind}" if behind.startswith("#") else behind


def _quoted(value: str) -> str:
    if PLAIN.fullmatch(value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _prove(text: str, values: Mapping[str, str]) -> None:
    """Read the values back, as they will be read, before anything is written."""
    read = _values_in(text)
    for name, value in values.items():
        if read.get(name) != value:
            raise ConfigError(f"{name} can't be written", where=FILE, remedy=f"Write {name}=… into it by hand")


def _values_in(text: str) -> dict[str, str]:
    bindings = parse_stream(io.StringIO(text, newline=None))
    return {each.key: each.value for each in bindings if each.key is not None and each.value is not None}

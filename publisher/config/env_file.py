"""Writing into ``.env``: one value, in the place of the one before it; every other line stays as it is."""

from __future__ import annotations

import fcntl
import io
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from publisher.config.settings import FILE
from publisher.errors import ConfigError

PLAIN = re.compile(r"[A-Za-z0-9_.:/@%+=,~?&-]+")  # what needs no quotes
BESIDE = "publisher.db.env-"
PATIENCE = 10.0  # seconds; another writer takes a few hundredths of one
PAUSE = 0.02
MOUNTS = Path("/proc/self/mountinfo")  # proc(5): the fifth word is the place, its blanks and backslashes in octal
BEGINS = re.compile(r"\s*(?:export\s+)?")
SAID = re.compile(  # a name and its value, up to the comment behind it; quoted as python-dotenv reads it
    r"""\s*(?:export\s+)?(?:'[^']+'|[^=#\s]+)[^\S\r\n]*
    (?:=(?: [^\S\r\n]*(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*") | [^\r\n]*?(?=[^\S\r\n]+\#|[\r\n]|\Z) ))?""",
    re.VERBOSE | re.DOTALL,
)
OWN = stat.S_IRUSR | stat.S_IWUSR
READ_BY_OTHERS = stat.S_IRGRP | stat.S_IROTH
OF_GROUP = stat.S_IRGRP | stat.S_IWGRP


def write_values(folder: Path, values: Mapping[str, str], seen: Mapping[str, str] | None = None) -> list[str]:
    """Write values into a project's ``.env``, whole or not at all; return the names of those that weren't there yet.

    It stays whose it was. Its group may read it where that alone was let in before; else its owner alone may.

    :param seen: what stood there when the values were asked for; of a name that isn't in it nobody looked.
    :raises ConfigError: it can't be read or written, a value can't stand in it, or somebody else has written another
        there since it was seen; then it is as it was.
    """
    path = (folder / FILE).resolve()  # a link stays one
    with _saying_what_failed(), _alone(path.parent):
        text = path.read_bytes().decode("utf-8-sig") if path.exists() else ""
        now = _values_in(text)
        _must_be_as_seen(now, values, seen or {})
        new = {name: value for name, value in values.items() if now.get(name) != value}
        if new:
            _replace(path, with_values(text, new))
    return list(new)


def must_be_writable(folder: Path) -> None:
    """Make sure that a project's ``.env`` can be written, before somebody takes pains for it. It stays as it is.

    :raises ConfigError: it can't.
    """
    path = (folder / FILE).resolve()
    with _saying_what_failed(), _alone(path.parent), _made_beside(path):
        pass


def shuts_out(folder: Path) -> bool:
    """Say whether others may read a project's ``.env`` who won't, once a value is written into it."""
    path = folder / FILE
    mode = path.stat().st_mode if path.exists() else 0
    return bool(mode & READ_BY_OTHERS & ~_open_to_group(mode))


@contextmanager
def _saying_what_failed() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(f"the file can't be written: {error.strerror}", where=FILE) from None
    except UnicodeDecodeError:
        raise ConfigError("the file is not UTF-8", where=FILE, remedy="Save it as UTF-8 in your editor") from None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep out whoever else would write; it is the folder's lock, since the file gives way to another.

    :raises ConfigError: somebody else has it for too long.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                remedy = "Wait until it has ended, and try again; lsof names it"
                raise ConfigError("another program holds its folder (flock)", where=FILE, remedy=remedy) from None
            time.sleep(PAUSE)
        else:
            return


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


def _replace(path: Path, text: str) -> None:
    """Write beside it and move: a crash leaves the old file or the new one."""
    with _made_beside(path) as (beside, descriptor):
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="", closefd=False) as file:
            file.write(text)
        os.fsync(descriptor)
        beside.replace(path)


@contextmanager
def _made_beside(path: Path) -> Iterator[tuple[Path, int]]:
    """Make an empty file that may take another's place, with its owner and mode; it goes where it hasn't.

    What a crash leaves beside it holds every secret: its name is one that projects keep out of git (`publisher.db*`),
    and the next time it goes.
    """
    _must_not_be_mounted(path)
    for left in path.parent.glob(f"{BESIDE}*"):
        left.unlink(missing_ok=True)
    beside = path.with_name(f"{BESIDE}{os.getpid()}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWN)
        try:
            _hand_over(descriptor, path)  # before anything stands in it
            yield beside, descriptor
        finally:
            os.close(descriptor)
    finally:
        beside.unlink(missing_ok=True)


def _must_not_be_mounted(path: Path) -> None:
    """Make sure that a file is none that a container was given by itself: nothing can be moved there.

    Where the system doesn't tell what is mounted, as outside Linux, the move will.
    """
    try:
        mounted = {line.split()[4] for line in MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()}
    except FileNotFoundError:
        return
    if re.sub(r"[ \t\n\\]", lambda found: f"\\{ord(found[0]):03o}", str(path)) in mounted:
        what = "the file is mounted by itself, so no other can take its place"
        remedy = "Mount the folder that it is in instead, or do this where the file lies"
        raise ConfigError(what, where=FILE, remedy=remedy)


def _hand_over(descriptor: int, path: Path) -> None:
    """Give a file to whom the one before it belongs; a new one that root makes, to the folder's owner.

    :raises ConfigError: this user can't; whoever needs the file could read it no more.
    """
    is_new = not path.exists()
    if is_new and os.geteuid() != 0:
        return
    of = (path.parent if is_new else path).stat()
    stays_open = 0 if is_new else _open_to_group(of.st_mode)
    _give(descriptor, of)
    _give_group(descriptor, of, stays_open)
    os.fchmod(descriptor, OWN | stays_open)


def _give(descriptor: int, of: os.stat_result) -> None:
    try:
        if of.st_uid != os.fstat(descriptor).st_uid:
            os.fchown(descriptor, of.st_uid, -1)
    except PermissionError:
        what = "the file belongs to another user, who could read it no more"
        raise ConfigError(what, where=FILE, remedy="Run this as the user to whom it belongs") from None


def _give_group(descriptor: int, of: os.stat_result, stays_open: int) -> None:
    """Give a file's group; where that has no part in it, its owner from outside the group does without."""
    try:
        if of.st_gid != os.fstat(descriptor).st_gid:
            os.fchown(descriptor, -1, of.st_gid)
    except PermissionError:
        if stays_open:
            what = "its group may read the file, and could no more: you are not of that group"
            remedy = f"Run this as one who is, or close the file to it: chmod g-rwx {FILE}"
            raise ConfigError(what, where=FILE, remedy=remedy) from None


def _open_to_group(mode: int) -> int:
    """Return what a file's group may do with it still; where all may, nobody chose it: so is any new file."""
    return 0 if mode & stat.S_IRWXO else mode & OF_GROUP

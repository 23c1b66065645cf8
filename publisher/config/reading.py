"""Read YAML into plain values and remember where each of them stands.

Values follow YAML 1.2 with two differences that keep editors' words as they were written: a date stays text, and a
number that would lose digits (``007``, ``1.10``) stays text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import StringMark, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from publisher.config import yaml_errors
from publisher.config.problems import Problems
from publisher.errors import ConfigError

FILE = "schedules.yaml"
MAX_BYTES = 1_000_000
MAX_VALUES = 50_000  # a file whose aliases multiply beyond this is a mistake or an attack

Path_ = tuple[str | int, ...]

NULL = re.compile(r"(~|null|Null|NULL|)")
BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,8})\.([0-9]{0,8}[1-9]|0)")
NESTED = re.compile(r"(?:[\[{]\s*){100}")  # on which ruamel would spend seconds before it fails
CUT = re.compile(r" #[^\s#]")
CUT_AT_ONCE = re.compile(r"\s*: +#[^\s#]")  # a comment begins with `# `; `#5` was meant as text


@dataclass(frozen=True, slots=True)
class Document:
    """A file's values as dict, list, str, int, float, bool and None; and the place of each.

    :param places: path of a value → ``schedules.yaml:12:7``; ``()`` is the whole file.
    :param key_places: path of a value → the place of its key.
    :param cut: paths of texts that a ``#`` without a space after it seems to have cut short.
    """

    name: str
    text: str
    data: dict[str, Any]
    places: Mapping[Path_, str]
    key_places: Mapping[Path_, str]
    cut: tuple[Path_, ...]

    def where(self, path: Path_) -> str:
        """Return the place of a value, or of the nearest thing around it that stands in the file."""
        while path not in self.places:
            path = path[:-1]
        return self.places[path]

    def where_key(self, path: Path_) -> str:
        """Return the place of a value's key, or of the value where it has none."""
        return self.key_places.get(path) or self.where(path)


def read_text(path: Path) -> str:
    """Return the file's text; ConfigError when it is missing, unreadable, too large or not UTF-8."""
    try:
        raw = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError(
            "there is no such file", where=path.name, remedy=f"`publisher init {path.parent}` writes a working one"
        ) from None
    except OSError as error:
        raise ConfigError(f"the file can't be read: {error.strerror}", where=path.name) from None
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"the file has {len(raw):,} bytes, more than the {MAX_BYTES:,} allowed", where=path.name)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            "the file is not UTF-8", where=f"{path.name}:{line}", remedy="Save it as UTF-8 in your editor"
        ) from None


def parse_document(text: str, name: str = FILE) -> Document:
    """Read a text that holds keys and values; ConfigError names everything that YAML itself can't take."""
    builder = _Builder(name, text.removeprefix("\ufeff"))
    try:
        root = compose(builder.text)
        data = builder.build(root, ()) if root is not None else None
    except RecursionError:
        raise ConfigError("the file is nested too deeply", where=name, remedy="Look for `[` or `{` repeated") from None
    except (YAMLError, ValueError) as error:  # a ValueError for an escape beyond Unicode, which ruamel does not catch
        raise yaml_errors.explain(error, builder.text, name) from None
    builder.problems.raise_any()
    if data is None:
        raise ConfigError("the file is empty", where=name, remedy="`publisher init` writes a working one")
    if not isinstance(data, dict):
        raise ConfigError(
            "the file should begin with keys", where=f"{name}:1:1", remedy="Write `publication:` on a line of its own"
        )
    return Document(name, builder.text, data, builder.places, builder.key_places, tuple(builder.cut))


def compose(text: str) -> Node | None:
    """Return YAML's nodes with their positions; None for a text that says nothing.

    :raises YAMLError: it is none. ValueError and RecursionError: it holds what ruamel has no words for.
    """
    if NESTED.search(text):
        raise RecursionError
    root: Node | None = _reader().compose(text)
    return root


def _reader() -> YAML:
    reader = YAML(typ="safe", pure=True)
    reader.composer.warn_double_anchors = False  # the warning would print the line, which may hold a secret
    return reader


@dataclass(slots=True)
class _Builder:
    """Turns YAML's nodes into values, noting each place on the way."""

    name: str
    text: str
    places: dict[Path_, str] = field(default_factory=dict)
    key_places: dict[Path_, str] = field(default_factory=dict)
    cut: list[Path_] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)
    open: list[int] = field(default_factory=list)  # ids of the nodes around this one

    def build(self, node: Node, path: Path_) -> Any:
        self.places[path] = self._place(node.start_mark)
        if len(self.places) > MAX_VALUES:
            raise ConfigError(f"the file has more than {MAX_VALUES:,} values", where=self.name)
        if id(node) in self.open:
            self.problems.add(self.places[path], "a value can't contain itself", "Write it out in place of the `*`")
            return None
        self._check_tag(node, path)
        self.open.append(id(node))
        try:
            return self._value(node, path)
        finally:
            self.open.pop()

    def _value(self, node: Node, path: Path_) -> Any:
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.build(child, (*path, index)) for index, child in enumerate(node.value)]
        assert isinstance(node, ScalarNode)  # noqa: S101 - YAML has no fourth kind of node
        return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: Path_) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self.problems.add(self._place(node.start_mark), *yaml_errors.braces_as_key(node.start_mark, self.text))
                continue
            key = str(key_node.value)
            here = self._place(key_node.start_mark)
            if key == "<<" and key_node.style is None:
                self.problems.add(here, "`<<:` is not supported", "Write the keys out")
            elif key in values:
                first = self.key_places[(*path, key)].removeprefix(f"{self.name}:").split(":")[0]
                self.problems.add(here, f"`{key}:` stands here twice, first in line {first}", "Keep one of them")
            elif not key_node.style and self._stands_alone(key_node, value_node):
                self.problems.add(here, *yaml_errors.stands_alone(list(values)[-1:]))
            else:
                self.key_places[(*path, key)] = here
                values[key] = self.build(value_node, (*path, key))
                if values[key] is None and CUT_AT_ONCE.match(self.text, key_node.end_mark.index):
                    self.cut.append((*path, key))
        return values

    def _stands_alone(self, key_node: ScalarNode, value_node: Node) -> bool:
        """Tell a word without a colon, which YAML takes for a key without a value."""
        end = key_node.end_mark.index
        return value_node.value == "" and not self.text[end : end + 80].lstrip().startswith(":")

    def _scalar(self, node: ScalarNode, path: Path_) -> Any:
        raw = str(node.value)
        if node.style is not None:
            return raw
        mark: StringMark = node.end_mark
        if raw and CUT.match(self.text, mark.index):
            self.cut.append(path)
        return _plain_value(raw)

    def _check_tag(self, node: Node, path: Path_) -> None:
        tag = str(node.tag or "")
        if tag and not tag.startswith("tag:yaml.org,2002:"):
            self.problems.add(self.places[path], "a text that begins with `!` needs quotes", 'Write `"!…"`')

    def _place(self, mark: StringMark) -> str:
        return f"{self.name}:{mark.line + 1}:{mark.column + 1}"


def _plain_value(raw: str) -> Any:
    """Return the value of a text without quotes."""
    if NULL.fullmatch(raw):
        return None
    if raw in BOOLEAN:
        return BOOLEAN[raw]
    if INTEGER.fullmatch(raw):
        return int(raw)
    if DECIMAL.fullmatch(raw):
        return float(raw)
    return raw

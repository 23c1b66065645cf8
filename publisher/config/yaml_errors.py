"""Say YAML's own errors in our words: what is wrong at this place, and what to write instead.

No answer repeats the text of the line, which may hold a secret.
"""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError, StringMark
from ruamel.yaml.reader import ReaderError

from publisher.errors import ConfigError

KEYS = re.compile(r"(?:^|[\s{\[,])([\w-]+):\s")
BRACES = re.compile(r"(?:(?<=^)|(?<=[\s,:\[{-]))\{\{")

Words = tuple[str, str]  # what, remedy


def explain(error: Exception, text: str, name: str) -> ConfigError:
    """Return the ConfigError that says what a failure to read YAML means."""
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        what = "there is a character that no text may hold (a control character)"
        return ConfigError(what, where=f"{name}:{line}", remedy="Delete it")
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return ConfigError("the file is not YAML", where=name, remedy="Compare it with the example of `publisher init`")
    line_number, column, (what, remedy) = _place_and_words(error, text.splitlines())
    return ConfigError(what, where=f"{name}:{line_number + 1}:{column + 1}", remedy=remedy)


def braces_as_key(mark: StringMark, text: str) -> Words:
    """Say that a ``{`` where a key should be was meant as text."""
    line = _line(text.splitlines(), mark.line)
    if "{{" in line:
        return _braces(line)
    if "${" in line:
        return _dollar(line, line.index("${"))
    return "a key should be a word, not a list or braces", "Put quotes around the text"


def stands_alone(keys_before: list[str]) -> Words:
    """Say that a comma inside ``{ }`` ended a text."""
    if not keys_before:
        return "a word stands here without a value", "Write `key: value`"
    key = keys_before[-1]
    return f"the comma ends the value of `{key}:`", f'Write `{key}: "…, …"` for one text, `{key}: […, …]` for a list'


def _place_and_words(error: MarkedYAMLError, lines: list[str]) -> tuple[int, int, Words]:
    mark, start = error.problem_mark, error.context_mark
    line = _line(lines, mark.line)
    before, indent = line[: mark.column], line[: len(line) - len(line.lstrip())]
    braces = BRACES.search(line)
    if braces:
        return mark.line, braces.start(), _braces(line)
    if "'\\t'" in str(error.problem) or "\t" in indent:
        return mark.line, mark.column, ("there is a tab where only spaces may stand", "Replace it by two spaces")
    if before.endswith("$") and line[mark.column : mark.column + 1] == "{":
        return mark.line, mark.column - 1, _dollar(line, mark.column)
    context = str(error.context or "")
    is_text = _is_colon(error) and re.search(r":\s", before)
    if start is not None and ("flow" in context or "quoted" in context) and not is_text:
        words = (
            _quoted(str(error.problem)) if "quoted" in context else _unclosed(_line(lines, start.line), start.column)
        )
        return start.line, start.column, words
    return mark.line, mark.column, _by_problem(error, line, before)


def _by_problem(error: MarkedYAMLError, line: str, before: str) -> Words:
    problem = str(error.problem or "")
    if _is_colon(error):
        return _colon(line, before)
    if "undefined alias" in problem:
        return "a text that begins with `*` needs quotes", _quote(before, "*…")
    if "another document" in problem:
        return "`---` begins a second document", "Keep one publication in one file: take the line out"
    if "cannot start any token" in problem:
        sign = line[len(before) : len(before) + 1]
        return f"a text that begins with {sign} needs quotes", _quote(before, f"{sign}…")
    if "sequence entries are not allowed" in problem:
        return "a list begins on the line of its key", "Put each `- ` on a line of its own, below the key"
    if "expected <block end>" in problem:
        return _after_a_value(before)
    return "this can't be read as YAML", "Look at the quotes, colons and indentation of this line and the one before"


def _is_colon(error: MarkedYAMLError) -> bool:
    return "mapping values are not allowed" in str(error.problem) or "got ':'" in str(error.problem)


def _braces(line: str) -> Words:
    return "`{{` needs quotes around the whole text", _quote(line[: line.index("{{")], "{{ … }}")


def _dollar(line: str, column: int) -> Words:
    return (
        "`${NAME}` can't stand inside `{ }` without quotes",
        f"{_quote(line[:column], '${NAME}')}, or one key per line without the `{{ }}`",
    )


def _colon(line: str, before: str) -> Words:
    if re.search(r":\s", before):
        return "`: ` in a text makes YAML take it for a key", _quote(before[: before.rfind(": ") + 2], "… : …")
    return (
        "this line doesn't fit the one before it",
        "A key is followed by `: ` with a space, and keys that belong together begin in the same column",
    )


def _unclosed(opening: str, column: int) -> Words:
    bracket, closing = ("{", "}") if opening[column : column + 1] == "{" else ("[", "]")
    if "#" in opening:
        return f"`{bracket}` is not closed: `#` makes the rest of the line a comment", 'Put quotes around it: `"#…"`'
    return f"`{bracket}` is not closed, or a comma is missing", f"Write the `,` or `{closing}` that is missing"


def _quoted(problem: str) -> Words:
    if "escape" in problem:
        return r"`\` has a meaning of its own inside double quotes", r"Write `\\`, or use single quotes"
    return "a quotation mark is opened and never closed", "Write the closing one at the end of the text"


def _after_a_value(before: str) -> Words:
    if before.rstrip().endswith(('"', "'", "]", "}")):
        return "there is text after the end of a value", "Put the whole text in one pair of quotes"
    return (
        "this line doesn't fit the lines before it",
        "Keys that belong together begin in the same column, items of a list with `- `",
    )


def _quote(before: str, example: str) -> str:
    keys = KEYS.findall(before)
    return f'Write `{keys[-1]}: "{example}"`' if keys else f'Write `"{example}"`'


def _line(lines: list[str], number: int) -> str:
    return lines[number] if number < len(lines) else ""

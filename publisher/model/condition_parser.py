"""Reads the condition of a segment as it is written.

Every token is told apart here; Python's own parser then sees only how they are put together (`and`, `or`, `not`,
comparisons, parentheses), with a place holder of the same length for each word and value. Nothing is ever evaluated.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from publisher.model.condition import (
    Any,
    Comparison,
    Condition,
    ConditionError,
    Every,
    IsOn,
    Kind,
    Not,
    OneOf,
    Operator,
    Subject,
    Value,
)

LONGEST = 5_000  # characters
DEEPEST = 20  # parentheses, `and`, `or`, `not` within one another
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}

_KINDS: Mapping[type, str] = {str: "text", float: "a number", date: "a date", timedelta: "a duration"}
_SIGNS: Mapping[type[ast.cmpop], Operator] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def parse(text: str) -> Condition:
    """Read a condition.

    :raises ConditionError: it can't be meant.
    """
    if len(text) > LONGEST:
        raise ConditionError(f"a condition has at most {LONGEST:,} characters", LONGEST)
    tokens = list(_tokens(text))
    if not tokens:
        raise ConditionError("there is no condition", 0, 'Write one such as `city == "Porto"`')
    return _Reader(text, {token.at: token for token in tokens}).condition(_tree(text, tokens).body)


# --- tokens


@dataclass(frozen=True, slots=True)
class _Token:
    at: int
    text: str
    kind: str  # the name of the pattern's group
    value: Value = ""


_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<quoted>"[^"]*"|'[^']*')
      | (?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})(?![\w-])
      | (?P<duration>[0-9]{1,4}[hdw])(?!\w)
      | (?P<number>-?[0-9]+(?:\.[0-9]+)?)(?![\w.])
      | (?P<sign>==|!=|<=|>=|[<>(),])
      | (?P<word>[^\W\d]\w*)
      | (?P<wrong>\d\w*|&&|\|\||.)""",
    re.VERBOSE | re.DOTALL,
)
_KEYWORDS = ("and", "or", "not", "in")
_SLIPS = {
    "=": "Write `==`",
    "&&": "Write `and`",
    "&": "Write `and`",
    "||": "Write `or`",
    "|": "Write `or`",
    "!": "Write `not`",
    "[": "Write `(`",
    "]": "Write `)`",
    '"': "Close the text with another `\"`",
    "'": "Close the text with another `'`",
}  # fmt: skip
_CURLED = "“”„«»‘’‚‹›"


def _tokens(text: str) -> Iterator[_Token]:
    touches = False  # a word or a value ends where the next token begins
    for found in _TOKEN.finditer(text):
        kind, said, at = str(found.lastgroup), found[0], found.start()
        if kind == "wrong" or (touches and kind not in ("sign", "space")):
            raise ConditionError(f"`{said}` can't stand here", at, _instead(said))
        if kind == "word" and said in _KEYWORDS:
            kind = "keyword"
        touches = kind not in ("sign", "space")
        if kind != "space":
            yield _Token(at, said, kind, _value(kind, said, at))


def _instead(said: str) -> str:
    if said in _CURLED:
        return 'Text stands in straight quotes: `"Porto"`'
    if said[0].isdigit():
        return "A duration is a number with `h`, `d` or `w`: `90d`; a date is `2026-11-24`; other text needs quotes"
    return _SLIPS.get(said, "")


def _value(kind: str, said: str, at: int) -> Value:
    if kind == "quoted":
        return said[1:-1]
    if kind == "number":
        if sum(each.isdigit() for each in said) > 15:  # what both engines keep exactly
            raise ConditionError(f"`{said}` has more than 15 digits", at, "Put it into quotes, as text")
        return float(said)
    if kind == "date":
        return _date(said, at)
    return int(said[:-1]) * UNITS[said[-1]] if kind == "duration" else ""


def _date(said: str, at: int) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise ConditionError(f"there is no day {said}", at, "A date is written `2026-11-24`") from None


# --- how they are put together


def _tree(text: str, tokens: list[_Token]) -> ast.Expression:
    """Let Python's parser put the tokens together; what a word or a value says it doesn't see."""
    shape = list(" " * len(text))
    for token in tokens:
        end = token.at + len(token.text)
        shape[token.at : end] = token.text if token.kind in ("keyword", "sign") else "_" * len(token.text)
    begin = tokens[0].at  # nothing may be indented
    try:
        tree = ast.parse("".join(shape)[begin:], mode="eval")
    except SyntaxError as error:
        at = begin + max((error.offset or 1) - 1, 0)
        raise ConditionError(f"it can't be understood from {_shown(text, at)} on", at, _EXAMPLE) from None
    except (MemoryError, RecursionError):
        raise ConditionError(_TOO_DEEP, begin) from None
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            node.col_offset += begin
    return tree


_EXAMPLE = 'Write it like `city == "Porto" and joined > 90d`'
_TOO_DEEP = f"it is nested more than {DEEPEST} deep"


def _shown(text: str, at: int) -> str:
    rest = text[at:].split()
    return f"`{rest[0][:40]}`" if rest else "its end"


# --- what they mean


class _Reader:
    """Turns Python's tree into conditions."""

    def __init__(self, text: str, tokens: Mapping[int, _Token]) -> None:
        self._text = text
        self._tokens = tokens  # by where they begin

    def condition(self, node: ast.expr, depth: int = 0) -> Condition:
        if depth > DEEPEST:
            raise ConditionError(_TOO_DEEP, node.col_offset)
        match node:
            case ast.BoolOp(op, values):
                parts = tuple(self.condition(each, depth + 1) for each in values)
                return Every(parts) if isinstance(op, ast.And) else Any(parts)
            case ast.UnaryOp(ast.Not(), operand):
                return Not(self.condition(operand, depth + 1))
            case ast.Compare(left, [ast.In() | ast.NotIn() as sign], [right]):
                one_of = OneOf(self._subject(left), self._values(right, left))
                return one_of if isinstance(sign, ast.In) else Not(one_of)
            case ast.Compare(left, [sign], [right]):
                return self._comparison(left, _SIGNS[type(sign)], right)
            case ast.Compare(left):
                raise ConditionError("only two things are compared at a time", left.col_offset, "Join two by `and`")
            case ast.Call(ast.Name() as name, [ast.Name() as inside], []) if self._word(name) == "on":
                return IsOn(str(self._quoted(inside)), inside.col_offset)
        raise self._no_condition(node)

    def _no_condition(self, node: ast.expr) -> ConditionError:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            word = self._word(node.func)
            return ConditionError(f"`{word}(…)` is not known so", node.col_offset, 'There is `on("daily")`, for a list')
        shown = self._text[node.col_offset :].split()[0]
        return ConditionError(f"`{shown}` alone is no condition", node.col_offset, _EXAMPLE)

    def _comparison(self, left: ast.expr, sign: Operator, right: ast.expr) -> Comparison:
        subject, value = self._subject(left), self._any_value(right)
        _check_kind(subject, value, right.col_offset)
        if isinstance(value, str) and sign not in ("==", "!="):
            raise ConditionError("text has no order", right.col_offset, "Write `==`, `!=` or `in (…)`")
        if isinstance(value, timedelta) and sign in ("==", "!="):
            what = "nobody has been on a list for exactly so long"
            raise ConditionError(what, right.col_offset, f"Write `{subject.name} > …` or `<`")
        return Comparison(subject, sign, value)

    def _subject(self, node: ast.expr) -> Subject:
        match node:
            case ast.Call(ast.Name() as name, [ast.Name() as inside], []) if self._word(name) == "attribute":
                return Subject("attribute", str(self._quoted(inside)), node.col_offset)
            case ast.Name() if word := self._word(node):
                return Subject(_known(word, node.col_offset), word, node.col_offset)
        remedy = 'First comes a name: `city == "Porto"`'
        raise ConditionError("a value stands where a name is needed", node.col_offset, remedy)

    def _values(self, node: ast.expr, subject: ast.expr) -> tuple[str, ...] | tuple[float, ...] | tuple[date, ...]:
        if not isinstance(node, ast.Tuple) and not self._is_value(node):
            raise ConditionError("after `in` come values", node.col_offset, 'Write `in ("Porto", "Lisbon")`')
        nodes = node.elts if isinstance(node, ast.Tuple) else [node]
        values = tuple(self._any_value(each) for each in nodes)
        for each, value in zip(nodes, values, strict=True):
            _check_kind(self._subject(subject), value, each.col_offset)
            if isinstance(value, timedelta) or type(value) is not type(values[0]):
                what = f"{_KINDS[type(value)]} can't stand in this list"
                raise ConditionError(what, each.col_offset, "All values are text, or numbers, or dates")
        if not values:
            raise ConditionError("there is nothing in the list", node.col_offset, 'Write `in ("Porto", "Lisbon")`')
        return values  # type: ignore[return-value]  # all of one kind

    def _any_value(self, node: ast.expr) -> Value:
        if isinstance(node, ast.Name) and (word := self._word(node)):
            remedy = f'Text needs quotes: `"{word}"`'
            raise ConditionError(f"`{word}` is a name, and a value is needed here", node.col_offset, remedy)
        if not self._is_value(node):
            raise ConditionError("a value is needed here", node.col_offset, _EXAMPLE)
        return self._tokens[node.col_offset].value

    def _quoted(self, node: ast.Name) -> Value:
        token = self._tokens[node.col_offset]
        if token.kind != "quoted":
            raise ConditionError(f"`{token.text}` is no text", token.at, f'Text needs quotes: `"{token.text}"`')
        return token.value

    def _is_value(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and self._tokens[node.col_offset].kind != "word"

    def _word(self, node: ast.Name) -> str:
        token = self._tokens[node.col_offset]
        return token.text if token.kind == "word" else ""


def _known(word: str, at: int) -> Kind:
    if word in ("opened", "clicked"):
        what = f"`{word}`: what single readers open and click is not known to segments"
        raise ConditionError(what, at, f'An attribute of that name is `attribute("{word}")`')
    return word if word in ("joined", "language", "domain") else "attribute"  # type: ignore[return-value]  # one of its words


def _check_kind(subject: Subject, value: Value, at: int) -> None:
    """Refuse to compare what is never alike."""
    takes: dict[Kind, tuple[type, ...]] = {
        "attribute": (str, float, date),
        "joined": (date, timedelta),
        "language": (str,),
        "domain": (str,),
    }
    if not isinstance(value, takes[subject.kind]):
        known = " or ".join(_KINDS[each] for each in takes[subject.kind])
        what = f"`{subject.name}` is compared with {known}, and this is {_KINDS[type(value)]}"
        raise ConditionError(what, at, _EXAMPLE)

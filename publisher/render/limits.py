"""What a template may use up: time, and the size of what it makes. A hostile one ends in an error, not a worker.

Jinja's sandbox keeps a template from reaching out; it does not keep it from counting to a billion. So every loop,
every call and every filter takes a step, which looks at the clock, what is printed is counted before it is put
together, and nothing larger than a mail could ever be is made.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.runtime import Undefined
from jinja2.utils import pass_context

LONGEST = 2_000_000  # characters of any text; a mail over 100,000 bytes is held anyway
MOST = 1_000_000  # items of any list, those of the lists within it counted too
BITS = 256  # of any whole number
PRINTED = 4 * LONGEST  # characters in one rendering; what a macro prints counts again where the macro is printed
_LETTERS = 100  # of a text, that weigh as much as an item: lists of long texts take long to compare
SECONDS = 5.0  # of processor, for one template

_CONTAINERS = (list, tuple, dict, set, frozenset)
_KINDS = {"NoneType": "what is not there", "generator": "a generator", "Macro": "a macro"} | dict.fromkeys(
    ("builtin_function_or_method", "function", "method", "type"), "a function"
)
_WIDE = re.compile(r"\{[^{}]*:[^{}]*(?:\{|\d{4})")  # a format that sets its width elsewhere, or to thousands

# What a value's own methods may be. Others make texts of any size, or leave text altogether.
METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset(
        [
            "capitalize",
            "casefold",
            "count",
            "endswith",
            "find",
            "format",
            "index",
            "isalnum",
            "isalpha",
            "isdecimal",
            "isdigit",
            "islower",
            "isnumeric",
            "isspace",
            "istitle",
            "isupper",
            "join",
            "lower",
            "lstrip",
            "partition",
            "removeprefix",
            "removesuffix",
            "replace",
            "rfind",
            "rindex",
            "rpartition",
            "rsplit",
            "rstrip",
            "split",
            "splitlines",
            "startswith",
            "strip",
            "striptags",
            "swapcase",
            "title",
            "unescape",
            "upper",
        ]
    ),
    dict: frozenset({"get", "items", "keys", "values"}),
    list: frozenset({"count", "index"}),
    tuple: frozenset({"count", "index"}),
}


@dataclass
class _Meter:
    """What one rendering has used up."""

    until: float = float("inf")  # of this thread's processor time
    printed: int = 0


_METER: ContextVar[_Meter] = ContextVar("meter")


@contextmanager
def metered(seconds: float) -> Iterator[None]:
    """Give what is rendered within so much of the processor's time."""
    token = _METER.set(_Meter(time.thread_time() + seconds))
    try:
        yield
    finally:
        _METER.reset(token)


def step(printing: int = 0) -> None:
    """Look at the clock and count what is about to be printed; outside of a rendering there is nothing to count."""
    meter = _METER.get(None)
    if meter is None:
        return
    meter.printed += printing
    if meter.printed > PRINTED:
        raise SecurityError(f"it prints more than {LONGEST:,} characters: look for a loop in a loop")
    if time.thread_time() > meter.until:
        raise SecurityError("it computes for too long: look for a loop in a loop")


def steps(items: Iterable[Any], printing: int) -> Iterator[Any]:
    """Yield the items of a loop, each of which prints so many characters of the template's own."""
    for item in items:
        step(printing)
        yield item


@pass_context  # else it would be called once, when the template is compiled
def begins(_context: Any, printing: int) -> str:
    """Count what a template prints of its own."""
    step(printing)
    return ""


def bounded(value: Any) -> Any:
    """Return a value that is not larger than any that a template needs."""
    if isinstance(value, str) and len(value) > LONGEST:
        raise SecurityError(f"a text of more than {LONGEST:,} characters is not made in a template")
    if isinstance(value, _CONTAINERS) and _weight(value, {}) > MOST:
        raise SecurityError(f"a list of more than {MOST:,} items is not made in a template")
    if isinstance(value, int) and value.bit_length() > BITS:
        raise SecurityError("a number this large is not calculated in a template")
    return value


def _weight(value: Any, known: dict[int, int]) -> int:
    """Count items to the bottom: a list that holds another twice is as large as two of it, when it is compared."""
    if not isinstance(value, _CONTAINERS):
        return 1 + (len(value) // _LETTERS if isinstance(value, str) else 0)
    if id(value) not in known:
        inside = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_weight(each, known) for each in inside)
    return known[id(value)]


def printable(value: Any) -> Any:
    """Return what may be printed: a text, a number, a merge field. Anything else is a slip that readers would see."""
    if isinstance(value, _CONTAINERS):
        raise SecurityError("a list can't be printed as a whole: join it, or print one thing of it")
    if not isinstance(value, str | int | float | Undefined) and not hasattr(value, "__html__"):
        kind = _KINDS.get(type(value).__name__, type(value).__name__)
        raise SecurityError(f"{kind} can't be printed, texts and numbers can: a function is called with ()")
    if isinstance(value, str):
        step(len(value))
    return value


def refuse_counts(numbers: Iterable[Any]) -> None:
    """Refuse to do something a million times over."""
    if any(isinstance(number, int) and number > MOST for number in numbers):
        raise SecurityError(f"nothing is done more than {MOST:,} times in a template")


def allow(name: str, text: str, args: tuple[Any, ...]) -> None:
    """Refuse to call a text's method where what it makes would be too large."""
    if name == "format":
        _allow_format(text, args)
    refuse_counts(args)
    if name == "replace" and len(args) > 1:
        refuse_product(text.count(str(args[0])) + 1, str(args[1]))
    if name == "join" and args:
        if not isinstance(args[0], list | tuple):
            raise SecurityError("join takes a list")
        refuse_joined(args[0], text)


def _allow_format(text: str, args: tuple[Any, ...]) -> None:
    if _WIDE.search(text):
        raise SecurityError("a width of thousands is not formatted in a template")
    for value in args:
        printable(value)
        refuse_product(text.count("{"), value)


def refuse_joined(items: Iterable[Any], between: object) -> None:
    """Refuse to put texts together that are too long as one."""
    length = 0
    for item in items:
        length += len(item if isinstance(item, str) else str(printable(item))) + len(str(between))
        if length > LONGEST:
            raise SecurityError(f"a text of more than {LONGEST:,} characters is not made in a template")


def refuse_product(times: int, text: object) -> None:
    """Refuse what would put a text so many times."""
    if times * len(str(text)) > LONGEST:
        raise SecurityError(f"a text of more than {LONGEST:,} characters is not made in a template")


def meter(template: nodes.Template) -> nodes.Template:
    """Let every loop take steps, and everything that is put together be looked at."""
    for switch in template.find_all(nodes.EvalContextModifier):
        raise TemplateSyntaxError("what is printed is always escaped: take `autoescape` out", switch.lineno)
    for loop in [*template.find_all(nodes.For)]:
        loop.iter = _through("steps of a loop", loop.iter, _constant(loop))
    for block in [*template.find_all(nodes.AssignBlock)]:
        block.filter = nodes.Filter(block.filter, "size", [], [], None, None, lineno=block.lineno)
    _bound_all(template)
    begin = _through("begins", nodes.Const(_constant(template), lineno=1))
    template.body.insert(0, nodes.ExprStmt(begin, lineno=1))
    return template


def _constant(node: nodes.Node) -> int:
    """Count the characters that stand in a template as they are printed."""
    return sum(len(data.data) for data in node.find_all(nodes.TemplateData))


def _bound_all(node: nodes.Node) -> None:
    for name, value in [*node.iter_fields()]:
        if isinstance(value, nodes.Node):
            setattr(node, name, _bounding(value))
        elif isinstance(value, list):
            value[:] = [_bounding(each) if isinstance(each, nodes.Node) else each for each in value]


def _bounding(node: nodes.Node) -> nodes.Node:
    _bound_all(node)
    is_made = isinstance(node, nodes.Concat | nodes.List | nodes.Dict) or (
        isinstance(node, nodes.Tuple) and node.ctx == "load"
    )
    return _through("size", node) if is_made else node


def _through(name: str, node: Any, *args: int) -> nodes.Filter:
    said: list[nodes.Expr] = [nodes.Const(each, lineno=node.lineno) for each in args]
    return nodes.Filter(node, name, said, [], None, None, lineno=node.lineno)


# Under names with blanks, which no template can write.
FILTERS = {"steps of a loop": steps, "size": bounded, "begins": begins}

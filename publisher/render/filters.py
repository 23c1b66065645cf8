"""The filters, tests and functions that templates may use: this list and nothing else."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any

from jinja2 import filters as jinja_filters
from jinja2 import tests as jinja_tests
from jinja2.nodes import EvalContext
from jinja2.sandbox import safe_range
from jinja2.utils import Namespace, pass_eval_context
from markupsafe import Markup

from publisher.render import limits
from publisher.render.bidi import sides_of
from publisher.render.context import sized
from publisher.render.conventions import Conventions, Direction, direction_of
from publisher.render.fitting import drops, hashtags, shrinks
from publisher.render.fragment import paragraphs_of
from publisher.render.merge import Field, MergeMisuse, carries_token
from publisher.render.words import excerpt, shorten, wrap

Function = Callable[..., Any]

# Set for the time of one rendering: macros of imported files don't see the context, and dates must be right there too.
CONVENTIONS: ContextVar[Conventions] = ContextVar("conventions")

# Jinja's own, less those that print anything unescaped, reach into objects or give another text each time.
_JINJA_FILTERS = (
    "abs batch capitalize dictsort first float groupby int items last length count list lower map max min reject "
    "rejectattr reverse round select selectattr slice sort string striptags title trim unique upper "
    "urlencode wordcount e escape"
)
_JINJA_TESTS = (
    "boolean defined divisibleby eq equalto == even false float ge >= gt > greaterthan in integer iterable le <= "
    "lessthan lt < lower mapping ne != none number odd sameas sequence string true undefined upper"
)
_ISOLATES = {"ltr": "\u2066", "rtl": "\u2067"}
_END = "\u2069"  # of an isolate


def date(moment: str, form: str = "long") -> str:
    """Write a day in the publication's language and time zone."""
    return CONVENTIONS.get().date(moment, form)


def time(moment: str, form: str = "short") -> str:
    """Write an hour in the publication's language and time zone."""
    return CONVENTIONS.get().time(moment, form)


def number(value: float) -> str:
    """Write a number as the publication's language does."""
    return CONVENTIONS.get().number(value)


def plural(value: float, forms: Mapping[str, str]) -> str:
    """Write a number with its noun: ``{{ 5 | plural(words.minutes) }}``."""
    return CONVENTIONS.get().plural(value, forms)


def default(value: Any, fallback: Any = "", boolean: bool = True) -> Any:
    """Put something in the place of what is missing or empty; for a merge field this is done for each reader."""
    if isinstance(value, Field):
        if carries_token(fallback):
            raise MergeMisuse(fallback.label if isinstance(fallback, Field) else "a merge field", "used as a default")
        return Field(value.name, str(fallback))
    return jinja_filters.do_default(value, fallback, boolean)


@pass_eval_context
def isolated(eval_context: EvalContext, text: str) -> str:
    """Keep a text with letters of the other direction from turning what stands beside it, and from being turned by it.

    It runs the other way where two thirds of its letters do: a headline that quotes a long foreign title is none of
    that language. By markup, in plain text by Unicode's signs; a text without such letters stays as it is.
    """
    sides = sides_of(text.striptags() if isinstance(text, Markup) else text)
    usual = direction_of(CONVENTIONS.get().language)
    against = sides.total() - sides[usual]
    if not against:
        return text
    way: Direction = usual if against < 2 * sides[usual] else "ltr" if usual == "rtl" else "rtl"
    if eval_context.autoescape:
        return Markup('<span dir="{}">{}</span>').format(way, text)
    return f"{_ISOLATES[way]}{text}{_END}"


@pass_eval_context
def replace(eval_context: EvalContext, text: str, old: str, new: str, count: int | None = None) -> str:
    """Put a text in the place of another."""
    limits.allow("replace", str(text), (old, new))
    return jinja_filters.do_replace(eval_context, text, old, new, count)


@pass_eval_context
def join(eval_context: EvalContext, items: Iterable[Any], between: str = "", attribute: Any = None) -> str:
    """Put texts together; merge fields may be among them."""
    found = list(items)
    limits.step()
    if attribute is None:
        limits.refuse_joined(found, between)
    limits.refuse_product(len(found), between)
    joined: str = limits.bounded(jinja_filters.sync_do_join(eval_context, found, between, attribute))
    return joined


def total(items: Iterable[Any], attribute: Any = None, start: float = 0) -> float:
    """Add up numbers; lists and texts are not added, which would take long."""
    found = [item[attribute] if attribute is not None else item for item in items]
    if not all(isinstance(each, int | float) for each in (*found, start)):
        raise ValueError("sum adds up numbers")
    return sum(found, start)


def _wrap(text: str, width: int = 72, indent: str = "") -> str:
    limits.refuse_product(len(text), indent)
    return wrap(text, width, indent)


def _without_fields(name: str, function: Function) -> Function:
    """Refuse merge fields, and texts that one was printed into: what the function made of them would be wrong."""

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        for value in (*args, *kwargs.values()):
            if carries_token(value):
                raise MergeMisuse(value.label if isinstance(value, Field) else "a merge field", f"given to {name!r}")
        limits.refuse_counts((*args[1:], *kwargs.values()))
        limits.step()  # `map` and `select` call it for each of their items
        return limits.bounded(function(*args, **kwargs))

    return guarded


def _guard(functions: Mapping[str, Function]) -> dict[str, Function]:
    return {name: _without_fields(name, function) for name, function in functions.items()}


_OURS: dict[str, Function] = {
    "date": date,
    "time": time,
    "number": number,
    "plural": plural,
    "wrap": _wrap,
    "replace": replace,
    "shorten": shorten,
    "excerpt": excerpt,
    "paragraphs": paragraphs_of,
    "truncate": shorten,
    "sized": sized,
    "shrinks": shrinks,
    "drops": drops,
    "hashtags": hashtags,
    "isolated": isolated,
    "sum": total,
}

FILTERS: dict[str, Function] = {
    **_guard({name: jinja_filters.FILTERS[name] for name in _JINJA_FILTERS.split()}),
    **_guard(_OURS),
    "default": default,
    "d": default,
    "join": join,
}
_ALL_TESTS: Mapping[str, Any] = jinja_tests.TESTS
TESTS: dict[str, Function] = _guard({name: _ALL_TESTS[name] for name in _JINJA_TESTS.split()})
GLOBALS: dict[str, Function] = {"dict": dict, "namespace": Namespace, "range": safe_range}

"""What a slip in a template means, in words for the editor who made it: what is wrong, and what to write instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

import jinja2

from publisher.render.filters import FILTERS, GLOBALS, TESTS
from publisher.render.merge import REMEDY, MergeMisuse

MEND = "Mend this line"
OF_AN_EDITION = ("articles", "edition", "lead", "updates")
_DATE = "Dates are printed by filters: {{ article.published_at | date }}, or | time"
_OPEN = r".*innermost block that needs to be closed is '(\w+)'"
# What Jinja or Python says (its beginning, or a part of it); what that means; what to do. \1 is the first group.
_MEANINGS: tuple[tuple[str, str, str], ...] = (
    (r"it isn't UTF-8", "it isn't UTF-8 text", "Save the file as UTF-8"),
    (r".*expected 'end of print statement'", "a {{ is never closed", "Close it with }}"),
    (r".*expected 'end of statement block'", "a {% is never closed", "Close it with %}"),
    (r"Missing end of comment", "a comment {# is never closed", "Close it with #}"),
    (
        r"Encountered unknown tag '(end\w+)'" + _OPEN,
        r"{% \1 %} stands where {% \2 %} is still open",
        r"Close {% \2 %} first",
    ),
    (r"Unexpected end of template" + _OPEN, r"{% \1 %} is never closed", r"Write {% end\1 %} where it ends"),
    (
        r"Encountered unknown tag '(end\w+|el\w+)'",
        r"{% \1 %} belongs to nothing that is open",
        "Take it out, or write what it ends",
    ),
    (
        r"Encountered unknown tag '(\w+)'",
        r"there is no tag {% \1 %}",
        "Tags are if, for, set, macro, include, extends and block",
    ),
    (
        r"expected token 'end of print statement', got (.*)",
        r"\1 stands where }} should",
        "Join texts with ~, and write | before a filter",
    ),
    (
        r"expected token 'end of statement block', got '='",
        "= stands where a question is asked",
        "Two things are compared by ==",
    ),
    (r"expected token 'end of statement block', got (.*)", r"\1 stands where %} should", MEND),
    (r"expected token 'name', got", "the name of a filter is missing after |", MEND),
    (r"expected token (.*), got (.*)", r"\2 stands where \1 should", MEND),
    (r"Expected an expression, got", "nothing stands there that could be printed or asked", MEND),
    (r"unexpected char [\"'](.)[\"'] at", r"\1 is out of place, or a text in quotes is never closed", MEND),
    (r"unexpected '(.)', expected '(.)'", r"\1 stands where \2 should", MEND),
    (r"(?:unexpected|unexpected token) '(.*)'", r"\1 is out of place", MEND),
    (r".*division by zero|.*modulo by zero", "this divides by zero", "Ask first whether the number is 0"),
    (
        r"Invalid isoformat string: (.*)",
        r"\1 is no date",
        "The filters date and time are for published_at and updated_at",
    ),
    (
        r"invalid literal for int\(\) with base 10: (.*)|could not convert string to float: (.*)",
        r"\1\2 is no number",
        MEND,
    ),
    (r".*object is not iterable", "a loop needs a list, and this is none", MEND),
    (r".*object is not callable", "( ) stands behind something that can't be called", "Take the brackets out"),
    (
        r"can only concatenate|unsupported operand.* \+:",
        "+ adds numbers, and not all of this is one",
        "Join texts with ~",
    ),
    (r"unsupported operand|.*not supported between", "this reckons with something that is no number", MEND),
)
_COUNT = re.compile(
    r"(?:\w+\.)*(?:do_|_)?(\w+)(?:\(\))? (?:takes|missing|got an unexpected|got multiple|expected at|expected \d)"
)
_NO_NAME = re.compile(r"No (filter|test) named '(\w+)'")


def meaning_of(error: Exception, context: Mapping[str, Any]) -> tuple[str, str]:
    """Return what went wrong in a template, and what to do about it.

    :param context: what the template was given by name.
    """
    message = (getattr(error, "message", None) or str(error) or type(error).__name__).rstrip(".")
    if isinstance(error, MergeMisuse):
        return message, REMEDY
    if isinstance(error, jinja2.TemplateNotFound):
        return f"there is no template {error.name}", "Templates are named from the templates folder: email/digest.html"
    if isinstance(error, jinja2.UndefinedError):
        return _of_undefined(message, context)
    if isinstance(error, jinja2.exceptions.SecurityError):
        if "join it" in message:
            return message, 'Write {{ … | join(", ") }}'
        return f"the sandbox forbids this: {message}", "Templates see articles and names, nothing of the machine"
    if isinstance(error, RecursionError):
        return "a template includes itself, or is nested too deep", "Take one of the includes out, or the nesting apart"
    if isinstance(error, MemoryError):
        return "this makes a text for which there is not enough memory", MEND
    return _of_name(message) or _of_count(message) or _of_words(message)


def _of_undefined(message: str, context: Mapping[str, Any]) -> tuple[str, str]:
    name = re.match(r"'(\w+)' is not defined", message)
    if name and name[1] in OF_AN_EDITION:
        return f"a mail about a subscription has no {name[1]!r}", f"Ask first: {{% if {name[1]} is defined %}}"
    if name:
        return message, available(name[1], {**context, **GLOBALS} if name[1] in GLOBALS else context)
    what, _, nearest = message.partition(". Nearest")
    if nearest:
        return what, f"Nearest{nearest}"
    if re.search(r"'(strftime|isoformat|format|year|month|day|date)' in", message):
        return message, _DATE
    empty = message.endswith(("in ''", "in 'None'", "in '[]'"))
    return message, "It is empty here: ask first, {% if … %}" if empty else ""


def _of_name(message: str) -> tuple[str, str] | None:
    found = _NO_NAME.match(message)
    if not found:
        return None
    kind, name = found.groups()
    return f"there is no {kind} {name!r}", available(name, FILTERS if kind == "filter" else TESTS)


def _of_count(message: str) -> tuple[str, str] | None:
    """Of a filter or function that was given too much, too little, or something that it doesn't know."""
    found = _COUNT.match(message)
    if not found:
        return None
    return f"{found[1]} is not given what it takes", "docs/templates.md shows what each filter and function takes"


def _of_words(message: str) -> tuple[str, str]:
    for words, what, remedy in _MEANINGS:
        if found := re.match(words, message):
            return found.expand(what), found.expand(remedy)
    return message, MEND


def available(name: object, names: Mapping[str, Any]) -> str:
    """Return the remedy for a name that there isn't: those that are like it, else all that there are."""
    known = [str(key) for key in names]
    near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.5)
    return f"Nearest: {', '.join(near)}" if near else f"Nearest of all there is: {', '.join(sorted(known))}"

"""The words that readers see and no editor wrote, in the edition's language; `wording.json` has them all."""

from __future__ import annotations

import json
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from publisher.errors import TemplateError
from publisher.model.message import Finding
from publisher.render.conventions import Conventions
from publisher.render.engine import Engine

OWN = "partials/words.txt"  # what an editor says otherwise
_ALIKE = 0.75  # of two names, 0 to 1
_NAMED = 8  # words in a line that names them
Wording = dict[str, Any]  # each a text, or texts by plural category (CLDR): one, few, many, other …


def words_of(engine: Engine, context: dict[str, Any], conventions: Conventions) -> Wording:
    """Return what templates know as ``words``: an editor's own before those of the language, and English for the rest.

    Raises TemplateError where the editor's file isn't a template, or sets no ``words``.
    """
    own = engine.setting(OWN, "words", context, conventions)
    if not isinstance(own, dict):
        raise TemplateError(
            "it sets no words", where=f"templates/{OWN}", remedy='Write {% set words = {"read": "Read on"} %}'
        )
    return wording(conventions.language) | own


def still_english(words: Wording, language: str) -> tuple[Finding, ...]:
    """Say which words of a mail are English because nobody wrote them in its language."""
    if language.partition("-")[0] in catalogue():
        return ()
    left = [name for name, english in catalogue()["en"].items() if words[name] == english]
    if not left:
        return ()
    named = ", ".join(left[:_NAMED]) + (" …" if len(left) > _NAMED else "")
    what = f"words that no editor wrote are English, for Publisher has none in {language!r}: {named}"
    return (Finding("english-words", False, what, f"Write them into templates/{OWN}"),)


def misspelt(words: Wording) -> tuple[Finding, ...]:
    """Say which words of an editor's take the place of none, though they are spelt like one of ours."""
    ours = list(catalogue()["en"])
    near = {name: get_close_matches(name, ours, n=1, cutoff=_ALIKE) for name in words if name not in ours}
    return tuple(
        Finding("unknown-word", False, f"templates/{OWN}: there is no word {name!r}", f"Did you mean {found[0]!r}?")
        for name, found in near.items()
        if found
    )


@cache
def catalogue() -> dict[str, Wording]:
    """Return the words by language."""
    found: dict[str, Wording] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    return found


def wording(language: str) -> Wording:
    """Return the words of a language: of its region, of the language at large, then English, word by word."""
    known = catalogue()
    words: Wording = {}
    for tag in ("en", language.partition("-")[0], language):
        words |= known.get(tag, {})
    return words

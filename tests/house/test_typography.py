"""What readers see is set as a newspaper sets it: no straight apostrophe, no straight quotation mark."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML

from publisher.cli.init import PROJECT

ROOT = Path(__file__).parents[2]
_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_MARKUP = re.compile(r"<!--.*?-->|<style.*?</style>|<[^>]*>", re.DOTALL)
_STRAIGHT = re.compile(r"['\"]")
SEEN_OF_A_PROJECT = ("title", "about", "subject", "preheader", "address", "name")


def texts(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, name)
    elif isinstance(value, str):
        yield name, value


def test_the_words_of_every_language():
    words = json.loads((ROOT / "publisher/render/wording.json").read_text("utf-8"))
    assert [text for _, text in texts(words) if _STRAIGHT.search(text)] == []


def test_templates_and_pages():
    for folder in ("templates", "publisher/web/pages"):
        for path in (ROOT / folder).rglob("*.*"):
            if path.suffix in (".html", ".txt"):
                seen = _MARKUP.sub("", _JINJA.sub("", path.read_text("utf-8")))
                assert [line for line in seen.splitlines() if _STRAIGHT.search(line)] == [], path


def test_the_projects_that_people_begin_with():
    names = ("name", "url", "sender", "language", "kind", "location", "timezone")
    for text in ((ROOT / "schedules.yaml").read_text("utf-8"), PROJECT.format(**dict.fromkeys(names, "x"))):
        said = [words for name, words in texts(YAML(typ="safe").load(text)) if name in SEEN_OF_A_PROJECT]
        assert said
        assert [words for words in said if _STRAIGHT.search(words)] == []

"""Every YAML example in the docs is loaded.

A block that is a whole file, or has only keys of the top, is read as such. Any other follows a comment that says where
it fits: ``<!-- fits: schedules.morning.when -->``, and takes that place in a small project. YAML that isn't ours, such
as a compose file, follows ``<!-- fits: nowhere -->``.
"""

import io
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from publisher.config.schedules import parse_project

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]
BLOCK = re.compile(r"(?:<!-- fits: (\S+) -->\n+)?^```ya?ml\n(.*?)^```", re.MULTILINE | re.DOTALL)

# Declares what the examples speak of.
BASE = """
publication: {name: Harbor Gazette, url: https://harbor.example, from: news@harbor.example, timezone: Europe/Lisbon}
sources: {site: {feed: https://harbor.example/feed}}
lists: {daily: {}, weekly: {}, breaking: {}}
channels:
  letters: {sender: mailpit}
  letters-ses: {sender: ses}
  mastodon: {sender: mastodon}
  bluesky: {sender: bluesky}
  facebook: {sender: webhook}
  desk-chat: {sender: slack}
schedules:
  morning: {when: {at: "07:00"}, send: [{via: letters, to: daily}]}
"""


def blocks():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in BLOCK.finditer(text):
            line = text.count("\n", 0, found.start(2))
            yield pytest.param(found[1], found[2], id=f"{page.relative_to(ROOT)}:{line}")


def placed(fits: str | None, block: str) -> str:
    """Return a whole file that has the block in its place."""
    yaml = YAML(typ="safe", pure=True)
    base, part = yaml.load(BASE), yaml.load(block)
    if fits is None:
        base.update(part)
    else:
        *above, last = fits.split(".")
        around = base
        for name in above:
            around = around.setdefault(name, {})
        around[last] = part
    file = io.StringIO()
    yaml.dump(base, file)
    return file.getvalue()


@pytest.mark.parametrize(("fits", "block"), list(blocks()))
def test_an_example_in_the_docs_is_valid(fits, block):
    if fits == "nowhere":
        YAML(typ="safe", pure=True).load(block)
    elif fits is None and re.search("^publication:", block, re.MULTILINE):
        parse_project(block)
    else:
        parse_project(placed(fits, block))


def test_the_projects_among_the_examples_are_valid():
    for path in sorted((ROOT / "examples").rglob("schedules.yaml")):
        parse_project(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))

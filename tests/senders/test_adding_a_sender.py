"""The page for whoever adds one more shows the example as it is, which runs in acceptance/test_a_senders_package.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from publisher.testing import FakeProvider, Fault

INNER = {"next_fault", "pause", "take"}  # what its server calls

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "publisher-sender-pigeon"
PAGE = (ROOT / "docs" / "adding-a-sender.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(?:python|toml)\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=[block.splitlines()[0] for block in BLOCKS])
def test_what_the_page_shows_stands_in_the_example(block: str) -> None:
    files = [*EXAMPLE.rglob("*.py"), EXAMPLE / "pyproject.toml"]
    assert any(block in path.read_text(encoding="utf-8") for path in files)


def test_the_page_shows_the_whole_sender() -> None:
    assert (EXAMPLE / "publisher_sender_pigeon" / "sender.py").read_text(encoding="utf-8") in BLOCKS


def test_the_page_names_all_that_the_fake_provider_does_and_nothing_else() -> None:
    part = PAGE.partition("### What `FakeProvider` does")[2].partition("Then test what is")[0]
    with FakeProvider("mastodon") as provider:
        there = {name for name in dir(provider) if not name.startswith("_")} - INNER
    named = set(re.findall(r"`provider\.(\w+)", part)) | set(re.findall(r"`(addresses)\(\)`", part))
    assert named == there
    faults = {name for name, each in vars(Fault).items() if isinstance(each, classmethod)}
    words = set(re.findall(r"`(\w+)`", part.partition("A `Fault` is")[2]))
    assert words == faults


def test_every_file_that_the_page_names_exists() -> None:
    named = re.findall(r"`((?:publisher|tests)/[\w/]+\.\w+)`", PAGE)
    missing = [
        name for name in named if "pigeon" not in name and not (ROOT / name).exists() and not (EXAMPLE / name).exists()
    ]
    assert missing == []

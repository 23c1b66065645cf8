"""The page for whoever adds one more is run: its sender passes the suite as the page says."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "adding-a-sender.md").read_text(encoding="utf-8")
SENDER, SUITE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

exec(compile(SENDER, "docs/adding-a-sender.md", "exec"))  # defines Pigeon
exec(compile(SUITE, "docs/adding-a-sender.md", "exec"))  # defines TestPigeon, which pytest collects from here


def test_every_file_that_the_page_names_exists() -> None:
    named = re.findall(r"`((?:publisher|tests)/[\w/]+\.\w+)`", PAGE)
    missing = [name for name in named if "pigeon" not in name and not (Path(__file__).parents[2] / name).exists()]
    assert missing == []

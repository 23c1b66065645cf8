"""Every template and every part of one stands in its page of the docs, and nothing else does."""

from __future__ import annotations

import re
from pathlib import Path

from publisher.render import default_theme

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/templates.md").read_text("utf-8")
ROWS = "\n".join(line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `"))
NAMED = re.findall(r"`((?:email|partials|social)/[a-z-]+\.[a-z]+)`", ROWS)


def test_every_template_has_its_line_and_every_line_its_template():
    letters = {
        f"email/{name}.txt" for name in ("confirm", "access", "move", "welcome", "notice")
    }  # "each with its `.txt`"
    theme = default_theme()
    there = {str(path.relative_to(theme)) for path in theme.rglob("*.*") if path.is_file()}
    assert "each with its `.txt`" in PAGE
    assert set(NAMED) | letters == there
    assert len(NAMED) == len(set(NAMED))

"""Every check stands in its page of the docs, with what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/checks.md").read_text("utf-8")
LISTED = set(re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE))
NAMED_BY_VARIABLE = {"template", "channel", "bad-picture"}


def ids() -> Iterator[str]:
    for path in (ROOT / "publisher").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    yield first.value


def test_every_check_has_its_line_and_every_line_its_check():
    assert set(ids()) | NAMED_BY_VARIABLE == LISTED

"""Every check stands in its page of the docs, with what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/checks.md").read_text("utf-8")
LISTED = dict(re.findall(r"^\| `([a-z-]+)` \| (yes|no) \|", PAGE, re.MULTILINE))
NAMED_BY_VARIABLE = {"template", "channel", "bad-picture"}
BLOCKS_AT_TIMES = {"from-name", "no-postal-address"}  # their lines say when they don't


def findings() -> Iterator[tuple[str, ast.expr]]:
    """Yield each id with what is said of blocking there."""
    for path in (ROOT / "publisher").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
                first, second = node.args[:2]
                if isinstance(first, ast.Constant):
                    yield first.value, second


def test_every_check_has_its_line_and_every_line_its_check():
    assert {check for check, _ in findings()} | NAMED_BY_VARIABLE == set(LISTED)


def test_a_check_blocks_where_its_line_says_so():
    for check, blocks in findings():
        if isinstance(blocks, ast.Constant) and check not in BLOCKS_AT_TIMES:
            assert LISTED[check] == ("yes" if blocks.value else "no"), check

"""Files that show what readers get; `make golden` writes them anew for review."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

FILES = Path(__file__).parent / "files"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write the golden files anew instead of comparing")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the file of that name."""
    rewrite = bool(request.config.getoption("--rewrite-golden", default=False))

    def compare(name: str, text: str) -> None:
        path = FILES / name
        if rewrite:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8", newline="\n")
        assert path.is_file(), f"no golden file {name}: write it with `make golden`"
        assert text == path.read_text("utf-8")

    return compare

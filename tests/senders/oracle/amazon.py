"""Asks what needs Amazon's own library: one process for all questions, in an environment of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-oracles" / "bin" / "python"


def missing() -> str:
    """Say what is missing on this machine; empty where everything is there."""
    return "" if PYTHON.is_file() else "Amazon's own library is not installed: make test-web"


class Amazon:
    """The oracle of tests/oracles/amazon.py, from its first question to the end of the ``with`` block."""

    def __enter__(self) -> Amazon:
        words = [str(PYTHON), str(ROOT / "tests" / "oracles" / "amazon.py")]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)

    def ask(self, question: str, case: object) -> Any:
        """Return the answer to one question."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([question, case]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

"""The tools that the judges are made of: where they are, what is missing on this machine, and how to get it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"


def package(name: str) -> str:
    """Say what is missing for an npm package; empty where it is there."""
    return "" if (MODULES / name).is_dir() else f"{name} is not installed: make test-web"


def program(name: str, debian: str) -> str:
    """Say what is missing for a program; empty where it is there."""
    return "" if shutil.which(name) else f"there is no {name} on this machine: apt-get install {debian}"


def version_of(name: str) -> str:
    """Return the version of an npm package that is installed."""
    return str(json.loads((MODULES / name / "package.json").read_text("utf-8"))["version"])


def node() -> str:
    """Return the Node that came with this Python."""
    return str(Path(sys.executable).with_name("node"))


def run(words: Sequence[str], *, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a tool that says by its words, not by its exit code, what it found."""
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=170)

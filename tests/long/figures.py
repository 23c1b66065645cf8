"""Where the long tests leave their figures, and how a part that was done is not done again."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORK = ROOT / "build" / "long"  # projects and logs of parts under way: a part that was interrupted goes on from here


def path_of(part: str) -> Path:
    return Path(
        os.environ.get("PUBLISHER_FIGURES") or ROOT / "benchmarks" / "figures" / f"{part.partition(':')[0]}.json"
    )


def record(part: str, **figures: object) -> None:
    """Append one line of JSON: the part, when, where, and what was measured."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    line = {"part": part, "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}", "commit": commit.stdout.strip()}
    line |= {"cores": os.cpu_count()}
    path = path_of(part)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as out:
        out.write(json.dumps({**line, "python": platform.python_version(), **figures}) + "\n")


def unless_done(part: str) -> Path:
    """Return the part's folder; skip a part whose figures are there already, where PUBLISHER_RESUME is set."""
    path = path_of(part)
    if os.environ.get("PUBLISHER_RESUME") and path.exists():
        done = [json.loads(line) for line in path.read_text().splitlines()]
        if any(row["part"] == part and not row.get("faults") for row in done):
            pytest.skip(f"{part} does not apply: its figures are in {path.name}")
    return WORK / part.replace(":", "-").replace(" ", "-")

"""A provider in a process of its own: how it behaves is said to it on its command line, and it says where it is."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).parents[2]
TYPES: dict[str, Any] = {"str": str, "int": int, "float": float, "bool": lambda said: said == "True"}
H = TypeVar("H")


@contextmanager
def started(
    module: str, how: Any, log: Path, port: int = 0, within: Sequence[str] = ()
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start a module that is told how it behaves by a dataclass; yield its address, and the process.

    :param within: the words that start a command where it shall run, on a machine of its own.
    """
    told = [f"--{field.name.replace('_', '-')}={getattr(how, field.name)}" for field in fields(how)]
    command = [*within, sys.executable, "-m", module, f"--log={log}", f"--port={port}", *told]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, f"{module} did not start"
        try:
            yield url, process
        finally:
            process.terminate()
            process.wait(10)


def told(kind: type[H], about: str | None) -> tuple[H, Path, int]:
    """Read in that process how it is to behave, where its log is, and its port: 0 where any will do."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    for field in fields(kind):  # type: ignore[arg-type]
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=TYPES[str(field.type)], default=field.default)
    given = vars(parser.parse_args())
    log, port = given.pop("log"), given.pop("port")
    return kind(**given), log, port

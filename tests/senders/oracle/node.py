"""Code of theirs that Node runs, by a script of tests/judges: libraries that are asked, servers that are posted to."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.judges import tools


class Library:
    """A library, from its first question to the end of the ``with`` block."""

    def __init__(self, script: str) -> None:
        self._command = [tools.node(), str(tools.HERE / script)]

    def __enter__(self) -> Library:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)

    def ask(self, questions: Sequence[object]) -> list[Any]:
        """Return an answer to each question; both are JSON."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(questions) + "\n")
        self._process.stdin.flush()
        answers: list[Any] = json.loads(self._process.stdout.readline())
        return answers


@contextmanager
def serving(script: str, *words: object) -> Iterator[None]:
    """Run a server, which says "ready" when it is, until the end of the block."""
    command = [tools.node(), str(tools.HERE / script), *map(str, words)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin
        assert running.stdout
        try:
            assert any(line == "ready\n" for line in running.stdout), "the server did not start"
            yield
        finally:
            running.stdin.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

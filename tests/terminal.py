"""A command at a terminal, as a person has one: it can ask, and hides what is typed."""

from __future__ import annotations

import os
import pty
import select
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.command import Command
from tests.project import environment

PATIENCE = 60.0  # seconds, on a machine that does other things besides


class Terminal:
    """A running `publisher` that has a terminal, for the length of a ``with`` block.

    :ivar shown: all that stood on the screen so far.
    """

    def __init__(self, words: Sequence[str], folder: Path) -> None:
        self._screen, keyboard = pty.openpty()
        env = {**environment(), "TERM": "dumb"}
        self._process = Command(words, cwd=folder, env=env, stdin=keyboard, stdout=keyboard, stderr=keyboard)
        os.close(keyboard)
        self.shown = ""
        self._read_to = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._screen)

    def until(self, words: str) -> str:
        """Wait until these words stand on the screen; return what came before them, since the last ones."""
        give_up_at = time.monotonic() + PATIENCE
        while words not in self.shown[self._read_to :]:
            assert time.monotonic() < give_up_at, self.shown
            if not self._read() and self._process.poll() is not None:
                assert words in self.shown[self._read_to :], self.shown
        start, self._read_to = self._read_to, self.shown.index(words, self._read_to) + len(words)
        return self.shown[start : self._read_to]

    def type(self, text: str) -> None:
        os.write(self._screen, f"{text}\n".encode())

    def type_unseen(self, text: str) -> None:
        """Type what isn't to be shown, once it isn't: what comes earlier would be shown, and then thrown away."""
        give_up_at = time.monotonic() + PATIENCE
        while termios.tcgetattr(self._screen)[3] & termios.ECHO:
            assert time.monotonic() < give_up_at, self.shown
            time.sleep(0.01)
        self.type(text)

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        os.write(self._screen, b"\x03")

    def ends(self) -> int:
        """Wait for the end and return the exit code."""
        give_up_at = time.monotonic() + PATIENCE
        while self._process.poll() is None:
            assert time.monotonic() < give_up_at, self.shown
            self._read()
        while self._read():
            pass
        return self._process.wait()

    def _read(self) -> bool:
        """Read what is there, waiting a little for it."""
        watch = select.poll()  # `select.select` knows no file above 1,024, and a long run has more open
        watch.register(self._screen, select.POLLIN)
        ready = watch.poll(50)
        try:
            said = os.read(self._screen, 65_536).decode(errors="replace") if ready else ""
        except OSError:  # nobody holds the other end any more
            return False
        self.shown += said.replace("\r\n", "\n")
        return bool(said)

"""The command line as processes of their own, forked from one that has imported everything: an import takes a second.

What a test starts here is as separate as any process: it has a folder, an environment and an end of its own, and can be
killed. Only what concerns the start itself (imports, plugins, other users), and how the migrations make a ledger, is
tested with a new interpreter.
"""

from __future__ import annotations

import atexit
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import termios
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO

import publisher
from tests.stores import copy_new_ledgers

ROOT = Path(__file__).parents[1]
LONGEST = 1_000_000  # bytes of a request: words, folder and environment


class Command:
    """A running `publisher`, with what tests use of `subprocess.Popen`."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        stdout: int | IO,
        stderr: int | IO,
        stdin: int | None = None,
    ) -> None:
        request = json.dumps({"words": list(words), "cwd": str(cwd), "env": dict(env)}).encode()
        ours, theirs = socket.socketpair()
        out, err = (file if isinstance(file, int) else file.fileno() for file in (stdout, stderr))
        with theirs, Path(os.devnull).open("rb") as nothing:
            given = [nothing.fileno() if stdin is None else stdin, out, err, theirs.fileno()]
            socket.send_fds(_server(), [len(request).to_bytes(4, "big") + request], given)
        self._told = ours.makefile("rb")
        ours.close()
        self.pid = int(self._told.readline())
        self.returncode: int | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        with self._told:
            self.returncode = int(self._told.readline() or -signal.SIGKILL)
        self._ended.set()

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired("publisher", timeout or 0.0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, sign: int) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(self.pid, sign)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


Process = Command | subprocess.Popen[bytes]


@cache
def _server() -> socket.socket:
    """Start the process that the others are forked from, once for each process that runs tests."""
    ours, theirs = socket.socketpair()
    with theirs:
        subprocess.Popen(
            [sys.executable, "-m", "tests.command", str(theirs.fileno())], pass_fds=[theirs.fileno()], cwd=ROOT
        )
    atexit.register(ours.close)
    return ours


# --- in the server ----------------------------------------------------------------------------------------------------


def serve(control: socket.socket) -> None:
    """Fork for each request until nobody is left to ask. Returns in the fork, which is to be the command."""
    for module in pkgutil.walk_packages(publisher.__path__, "publisher."):
        if not module.name.endswith("__main__") and ".migrations." not in module.name:
            importlib.import_module(module.name)
    copy_new_ledgers()
    assert threading.active_count() == 1, "a process with threads can't be forked"
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        data, files, _, _ = socket.recv_fds(control, LONGEST, 4)
        if not data:
            os._exit(0)
        length = int.from_bytes(data[:4], "big")
        while len(data) < length + 4:
            data += control.recv(LONGEST)
        if os.fork() == 0:
            control.close()
            _become(json.loads(data[4:]), *files)
            return
        for file in files:
            os.close(file)


def _become(wanted: dict, given: int, out: int, err: int, told: int) -> None:
    """Return in a process that is as one that was started by these words; its parent only waits and tells its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid:
        os.write(told, f"{pid}\n".encode())
        for file in (given, out, err):
            os.close(file)
        _, status = os.waitpid(pid, 0)
        os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)
    os.close(told)
    for file, place in ((given, 0), (out, 1), (err, 2)):
        os.dup2(file, place)
        os.close(file)
    if os.isatty(0):  # the terminal that it has, and not the one that the tests run at
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
    os.chdir(wanted["cwd"])
    os.environ.clear()
    os.environ.update(wanted["env"])
    sys.path[:0] = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path not in sys.path]
    sys.argv = ["publisher", *wanted["words"]]
    sys.modules.pop("sitecustomize", None)
    with suppress(ImportError):  # as an interpreter does when it starts: see tests/crash/broken.py
        importlib.import_module("sitecustomize")


if __name__ == "__main__":
    from publisher.cli import main

    serve(socket.socket(fileno=int(sys.argv[1])))
    main()

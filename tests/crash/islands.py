"""Machines of their own in one kernel: network namespaces around a hub, which a test cuts off and heals.

The database and the provider are in the hub; an island reaches nothing else. A cut is silence, as of a cable that was
pulled: no connection is told of it, at either end. Needs root, and `ip` and `nsenter`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.stores import PostgreSQL

PORT = 5432
MISSING = "network namespaces can't be made here: that takes root, iproute2 and util-linux"


class Islands:
    """A hub and islands around it, gone with `remove`.

    :param names: of the islands.
    """

    def __init__(self, names: Sequence[str]) -> None:
        if os.geteuid() or not shutil.which("ip") or not shutil.which("nsenter"):
            pytest.skip(MISSING)
        self._mark = f"p{os.getpid() % 10**6:x}"
        self._numbers = {name: number for number, name in enumerate(names)}
        self.hub = f"{self._mark}-hub"
        self.address = "10.77.0.1"  # of the hub, and reached from the islands alone
        self._add_hub()
        for name in names:
            self._add(name)

    def within(self, name: str = "") -> list[str]:
        """Return the words that start a command on an island; in the hub where none is named."""
        return ["nsenter", f"--net=/run/netns/{self._space(name)}"]

    def cut(self, name: str) -> None:
        """Let nothing through to an island or from it."""
        self._let_through(name, "0")

    def heal(self, name: str) -> None:
        self._let_through(name, "3")

    def _let_through(self, name: str, state: str) -> None:
        """Set the state of a cable's port on the bridge: 0 is disabled, 3 is forwarding."""
        _run("bridge", "-n", self.hub, "link", "set", "dev", self._cable(name), "state", state)

    def remove(self) -> None:
        for name in ("", *self._numbers):
            _ip("netns", "del", self._space(name))

    def _add_hub(self) -> None:
        _ip("netns", "add", self.hub)
        _ip("-n", self.hub, "link", "add", "bridge", "type", "bridge")
        _ip("-n", self.hub, "addr", "add", f"{self.address}/24", "dev", "bridge")
        for device in ("lo", "bridge"):
            _ip("-n", self.hub, "link", "set", device, "up")

    def _add(self, name: str) -> None:
        space, cable = self._space(name), self._cable(name)
        _ip("netns", "add", space)
        _ip("-n", self.hub, "link", "add", cable, "type", "veth", "peer", "name", "out", "netns", space)
        _ip("-n", space, "addr", "add", f"10.77.0.{10 + self._numbers[name]}/24", "dev", "out")
        for where, device in ((space, "lo"), (space, "out"), (self.hub, cable)):
            _ip("-n", where, "link", "set", device, "up")
        _ip("-n", self.hub, "link", "set", cable, "master", "bridge")

    def _space(self, name: str) -> str:
        return f"{self._mark}-{self._numbers[name]}" if name else self.hub

    def _cable(self, name: str) -> str:
        return f"cable{self._numbers[name]}"


class HubPostgreSQL(PostgreSQL):
    """A server that the islands reach, besides its socket in the file system, which every network shares."""

    def __init__(self, islands: Islands) -> None:
        super().__init__()
        self._islands = islands
        self.pause()
        with (self.folder / "data" / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {islands.address}/24 trust\n")
        self.resume()

    def seen_from_islands(self, url: str, user: str) -> str:
        """Return a database's address for whoever is on an island."""
        name = url.partition("?")[0].rpartition("/")[2]
        return f"postgresql://{user}@{self._islands.address}:{PORT}/{name}"

    def _start_options(self) -> str:
        return f"-h {self._islands.address} -p {PORT} -k {self.folder / 'data'}"

    def _pg_ctl(self, *words: str) -> None:
        found = pwd.getpwnam(self.server.system_user)
        who = [f"--setuid={found.pw_uid}", f"--setgid={found.pw_gid}"]
        command = [*self._islands.within(), *who, self.server.bin_path / "pg_ctl", "-w", "-D", self.folder / "data"]
        subprocess.run([*command, *words], check=True, stdout=subprocess.DEVNULL, cwd=Path("/"))


def _ip(*words: str) -> None:
    _run("ip", *words)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)

"""The units for systemd: understood by systemd itself, hardened as it judges it, and true to what the program does."""

from __future__ import annotations

import shlex
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile

import pytest
import typer.main

from publisher.cli.commands import cli
from tests.command import Command
from tests.conftest import IN_CI
from tests.project import ProjectDir, environment

UNITS = sorted((Path(__file__).parents[2] / "deploy" / "systemd").glob("*.service"))
MOST_EXPOSED = 20  # of 100, by systemd's own count


@pytest.fixture
def analyze(tmp_path):
    """Ask systemd about a unit as it would be installed here."""
    if shutil.which("systemd-analyze") is None:
        words = "there is no systemd-analyze on this machine: apt-get install systemd"
        assert not IN_CI, words
        pytest.skip(words)

    def ask(unit: Path, *words: str) -> str:
        here = tmp_path / unit.name
        here.write_text(unit.read_text().replace("/opt/publisher/bin/publisher", sys.executable))
        done = subprocess.run(["systemd-analyze", *words, str(here)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stderr

    return ask


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_understands_every_line(analyze, unit):
    assert analyze(unit, "verify", "--man=no") == ""


def test_the_timer_starts_the_backup(analyze):
    timer = UNITS[0].with_name("publisher-backup.timer")
    analyze(timer.with_suffix(".service"), "verify", "--man=no")  # which leaves it where the timer looks for it
    assert analyze(timer, "verify", "--man=no") == ""


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_finds_little_that_it_may_do(analyze, unit):
    analyze(unit, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_what_a_unit_starts_there_is(unit):
    line = next(line for line in unit.read_text().splitlines() if line.startswith("ExecStart="))
    _, name, *options = shlex.split(line)
    command = typer.main.get_command(cli).commands[name]
    known = {option for param in command.params for option in param.opts}
    assert {option for option in options if option.startswith("--")} <= known


def test_the_program_says_that_it_is_ready_that_it_lives_and_that_it_ends(tmp_path):
    project = ProjectDir(tmp_path, "http://127.0.0.1:9")
    (tmp_path / "credentials").mkdir()
    (tmp_path / ".env").rename(tmp_path / "credentials" / "publisher.env")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd, TemporaryFile() as out:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(60)
        env = environment() | {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000"}
        env["CREDENTIALS_DIRECTORY"] = str(tmp_path / "credentials")
        running = Command(["run", "--port", "0"], cwd=project.folder, env=env, stdout=out, stderr=out)
        try:
            said = [systemd.recv(500), systemd.recv(500)]
            assert said == [b"READY=1\nSTATUS=Harbor Gazette", b"WATCHDOG=1"]
            running.send_signal(signal.SIGTERM)
            while (word := systemd.recv(500)) == b"WATCHDOG=1":
                pass
            assert word.startswith(b"STOPPING=1")
            assert running.wait(60) == 0
        finally:
            running.kill()

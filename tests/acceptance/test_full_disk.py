"""T7: the disk is full in mid-send. Nothing claims to be sent that was not; one clear line; later it goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from tests.crash.loop import Loop, Plan
from tests.crash.oracle import judge
from tests.crash.sink import Temper, serving
from tests.project import environment

READERS = 400


@contextmanager
def small_disk(folder, size):
    """A disk of its own of that size, or None where this user may not mount one."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, check=False
    )
    if done.returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk", "24m") as folder:
        if folder is None:
            pytest.skip("this user may not mount a disk of its own: run it as root")
        yield folder


def fill(folder):
    """Leave no room on the disk."""
    with (folder / "rubbish").open("wb", buffering=0) as out:
        try:
            while True:
                out.write(bytes(4096))
        except OSError:
            os.fsync(out.fileno())


def test_a_full_disk_stops_nothing_for_good_and_claims_nothing(disk, tmp_path):
    loop = Loop(disk / "project", Plan(READERS, 0, READERS, temper=Temper(latency=0.2)))
    loop.log = tmp_path / "sink.jsonl"  # the provider has a disk of its own
    loop.folder.mkdir()
    with serving(loop.log, loop.plan.temper) as url:
        loop.set_up(url)
        with loop.living() as process:
            wait_for(lambda: accepted(loop) > 40)
            fill(disk)
            wait_for(lambda: "disk is full" in (loop.folder / "run.log").read_text() or is_quiet(loop))
            assert process.poll() is None
        verdict = judge(loop.database, loop.log, is_settled=False)
        assert {"lost", "doubled", "denied", "unbalanced"} & set(verdict.faults) == set(), verdict
        said = loop_command(loop, "send", "morning", "--finish", "--yes")
        assert said.returncode != 0
        assert said.stderr.strip().count("\n") == 0 and "disk is full" in said.stderr, said.stderr
        (disk / "rubbish").unlink()
        loop.last_life()
    verdict = judge(loop.database, loop.log, audience=loop.audience())
    assert verdict.faults == {}, verdict
    assert verdict.figures["sent"] == READERS


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def accepted(loop):
    return loop.log.read_text().count('"accepted"') if loop.log.exists() else 0


def is_quiet(loop):
    before = accepted(loop)
    time.sleep(2)
    return accepted(loop) == before


def loop_command(loop, *words):
    command = [sys.executable, "-m", "publisher", *words]
    return subprocess.run(
        command, cwd=loop.folder, env=environment(), capture_output=True, text=True, check=False, timeout=120
    )

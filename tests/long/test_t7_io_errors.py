"""T7, second half: a disk that fails: reads, writes and syncs of the ledger end in errors, at random, in every life."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.crash.loop import TROUBLE, Loop, Plan
from tests.crash.oracle import judge
from tests.crash.sink import serving
from tests.long.figures import record, unless_done

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

LIBRARIES = Path("/usr/lib/fiu")  # where Debian's fiu-utils puts them
EIO, ENOSPC = 5, 28
LIVES, SECONDS = 10, 8.0
WORDS = re.compile("the disk (failed|is full)")
# Calls that only the ledger makes: a Python that can't read its own modules tells us nothing of the ledger.
FAULTS = {
    "write": (EIO, "posix/io/rw/pwrite"),
    "full": (ENOSPC, "posix/io/rw/pwrite"),
    "read": (EIO, "posix/io/rw/pread"),
    # With which of the two SQLite syncs a file is decided where it is built.
    "sync": (EIO, "posix/io/sync/fdatasync", "posix/io/sync/fsync"),
}


def failing(errno: int, *points: str, probability: float) -> dict[str, str]:
    """Return the environment in which so large a share of these system calls fails, as fiu-run would set it."""
    libraries = sorted(LIBRARIES.glob("fiu_*_preload.so"), reverse=True)
    if not libraries:
        pytest.skip("there is no fault injection on this machine: apt-get install fiu-utils")
    rules = [f"enable_random name={point},probability={probability},failinfo={errno}" for point in points]
    return {"LD_PRELOAD": " ".join(map(str, libraries)), "FIU_ENABLE": "\n".join(rules)}


def suffer(process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the process ended, or some seconds after its first request of this life."""
    before, began, heard_at = log.stat().st_size, time.monotonic(), None
    while process.poll() is None and time.monotonic() < (heard_at or began + 4 * SECONDS) + SECONDS:
        if heard_at is None and log.stat().st_size > before:
            heard_at = time.monotonic()
        time.sleep(0.05)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_disk_that_fails_claims_nothing_that_was_not_sent(kind):
    part = f"t7:{kind}"
    folder = unless_done(part)
    shutil.rmtree(folder, ignore_errors=True)
    loop = Loop(folder, Plan(20_000, 0, 20_000, temper=TROUBLE))
    environ = failing(*FAULTS[kind], probability=0.005)
    folder.mkdir(parents=True)
    with serving(loop.log, TROUBLE) as sink:
        loop.set_up(sink)
        for _ in range(LIVES):
            with loop.living(environ) as process:
                suffer(process, loop.log)
        said = [line for line in (folder / "run.log").read_text().splitlines() if WORDS.search(line)]
        loop.last_life()
    verdict = judge(loop.database, loop.log, audience=loop.audience())
    record(part, faults=verdict.faults, lives=LIVES, said=len(said), **verdict.figures)
    assert verdict.faults == {}, verdict
    assert said, "no fault was met, so nothing was shown"
    shutil.rmtree(folder)

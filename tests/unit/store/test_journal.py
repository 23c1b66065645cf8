"""The journal in a file: what a crash or a full disk cut off, and who may read it. The rest: tests/conformance."""

from __future__ import annotations

import subprocess
from datetime import timedelta

import pytest

from publisher.errors import StoreError
from publisher.store.farewells import Farewell, Kind
from publisher.store.journal_file import JournalFile
from tests.ledger import NOW


def farewell(number: int) -> Farewell:
    return Farewell(Kind.LEFT, f"{number:064x}", "daily", "clicked Leave", "reader", NOW + timedelta(seconds=number))


@pytest.fixture
def journal(tmp_path) -> JournalFile:
    return JournalFile(tmp_path / "publisher.journal")


def test_nobody_else_may_read_it(journal):
    journal.append([farewell(1)])
    assert journal.path.stat().st_mode & 0o077 == 0


def test_a_line_that_a_crash_cut_off_is_not_there_and_the_next_follows_the_last_whole_one(journal):
    journal.append([farewell(1), farewell(2)])
    whole = journal.path.read_bytes()
    journal.append([farewell(3)])
    journal.path.write_bytes(journal.path.read_bytes()[:-5])
    assert list(journal.read()) == [farewell(1), farewell(2)]
    journal.append([farewell(4)])
    assert journal.path.read_bytes().startswith(whole)
    assert list(journal.read()) == [farewell(1), farewell(2), farewell(4)]


def test_a_journal_that_cannot_be_written_says_so(tmp_path):
    journal = JournalFile(tmp_path / "nowhere" / "publisher.journal")
    with pytest.raises(StoreError, match="the journal can't be written"):
        journal.append([farewell(1)])


@pytest.fixture
def small_disk(tmp_path):
    """A disk of its own with very little on it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a disk of its own: run it as root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_takes_all_lines_or_none(small_disk):
    journal = JournalFile(small_disk / "publisher.journal")
    lines = [Farewell(Kind.LEFT, f"hash{number}", "daily", "left", "subscriber", NOW) for number in range(3)]
    journal.append(lines[:1])
    rubbish = small_disk / "rubbish"
    with rubbish.open("wb", buffering=0) as out, pytest.raises(OSError, match="No space left"):
        while True:
            out.write(bytes(4096))
    big = [Farewell(Kind.LEFT, f"big{number}", "daily", "x" * 200, "subscriber", NOW) for number in range(40)]
    with pytest.raises(StoreError, match=r"journal: the journal can't be written: No space left on device"):
        journal.append([*lines[1:2], *big])
    rubbish.unlink()
    journal.append(lines[1:])
    assert list(journal.read()) == lines

"""The journal: what was said is read back in order; what was changed, lost or cut off is seen."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from multiprocessing import get_context

import pytest

from publisher.errors import StoreError
from publisher.store.farewells import Farewell, Kind
from publisher.store.journal import Journal, Mark
from tests.ledger import NOW


def farewell(number: int) -> Farewell:
    return Farewell(Kind.LEFT, f"{number:064x}", "daily", "clicked Leave", "reader", NOW + timedelta(seconds=number))


@pytest.fixture
def journal(tmp_path) -> Journal:
    return Journal(tmp_path / "publisher.journal")


def test_lines_come_back_in_order_and_nobody_else_may_read_them(journal):
    said = [farewell(1), Mark("ab12", 7, NOW), Farewell(Kind.ERASED, "f" * 64, "erased", "ä\n" * 400, "cli:ada", NOW)]
    for line in said:
        journal.append([line])
    found = list(journal.read())
    assert found[:2] == said[:2]
    assert found[2].why == ("ä\n" * 400)[:300]
    assert journal.last_mark() == said[1]
    assert journal.path.stat().st_mode & 0o077 == 0


def test_of_nothing_there_is_nothing(journal):
    assert (list(journal.read()), journal.last_mark()) == ([], None)


def test_a_line_that_a_crash_cut_off_is_not_there_and_the_next_follows_the_last_whole_one(journal):
    journal.append([farewell(1), farewell(2)])
    whole = journal.path.read_bytes()
    journal.append([farewell(3)])
    journal.path.write_bytes(journal.path.read_bytes()[:-5])
    assert list(journal.read()) == [farewell(1), farewell(2)]
    journal.append([farewell(4)])
    assert journal.path.read_bytes().startswith(whole)
    assert list(journal.read()) == [farewell(1), farewell(2), farewell(4)]


@pytest.mark.parametrize(
    "harm", [lambda lines: lines[1:], lambda lines: [lines[0], *lines[2:]], lambda lines: lines[::-1]]
)
def test_lines_that_are_missing_or_moved_are_seen(journal, harm):
    journal.append([farewell(number) for number in range(3)])
    journal.path.write_bytes(b"".join(harm(journal.path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(StoreError, match="not as it was written"):
        list(journal.read())


def test_a_changed_word_is_seen(journal):
    journal.append([farewell(0), farewell(1)])
    journal.path.write_bytes(journal.path.read_bytes().replace(b"daily", b"dalyi", 1))
    with pytest.raises(StoreError, match=r"publisher\.journal:1: this line"):
        list(journal.read())


def test_a_journal_that_cannot_be_written_says_so(tmp_path):
    journal = Journal(tmp_path / "nowhere" / "publisher.journal")
    with pytest.raises(StoreError, match="the journal can't be written"):
        journal.append([farewell(1)])


def _say(path, start: int) -> None:
    for number in range(start, start + 50):
        Journal(path).append([farewell(number)])


def test_several_processes_write_one_journal(journal):
    context = get_context("fork")
    writers = [context.Process(target=_say, args=(journal.path, start)) for start in (0, 1000)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    numbers = [int(line.whom, 16) for line in journal.read()]
    assert sorted(numbers) == [*range(50), *range(1000, 1050)]


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


def test_what_a_full_disk_kept_out_is_written_with_the_next_that_can_be(small_disk):
    journal = Journal(small_disk / "publisher.journal")
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
    journal.append(lines[2:])
    assert list(journal.read()) == [*lines[:2], *big, lines[2]]


def test_no_address_comes_into_it(tmp_path):
    journal = Journal(tmp_path / "publisher.journal")
    why = "hard bounce: 550 <Ada@example.org>: no such user"
    journal.append([Farewell(Kind.SUPPRESSED, "hash", "all", why, "channel:letters", NOW)])
    assert "example.org" not in journal.path.read_text()

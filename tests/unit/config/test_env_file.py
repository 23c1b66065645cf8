"""Writing into `.env`: a value goes in, and nothing else is touched."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from publisher.config import giving_way
from publisher.config.env_file import must_be_writable, with_values, write_values
from publisher.config.giving_way import BESIDE
from publisher.config.settings import Settings
from publisher.errors import ConfigError
from tests.connecting import held


def is_allowed(*words: str) -> bool:
    return not subprocess.run(words, capture_output=True, check=False).returncode


TEXT = "# by Ann\n\nexport OLD='a b' # since May\nOTHER=1\nOLD=2"


def test_a_new_value_is_added_and_every_line_stays():
    assert with_values(TEXT, {"NEW": "x-1"}) == f"{TEXT}\nNEW=x-1\n"
    assert with_values("", {"NEW": "x"}) == "NEW=x\n"


def test_a_value_takes_the_place_of_the_one_that_counts():
    assert with_values(TEXT, {"OLD": "3"}) == TEXT[:-1] + "3\n"
    assert with_values("A=1\n\n export B = 2\r\nC=3\r\n", {"B": "x"}) == "A=1\n\n export B=x\r\nC=3\r\n"


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        ("export OLD='a # b' # since May\r\n", "export OLD=3 # since May\r\n"),
        ('OLD="say \\"x\\"\ntwo"\t#it\'s', "OLD=3\t#it's\n"),
        ("OLD='a'# by Ann\n", "OLD=3 # by Ann\n"),
        ("OLD=a#b  # of 'Ann'\n", "OLD=3  # of 'Ann'\n"),
        ("OLD= # from @BotFather\n", "OLD=3 # from @BotFather\n"),
        ("OLD=#a\n", "OLD=3\n"),
        ("export OLD # not yet\n", "export OLD=3 # not yet\n"),
        ("# one\n\nOLD=1\n# two\n", "# one\n\nOLD=3\n# two\n"),
    ],
)
def test_what_an_editor_wrote_behind_a_value_stays(line, becomes):
    assert with_values(line, {"OLD": "3"}) == becomes
    quoted = with_values(line, {"OLD": "x y"})
    assert quoted == becomes.replace("=3", "='x y'")


def test_lines_end_as_those_of_the_file_do():
    assert with_values("A=1\r\nB=2", {"C": "3"}) == "A=1\r\nB=2\r\nC=3\r\n"


@pytest.mark.parametrize("value", ["a b", "it's", 'say "x"', "a#b #c", "back\\slash\\'", "$HOME ${X}", "=", "'", "`x`"])
def test_a_value_is_read_back_as_it_was(tmp_path, value):
    write_values(tmp_path, {"NAME": value})
    assert Settings.load(tmp_path, {}).get("NAME") == value


def test_a_value_that_can_not_stand_there_leaves_the_file_as_it_was(tmp_path):
    (tmp_path / ".env").write_text(TEXT)
    with pytest.raises(ConfigError, match=r"\.env: OLD can't be written.*by hand"):
        write_values(tmp_path, {"OLD": "two\r\nlines"})
    assert (tmp_path / ".env").read_text() == TEXT
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


@pytest.mark.parametrize(
    ("was", "becomes"), [(0o640, 0o640), (0o660, 0o660), (0o400, 0o600), (0o750, 0o640), (0o644, 0o600), (0o664, 0o600)]
)
def test_a_group_that_was_let_in_alone_stays_and_everybody_else_goes(tmp_path, was, becomes):
    (tmp_path / ".env").write_text("A=1\n")
    (tmp_path / ".env").chmod(was)
    write_values(tmp_path, {"B": "2"})
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == becomes


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file to somebody else")
def test_what_root_writes_belongs_to_whom_it_belonged_and_a_new_one_to_the_folders_owner(tmp_path):
    os.chown(tmp_path, 4711, 4712)
    write_values(tmp_path, {"A": "1"})
    assert whose(tmp_path / ".env") == (4711, 4712, 0o600)
    os.chown(tmp_path / ".env", 4711, 4713)
    (tmp_path / ".env").chmod(0o640)
    write_values(tmp_path, {"A": "2"})
    assert whose(tmp_path / ".env") == (4711, 4713, 0o640)


@pytest.fixture
def as_another():
    """Return a folder that is open to all, while we are another user, of root's group still."""
    if os.geteuid() != 0:
        pytest.skip("only root may be somebody else")
    with TemporaryDirectory() as name:  # pytest's own folders are closed to others
        (folder := Path(name)).chmod(0o777)
        (folder / ".env").write_text("A=1\n")
        (folder / ".env").chmod(0o644)
        yield folder
        os.seteuid(0)


def test_a_file_of_somebody_elses_is_left_to_them(as_another):
    os.seteuid(4711)
    with pytest.raises(ConfigError, match=r"\.env: the file belongs to another.*Run this as the user to whom"):
        write_values(as_another, {"A": "2"})
    assert [each.name for each in as_another.iterdir()] == [".env"]
    assert (as_another / ".env").read_text() == "A=1\n"


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_its_owner_writes_it_also_from_outside_its_group_where_the_group_has_no_part_in_it(as_another, mode):
    (as_another / ".env").chmod(mode)
    os.chown(as_another / ".env", 4711, 4712)
    os.seteuid(4711)
    write_values(as_another, {"A": "2"})
    assert whose(as_another / ".env") == (4711, 0, 0o600)


def test_a_group_that_alone_was_let_in_is_not_shut_out_by_an_owner_from_outside_it(as_another):
    (as_another / ".env").chmod(0o640)
    os.chown(as_another / ".env", 4711, 4712)
    os.seteuid(4711)
    for write in (must_be_writable, partial(write_values, values={"A": "2"})):
        with pytest.raises(ConfigError, match=r"\.env: its group may read the file.*chmod g-rwx"):
            write(as_another)
    assert [each.name for each in as_another.iterdir()] == [".env"]
    assert whose(as_another / ".env") == (4711, 4712, 0o640)


def whose(path):
    found = path.stat()
    return found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)


def test_a_new_one_is_readable_by_its_owner_alone(tmp_path):
    write_values(tmp_path, {"A": "1"})
    assert whose(tmp_path / ".env")[2] == 0o600


def test_a_link_stays_one(tmp_path):
    kept, link = tmp_path / "kept", tmp_path / ".env"
    kept.write_text("A=1\n")
    link.symlink_to(kept)
    write_values(tmp_path, {"B": "2"})
    assert link.is_symlink()
    assert kept.read_text() == "A=1\nB=2\n"


def test_what_a_death_left_beside_it_goes_and_git_never_saw_it(tmp_path):
    left = tmp_path / f"{BESIDE}812"
    left.write_text("SECRET=1\n")
    assert fnmatch(left.name, "publisher.db*")  # so projects keep it out of git
    write_values(tmp_path, {"B": "2"})
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


def test_a_file_that_is_not_utf_8_is_left_alone(tmp_path):
    (tmp_path / ".env").write_bytes(b"A=\xff\n")
    with pytest.raises(ConfigError, match="not UTF-8"):
        write_values(tmp_path, {"B": "2"})
    assert (tmp_path / ".env").read_bytes() == b"A=\xff\n"


def test_a_folder_that_nobody_may_write_in_is_said(tmp_path):
    for write in (must_be_writable, partial(write_values, values={"B": "2"})):
        with pytest.raises(ConfigError, match=r"\.env: the file can't be written"):
            write(tmp_path / "missing")


def test_whether_it_can_be_written_is_found_out_without_a_trace(tmp_path):
    must_be_writable(tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / ".env").write_text("A=1\n")
    before = (tmp_path / ".env").stat()
    must_be_writable(tmp_path)
    assert (tmp_path / ".env").stat() == before
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


MOUNTED = """
import sys
from pathlib import Path
from publisher.config.env_file import must_be_writable, write_values
for write in (must_be_writable, lambda folder: write_values(folder, {"A": "2"})):
    try:
        write(Path(sys.argv[1]))
    except Exception as error:
        print(error)
"""


@pytest.mark.skipif(not is_allowed("unshare", "-m", "true"), reason="only root may mount")
def test_a_file_that_is_mounted_by_itself_is_said(tmp_path):
    folder = tmp_path / "a \\ b"
    folder.mkdir()
    (tmp_path / "outside").write_text("A=1\n")
    (folder / ".env").touch()
    mounts = 'mount --bind "$0" "$1/.env" && exec "$2" -c "$3" "$1"'
    words = ["unshare", "-m", "sh", "-c", mounts, tmp_path / "outside", folder, sys.executable, MOUNTED]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()
    assert len(said) == 2
    assert all(line.startswith(".env: the file is mounted by itself, so no other can take its") for line in said)
    assert (tmp_path / "outside").read_text() == "A=1\n"


def test_of_two_who_write_at_once_neither_loses_a_value(tmp_path):
    names = [f"{who}{number}" for number in range(20) for who in "ABC"]
    with ThreadPoolExecutor(3) as writers:
        list(writers.map(lambda name: write_values(tmp_path, {name: "1"}), names))
    settings = Settings.load(tmp_path, {})
    assert [name for name in names if not settings.get(name)] == []
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


def test_who_waits_too_long_for_another_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(giving_way, "PATIENCE", 0.05)
    with held(tmp_path), pytest.raises(ConfigError, match=r"\.env: another program holds its folder.*try again"):
        write_values(tmp_path, {"A": "1"})
    assert list(tmp_path.iterdir()) == []


def test_what_was_seen_is_looked_at_again_and_what_is_there_by_now_is_not_written(tmp_path):
    (tmp_path / ".env").write_text("A=1\nB=2\n")
    assert write_values(tmp_path, {"A": "1", "B": "3", "C": "4"}, seen={"A": "", "B": "2", "C": "0"}) == ["B", "C"]
    with pytest.raises(ConfigError, match=r"\.env: A, B were changed meanwhile\. Nothing was written"):
        write_values(tmp_path, {"A": "2", "B": "4"}, seen={"A": "", "B": "2"})
    assert (tmp_path / ".env").read_text() == "A=1\nB=3\nC=4\n"

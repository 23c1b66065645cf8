"""Writing into `.env`: a value goes in, and nothing else is touched."""

from __future__ import annotations

import stat
from fnmatch import fnmatch

import pytest

from publisher.config.env_file import BESIDE, with_values, write_values
from publisher.config.settings import Settings
from publisher.errors import ConfigError

TEXT = "# by Ann\n\nexport OLD='a b' # since May\nOTHER=1\nOLD=2"


def test_a_new_value_is_added_and_every_line_stays():
    assert with_values(TEXT, {"NEW": "x-1"}) == f"{TEXT}\nNEW=x-1\n"
    assert with_values("", {"NEW": "x"}) == "NEW=x\n"


def test_a_value_takes_the_place_of_the_one_that_counts():
    assert with_values(TEXT, {"OLD": "3"}) == TEXT[:-1] + "3\n"
    assert with_values("A=1\n\n export B = 2\r\nC=3\r\n", {"B": "x"}) == "A=1\n\n export B=x\r\nC=3\r\n"


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


def test_it_is_readable_by_its_owner_alone_and_a_link_stays_one(tmp_path):
    kept, link = tmp_path / "kept", tmp_path / ".env"
    kept.write_text("A=1\n")
    kept.chmod(0o644)
    link.symlink_to(kept)
    write_values(tmp_path, {"B": "2"})
    assert link.is_symlink()
    assert kept.read_text() == "A=1\nB=2\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


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
    with pytest.raises(ConfigError, match=r"\.env: the file can't be written"):
        write_values(tmp_path / "missing", {"B": "2"})

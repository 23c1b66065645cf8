"""What everything stands on: disks, database, clocks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.app.doctor import machine
from publisher.app.ledger import journal_of
from publisher.config.settings import Settings
from publisher.store import condition
from publisher.store.condition import Condition
from tests.ledger import NOW
from tests.unit.app.doctor.ward import project

RIGHT = {"fsync": "on", "full_page_writes": "on", "server_encoding": "UTF8", "max_connections": "100"}


def levels(found) -> list[tuple[str, str]]:
    return [(str(each.level), each.about) for each in found]


def test_a_machine_that_is_well(tmp_path):
    app = project(tmp_path)
    found = list(machine.look(app))
    assert ("ok", "database") in levels(found)
    assert str(found[-2]).startswith("database: SQLite 3.")
    assert str(found[-1]) == f"journal: {tmp_path / 'publisher.journal'}"


@pytest.mark.parametrize(
    ("place", "level"),
    [
        ("", "ok"),
        ("shared.journal", "ok"),
        ("gone/publisher.journal", "trouble"),
        ("postgresql://ada:s3cret@127.0.0.1:1/journal", "trouble"),
    ],
)
def test_where_the_journal_is_and_whether_it_can_be_read(tmp_path, place, level):
    found = machine.look_at_journal(journal_of(tmp_path, Settings({"JOURNAL": place})))
    assert (str(found.level), "s3cret" in str(found)) == (level, False)


def test_a_disk_is_told_once_with_its_room_and_what_to_do(tmp_path):
    places = [tmp_path, tmp_path.parent, tmp_path / "missing"]
    assert len(list(machine.disks(places))) == 1
    (found,) = machine.disks(places, least=2**60)
    assert (str(found.level), "GB free of" in found.said, "Free some" in found.remedy) == ("trouble", True, True)


def test_the_database_of_the_ledger_tells_how_it_is(store):
    with store.read() as conn:
        found = condition.of(conn)
    assert found.name.split()[0] in ("SQLite", "PostgreSQL")
    told = list(machine.database(found, 0.001))
    assert levels(told)[0] == ("ok", "database")
    assert all(each.remedy for each in told if each.level == "trouble")
    if found.name.startswith("PostgreSQL"):  # the tests' own server doesn't wait for the disk
        assert [each.said for each in told[1:]] == ["`fsync` is off: a power cut loses what counts as sent"]
    else:
        assert len(told) == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, ""),
        ({"full_page_writes": "off"}, "`full_page_writes` is off"),
        ({"server_encoding": "LATIN1"}, "LATIN1"),
        ({"journal_mode": "delete"}, "not `wal`"),
    ],
)
def test_settings_by_which_something_is_lost_are_trouble(more, said):
    found = list(machine.database(Condition("PostgreSQL 17.1", {**RIGHT, **more}), 0.01))
    assert [said in str(each) for each in found[1:]] == [True] * bool(said)


def test_a_server_that_follows_or_is_crowded_is_said():
    found = list(machine.database(Condition("PostgreSQL 17.1", RIGHT, follows=True, connections=90), 0.01))
    assert levels(found)[1:] == [("trouble", "database"), ("note", "database")]


@pytest.mark.parametrize(
    ("version", "level", "words"),
    [
        ("17.2", "ok", "by pg_dump 17.2"),
        ("18", "ok", "by pg_dump 18"),
        ("15.18", "note", "older than the server"),
        ("", "note", "no pg_dump"),
    ],
)
def test_whether_backups_can_be_made_here_is_said_before_the_night(version, level, words):
    found = machine.backups("PostgreSQL 17.10 (Debian 17.10-1.pgdg12)", version)
    assert (str(found.level), words in found.said) == (level, True)


@pytest.mark.parametrize(
    ("seconds", "level", "words"),
    [(1, "ok", "agrees"), (-5, "note", "5 s behind"), (5, "note", "5 s ahead of"), (3600, "trouble", "3,600 s ahead")],
)
def test_clocks_are_compared(seconds, level, words):
    found = machine.clock("its clock", NOW + timedelta(seconds=seconds), NOW)
    assert (str(found.level), words in found.said) == (level, True)
    assert ("timedatectl" in found.remedy) == (level != "ok")


def test_a_word_that_is_rounded_is_not_taken_at_its_word():
    assert str(machine.clock("its clock", NOW + timedelta(seconds=2.9), NOW, 1.0).level) == "ok"

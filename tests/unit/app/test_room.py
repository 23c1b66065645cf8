"""Below a floor of free disk no new slot fires; it is said once, and it ends by itself."""

from __future__ import annotations

import socket
import subprocess
from datetime import timedelta

import pytest

from publisher.app import room
from publisher.app.slots import fire_due
from publisher.config.settings import Settings
from publisher.errors import ConfigError
from publisher.store import alerts
from tests.ledger import Clock
from tests.project import SECRETS
from tests.unit.app.project import EVENING, MORNING, found, open_app, sends_of

MINUTE = timedelta(minutes=1)


def open_alerts(app) -> list[str]:
    with app.store.read() as conn:
        return [row["what"] for row in alerts.open_ones(conn)]


def at(tmp_path, when: str, floor: str = "1TB"):
    """Return a project on a disk of which `floor` must be free, and nobody has that much."""
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, when)
    fire_due(app)
    app.settings = Settings({"PUBLISHER_MIN_FREE": "900000TB" if floor == "1TB" else floor})
    return app, clock


def with_room(app) -> None:
    app.settings = Settings({"PUBLISHER_MIN_FREE": "0"})


def look_through(app, clock, until) -> None:
    while clock.moment < until:
        clock.advance(MINUTE / 2)
        fire_due(app)


def test_no_slot_fires_without_room_and_it_is_said_once_and_ends_by_itself(tmp_path):
    app, clock = at(tmp_path, 'at: "07:00"')
    look_through(app, clock, EVENING + MINUTE)
    clock.moment = MORNING
    assert fire_due(app) == [] and fire_due(app) == []
    assert found(app) == []
    [said] = open_alerts(app)
    assert said.startswith("no slot fires: ") and "is the least" in said
    with_room(app)
    clock.advance(5 * MINUTE)
    fire_due(app)
    assert open_alerts(app) == []
    assert found(app) == [("2026-11-24T07:00", "locked")]  # missed: latest, the last one that came


@pytest.mark.parametrize(
    ("rule", "states"),
    # after the first the others have no articles left
    [
        ("latest", ["skipped", "skipped", "locked"]),
        ("all", ["locked", "skipped", "skipped"]),
        ("skip", ["skipped"] * 3),
    ],
)
def test_slots_that_came_meanwhile_have_the_fate_that_their_schedule_says(tmp_path, rule, states):
    app, clock = at(tmp_path, f'at: ["07:00", "07:10", "07:20"], missed: {rule}')
    clock.moment = MORNING - MINUTE
    look_through(app, clock, MORNING + 25 * MINUTE)
    with_room(app)
    clock.advance(MINUTE)
    fire_due(app)
    assert [state for _, state in found(app)] == states


def test_what_is_under_way_goes_on(tmp_path):
    app, clock = at(tmp_path, 'at: "07:00"', "0")
    clock.moment = MORNING
    assert fire_due(app)
    app.settings = Settings({"PUBLISHER_MIN_FREE": "900000TB"})
    fire_due(app)
    app.sending.advance()
    assert sends_of(app, 1)[0]["state"] != "made"  # nobody reads it, which is said as ever


@pytest.mark.parametrize(
    ("said", "size"), [("", 10**9), ("0", 0), ("500MB", 5 * 10**8), ("1.5 gb", 1_500_000_000), ("2TB", 2 * 10**12)]
)
def test_the_floor_is_a_size(said, size):
    assert Settings({"PUBLISHER_MIN_FREE": said}).min_free == size


@pytest.mark.parametrize("said", ["much", "-1GB", "1 XB", "1e9", "１GB", "9" * 40])
def test_what_is_no_size_is_said(said):
    with pytest.raises(ConfigError, match="PUBLISHER_MIN_FREE is no size"):
        _ = Settings({"PUBLISHER_MIN_FREE": said}).min_free


def test_the_journals_disk_counts_too(tmp_path):
    disk = tmp_path / "small"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a disk of its own: run it as root")
    try:
        from publisher.store.journal_file import JournalFile

        (tmp_path / "project").mkdir()
        app, _ = at(tmp_path / "project", 'at: "07:00"', "100MB")
        assert room.is_enough(app)
        app.store.journal = JournalFile(disk / "publisher.journal")
        assert not room.is_enough(app)
        assert str(disk) in open_alerts(app)[0]
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_of_one_machine_is_told_of_it_alone_and_another_fires(tmp_path, postgresql_url, monkeypatch):
    clock, both = Clock(EVENING), []
    for name in ("full", "sound"):
        (tmp_path / name).mkdir()
        both.append(
            open_app(
                tmp_path / name, clock, secrets=f"{SECRETS}DATABASE_URL={postgresql_url}\nJOURNAL=publisher.journal\n"
            )
        )
    full, sound = both
    full.settings = Settings({"PUBLISHER_MIN_FREE": "900000TB", "DATABASE_URL": postgresql_url})
    clock.moment = MORNING - MINUTE
    for each, app in (("full", full), ("sound", sound), ("full", full)):
        monkeypatch.setattr(socket, "gethostname", lambda each=each: each)
        fire_due(app)
        assert app.open_causes() == {"disk:full:0"}
    with full.store.read() as conn:
        assert alerts.open_ones(conn)[0]["what"].startswith("full: no slot fires: ")
    clock.moment = MORNING
    assert fire_due(full) == []
    assert len(fire_due(sound)) == 1
    monkeypatch.setattr(socket, "gethostname", lambda: "full")
    full.settings = sound.settings
    fire_due(full)
    assert not full.open_causes()

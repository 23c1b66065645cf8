"""A small newsroom in which things break, and whoever is called follows the page until the alert is over."""

from __future__ import annotations

import shlex
from collections import namedtuple
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, update
from typer.testing import CliRunner

from publisher.app import App, metrics, room
from publisher.app.alerts import Watch
from publisher.cli.commands import cli
from publisher.store import alerts, channels, credentials
from publisher.store.tables import calls, events
from publisher.testing import Fault
from tests.acceptance.newsroom import Newsroom
from tests.runbook import commands, holds, named_in, rules

TEXT = """\
version: 1
publication:
  name: Harbor Gazette
  url: https://harbor.example
  public_url: https://letters.harbor.example
  from: Harbor Gazette <news@harbor.example>
  address: 1 Quay Street, Harbor
  timezone: Europe/Lisbon
sources:
  site: {{feed: feed.xml, every: 5m, backfill: 3}}
lists:
  daily: {{title: Morning briefing}}
channels:
  letters: {{sender: mailgun, base_url: "{mailgun}", domain: mg.harbor.example, api_key: key-0123456789}}
  threads: {{sender: threads}}
schedules:
  morning:
    when: {{at: "07:00"}}
    pick: {{from: site}}
    send:
      - {{via: letters, to: daily}}
"""
MONDAY = datetime(2026, 11, 23, tzinfo=ZoneInfo("Europe/Lisbon"))


class House(Newsroom):
    """A newsroom that is watched."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, TEXT, ["mailgun"], MONDAY)
        self.subscribe("daily", "ana@harbor.example", "rui@harbor.example")
        self.publish("ferry", "Ferry service resumes")
        self._watch = Watch(self.clock(), lambda: self.clock().timestamp())

    def look(self) -> None:
        """Look for trouble, as the duty does; what has to last has lasted."""
        for _ in range(2):
            self._watch.look(self.app.store, self.app.project, self.clock)
            self.clock.advance(timedelta(seconds=61))

    def raised(self, page: str) -> set[str]:
        """Return what is raised of what a page is for."""
        self.look()
        names, kinds = named_in(page)
        numbers = metrics.text(self.app)
        with self.app.store.read() as conn:
            open_kinds = {row["cause"].partition(":")[0] for row in alerts.open_ones(conn)}
        return {name for name in names if "up{" not in rules()[name]["expr"] and holds(rules()[name], numbers)} | (
            kinds & open_kinds
        )

    def follow(self, page: str) -> None:
        """Type what the page says, line by line."""
        for line in commands(page):
            words = [*shlex.split(line)[1:], "--project", str(self.folder)]
            done = CliRunner().invoke(cli, words, catch_exceptions=False)
            assert done.exit_code in (0, 1), f"{line}: {done.output}"  # 1: somebody is needed, or nothing was to do
        self.work()


@pytest.fixture
def house(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # pages name files as they are called in the project
    with House(tmp_path) as made:
        yield made


def got(house) -> int:
    return len(house.networks["mailgun"].addresses())


def rests(house, failures: int) -> None:
    """Leave the channel as so many calls in a row do that reached nobody."""
    until = house.clock() + timedelta(minutes=30)
    with house.app.store.write() as conn:
        channels.rest(conn, "letters", failures=failures, until=until, reason="no connection")


@pytest.mark.parametrize(
    ("page", "failures", "expected"),
    [("provider-down", 8, {"PublisherProviderDown", "channel"}), ("breaker-open", 5, {"PublisherChannelResting"})],
)
def test_provider_down_and_breaker_open(house, page, failures, expected):
    assert house.raised(page) == set()
    rests(house, failures)
    assert house.raised(page) == expected
    house.follow(page)
    assert house.raised(page) == set()


def test_channel_stopped(house):
    house.networks["mailgun"].fails(Fault(401, {"message": "Invalid private key"}))
    house.at("mon 07:01")
    assert house.raised("channel-stopped") == {"PublisherChannelStopped", "channel"}
    house.follow("channel-stopped")
    assert house.raised("channel-stopped") == set()
    assert got(house) == 2


def test_token_about_to_end(house):
    def keep(ends_at: datetime | None) -> None:
        with house.app.store.write() as conn:
            credentials.lock(conn, "threads", "token")
            sealed = credentials.Sealed("1", b"sealed")
            credentials.keep(conn, "threads", "token", sealed, now=house.clock(), ends_at=ends_at)

    keep(house.clock() + timedelta(days=3))
    assert house.raised("token-ends") == {"PublisherTokenEnds", "token"}
    assert "publisher connect threads" in commands("token-ends")  # a walk through the network's own pages
    keep(None)  # what the first post by the new token leaves
    assert house.raised("token-ends") == set()


def test_source_dead(house):
    (house.folder / "feed.xml").rename(house.folder / "gone.xml")
    house.at("mon 06:40")
    assert house.raised("source-dead") == {"PublisherSourceDead", "source"}
    (house.folder / "gone.xml").rename(house.folder / "feed.xml")
    house.follow("source-dead")
    assert house.raised("source-dead") == set()


def test_slot_missed(house):
    house.work()
    house.clock.moment = (MONDAY + timedelta(hours=7, minutes=15)).astimezone(house.clock().tzinfo)
    assert house.raised("slot-missed") == {"PublisherSlotMissed", "slot"}
    house.follow("slot-missed")
    assert house.raised("slot-missed") == set()
    assert got(house) >= 2


def test_unknown_outcomes(house):
    house.networks["mailgun"].fails(Fault.dropped_after())
    house.at("mon 07:01")
    with house.app.store.write() as conn:
        conn.execute(update(calls).values(retry_at=None))  # all that Publisher can find out by itself is done
    assert house.raised("unknown") == {"PublisherUnknownOutcomes", "unknown"}
    house.follow("unknown")
    assert house.raised("unknown") == set()
    assert got(house) == 2  # nobody was written to again


def test_worker_gone(house):
    assert house.raised("worker-gone") == set()
    house._process.close()
    house.app = App.open(house.folder)  # the console is another one
    assert house.raised("worker-gone") == {"PublisherWorkerGone", "PublisherSchedulerGone"}
    house.app.store.close()
    house.restart()
    house.follow("worker-gone")
    assert house.raised("worker-gone") == set()


def test_database_away(house):
    rule = rules()["PublisherDatabaseAway"]
    assert not holds(rule, metrics.text(house.app))
    house.app.store._readers.dispose()  # as a connection that broke: the next look needs another
    for name in ("publisher.db", "publisher.db-wal", "publisher.db-shm"):
        if (house.folder / name).exists():
            (house.folder / name).rename(house.folder / f"away.{name}")
    (house.folder / "publisher.db").mkdir()
    assert holds(rule, metrics.text(house.app))
    (house.folder / "publisher.db").rmdir()
    for away in house.folder.glob("away.*"):
        away.rename(house.folder / away.name.removeprefix("away."))
    house.follow("database-away")
    assert not holds(rule, metrics.text(house.app))


def test_disk_full(house, monkeypatch):
    monkeypatch.setattr(room, "free_on", lambda place: 5 * 10**8)
    house.at("mon 07:01")
    assert house.raised("disk-full") == {"PublisherNoRoom", "disk"}
    assert got(house) == 0
    monkeypatch.setattr(room, "free_on", lambda place: 5 * 10**9)
    house.follow("disk-full")
    assert house.raised("disk-full") == set()
    assert got(house) == 2


def test_disk_low(house, monkeypatch):
    assert house.raised("disk-low") <= {"PublisherDiskLow"}  # this machine's own
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(metrics, "disk_usage", lambda path: usage(10**9))
    assert house.raised("disk-low") == {"PublisherDiskLow"}
    house.follow("disk-low")
    monkeypatch.setattr(metrics, "disk_usage", lambda path: usage(10**10))
    assert house.raised("disk-low") == set()


def test_restored_and_held(house):
    house.type("backup", "old.tar.gz")
    house._process.close()
    for name in ("publisher.db", "publisher.db-wal", "publisher.db-shm"):
        (house.folder / name).unlink(missing_ok=True)
    house.type("restore", "old.tar.gz")
    house.restart()
    assert house.raised("restored") == {"PublisherRestored"}
    house.at("mon 07:01")
    assert got(house) == 0
    house.follow("restored")
    assert house.raised("restored") == set()
    assert got(house) == 2


def test_journal_missing(house):
    house.type("backup", "first.tar.gz")
    assert house.raised("journal") == set()
    house.app.store.journal.path.unlink()
    assert house.raised("journal") == {"PublisherJournalMissing"}
    house.follow("journal")
    assert house.raised("journal") == set()


def test_backup_too_old(house):
    assert house.raised("backup-old") == {"PublisherBackupOld"}  # there is none
    house.follow("backup-old")
    assert house.raised("backup-old") == set()
    house.clock.advance(timedelta(hours=37))
    assert house.raised("backup-old") == {"PublisherBackupOld"}


def test_complaints(house):
    house.at("mon 07:01")
    with house.app.store.write() as conn:
        said = {"channel": "letters", "event_key": "1", "type": "complained", "words": "", "counts": True}
        when = {"happened_at": house.clock(), "received_at": house.clock()}
        conn.execute(insert(events).values(**said, **when, delivery_id=1))
    assert house.raised("complaints") == {"PublisherComplaints"}
    house.follow("complaints")
    house.clock.advance(timedelta(days=8))
    assert house.raised("complaints") == set()

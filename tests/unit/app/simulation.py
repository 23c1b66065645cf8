"""Two schedulers over one ledger, killed at random, on a clock that is stepped and through downtimes of up to 72 hours.

What they are judged by is the ledger alone: at the end every slot that the rules give has exactly one edition.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import current_thread, main_thread

from publisher.app import App
from publisher.app.slots import fire_due
from publisher.runtime.slots import slots_between
from publisher.store import edition_lists, editions, schedules
from tests.ledger import Clock
from tests.project import SECRETS, ProjectDir
from tests.unit.app.project import add_schedule, edit, open_app

BEGIN = datetime(2026, 3, 27, 20, tzinfo=UTC)  # two days before clocks go forward in Berlin
MINUTE = timedelta(minutes=1)
SCHEDULES = {
    "listed": 'at: ["02:15", "02:45", "07:00", "18:30"], missed: all',
    "cron": "cron: 30 */3 * * *",
    "rhythm": "every: 1h, missed: skip",
    "drafted": 'at: ["06:00", "12:00"], prepare: 45m',
    "fixed": "cron: 30 2 * * *, late: 200h",
}
SHORT = 6 * MINUTE


class Killed(BaseException):
    """kill -9, at the edge of a transaction."""


class Simulation:
    """Runs until so many slots have come; `check` looks at the ledger.

    :param url: of a ledger on PostgreSQL, which is empty; none: it is a file.
    """

    def __init__(self, folder: Path, seed: int, url: str = "") -> None:
        self.folder, self.dice = folder, random.Random(seed)
        self.clock = Clock(BEGIN)
        shared = f"DATABASE_URL={url}\nJOURNAL={folder / 'publisher.journal'}\n" if url else ""
        open_app(folder, self.clock, 'at: "07:00"', secrets=SECRETS + shared)
        edit(folder, ("Europe/Lisbon", "Europe/Berlin"), ("at_most: 8", "at_most: 3"))
        for name, when in SCHEDULES.items():
            add_schedule(folder, name, when)
        self.stories = 3
        self.latest = BEGIN
        self.kills = 0
        self.apps = [App.open(folder, self.clock), App.open(folder, self.clock)]
        for app in self.apps:
            fire_due(app)

    def run(self, slots: int) -> None:
        while self.count_slots() < slots:
            self.step()
        self.clock.moment = self.latest + timedelta(hours=2)
        self.latest = self.clock.moment
        for app in self.apps:
            fire_due(app)

    def count_slots(self) -> int:
        return sum(len(found) for found in self._expected().values())

    def step(self) -> None:
        self._pass_time()
        if self.dice.random() < 0.5:
            self.stories += self.dice.randint(1, 3)
            ProjectDir.publish_in(self.folder, self.stories, max(1, self.stories - 12))
        for number in self.dice.sample([0, 1], 2):
            if self.dice.random() < 0.7:
                self._tick(number)

    def _pass_time(self) -> None:
        """Let time pass; now and then the clock is set, or nobody is there for up to three days."""
        chance = self.dice.random()
        if chance < 0.05:
            self.clock.advance(-self.dice.choice([3, 60, 180]) * MINUTE)
        elif chance < 0.10:
            self.clock.advance(self.dice.choice([60, 180, 600]) * MINUTE)
        elif chance < 0.15 and self._is_up_to_date():
            self.clock.advance(self.dice.randint(1, 72) * 60 * MINUTE)
        else:
            self.clock.advance(self.dice.choice([SHORT / 72, SHORT, 5 * SHORT]))
        self.latest = max(self.latest, self.clock.moment)

    def _is_up_to_date(self) -> bool:
        """Say whether a downtime leaves no more slots than are written down one by one."""
        with self.apps[0].store.read() as conn:
            decided = schedules.every(conn)["rhythm"]["considered_until"]
        return self.clock.moment - decided < timedelta(hours=12)

    def _tick(self, number: int) -> None:
        app = self.apps[number]
        try:
            with self._mortal(app):
                fire_due(app)
        except Killed:
            self.kills += 1
            app.store.close()
            self.apps[number] = App.open(self.folder, self.clock)

    @contextmanager
    def _mortal(self, app: App) -> Iterator[None]:
        """Let the process die before or after one of its next transactions, sometimes."""
        left = self.dice.choice([1, 2, 3, 5, 8]) if self.dice.random() < 0.6 else 0
        after = self.dice.random() < 0.5
        whole = app.store.write
        done = 0

        @contextmanager
        def write():
            nonlocal done
            mine = current_thread() is main_thread()  # in the thread of a poll nobody would hear of it
            done += mine
            if mine and done == left and not after:
                raise Killed
            with whole() as conn:
                yield conn
            if mine and done == left:
                raise Killed

        app.store.write = write  # type: ignore[method-assign]
        try:
            yield
        finally:
            app.store.write = whole  # type: ignore[method-assign]

    def _expected(self) -> dict[str, set[str]]:
        project, zone = self.apps[0].project, self.apps[0].zone
        return {
            name: {slot.key for slot in slots_between(schedule.when, zone, BEGIN, self.latest)}
            for name, schedule in project.schedules.items()
        }

    def check(self) -> tuple[int, list[str]]:
        """Return how many slots there were, and everything that is wrong."""
        with self.apps[0].store.read() as conn:
            rows = edition_lists.latest(conn, limit=1_000_000)
            places = {row["id"]: editions.places_of(conn, row["id"]) for row in rows}
        wrong, count = [], 0
        for name, expected in self._expected().items():
            mine = [row for row in rows if row["schedule"] == name]
            decided = Counter(row["slot"] for row in mine if row["state"] != "draft")
            count += len(expected)
            wrong += [f"{name} {slot}: {decided[slot]} editions" for slot in expected if decided[slot] != 1]
            wrong += [f"{name} {slot}: is no slot of it" for slot in decided if slot not in expected]
            carried = Counter(
                place["article_id"]
                for row in mine
                if row["state"] == "locked"
                for place in places[row["id"]]
                if place["position"] is not None
            )
            wrong += [
                f"{name}: article {article} in {times} editions" for article, times in carried.items() if times > 1
            ]
        return count, wrong

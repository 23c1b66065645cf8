"""T2 on many machines: a scheduler beside the database, and four workers on islands that are cut off and healed."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.crash.fleet import Fleet, Worker
from tests.crash.islands import HubPostgreSQL, Islands
from tests.crash.loop import START_PATIENCE
from tests.crash.sink import Temper, serving


@dataclass(slots=True)
class Parts(Fleet):
    """A fleet whose parts are commands of their own, each in a folder and a network of its own.

    :ivar islands: one for each worker.
    """

    islands: Islands = field(kw_only=True)
    scheduler: Worker = field(default_factory=lambda: Worker("scheduler"))
    dark: dict[str, float] = field(default_factory=dict)  # who is cut off, and until when

    @property
    def crew(self) -> list[Worker]:
        return [self.scheduler, *self.workers]

    def start(self, worker: Worker) -> None:
        Fleet.start(self, worker)
        end = time.monotonic() + START_PATIENCE
        while worker is self.scheduler and not self._fires():  # before that no worker knows what to do
            assert time.monotonic() < end, "the scheduler does not begin"
            time.sleep(0.1)

    def _fires(self) -> bool:
        return "slots are fired from here" in (self.folder / "scheduler.log").read_text(errors="replace")

    def words(self, worker: Worker) -> list[str]:
        name = "" if worker is self.scheduler else worker.name
        part = "worker" if name else "scheduler"
        return [*self.islands.within(name), sys.executable, "-m", "publisher", part]

    def home(self, worker: Worker) -> Path:
        if worker is self.scheduler:
            return self.folder
        folder = self.folder / worker.name
        if not folder.exists():
            folder.mkdir()
            for each in (".env", "keys.json"):
                shutil.copy(self.folder / each, folder / each)
        return folder

    def address(self, worker: Worker) -> str:
        assert isinstance(self.server, HubPostgreSQL)
        return self.server.seen_from_islands(self.url, worker.name)

    def serving(self, log: Path, temper: Temper) -> AbstractContextManager[str]:
        return serving(log, replace(temper, host=self.islands.address), within=self.islands.within())

    def can_take_over(self, worker: Worker) -> bool:
        """Say whether a worker that is not cut off is at work beside this one."""
        return any(
            self.is_at_work(other) for other in self.workers if other is not worker and other.name not in self.dark
        )

    def heal(self, until: float) -> None:
        """Heal whose time is over at this moment."""
        for name in [name for name, end in self.dark.items() if end <= until]:
            self.islands.heal(name)
            del self.dark[name]


def cuts(count: int, at_once: int = 2) -> Callable[[Parts], None]:
    """Cut workers off for a part of the lease up to three times of it, and heal them: so many times."""

    def torment(fleet: Parts) -> None:
        begun = 0
        while begun < count and fleet.waiting():
            fleet.heal(time.monotonic())
            for gone in [each for each in fleet.crew if each.process is not None and each.process.poll() is not None]:
                fleet.start(gone)  # as whatever keeps services does
            worker = fleet.random.choice([each for each in fleet.workers if each.name not in fleet.dark])
            if len(fleet.dark) < at_once and fleet.is_at_work(worker) and fleet.can_take_over(worker):
                fleet.islands.cut(worker.name)
                fleet.note(worker, time.time())
                fleet.dark[worker.name] = time.monotonic() + fleet.random.uniform(0.2, 3) * fleet.lease
                begun += 1
            time.sleep(fleet.random.uniform(0.1, 1.5))
        fleet.heal(float("inf"))

    return torment

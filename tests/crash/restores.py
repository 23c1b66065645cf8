"""A backup that is put back after its ledger was lost in mid-send: who had left since is left alone, nothing repeats,
and no number of the lost time is given again.

`python -m tests.crash.restores FOLDER --rounds 3` does so some times by hand.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.command import Command
from tests.crash.loop import QUICK, SETTLE_PATIENCE, START_PATIENCE, UP, small_letters
from tests.crash.sink import Temper, serving
from tests.project import WEBHOOK, ProjectDir, environment

READERS = 400
LEAVERS = 3
RATE = 100  # letters a second
QUIET = 2.5  # seconds in which a ledger that was put back is watched
WAITING = """
SELECT (SELECT coalesce(sum(pending + taken), 0) FROM sends)
     + (SELECT count(*) FROM sends WHERE state IN ('made', 'ready'))
     + (SELECT count(*) FROM calls WHERE state = 'unknown' AND retry_at IS NOT NULL)
     + (SELECT count(*) FROM editions e WHERE e.state = 'locked'
        AND NOT EXISTS (SELECT 1 FROM sends s WHERE s.edition_id = e.id))
"""
NUMBERS = "SELECT 'delivery', id FROM deliveries UNION ALL SELECT 'call', id FROM calls"


@dataclass(slots=True)
class Round:
    """What came of one time.

    :ivar faults: sentences; none if all is well.
    :ivar again: how many got the letter twice after a person had let it go: what the backup didn't know of.
    """

    faults: list[str] = field(default_factory=list)
    sent_before: int = 0
    known: int = 0  # of these the backup knew
    again: int = 0


class Loss:
    """A project that is backed up in mid-send, whose ledger is lost a moment later, and that is put back elsewhere."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._random = Random(seed)
        self.folder, self.log = folder, folder / "sink.jsonl"
        self.round = Round()

    def run(self) -> Round:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        with serving(self.log, Temper(latency=0.02)) as sink:
            first = self._project(sink)
            leavers = self._lose(first)
            before = Counter(self._accepted())
            second = self._put_back(first)
            self._watch(second, before, leavers)
        return self.round

    def _project(self, sink: str) -> ProjectDir:
        folder = self.folder / "first"
        folder.mkdir()
        project = ProjectDir(folder, sink, channel={**WEBHOOK, "rate": f"{RATE}/s"}, when="new: article", backfill=1)
        with (folder / ".env").open("a") as env:
            env.write(f"JOURNAL={self.folder / 'publisher.journal'}\n")
        small_letters(folder)
        project.publish(1)
        project.subscribe(READERS)
        return project

    def _lose(self, project: ProjectDir) -> list[str]:
        """Back up in mid-send, let some leave, and lose the ledger at any moment; return who left."""
        with at_work(project.folder) as run:
            _wait_for(lambda: bool(self._accepted()), "the first letter")
            self._pass(0.8)
            project.publisher("backup", str(self.folder / "night.tar.gz"))
            self.round.known = _settled(self.folder / "night.tar.gz", self.folder / "look")
            self._pass(0.3)
            leavers = self._random.sample([f"reader{number}@example.org" for number in range(READERS)], LEAVERS)
            for email in leavers:
                project.publisher("subscribers", "unsubscribe", email, "--why", "asked by telephone")
            self._pass(0.8)
            run.kill()
            run.wait()
        self.round.sent_before = len(self._accepted())
        return leavers

    def _pass(self, most: float) -> None:
        time.sleep(self._random.uniform(0, most))

    def _put_back(self, first: ProjectDir) -> Path:
        folder = self.folder / "second"
        folder.mkdir()
        shutil.copy(first.folder / ".env", folder)
        shutil.copy(first.folder / "feed.xml", folder)
        _publisher(folder, "restore", str(self.folder / "night.tar.gz"))
        return folder

    def _watch(self, folder: Path, before: Counter[str], leavers: list[str]) -> None:
        """See that nothing goes out by itself; then let it go, as a person does, and see to whom it goes."""
        with at_work(folder) as run:
            _wait_for(lambda: UP in (folder / "run.log").read_text(errors="replace"), "the restored run")
            time.sleep(QUIET)
            if Counter(self._accepted()) != before:
                self.round.faults.append("something went out before a person had said so")
            _publisher(folder, "release", "--all")
            self._settle(folder, run)
        after = Counter(self._accepted()) - before
        self.round.faults += [f"{email} had left and got a letter" for email in leavers if after[email]]
        everybody = {f"reader{number}@example.org" for number in range(READERS)} - set(leavers)
        self.round.faults += [f"{email} got none" for email in sorted(everybody - set(before + after))]
        self.round.again = sum(1 for email in after if email in before)
        self.round.faults += self._given_again(folder)
        _publisher(folder, "verify")

    def _given_again(self, folder: Path) -> list[str]:
        known, lost, now = (
            set(_all(path, NUMBERS))
            for path in (self.folder / "look/ledger.db", self.folder / "first/publisher.db", folder / "publisher.db")
        )
        return [f"{kind} {number} was given again" for kind, number in sorted(now & (lost - known))]

    def _settle(self, folder: Path, run: Command) -> None:
        end = time.monotonic() + SETTLE_PATIENCE
        while _ask(folder / "publisher.db", WAITING):
            assert run.poll() is None, f"the run ended by itself, see {folder / 'run.log'}"
            assert time.monotonic() < end, "it does not come to its end"
            time.sleep(0.1)

    def _accepted(self) -> list[str]:
        if not self.log.exists():
            return []
        lines = [json.loads(line) for line in self.log.read_text().splitlines(keepends=True) if line.endswith("\n")]
        return [line["to"] for line in lines if line["did"] == "accepted"]


@contextmanager
def at_work(folder: Path) -> Iterator[Command]:
    with (folder / "run.log").open("ab") as out:
        command = Command(["run", "--port", "0"], cwd=folder, env={**environment(), **QUICK}, stdout=out, stderr=out)
        try:
            yield command
        finally:
            command.kill()
            command.wait()


def _publisher(folder: Path, *words: str) -> None:
    with (folder / "said.log").open("w+") as out:
        command = Command(words, cwd=folder, env=environment(), stdout=out, stderr=out)
        try:
            ended = command.wait(120)
        finally:
            command.kill()
        out.seek(0)
        assert ended == 0, out.read()


def _settled(backup: Path, work: Path) -> int:
    """Return how many letters a backup knows to have been sent."""
    from publisher.app.backup import look_into

    work.mkdir()
    look_into(backup, work)
    return _ask(work / "ledger.db", "SELECT count(*) FROM deliveries WHERE state = 'sent'")


def _ask(database: Path, query: str) -> int:
    return int(_all(database, query)[0][0])


def _all(database: Path, query: str) -> list[tuple]:
    conn = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)
    try:
        return conn.execute(query).fetchall()
    finally:
        conn.close()


def _wait_for(is_so: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + START_PATIENCE
    while not is_so():
        assert time.monotonic() < end, f"not in {START_PATIENCE} s: {what}"
        time.sleep(0.02)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    found = [Loss(given.folder / str(number), given.seed + number).run() for number in range(given.rounds)]
    for each in found:
        sys.stdout.write(f"{each}\n")
    sys.exit(1 if any(each.faults for each in found) else 0)


if __name__ == "__main__":
    main()

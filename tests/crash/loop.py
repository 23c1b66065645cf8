"""Runs `publisher run` and kills it, again and again, until everything is settled; the oracle judges what is left.

`python -m tests.crash.loop --help` runs one loop by hand. A loop is resumable: what it has done stands in its folder.
On a server of PostgreSQL what runs is the distributed engine, and a loop ends with its server.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from types import MappingProxyType

from tests.command import Command, Process
from tests.crash.keyless import install_keyless
from tests.crash.oracle import Verdict, judge
from tests.crash.proxy import harming
from tests.crash.sink import Temper, serving
from tests.engines import ENGINES
from tests.project import WEBHOOK, ProjectDir, environment
from tests.stores import PostgreSQL

START_PATIENCE = 60.0  # seconds for a life's first request
SETTLE_PATIENCE = 300.0  # seconds without any progress
UP = "Harbor Gazette: http"  # so a run says where its console is: it can be told to end
TROUBLE = Temper(unavailable=0.01, drop_after=0.01)
LEASE = 5  # seconds
QUICK = {  # so that what a kill left is looked at again within seconds
    "PUBLISHER_MIN_FREE": "0",  # some of its disks are small on purpose
    "PUBLISHER_LEASE": f"{LEASE}s",
    "PUBLISHER_READ_TIMEOUT": "3s",
    "PUBLISHER_MARGIN": "1s",
    "PUBLISHER_UNKNOWN_RETRY": "1s",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """One loop: how much is sent and how often it is interrupted."""

    deliveries: int  # at least so many
    kills: int
    readers: int  # of each edition
    per_call: int = 1
    keys: bool = True  # the provider honours them
    signal: int = signal.SIGKILL
    temper: Temper = TROUBLE
    options: dict[str, str] = field(default_factory=dict)  # of the channel
    environ: dict[str, str] = field(default_factory=dict)
    seed: int = 1
    network: float = 0.0  # share of requests that each fault of the network befalls; see tests/crash/proxy.py


class Loop:
    """A project, a sink, and lives of `publisher run` that end when we say so."""

    settings = QUICK
    ends_after = (0.05, 0.9)  # seconds since it got on, at least and at most
    leaves = 2  # editions that a life may leave to the next

    def __init__(self, folder: Path, plan: Plan, server: PostgreSQL | None = None) -> None:
        self.folder, self.plan = folder, plan
        self.log, self.database = folder / "sink.jsonl", folder / "publisher.db"
        self.server, self.url = server, ""  # of its database, where it has one
        self._state = folder / "loop.json"
        self.done = json.loads(self._state.read_text()) if self._state.exists() else {"kills": 0, "lives": 0, "port": 0}
        self._random = Random(plan.seed + self.done["lives"])

    def run(self) -> Verdict:
        """Carry the plan out, from where an earlier run left it, and return the oracle's verdict."""
        self.folder.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        with self.provider() as url:
            self.set_up(url)
            while self.done["kills"] < self.plan.kills:
                self.interrupted_life()
            self.last_life()
        verdict = self.judged()
        self._remember(seconds=self.done.get("seconds", 0) + round(time.monotonic() - began, 1))
        verdict.figures |= {"kills": self.done["kills"], "lives": self.done["lives"]}
        return verdict

    @contextmanager
    def provider(self) -> Iterator[str]:
        """Whoever takes what is sent, in a process of its own; yield its address."""
        temper = Temper(**{**asdict(self.plan.temper), "honours_keys": self.plan.keys})
        with serving(self.log, temper, self.done["port"]) as sink, self._network(sink) as url:
            yield url

    def judged(self) -> Verdict:
        return judge(self.url or self.database, self.log, audience=self.audience())

    @contextmanager
    def _network(self, sink: str) -> Iterator[str]:
        if not self.plan.network:
            yield sink
            return
        with harming(sink, self.plan.network, seed=self.plan.seed) as (url, proxy):
            yield url
        self.harmed = dict(proxy.did)

    def audience(self) -> Iterator[str]:
        return (f"reader{number}@example.org" for number in range(self.plan.readers))

    # --- setting up ---------------------------------------------------------------------------------------------------

    def set_up(self, url: str) -> None:
        if self.done["port"]:
            return
        channel = {**WEBHOOK, "batch": str(self.plan.per_call), **self.plan.options}
        if not self.plan.keys:
            channel["sender"] = "keyless"
        install_keyless(self.folder)
        editions = -(-self.plan.deliveries // self.plan.readers)
        project = ProjectDir(self.folder, url, channel=channel, when="new: article", backfill=editions)
        small_letters(self.folder)
        project.publish(editions)
        if self.server is not None:
            self.url = self.server.create(f"loop_{os.getpid()}_{time.time_ns() % 10**9}")
            with (self.folder / ".env").open("a") as out:
                out.write(f"DATABASE_URL={self.url}\nJOURNAL={self.folder / 'publisher.journal'}\n")
        project.subscribe(self.plan.readers)
        self._remember(port=int(url.rpartition(":")[2]), stories=editions)

    def _remember(self, **values: object) -> None:
        self.done |= values
        fresh = self._state.with_suffix(".new")
        fresh.write_text(json.dumps(self.done))
        fresh.replace(self._state)

    # --- lives --------------------------------------------------------------------------------------------------------

    def interrupted_life(self) -> None:
        """One life that ends within a second of its first request; now and then it is given time to get on."""
        with self.living() as process:
            if not self._first_request(process):
                self._more_work()
                return
            self._get_on(process)
            time.sleep(self._random.uniform(*self.ends_after))
            if process.poll() is not None:
                raise AssertionError(f"the run ended by itself, see {self.folder / 'run.log'}")
            process.send_signal(self.plan.signal)
            if self.plan.signal == signal.SIGTERM:
                assert process.wait(40) == 0, "a run that was told to stop did not end with 0"
            if self.plan.signal == signal.SIGSTOP:  # it wakes after its leases, goes on for a moment, and is killed
                time.sleep(2 * LEASE)
                process.send_signal(signal.SIGCONT)
                time.sleep(self._random.uniform(*self.ends_after))
        self._remember(kills=self.done["kills"] + 1)

    def _get_on(self, process: Process) -> None:
        """Let a life run until its share of the deliveries is settled, so that kills are spread over all of them."""
        share = self.plan.deliveries * (self.done["kills"] + 1) / max(1, self.plan.kills)
        end = time.monotonic() + SETTLE_PATIENCE
        while process.poll() is None and time.monotonic() < end:
            waiting, settled = self.books()
            if settled >= share - self.leaves * self.plan.readers or not waiting:
                return
            time.sleep(0.05)

    def last_life(self) -> None:
        lives = self._said(UP)
        with self.living() as process:
            seen, since = (-1, -1), time.monotonic()
            while (now := self.books())[0] or self.hanging() or self._said(UP) == lives:
                if now != seen:
                    seen, since = now, time.monotonic()
                assert process.poll() is None, f"the run ended by itself, see {self.folder / 'run.log'}"
                assert time.monotonic() - since < SETTLE_PATIENCE, f"nothing moves any more: {now}"
                time.sleep(0.1)
            process.send_signal(signal.SIGTERM)
            assert process.wait(40) == 0

    def _said(self, words: str) -> int:
        log = self.folder / "run.log"
        return log.read_text().count(words) if log.exists() else 0

    @contextmanager
    def living(self, harm: Mapping[str, str] = MappingProxyType({})) -> Iterator[Process]:
        """A `publisher run` of the project; killed if the block leaves it alive.

        :param harm: variables of its environment that make it suffer.
        """
        words = ["run", "--port", "0"]
        self._remember(lives=self.done["lives"] + 1)
        environ = {**environment(), **self.settings, **self.plan.environ, **harm}
        environ["PYTHONPATH"] += os.pathsep + str(self.folder / "plugins")
        with (self.folder / "run.log").open("ab") as out:
            if harm:  # what makes it suffer is loaded before the interpreter is
                whole = [sys.executable, "-m", "publisher", *words]
                process: Process = subprocess.Popen(
                    whole, cwd=self.folder, env=environ, stdout=out, stderr=out, stdin=subprocess.DEVNULL
                )
            else:
                process = Command(words, cwd=self.folder, env=environ, stdout=out, stderr=out)
            try:
                yield process
            finally:
                process.kill()
                process.wait()

    def _first_request(self, process: Process) -> bool:
        """Wait for the first line that the sink logs in this life; False when there is nothing to send."""
        before = self.log.stat().st_size if self.log.exists() else 0
        end = time.monotonic() + START_PATIENCE
        idle_since = None
        while time.monotonic() < end:
            if self.log.exists() and self.log.stat().st_size > before:
                return True
            assert process.poll() is None, f"the run ended by itself, see {self.folder / 'run.log'}"
            if self.books()[0] or self.hanging():
                idle_since = None
            elif idle_since is None:
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > 2 and self.books()[1]:
                return False
            time.sleep(0.01)
        raise AssertionError(f"no request in {START_PATIENCE} s, see {self.folder / 'run.log'}")

    def _more_work(self) -> None:
        """Everything is sent before all kills were made: publish another story."""
        self._remember(stories=self.done["stories"] + 1)
        ProjectDir.publish_in(self.folder, self.done["stories"])

    # --- what the ledger says, by plain SQL ---------------------------------------------------------------------------

    def books(self) -> tuple[int, int]:
        """Return how many deliveries wait or are under way, and how many are not."""
        waiting, total = self._ask("SELECT coalesce(sum(pending + taken), 0), coalesce(sum(candidates), 0) FROM sends")
        (made,) = self._ask("SELECT count(*) FROM sends WHERE state IN ('made', 'ready')")
        return waiting + made, total - waiting

    def hanging(self) -> int:
        """Return how many unknown calls will be looked at again, and editions whose sends are not made yet."""
        (calls,) = self._ask("SELECT count(*) FROM calls WHERE state = 'unknown' AND retry_at IS NOT NULL")
        (made,) = self._ask(
            "SELECT count(*) FROM editions e WHERE e.state = 'locked'"
            " AND NOT EXISTS (SELECT 1 FROM sends s WHERE s.edition_id = e.id)"
        )
        return calls + made

    def _ask(self, query: str) -> tuple[int, ...]:
        if self.server is not None:
            return tuple(map(int, self.server.execute(query, self.url)[0]))
        conn = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)
        try:
            return conn.execute(query).fetchone()
        finally:
            conn.close()


def small_letters(folder: Path) -> None:
    """Templates of a few lines: the loop is about the books, not about rendering."""
    templates = folder / "templates" / "email"
    templates.mkdir(parents=True)
    for name in ("article", "digest"):
        (templates / f"{name}.html").write_text(SMALL_HTML)
        (templates / f"{name}.txt").write_text(SMALL_TEXT)


SMALL_HTML = """\
<!DOCTYPE html><html lang="en"><head><title>Morning</title></head><body>
<p>Dear {{ recipient.first_name | default("reader") }}</p><p>{{ publication.address }}</p>
<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p></body></html>
"""
SMALL_TEXT = """\
Dear {{ recipient.first_name | default("reader") }}
{{ publication.address }}
{{ unsubscribe_url }}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the project, the log and the state of the loop are")
    parser.add_argument("--deliveries", type=int, default=4_000)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--readers", type=int, default=1_000, help="of each edition")
    parser.add_argument("--per-call", type=int, default=1)
    parser.add_argument("--no-keys", action="store_true", help="the provider honours no keys")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds at most before the sink answers")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=ENGINES, default=ENGINES[0])
    given = parser.parse_args()
    temper = Temper(**{**asdict(TROUBLE), "latency": given.latency, "seed": given.seed})
    plan = Plan(
        given.deliveries, given.kills, given.readers, given.per_call, not given.no_keys, temper=temper, seed=given.seed
    )
    server = PostgreSQL() if given.engine == "distributed" else None
    loop = Loop(given.folder, plan, server)
    verdict = loop.run()
    if server is not None:
        server.stop()
    sys.stdout.write(f"{verdict}\n{loop.done}\n")
    sys.exit(1 if verdict.faults else 0)


if __name__ == "__main__":
    main()

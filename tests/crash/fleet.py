"""Four `publisher run` on one PostgreSQL, killed and frozen at random, while the database restarts under them.

Each process has a database user of its own, and a trigger that no product code knows of writes down who changed
which call, and when: so a write by a process whose call was taken over is seen, and how long a take-over took.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random

import psycopg

from tests.crash.keyless import install_keyless
from tests.crash.loop import SETTLE_PATIENCE, Plan, small_letters
from tests.crash.oracle import Verdict, judge
from tests.crash.sink import Temper, serving
from tests.project import WEBHOOK, ProjectDir, environment
from tests.stores import PostgreSQL

PROCESSES = 4
WITNESS = """
CREATE TABLE witness (at double precision, who text, call_id bigint, was text, is_now text, old_process bigint,
                      new_process bigint, old_tries integer, new_tries integer);
CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO witness VALUES (extract(epoch FROM clock_timestamp()), session_user, NEW.id, NULL, NEW.state, NULL,
                                    NEW.process_id, NULL, NEW.tries);
    ELSIF OLD.state <> NEW.state OR OLD.process_id <> NEW.process_id OR OLD.tries IS DISTINCT FROM NEW.tries THEN
        INSERT INTO witness VALUES (extract(epoch FROM clock_timestamp()), session_user, NEW.id, OLD.state, NEW.state,
                                    OLD.process_id, NEW.process_id, OLD.tries, NEW.tries);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER witness AFTER INSERT OR UPDATE ON calls FOR EACH ROW EXECUTE FUNCTION witness();
"""
# A token is a call and its try. Who answers a call at a try that another worker began writes under a stale token; who
# wrote is told by the database user. A take-over (to `unknown` or `given back`) is no answer.
STALE = """
SELECT w.call_id, w.who, w.was, w.is_now FROM witness w
WHERE w.was IS NOT NULL AND w.is_now = 'answered' AND w.who <> 'postgres'
  AND NOT EXISTS (SELECT 1 FROM witness own WHERE own.who = w.who AND own.call_id = w.call_id
                  AND (own.was IS NULL OR own.new_tries IS DISTINCT FROM own.old_tries)
                  AND coalesce(own.new_tries, 1) = coalesce(w.old_tries, 1))
"""
# From the moment a process was stopped until each call that it held then was taken over by another.
TAKEN = """
SELECT min(t.at) - %(at)s FROM witness h JOIN witness t ON t.call_id = h.call_id AND t.at > %(at)s
WHERE h.new_process = %(process)s AND h.at <= %(at)s AND t.was IN ('claimed', 'sending') AND t.who <> %(who)s
GROUP BY h.call_id
"""


@dataclass(slots=True)
class Worker:
    """One process of the fleet, started again whenever it is gone."""

    name: str  # also its database user
    process: subprocess.Popen[bytes] | None = None


@dataclass(slots=True)
class Stopped:
    """A process that was killed or frozen: which, when, and which row of `processes` it was."""

    who: str
    at: float
    process: int


@dataclass(slots=True)
class Fleet:
    """A project on PostgreSQL, its processes and its sink."""

    folder: Path
    plan: Plan
    server: PostgreSQL
    lease: float = 5.0
    workers: list[Worker] = field(default_factory=list)
    stopped: list[Stopped] = field(default_factory=list)
    url: str = ""
    random: Random = field(default_factory=Random)

    def run(self, torment: Callable[[Fleet], None], *, database_faults: bool = False) -> Verdict:
        """Send everything while `torment` does its worst; return the oracle's verdict with what the witness saw."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.random = Random(self.plan.seed)
        log = self.folder / "sink.jsonl"
        temper = Temper(**{**asdict(self.plan.temper), "honours_keys": self.plan.keys})
        with self.serving(log, temper) as sink, ExitStack() as stack:
            self.workers = [Worker(f"worker{number}") for number in range(PROCESSES)]
            self._set_up(sink)
            stack.callback(self._end)
            for worker in self.crew:
                self.start(worker)
            with self._database_faults() if database_faults else nullcontext():
                torment(self)
            self._settle()
        people = (f"reader{number}@example.org" for number in range(self.plan.readers))
        verdict = judge(self.url, log, audience=people)
        self._hear_the_witness(verdict)
        return verdict

    # --- processes ----------------------------------------------------------------------------------------------------

    @property
    def crew(self) -> list[Worker]:
        """Whoever is started: those that torment may stop, and others beside them."""
        return self.workers

    def words(self, worker: Worker) -> list[str]:
        """Return the command of a process."""
        return [sys.executable, "-m", "publisher", "run", "--port", "0"]

    def home(self, worker: Worker) -> Path:
        """Return the folder in which a process works."""
        return self.folder

    def address(self, worker: Worker) -> str:
        """Return where the database is, as a process sees it."""
        return self.url.replace("//postgres", f"//{worker.name}")

    def serving(self, log: Path, temper: Temper) -> AbstractContextManager[str]:
        """Start the provider."""
        return serving(log, temper)

    def start(self, worker: Worker) -> None:
        settings = {"LEASE": f"{self.lease:.0f}s", "READ_TIMEOUT": "1s", "MARGIN": "500ms", "UNKNOWN_RETRY": "1s"}
        environ = {**environment(), **{f"PUBLISHER_{name}": value for name, value in settings.items()}}
        environ |= {"DATABASE_URL": self.address(worker), **self.plan.environ}
        environ["PYTHONPATH"] += os.pathsep + str(self.folder / "plugins")
        with (self.folder / f"{worker.name}.log").open("ab") as out:
            worker.process = subprocess.Popen(
                self.words(worker),
                cwd=self.home(worker),
                env=environ,
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
            )

    def stop(self, worker: Worker, sign: int) -> None:
        """Kill or freeze a process, and note which of the ledger's processes that was."""
        process = worker.process
        assert process is not None
        process.send_signal(sign)
        self.note(worker, time.time())

    def note(self, worker: Worker, at: float) -> None:
        """Note that a process was stopped, or cut off, and which of the ledger's processes it was."""
        assert worker.process is not None
        query = "SELECT max(id) FROM processes WHERE pid = %s"
        found = self.ask(query, worker.process.pid)
        if found and found[0][0] is not None:
            self.stopped.append(Stopped(worker.name, at, found[0][0]))

    def kill(self, worker: Worker) -> None:
        self.stop(worker, signal.SIGKILL)
        assert worker.process is not None
        worker.process.wait()

    def is_at_work(self, worker: Worker) -> bool:
        """Say whether the process has claimed something in this life."""
        assert worker.process is not None
        query = "SELECT 1 FROM calls c JOIN processes p ON p.id = c.process_id WHERE p.pid = %s LIMIT 1"
        return worker.process.poll() is None and bool(self.ask(query, worker.process.pid))

    def can_spare(self, worker: Worker) -> bool:
        """Say whether the process is at work, and another that can take over from it."""
        return self.is_at_work(worker) and any(self.is_at_work(other) for other in self.workers if other is not worker)

    def ask(self, query: str, *values: object) -> list[tuple]:
        """Ask the database, which may be away for a moment."""
        end = time.monotonic() + 60
        while True:
            try:
                with psycopg.connect(self.url, connect_timeout=5) as conn:
                    return conn.execute(query, values).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def waiting(self) -> int:
        """Return how much is not settled: deliveries, and calls that will be looked at again."""
        query = """
            SELECT (SELECT coalesce(sum(pending + taken), 0) FROM sends)
                 + (SELECT count(*) FROM sends WHERE state IN ('made', 'ready'))
                 + (SELECT count(*) FROM calls WHERE state = 'unknown' AND retry_at IS NOT NULL)
                 + (SELECT count(*) FROM editions e WHERE e.state = 'locked'
                    AND NOT EXISTS (SELECT 1 FROM sends s WHERE s.edition_id = e.id))
                 + (SELECT CASE WHEN EXISTS (SELECT 1 FROM editions) THEN 0 ELSE 1 END)
        """
        return int(self.ask(query)[0][0])

    # --- the rest -----------------------------------------------------------------------------------------------------

    def _set_up(self, sink: str) -> None:
        self.url = self.server.create(f"fleet_{os.getpid()}_{time.time_ns() % 10**9}")
        channel = {**WEBHOOK, "batch": str(self.plan.per_call), **self.plan.options}
        if not self.plan.keys:
            channel["sender"] = "keyless"
        install_keyless(self.folder)
        editions = -(-self.plan.deliveries // self.plan.readers)
        project = ProjectDir(self.folder, sink, channel=channel, when="new: article", backfill=editions)
        with (self.folder / ".env").open("a") as out:
            out.write(f"DATABASE_URL={self.url}\nJOURNAL={self.folder / 'publisher.journal'}\n")
        small_letters(self.folder)
        project.publish(editions)
        project.subscribe(self.plan.readers)
        self.server.execute(WITNESS, self.url)
        for worker in self.crew:
            self.server.execute(
                f"DO $$ BEGIN CREATE ROLE {worker.name} SUPERUSER LOGIN; EXCEPTION WHEN duplicate_object THEN END $$"
            )

    @contextmanager
    def _database_faults(self) -> Iterator[None]:
        """Restart the database as a crash does every half minute, and end a connection every second."""
        stop = threading.Event()

        def torment() -> None:
            restart_at = time.monotonic() + 20
            while not stop.wait(1):
                try:
                    if time.monotonic() > restart_at:
                        self.server.restart("immediate")
                        restart_at = time.monotonic() + 30
                    self.server.end_connections("random() < 0.1")
                except (psycopg.Error, subprocess.CalledProcessError):
                    continue  # it is away because of us

        thread = threading.Thread(target=torment, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(60)

    def _settle(self) -> None:
        seen, since = -1, time.monotonic()
        while (now := self.waiting()) > 0:
            if now != seen:
                seen, since = now, time.monotonic()
            assert time.monotonic() - since < SETTLE_PATIENCE, f"nothing moves any more: {now} wait"
            time.sleep(0.5)

    def _end(self) -> None:
        for worker in self.crew:
            if worker.process is not None and worker.process.poll() is None:
                worker.process.send_signal(signal.SIGCONT)
                worker.process.kill()
                worker.process.wait()

    def _hear_the_witness(self, verdict: Verdict) -> None:
        for call_id, who, was, is_now in self.ask(STALE):
            verdict.charge("stale", f"{who} moved call {call_id} from {was} to {is_now} after it was taken over")
        waits = []
        for stop in self.stopped:
            with psycopg.connect(self.url) as conn:
                values = {"at": stop.at, "process": stop.process, "who": stop.who}
                waits += [float(row[0]) for row in conn.execute(TAKEN, values)]
        if waits:
            waits.sort()
            verdict.figures["take_overs"] = len(waits)
            verdict.figures["take_over_ms_p50"] = round(1000 * waits[len(waits) // 2])
            verdict.figures["take_over_ms_p99"] = round(1000 * waits[min(len(waits) - 1, len(waits) * 99 // 100)])
            verdict.figures["take_over_ms_max"] = round(1000 * waits[-1])


def kills(count: int) -> Callable[[Fleet], None]:
    """Kill a process at random, 50 to 900 ms after it and another began to work, and start it again: so many times."""

    def torment(fleet: Fleet) -> None:
        while len(fleet.stopped) < count and fleet.waiting():
            worker = fleet.random.choice(fleet.workers)
            assert worker.process is not None
            if worker.process.poll() is not None:
                fleet.start(worker)
            end = time.monotonic() + 60
            while not fleet.can_spare(worker) and fleet.waiting() and time.monotonic() < end:
                time.sleep(0.05)
            time.sleep(fleet.random.uniform(0.05, 0.9))
            fleet.kill(worker)
            fleet.start(worker)

    return torment


def freezes(count: int, at_once: int = 3) -> Callable[[Fleet], None]:
    """Freeze processes for twice the lease and thaw them, several at once, while at least one goes on."""

    def torment(fleet: Fleet) -> None:
        begun, thaw_at = 0, {}
        while begun < count or thaw_at:
            for worker in list(thaw_at.values()):
                moment = next(at for at, one in thaw_at.items() if one is worker)
                if time.monotonic() >= moment:
                    assert worker.process is not None
                    worker.process.send_signal(signal.SIGCONT)
                    del thaw_at[moment]
            free = [worker for worker in fleet.workers if worker not in thaw_at.values()]
            if begun < count and len(thaw_at) < at_once and fleet.waiting():
                worker = fleet.random.choice(free)
                if fleet.is_at_work(worker):
                    fleet.stop(worker, signal.SIGSTOP)
                    thaw_at[time.monotonic() + 2 * fleet.lease] = worker
                    begun += 1
            elif begun < count and not fleet.waiting():
                begun = count
            time.sleep(fleet.random.uniform(0.05, 0.3))

    return torment

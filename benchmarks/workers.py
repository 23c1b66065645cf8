"""A send on PostgreSQL by one `publisher worker`, and by two, and a bare `requests` loop with the same bodies.

    python -m benchmarks.workers [--readers 200000] [--per-call 500] [--rounds 3] [--folder DIR]

The server is one of our own on a socket, and waits for the disk as a newsroom's does. The workers share a ledger and
two cores with it and with the sink; the bare loop is one thread that keeps no books (see `benchmarks.sending`). All are
timed by the sink, from the first request to the last answer, and each round runs all three.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import psycopg

from benchmarks.sending import _measured, _run, bare, sink_and_root
from publisher.app import App, firing, versions
from publisher.config.keys import KeyRing
from publisher.model.tokens import address_hash
from tests.project import WEBHOOK, ProjectDir, environment
from tests.stores import PostgreSQL

PATIENCE = 900.0  # seconds for one send
PEOPLE = "COPY subscribers (id, email, address_hash, domain_id, name, attributes, made_at) FROM STDIN"
ON_LIST = """
INSERT INTO subscriptions (list_id, subscriber_id, state, basis, since, actor)
SELECT 1, id, 'confirmed', 'benchmark', made_at, 'benchmark' FROM subscribers WHERE id > 1
"""


def make_project(folder: Path, sink: str, database: str, readers: int, per_call: int) -> ProjectDir:
    """Make a project on PostgreSQL whose list has so many readers, written into the ledger in one go."""
    project = ProjectDir(folder, sink, channel={**WEBHOOK, "batch": str(per_call)})
    with (folder / ".env").open("a") as out:
        out.write(f"DATABASE_URL={database}\nJOURNAL={project.folder / 'publisher.journal'}\n")
    project.publish(8)
    project.subscribe(1)
    key = KeyRing.load(folder / "keys.json").current("suppression")[1]
    now = int(datetime.now(UTC).timestamp() * 1_000_000)
    with psycopg.connect(database) as conn:
        with conn.cursor().copy(PEOPLE) as copy:
            for number in range(1, readers):
                email = f"reader{number}@example.org"
                copy.write_row((number + 1, email, address_hash(email, key), 1, f"Reader {number}", "{}", now))
        conn.execute(ON_LIST)
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("ANALYZE")
    return project


@contextmanager
def at_work(folder: Path, part: str, says: str) -> Iterator[int]:
    """Run a part of Publisher; yield its process from the moment it says that it works."""
    log = folder / f"{part}-{time.time_ns()}.log"
    with log.open("w") as out:
        command = [sys.executable, "-m", "publisher", part]
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out, env=environment())
        try:
            _wait_for(lambda: says in log.read_text() or process.poll() is not None, log)
            assert process.poll() is None, log.read_text()
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _wait_for(is_so, about: Path | str, patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit(f"it takes too long: {about}")
        time.sleep(0.2)


def sent_by(workers: int, app: App, project: ProjectDir, sink: Connection, stories: int, readers: int) -> dict:
    """Let so many workers send an edition; return what the sink saw."""
    with ExitStack() as stack:
        for _ in range(workers):
            stack.enter_context(at_work(project.folder, "worker", "works for letters"))
        project.publish(stories)
        made = firing.fire(app, app.project.schedules["morning"])
        assert made.edition_ids, made.why_not
        _wait_for(lambda: _is_sent(app, made.edition_ids[0]), f"{workers} at work")
    return _measured(sink, readers)


def _is_sent(app: App, edition_id: int) -> bool:
    from publisher.store import editions

    with app.store.read() as conn:
        return editions.get(conn, edition_id)["state"] == "closed"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=200_000)
    parser.add_argument("--per-call", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the project is made; then gone")
    parser.add_argument("--bare", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        bare(Path(given.bare[0]), "webhook", given.bare[1], 1, False, given.per_call)
        return
    server = PostgreSQL(durable=True)
    try:
        with sink_and_root("workers", given.folder, "webhook") as (sink, url, root):
            project = make_project(root, url, server.create("workers"), given.readers, given.per_call)
            _compare(given, project, url, sink)
    finally:
        server.stop()


def _compare(given: argparse.Namespace, project: ProjectDir, url: str, sink: Connection) -> None:
    os.environ["WEBHOOK_SECRET"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    app = App.open(project.folder)
    versions.accepted(app)
    to_bare, to_one, found = [], [], []
    for number in range(given.rounds):
        one = sent_by(1, app, project, sink, 9 + 2 * number, given.readers)
        words = ["-m", "benchmarks.workers", "--per-call", str(given.per_call)]
        _run([*words, "--bare", str(project.folder), url], project.folder)
        theirs = _measured(sink, given.readers)
        two = sent_by(2, app, project, sink, 10 + 2 * number, given.readers)
        to_bare.append(one["rate"] / theirs["rate"])
        to_one.append(two["rate"] / one["rate"])
        found.append({"one": one["rate"], "two": two["rate"], "bare": theirs["rate"]})
        print(f"{one['rate']:>10,.0f}/s one {two['rate']:>10,.0f}/s two {theirs['rate']:>10,.0f}/s bare"
              f"   one to bare {to_bare[-1]:.2f}   two to one {to_one[-1]:.2f}", flush=True)  # fmt: skip
    print(project.publisher("verify", timeout=900).strip().splitlines()[-1])
    ratios = {"to_bare": round(statistics.median(to_bare), 3), "to_one": round(statistics.median(to_one), 3)}
    print(json.dumps({"benchmark": "workers", "readers": given.readers, "per_call": given.per_call} | ratios
                     | {"rounds": found}))  # fmt: skip


if __name__ == "__main__":
    main()

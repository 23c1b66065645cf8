"""What events cost a running send: `publisher run` sends to many readers, with and without 10,000 events a minute.

    python -m benchmarks.hearing [--readers 300000] [--per-minute 10000] [--rounds 3] [--folder DIR]

The send goes through the Mailgun sender to a local sink, a thousand readers a request, as fast as it can. Meanwhile a
client in a process of its own says Mailgun's "delivered" of letters of an earlier edition to the same process's webhook
address, one signed event a request, as Mailgun does. Rounds with events and rounds without take turns; the sink times
both. At the end every event that was said must stand in the ledger, and the books must balance.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import multiprocessing
import re
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock, Thread
from uuid import uuid4

from benchmarks.sending import _fill, serve
from publisher.config.keys import KeyRing
from publisher.model.tokens import wire_id
from tests.project import MAILGUN, SECRETS, ProjectDir, environment

EVENTS_KEY = "events-signing-key"
HEAD = b"POST /webhooks/letters HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n"
SPEAKERS = 48  # each waits for its answer, as a provider does


def make_project(folder: Path, url: str, readers: int) -> ProjectDir:
    channel = {**MAILGUN, "events_key": "${EVENTS_KEY}"}
    secrets = SECRETS + f"EVENTS_KEY={EVENTS_KEY}\n"
    project = ProjectDir(folder, url, channel=channel, when="new: article", backfill=1, secrets=secrets)
    file = folder / "schedules.yaml"
    # A round needn't wait for its article to be found and to have rested.
    file.write_text(file.read_text().replace("every: 1m", "every: 2s\n    settle: 0s"))
    project.publish(1)
    project.subscribe(1)
    _fill(folder, readers)
    return project


@contextmanager
def running(folder: Path) -> Iterator[int]:
    """Run the schedules; yield the port at which the process listens."""
    with (folder / "run.log").open("w+") as out:
        words = [sys.executable, "-m", "publisher", "run", "--port", "0"]
        process = subprocess.Popen(words, cwd=folder, stdout=out, stderr=out, env=environment())
        try:
            yield _port_in(folder / "run.log")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _port_in(log: Path) -> int:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text()):
            return int(found[1])
        time.sleep(0.05)
    raise SystemExit(log.read_text())


def rate_of(folder: Path, sink: Connection, readers: int, say: list[bytes] | None, per_minute: int) -> dict[str, float]:
    """Let a send go through; return readers a second, and what became of the events said meanwhile."""
    with running(folder) as port:
        _wait(sink, lambda told: told["readers"] > 0)
        speaker = _Speaker(port, say or [], per_minute)
        speaker.start()
        _wait(sink, lambda told: told["readers"] >= readers)
        speaker.stop()
    sink.send(True)
    told = sink.recv()
    return {"rate": readers / (told["last"] - told["first"]), **speaker.found()}


def _wait(sink: Connection, is_so) -> None:
    end = time.monotonic() + 600
    while time.monotonic() < end:
        sink.send("look")
        if is_so(sink.recv()):
            return
        time.sleep(0.1)
    raise SystemExit("the send came to no end")


class _Speaker:
    """Says events at an even pace, from a process of its own."""

    def __init__(self, port: int, bodies: list[bytes], per_minute: int) -> None:
        self._here, there = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=_speak, args=(port, bodies, per_minute, there), daemon=True)

    def start(self) -> None:
        self._process.start()

    def stop(self) -> None:
        self._here.send(None)
        self._found = self._here.recv()
        self._process.join(10)

    def found(self) -> dict[str, float]:
        return dict(self._found)


def _speak(port: int, bodies: list[bytes], per_minute: int, pipe: Connection) -> None:
    began, lock, next_one, took, statuses = time.perf_counter(), Lock(), iter(enumerate(bodies)), [], Counter()
    is_over = False

    def speak() -> None:
        with socket.create_connection(("127.0.0.1", port)) as conn:
            while not is_over:
                with lock:
                    place, body = next(next_one, (0, b""))
                if not body:
                    return
                time.sleep(max(0.0, began + place * 60 / per_minute - time.perf_counter()))
                said = time.perf_counter()
                status = _post(conn, body)
                took.append(time.perf_counter() - said)
                statuses[status] += 1

    threads = [Thread(target=speak) for _ in range(SPEAKERS)]
    for thread in threads:
        thread.start()
    pipe.recv()
    is_over = True
    for thread in threads:
        thread.join(10)
    seconds = time.perf_counter() - began
    heard = {
        "speaker_s": round(time.process_time(), 2),
        "events": len(took),
        "per_minute": round(60 * len(took) / seconds),
        "taken": statuses[200],
    }
    pipe.send(heard | _how_late(sorted(took)))


def _post(conn: socket.socket, body: bytes) -> int:
    """Say one event and return the answer's status. By hand: a provider's own work is none of this machine's."""
    conn.sendall(HEAD % len(body) + body)
    got = b""
    while b"\r\n\r\n" not in got:
        got += conn.recv(4096) or _broken()
    head, _, rest = got.partition(b"\r\n\r\n")
    length = int(re.search(rb"content-length: (\d+)", head.lower())[1])
    while len(rest) < length:
        rest += conn.recv(4096) or _broken()
    return int(head.split()[1])


def _broken() -> bytes:
    raise ConnectionError("the connection broke while an answer was waited for")


def _how_late(took: list[float]) -> dict[str, float]:
    parts = {"p50_ms": len(took) // 2, "p99_ms": len(took) * 99 // 100} if took else {}
    return {name: round(1000 * took[place], 1) for name, place in parts.items()}


def bodies_for(folder: Path, first: int, count: int) -> list[bytes]:
    """Write signed events about the first edition's deliveries."""
    key = KeyRing.load(folder / "keys.json").current("wire")[1]
    conn = sqlite3.connect(folder / "publisher.db")
    query = "SELECT id FROM deliveries WHERE send_id = 1 ORDER BY id LIMIT ? OFFSET ?"
    ids = [row[0] for row in conn.execute(query, (count, first))]
    conn.close()
    return [_event(wire_id("d", number, key)) for number in ids]


def _event(reference: str) -> bytes:
    stamp, token = str(int(time.time())), uuid4().hex + uuid4().hex[:18]
    signature = hmac.new(EVENTS_KEY.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    event = {"event": "delivered", "id": token[:22], "timestamp": time.time(), "recipient": "reader@example.org"}
    event |= {"message": {"headers": {"message-id": "1@sink"}}, "user-variables": {"reference": reference}}
    said = {"signature": {"timestamp": stamp, "token": token, "signature": signature}, "event-data": event}
    return json.dumps(said).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=300_000)
    parser.add_argument("--per-minute", type=int, default=10_000, help="events")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the ledger is made; then gone")
    given = parser.parse_args()
    here, there = multiprocessing.Pipe()
    sink = multiprocessing.get_context("spawn").Process(target=serve, args=("mailgun", 0.0, there))
    sink.start()
    root = Path(tempfile.mkdtemp(prefix="publisher-hearing-", dir=given.folder))
    try:
        _compare(given, root, f"http://127.0.0.1:{here.recv()}", here)
    finally:
        here.send(False)
        sink.join(10)
        shutil.rmtree(root, ignore_errors=True)


def _compare(given: argparse.Namespace, root: Path, url: str, sink: Connection) -> None:
    project = make_project(root, url, given.readers)
    rate_of(root, sink, given.readers, None, given.per_minute)  # the edition that the events are about
    most = given.per_minute // 3  # in twenty seconds, which no round takes
    ratios, taken, stories = [], 0, 1
    for number in range(given.rounds):
        rates = []
        for say in (None, bodies_for(root, number * most, most)):
            stories += 1
            project.publish(stories)
            found = rate_of(root, sink, given.readers, say, given.per_minute)
            rates.append(found["rate"])
        taken += int(found["taken"])
        ratios.append(rates[1] / rates[0])
        print(
            f"{rates[0]:>10,.0f}/s alone {rates[1]:>10,.0f}/s with events   ratio {ratios[-1]:.2f}   {found}",
            flush=True,
        )
    kept = sqlite3.connect(root / "publisher.db").execute("SELECT count(*) FROM events").fetchone()[0]
    assert kept == taken, f"{taken} events were taken, and {kept} stand in the ledger"
    print(project.publisher("verify", timeout=900).strip().splitlines()[-1])
    print(json.dumps({"benchmark": "hearing", "readers": given.readers, "per_minute": given.per_minute,
                      "ratio": round(statistics.median(ratios), 3), "kept": kept}))  # fmt: skip


if __name__ == "__main__":
    main()

"""What events cost a running send: `publisher run` sends to many readers, with and without 10,000 events a minute.

    python -m benchmarks.hearing [--readers 1000000] [--per-minute 10000] [--window 4] [--folder DIR]

The send goes through the Mailgun sender to a local sink, a thousand readers a request, as fast as it can. Meanwhile a
client in a process of its own says Mailgun's "delivered" of letters of an earlier edition to the same process's webhook
address, one signed event a request, as Mailgun does. Within the one send, windows with events and windows without take
turns, so that what the machine does meanwhile falls upon both; the sink counts. At the end every event that was said
must stand in the ledger, and the books must balance.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import multiprocessing
import re
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event, Lock, Thread
from uuid import uuid4

from benchmarks.sending import _fill, sink_and_root
from publisher.config.keys import KeyRing
from publisher.model.tokens import wire_id
from tests.project import MAILGUN, SECRETS, ProjectDir, environment

EVENTS_KEY = "events-signing-key"
HEAD = b"POST /webhooks/letters HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n"
SETTLES = 0.5  # seconds that belong to neither window
MOST_MINUTES = 4  # of events: longer than a send takes
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


def send_first(folder: Path, sink: Connection, readers: int) -> None:
    """Let the edition go out that the events are about."""
    with running(folder):
        _wait(sink, lambda told: told["readers"] >= readers)
    sink.send(True)
    sink.recv()


def rates_of(folder: Path, sink: Connection, readers: int, speaker_of, window: float) -> tuple[list, dict[str, float]]:
    """Let a send go through; return its rates in windows without and with events, by turns, and what was heard."""
    pairs = []
    with running(folder) as port:
        _wait(sink, lambda told: told["readers"] > 0)
        speaker = speaker_of(port)
        speaker.start()
        while True:
            pair = []
            for is_loud in (False, True):
                speaker.speak(is_loud)
                time.sleep(SETTLES)
                pair.append(_rate_in(sink, window))
            if _readers(sink) >= readers:
                break  # its end was in this pair
            pairs.append(pair)
        speaker.stop()
    sink.send(True)
    sink.recv()
    return pairs, speaker.found()


def _rate_in(sink: Connection, window: float) -> float:
    began, before = time.perf_counter(), _readers(sink)
    time.sleep(window)
    return (_readers(sink) - before) / (time.perf_counter() - began)


def _readers(sink: Connection) -> int:
    sink.send("look")
    return int(sink.recv()["readers"])


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

    def speak(self, is_loud: bool) -> None:
        self._here.send(is_loud)

    def stop(self) -> None:
        self._here.send(None)
        self._found = self._here.recv()
        self._process.join(10)

    def found(self) -> dict[str, float]:
        return dict(self._found)


def _speak(port: int, bodies: list[bytes], per_minute: int, pipe: Connection) -> None:
    pace, took, statuses = _Pace(bodies, per_minute), [], Counter()

    def speak() -> None:
        while pace.has_begun():
            with socket.create_connection(("127.0.0.1", port)) as conn:
                while body := pace.next():
                    said = time.perf_counter()
                    status = _post(conn, body)
                    took.append(time.perf_counter() - said)
                    statuses[status] += 1

    threads = [Thread(target=speak) for _ in range(SPEAKERS)]
    for thread in threads:
        thread.start()
    while (is_loud := pipe.recv()) is not None:
        pace.go_on() if is_loud else pace.pause()
    pace.end()
    for thread in threads:
        thread.join(10)
    heard = {
        "speaker_s": round(time.process_time(), 2),
        "events": len(took),
        "per_minute": round(60 * len(took) / pace.seconds),
        "taken": statuses[200],
    }
    pipe.send(heard | _how_late(sorted(took)))


class _Pace:
    """Gives out what is to be said, evenly, while it isn't paused."""

    def __init__(self, bodies: list[bytes], per_minute: int) -> None:
        self._bodies, self._gap = iter(bodies), 60 / per_minute
        self._lock, self._may = Lock(), Event()
        self._next_at = self._loud_since = self.seconds = 0.0
        self._is_over = False

    def go_on(self) -> None:
        self._next_at = self._loud_since = time.perf_counter()
        self._may.set()

    def pause(self) -> None:
        if self._may.is_set():
            self.seconds += time.perf_counter() - self._loud_since
        self._may.clear()

    def end(self) -> None:
        self.pause()
        self._is_over = True
        self._may.set()

    def has_begun(self) -> bool:
        """Wait until something is to be said; False at the end."""
        self._may.wait()
        return not self._is_over

    def next(self) -> bytes:
        """Return the next one when its time has come; nothing while it is quiet: connections end meanwhile."""
        with self._lock:
            at, self._next_at = self._next_at, self._next_at + self._gap
        time.sleep(max(0.0, at - time.perf_counter()))
        with self._lock:
            return next(self._bodies, b"") if self._may.is_set() and not self._is_over else b""


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
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--per-minute", type=int, default=10_000, help="events")
    parser.add_argument("--window", type=float, default=4.0, help="seconds with events, and seconds without, by turns")
    parser.add_argument("--folder", type=Path, help="where the ledger is made; then gone")
    given = parser.parse_args()
    with sink_and_root("hearing", given.folder) as (sink, url, root):
        _compare(given, root, url, sink)


def _compare(given: argparse.Namespace, root: Path, url: str, sink: Connection) -> None:
    project = make_project(root, url, given.readers)
    send_first(root, sink, given.readers)
    bodies = bodies_for(root, 0, min(given.readers, given.per_minute * MOST_MINUTES))
    project.publish(2)
    pairs, found = rates_of(
        root, sink, given.readers, lambda port: _Speaker(port, bodies, given.per_minute), given.window
    )
    for quiet, loud in pairs:
        print(f"{quiet:>10,.0f}/s alone {loud:>10,.0f}/s with events   ratio {loud / quiet:.2f}")
    kept = sqlite3.connect(root / "publisher.db").execute("SELECT count(*) FROM events").fetchone()[0]
    assert kept == found["taken"], f"{found['taken']} events were taken, and {kept} stand in the ledger"
    print(project.publisher("verify", timeout=900).strip().splitlines()[-1])
    alone, beside = (statistics.mean(rates) for rates in zip(*pairs, strict=True))
    rates = {"windows": len(pairs), "alone": round(alone), "with_events": round(beside)}
    said = {"benchmark": "hearing", "readers": given.readers, **found, **rates}
    print(json.dumps(said | {"ratio": round(beside / alone, 3)}))


if __name__ == "__main__":
    main()

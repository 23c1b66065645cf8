"""A send to many readers through a real sender to a local sink, and a bare `requests` loop with the same bodies.

    python -m benchmarks.sending mailgun [--readers 1000000] [--rounds 3] [--folder DIR]
    python -m benchmarks.sending webhook [--readers 20000] [--threads 16] [--latency 0.0] [--rounds 3] [--told]

The sink is a process of its own that reads each request, counts its recipients and answers. The bare loop builds the
same bodies with the same functions from rows in memory and posts them; it keeps no books. It hands a form to `requests`
as anybody would; with --own-encoder it encodes the form by our function, which is five times as fast. Both run in
turns, each in a process of its own, and are timed by the sink: from the first request to the last answer. Memory is the
process's peak.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from threading import local
from typing import NamedTuple

import requests

from tests.project import MAILGUN, WEBHOOK, ProjectDir, environment

CHANNELS = {"mailgun": MAILGUN, "webhook": WEBHOOK}
PER_CALL = {"mailgun": 1_000, "webhook": 1}
ADDRESSES = {"mailgun": rb"&to=", "webhook": rb'"recipients":'}  # one for each reader in a body
ANSWER = b'{"id":"<%d@sink>","message":"Queued. Thank you."}'
PROFILE = os.environ.get("PROFILE", "")  # a file that a profile of the send is written to


# --- the sink


def serve(kind: str, latency: float, pipe: Connection) -> None:
    """Answer requests until told to end; for each question on the pipe say what came since the last."""
    asyncio.run(_Sink(ADDRESSES[kind], latency).serve(pipe))


class _Sink:
    def __init__(self, address: bytes, latency: float) -> None:
        self.address, self.latency = address, latency
        self.forget()

    def forget(self) -> None:
        self.requests, self.readers, self.bytes, self.first, self.last = 0, 0, 0, 0.0, 0.0

    async def serve(self, pipe: Connection) -> None:
        server = await asyncio.start_server(self.answer, "127.0.0.1", 0, backlog=256, limit=2**20)
        pipe.send(server.sockets[0].getsockname()[1])
        while asked := await asyncio.to_thread(pipe.recv):
            names = ("requests", "readers", "bytes", "first", "last")
            pipe.send({name: getattr(self, name) for name in names})
            if asked != "look":
                self.forget()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                begun = time.perf_counter()
                length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
                body = await reader.readexactly(length)
                if self.latency:
                    await asyncio.sleep(self.latency - (time.perf_counter() - begun))
                self.first = self.first or begun
                self.requests += 1
                self.readers += body.count(self.address)
                self.bytes += length
                said = ANSWER % self.requests
                kind = b"Content-Type: application/json"
                writer.write(b"HTTP/1.1 200 OK\r\n%s\r\nContent-Length: %d\r\n\r\n%s" % (kind, len(said), said))
                await writer.drain()
                self.last = time.perf_counter()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@contextmanager
def sink_and_root(
    name: str, folder: Path | None, kind: str = "mailgun", latency: float = 0.0
) -> Iterator[tuple[Connection, str, Path]]:
    """Yield a sink to ask, its address, and an empty directory; both are gone afterwards."""
    here, there = multiprocessing.Pipe()
    sink = multiprocessing.get_context("spawn").Process(target=serve, args=(kind, latency, there))
    sink.start()
    root = Path(tempfile.mkdtemp(prefix=f"publisher-{name}-", dir=folder))
    try:
        yield here, f"http://127.0.0.1:{here.recv()}", root
    finally:
        here.send(False)
        sink.join(10)
        shutil.rmtree(root, ignore_errors=True)


# --- the project


class Cost(NamedTuple):
    """What a process cost: its peak memory in MB, and seconds of processor time."""

    memory: int
    processor: float


def make_project(folder: Path, kind: str, url: str, readers: int, threads: int) -> ProjectDir:
    """Make a project whose list has so many readers, written into the ledger in one go."""
    project = ProjectDir(folder, url, channel={**CHANNELS[kind], "at_once": str(threads)})
    project.publish(8)
    project.subscribe(1)
    _fill(folder, readers)
    return project


def _fill(folder: Path, readers: int) -> None:
    from publisher.config.keys import KeyRing
    from publisher.model.tokens import address_hash

    key = KeyRing.load(folder / "keys.json").current("suppression")[1]
    conn = sqlite3.connect(folder / "publisher.db", isolation_level=None)
    conn.execute("BEGIN")
    now = int(datetime.now(UTC).timestamp() * 1_000_000)

    def people():
        for number in range(1, readers):
            email = f"reader{number}@example.org"
            yield number + 1, email, address_hash(email, key), f"Reader {number}", now

    conn.executemany(
        "INSERT INTO subscribers (id, email, address_hash, domain_id, name, attributes, made_at)"
        " VALUES (?, ?, ?, 1, ?, '{}', ?)",
        people(),
    )
    conn.execute(
        "INSERT INTO subscriptions (list_id, subscriber_id, state, basis, since, actor)"
        " SELECT 1, id, 'confirmed', 'benchmark', ?, 'benchmark' FROM subscribers WHERE id > 1",
        (now,),
    )
    conn.execute("COMMIT")
    conn.close()


def send(project: ProjectDir, stories: int) -> tuple[Cost, int]:
    """Send an edition; return what it cost and the seconds it took in all."""
    project.publish(stories)
    began = time.monotonic()
    words = ["-m", "publisher", "send", "morning", "--yes", "--project", str(project.folder)]
    if PROFILE:
        words = ["-m", "benchmarks.profiled", PROFILE, *words[2:]]
    return _run(words, project.folder), round(time.monotonic() - began)


def _run(words: list[str], folder: Path) -> Cost:
    with (folder / "out.log").open("w") as out:
        process = subprocess.Popen([sys.executable, *words], stdout=out, stderr=out, env=environment())
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit((folder / "out.log").read_text())
    return Cost(usage.ru_maxrss // 1024, usage.ru_utime + usage.ru_stime)


# --- the bare loop


def bare(folder: Path, kind: str, url: str, threads: int, own_encoder: bool, per_call: int = 0) -> None:
    """Post the bodies of the send that the project has made, from rows in memory."""
    calls, speak = _bodies(folder, kind, url, own_encoder, per_call or PER_CALL[kind])
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(speak, calls))


def _bodies(folder: Path, kind: str, url: str, own_encoder: bool, per_call: int):
    from publisher.app import App
    from publisher.model.call import Call
    from publisher.model.message import says_since_when
    from publisher.senders import mailgun, standard_webhooks, webhook_payloads
    from publisher.senders.mail import Readers
    from publisher.store import deliveries, messages

    app = App.open(folder)
    with app.store.read() as conn:
        message = messages.get(conn, conn.exec_driver_sql("SELECT max(id) FROM messages").scalar_one())
        last = conn.exec_driver_sql("SELECT max(send_id) FROM deliveries").scalar_one()
        ids = [row[0] for row in conn.exec_driver_sql(f"SELECT id FROM deliveries WHERE send_id = {last} ORDER BY id")]
        rows = []
        language = message.language if says_since_when(message) else ""
        for start in range(0, len(ids), 1_000):
            found = deliveries.members(conn, ids[start : start + 1_000], app.store.now())
            rows += [app.sending.introduce(each, language=language) for each in found]
    own = local()

    def session() -> requests.Session:
        if not hasattr(own, "session"):
            own.session = requests.Session()
            own.session.trust_env = False
        return own.session

    calls = [tuple(rows[start : start + per_call]) for start in range(0, len(rows), per_call)]
    keys = [b"k" * 32]

    def speak_mailgun(readers) -> None:
        form = mailgun.form_of(Readers(message, readers, {}))
        body = mailgun.encode(form) if own_encoder else form
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        said = session().post(f"{url}/v3/mg.harbor.example/messages", data=body, headers=headers, timeout=60)
        assert said.json()["id"]

    def speak_webhook(readers) -> None:
        call = Call(1, "key", message, readers)
        body = webhook_payloads.mail_body(call, Readers(message, readers, {}), per_call)
        headers = standard_webhooks.headers_for(keys, "key", int(time.time()), body)
        headers["Content-Type"] = "application/json"
        said = session().post(f"{url}/in", data=body, headers=headers, timeout=60)
        assert said.json()["id"]

    return calls, speak_mailgun if kind == "mailgun" else speak_webhook


# --- both in turns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=CHANNELS)
    parser.add_argument("--readers", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=0, help="calls at once; 0: 8 of the channel, 1 of the bare loop")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that the sink takes to answer")
    parser.add_argument("--own-encoder", action="store_true", help="the bare loop encodes forms as we do")
    parser.add_argument("--told", action="store_true", help="a webhook is to be told of each delivery")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the ledger is made; then gone")
    parser.add_argument("--bare", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        bare(Path(given.bare[0]), given.kind, given.bare[1], given.threads or 1, given.own_encoder)
        return
    with sink_and_root("sending", given.folder, given.kind, given.latency) as (sink, url, root):
        _compare(given, root, url, sink)


def _compare(given: argparse.Namespace, root: Path, url: str, sink: Connection) -> None:
    project = make_project(root, given.kind, url, given.readers, given.threads or 8)
    if given.told:
        _run(["-m", "publisher", "hooks", "add", "https://news.example/hook", "--project", str(root)], root)
    ratios, found = [], []
    for number in range(given.rounds):
        cost, whole = send(project, 9 + number)
        ours = _measured(sink, given.readers)
        words = ["-m", "benchmarks.sending", given.kind, "--threads", str(given.threads), "--bare", str(root), url]
        other = _run(words + ["--own-encoder"] * given.own_encoder, root)
        theirs = _measured(sink, given.readers)
        assert abs(theirs["bytes"] - ours["bytes"]) < 0.01 * ours["bytes"], (theirs, ours)
        ratios.append(ours["rate"] / theirs["rate"])
        found.append({"ours": ours["rate"], "bare": theirs["rate"], "ratio": round(ratios[-1], 3), "mb": cost.memory})
        print(f"{ours['rate']:>10,.0f}/s ours {theirs['rate']:>10,.0f}/s bare   ratio {ratios[-1]:.2f}"
              f"   {cost.memory} MB   processor {cost.processor:.1f} and {other.processor:.1f} s"
              f"   {ours['requests']:,} requests, {whole} s in all", flush=True)  # fmt: skip
    print(project.publisher("verify", timeout=900).strip().splitlines()[-1])
    print(json.dumps({"benchmark": f"sending {given.kind}", "readers": given.readers, "latency": given.latency,
                      "ratio": round(statistics.median(ratios), 3), "rounds": found}))  # fmt: skip


def _measured(sink: Connection, readers: int) -> dict[str, float]:
    sink.send(True)
    said = sink.recv()
    assert said["readers"] == readers, said
    return {**said, "rate": round(readers / (said["last"] - said["first"]), 1)}


if __name__ == "__main__":
    main()

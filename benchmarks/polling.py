"""Many sources due at once, nearly all of them unchanged: polled into a ledger, and by a bare `requests` loop.

    python benchmarks/polling.py [--sources 1000] [--threads 16] [--changed 10] [--items 10] [--rounds 3]

A server in a process of its own answers on loopback: of each hundred feeds, --changed have changed since the last
round; the others say 304. The bare loop has the same number of threads, a session for each, asks with ETags, and
parses the changed bodies with feedparser; it writes nothing down. Both run in turns, in the same process. Where other
programs keep the machine busy, the ratio of processor time says more than that of the clock.
"""

from __future__ import annotations

import argparse
import gzip
import logging
import multiprocessing
import random
import resource
import shutil
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from multiprocessing.connection import Connection
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

import feedparser
import requests

from publisher.app import App, intake
from publisher.cli import log_to_stderr
from publisher.runtime.sidebyside import SideBySide

WORDS = [
    "harbour",
    "quay",
    "ferry",
    "council",
    "budget",
    "school",
    "winter",
    "storm",
    "bridge",
    "market",
    "tide",
    "net",
]
BEGUN = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


def feed(number: int, edition: int, items: int) -> bytes:
    """Return a feed whose newest item is another in each edition; an item is some 2 KB."""
    found = "".join(_item(number, edition + items - place) for place in range(items))
    head = f"<title>Paper {number}</title><link>https://paper{number}.example</link>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{found}</channel></rss>'.encode()


def _item(number: int, story: int) -> str:
    chance = random.Random(f"{number} {story}")
    paragraphs = "".join(f"<p>{' '.join(chance.choices(WORDS, k=60))}.</p>" for _ in range(5))
    title = " ".join(chance.choices(WORDS, k=7)).capitalize()
    link = f"https://paper{number}.example/{story}"
    date = (BEGUN + timedelta(minutes=story)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    return (
        f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid><pubDate>{date}</pubDate>"
        f"<category>News</category><author>desk@paper{number}.example (The Desk)</author>"
        f"<description><![CDATA[{paragraphs}]]></description></item>"
    )


def serve(pipe: Connection, items: int, changed: int) -> None:
    """Answer until the process is ended; what the pipe says is the round."""
    current = [0]

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            while line := self.rfile.readline():
                known = b""
                while (header := self.rfile.readline()) not in (b"\r\n", b""):
                    if header.lower().startswith(b"if-none-match:"):
                        known = header.split(b":", 1)[1].strip()
                self.answer(int(line.split()[1].rpartition(b"/")[2]), known)

        def answer(self, number: int, known: bytes) -> None:
            edition = sum((number + each) % 100 < changed for each in range(1, current[0] + 1))
            etag = f'"{number}-{edition}"'.encode()
            if etag == known:
                self.wfile.write(b"HTTP/1.1 304 Not Modified\r\nETag: " + etag + b"\r\n\r\n")
                return
            body = gzip.compress(feed(number, edition, items), 1)
            head = f"Content-Type: application/rss+xml\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}"
            self.wfile.write(b"HTTP/1.1 200 OK\r\nETag: " + etag + f"\r\n{head}\r\n\r\n".encode() + body)

    class Server(ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True
        request_queue_size = 256

    server = Server(("127.0.0.1", 0), Handler)
    pipe.send(server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while True:
        current[0] = pipe.recv()
        pipe.send("")


def bare(port: int, sources: int, threads: int, etags: dict[int, str]) -> tuple[float, float, int]:
    """Ask for every feed with `requests`; return feeds a second, seconds of processor and how many had changed."""
    mine = threading.local()
    changed = []

    def one(number: int) -> None:
        if not hasattr(mine, "session"):
            mine.session = requests.Session()
            mine.session.trust_env = False
        known = {"If-None-Match": etags[number]} if number in etags else {}
        answer = mine.session.get(f"http://127.0.0.1:{port}/{number}", headers=known, timeout=20)
        if answer.status_code == 200:
            changed.append(len(feedparser.parse(BytesIO(answer.content)).entries))
            etags[number] = answer.headers["ETag"]

    begun, used = time.monotonic(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, range(sources)))
    return sources / (time.monotonic() - begun), time.process_time() - used, len(changed)


class Clock:
    """A clock that jumps from round to round."""

    def __init__(self) -> None:
        self.moment = BEGUN

    def __call__(self) -> datetime:
        return self.moment


def project(folder: Path, port: int, sources: int, clock: Clock, threads: int) -> App:
    """Make a project with that many sources."""
    from publisher.config.keys import KeyRing

    lines = "".join(
        f"  s{number}: {{feed: 'http://127.0.0.1:{port}/{number}', every: 5m, allow_private: true}}\n"
        for number in range(sources)
    )
    (folder / "schedules.yaml").write_text(
        "version: 1\n"
        "publication: {name: Paper, url: https://paper.example, from: news@paper.example, timezone: UTC}\n"
        f"sources:\n{lines}"
        "lists: {daily: {title: Daily}}\n"
        "channels: {letters: {sender: mailpit}}\n"
        "schedules:\n  morning:\n    when: {at: '07:00'}\n    send: [{via: letters, to: daily}]\n"
    )
    KeyRing.create(folder / "keys.json")
    app = App.open(folder, clock)
    app.__dict__["polling"] = SideBySide(lambda name: app.poll(app.project.sources[name]), threads=threads)
    return app


def ours(app: App) -> tuple[float, float]:
    """Poll whatever is due to the end; return feeds a second and seconds of processor."""
    begun, used = time.monotonic(), time.process_time()
    due = intake.begin_due(app)
    while app.polling.is_busy:
        time.sleep(0.002)
    intake.write_down(app)
    return due / (time.monotonic() - begun), time.process_time() - used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=int, default=1_000)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--changed", type=int, default=10)
    parser.add_argument("--items", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    log_to_stderr(logging.WARNING)
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(there, options.items, options.changed), daemon=True)
    server.start()
    port = here.recv()
    folder = Path(tempfile.mkdtemp())
    try:
        measure(here, port, folder, options)
    finally:
        server.terminate()
        shutil.rmtree(folder)


def measure(pipe: Connection, port: int, folder: Path, options: argparse.Namespace) -> None:
    clock, etags = Clock(), dict[int, str]()
    app = project(folder, port, options.sources, clock, options.threads)
    print(f"first round, all whole: ours {ours(app)[0]:6.0f} feeds/s", end="")
    print(f", bare {bare(port, options.sources, options.threads, etags)[0]:6.0f} feeds/s")
    ratios = []
    for number in range(1, options.rounds + 1):
        pipe.send(number)
        pipe.recv()
        clock.moment += timedelta(minutes=6)
        theirs, their_time, changed = bare(port, options.sources, options.threads, etags)
        rate, our_time = ours(app)
        ratios.append(rate / theirs)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"round {number}: ours {rate:6.0f}, bare {theirs:6.0f} feeds/s", end="")
        print(f"   ratio {ratios[-1]:.2f} (processor {their_time / our_time:.2f})", end="")
        print(f"   {changed} changed   {memory} MB at most")
    print(f"ratio {sorted(ratios)[len(ratios) // 2]:.2f} in the middle; to reach: 0.70")


if __name__ == "__main__":
    sys.exit(main())

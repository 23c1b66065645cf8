"""What open pages cost a running send: `publisher run` sends to many readers, with and without 50 live pages.

    python -m benchmarks.console [--readers 1000000] [--pages 50] [--window 4] [--folder DIR]

The send goes through the Mailgun sender to a local sink, a thousand readers a request, as fast as it can. Meanwhile a
client in a process of its own has half of the pages open on the first page and half on the edition's, each signed in,
and reads what they are told. Within the one send, windows with pages and windows without take turns, so that what the
machine does meanwhile falls upon both; the sink counts. At the end the books must balance.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.hearing import SETTLES, _rate_in, _readers, _wait, running
from benchmarks.sending import _fill, sink_and_root
from publisher.app import App, staff
from publisher.model.staff import Role
from publisher.web.door import COOKIE
from publisher.web.live import MOST_EACH
from tests.project import MAILGUN, SECRETS, ProjectDir

ASK = "GET /live?about={} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {}={}\r\n\r\n"
PASSWORD = "four words of mine"


def make_project(folder: Path, url: str, readers: int) -> ProjectDir:
    project = ProjectDir(folder, url, channel=MAILGUN, when="new: article", backfill=1, secrets=SECRETS)
    file = folder / "schedules.yaml"
    # A round needn't wait for its article to be found and to have rested.
    file.write_text(file.read_text().replace("every: 1m", "every: 2s\n    settle: 0s"))
    project.publish(1)
    project.subscribe(1)
    _fill(folder, readers)
    return project


def sessions_of(folder: Path, pages: int) -> list[str]:
    """Let as many people work here as so many pages take; return what the browser of each keeps."""
    app = App.open(folder)
    names = [f"anna{number}" for number in range(-(-pages // MOST_EACH))]
    try:
        links = [staff.add(app, name, Role.OPERATOR, "benchmark").rpartition("/")[2] for name in names]
        return [staff.choose_password(app, link, PASSWORD).token for link in links]
    finally:
        app.store.close()


class _Pages:
    """Open pages, in a process of their own."""

    def __init__(self, port: int, sessions: list[str], pages: int) -> None:
        self._here, there = multiprocessing.Pipe()
        given = (port, sessions, pages, there)
        self._process = multiprocessing.get_context("spawn").Process(target=_read, args=given, daemon=True)
        self._process.start()

    def open(self, are_open: bool) -> None:
        self._here.send(are_open)
        self._here.recv()

    def close(self) -> dict[str, int]:
        """Close all; return how many events of which kind they were told."""
        self._here.send(None)
        told: dict[str, int] = self._here.recv()
        self._process.join(10)
        return told


def _read(port: int, sessions: list[str], pages: int, pipe: Connection) -> None:
    asyncio.run(_read_on(port, sessions, pages, pipe))


async def _read_on(port: int, sessions: list[str], pages: int, pipe: Connection) -> None:
    told: Counter[str] = Counter()
    reading: list[asyncio.Task[None]] = []
    while (are_open := await asyncio.to_thread(pipe.recv)) is not None:
        for each in reading:
            each.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
        abouts = ["today" if number % 2 else "edition-1" for number in range(pages if are_open else 0)]
        asked = [(about, sessions[number // MOST_EACH]) for number, about in enumerate(abouts)]
        first = asyncio.Semaphore(0)
        reading = [asyncio.create_task(_listen(port, about, session, told, first)) for about, session in asked]
        for _ in reading:
            await first.acquire()  # what it costs to open so many at once is no part of a window
        pipe.send(are_open)
    pipe.send(dict(told))


async def _listen(port: int, about: str, session: str, told: Counter[str], first: asyncio.Semaphore) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(ASK.format(about, COOKIE, session).encode())
        status = await reader.readline()
        assert b" 200 " in status, status
        is_told = False
        while line := await reader.readline():
            if line.startswith(b"event: "):
                if not is_told:
                    is_told = True
                    first.release()
                told[line[7:].decode().strip()] += 1
    finally:
        writer.close()


def rates_of(folder: Path, sink: Connection, given: argparse.Namespace, sessions: list[str]):
    """Let a send go through; return its rates in windows without and with pages, by turns, and what these were told."""
    pairs = []
    with running(folder) as port:
        pages = _Pages(port, sessions, given.pages)
        _wait(sink, lambda told: told["readers"] > 0)
        while True:
            pair = []
            for are_open in (False, True):
                pages.open(are_open)
                time.sleep(SETTLES)
                pair.append(_rate_in(sink, given.window))
            if _readers(sink) >= given.readers:
                break  # its end was in this pair
            pairs.append(pair)
        told = pages.close()
    sink.send(True)
    sink.recv()
    return pairs, told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--pages", type=int, default=50)
    parser.add_argument("--window", type=float, default=4.0, help="seconds with pages, and seconds without, by turns")
    parser.add_argument("--folder", type=Path, help="where the ledger is made; then gone")
    given = parser.parse_args()
    with sink_and_root("console", given.folder) as (sink, url, root):
        _compare(given, root, url, sink)


def _compare(given: argparse.Namespace, root: Path, url: str, sink: Connection) -> None:
    project = make_project(root, url, given.readers)
    pairs, told = rates_of(root, sink, given, sessions_of(root, given.pages))
    for without, beside in pairs:
        print(f"{without:>10,.0f}/s alone {beside:>10,.0f}/s with pages   ratio {beside / without:.2f}")
    print(project.publisher("verify", timeout=900).strip().splitlines()[-1])
    alone, beside = (statistics.mean(rates) for rates in zip(*pairs, strict=True))
    rates = {"windows": len(pairs), "alone": round(alone), "with_pages": round(beside)}
    said = {"benchmark": "console", "readers": given.readers, "pages": given.pages, "told": told, **rates}
    print(json.dumps(said | {"ratio": round(beside / alone, 3)}))


if __name__ == "__main__":
    main()

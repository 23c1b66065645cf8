"""A provider that no kill touches: a process of its own, which logs what it accepts, fsynced, before it answers.

`python -m tests.crash.sink --log sink.jsonl` prints its address and serves until it is told to stop. Each line of the
log is one recipient accepted, or one request that was not; the oracle believes it and nothing else.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.crash.apart import started, told
from tests.crash.dialects import READERS, Taken

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close sends a reset


@dataclass(frozen=True, slots=True)
class Temper:
    """How the provider behaves. Rates are shares of requests, drawn from a seeded generator."""

    dialect: str = "webhook"
    honours_keys: bool = True
    window: float = 86_400.0  # seconds that a key is remembered
    unavailable: float = 0.0  # 503, half of them with Retry-After: nothing was accepted
    drop_after: float = 0.0  # accepted, and the connection closed without a word
    reset_before: float = 0.0  # the connection reset before anything was accepted
    half_open: float = 0.0  # accepted, and never a word nor a close
    slow: float = 0.0  # accepted, and answered after `slow_seconds`
    slow_seconds: float = 3.0
    host: str = "127.0.0.1"  # where it listens
    latency: float = 0.0  # seconds at most before any answer, evenly drawn
    seed: int = 1


class Ledger:
    """The sink's log. Lines of all requests that arrive together share one fsync."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()

    async def write(self, lines: list[dict[str, Any]]) -> None:
        """Return when the lines are on the disk."""
        blob = b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((blob, done))
        self._wake.set()
        await done

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._waiting = self._waiting, []
            os.write(self._file, b"".join(blob for blob, _ in batch))
            await loop.run_in_executor(None, os.fdatasync, self._file)
            for _, done in batch:
                done.set_result(None)


class Sink:
    """Takes requests, decides by its temper, logs, answers."""

    def __init__(self, temper: Temper, ledger: Ledger) -> None:
        self.temper = temper
        self._ledger = ledger
        self._random = Random(temper.seed)
        self._read = READERS[temper.dialect]
        self._keys: dict[str, tuple[float, asyncio.Future[None] | None]] = {}
        self._number = 0

    def remember(self, path: Path) -> None:
        """Know the keys of an earlier life again: a provider does not forget because it was restarted."""
        if not path.exists():
            return
        for line in path.read_text().splitlines():
            row = json.loads(line)
            self._number = max(self._number, row["n"])
            if row["did"] == "accepted" and row["key"]:
                self._keys[row["key"]] = (row["at"], None)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _request(reader)) is not None:
                if not await self._one(*request, writer):
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # a client was killed: that is what we are here for
        finally:
            writer.close()

    async def _one(self, path: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter) -> bool:
        """Deal with one request; say whether the connection goes on."""
        self._number += 1
        number, fault = self._number, self._fault()
        if fault in ("reset_before", "unavailable"):
            await self._ledger.write([{"n": number, "at": time.time(), "did": fault}])
            if fault == "reset_before":
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                return False
            wait = {"Retry-After": "1"} if number % 2 else {}
            return await _answer(writer, 503, {"message": "busy"}, wait)
        try:
            taken = self._read(path, headers, body)
        except (ValueError, KeyError, IndexError) as error:
            taken = f"can't be read: {error!r}"
        if isinstance(taken, str):
            await self._ledger.write([{"n": number, "at": time.time(), "did": "refused", "why": taken}])
            return await _answer(writer, 400, {"message": taken})
        await self._accept(number, taken)
        return await self._after(fault, taken, writer)

    async def _accept(self, number: int, taken: Taken) -> None:
        """Log the recipients once: a key that is known and honoured is answered as before and accepted no more."""
        now = time.time()
        known = self._keys.get(taken.key) if taken.key and self.temper.honours_keys else None
        if known is not None and now - known[0] <= self.temper.window:
            if known[1] is not None:
                await known[1]  # its first request is still on its way to the disk
            await self._ledger.write([{"n": number, "at": now, "did": "repeated", "key": taken.key}])
            return
        on_disk = asyncio.get_running_loop().create_future()
        self._keys[taken.key] = (now, on_disk)
        line = {"n": number, "at": now, "did": "accepted", "key": taken.key}
        await self._ledger.write([{**line, "to": to, "ref": ref} for to, ref in taken.readers])
        self._keys[taken.key] = (now, None)
        on_disk.set_result(None)

    async def _after(self, fault: str, taken: Taken, writer: asyncio.StreamWriter) -> bool:
        if fault == "drop_after":
            return False
        if fault == "half_open":
            await asyncio.sleep(3_600)
        if fault == "slow":
            await asyncio.sleep(self.temper.slow_seconds)
        if self.temper.latency:
            await asyncio.sleep(self._random.uniform(0, self.temper.latency))
        return await _answer(writer, 200, taken.answer)

    def _fault(self) -> str:
        drawn = self._random.random()
        for name in ("unavailable", "drop_after", "reset_before", "half_open", "slow"):
            share = getattr(self.temper, name)
            if drawn < share:
                return name
            drawn -= share
        return ""


async def _request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes] | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return first.split(" ")[1], headers, body


async def _answer(
    writer: asyncio.StreamWriter, status: int, body: dict[str, object], headers: dict[str, str] | None = None
) -> bool:
    said = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Said", "Content-Type: application/json", f"Content-Length: {len(said)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + said)
    await writer.drain()
    return True


async def _serve(temper: Temper, log: Path, port: int) -> None:
    ledger = Ledger(log)
    sink = Sink(temper, ledger)
    sink.remember(log)
    writing = asyncio.create_task(ledger.run())
    server = await asyncio.start_server(sink.serve, temper.host, port, limit=1 << 20, backlog=512)
    sys.stdout.write(f"http://{temper.host}:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    writing.cancel()
    os._exit(0)  # connections that are left half-open on purpose would be waited for


@contextmanager
def serving(log: Path, temper: Temper, port: int = 0, within: Sequence[str] = ()) -> Iterator[str]:
    """A sink in a process of its own; yield its address."""
    with started("tests.crash.sink", temper, log, port, within) as (url, _):
        yield url


if __name__ == "__main__":
    asyncio.run(_serve(*told(Temper, __doc__)))

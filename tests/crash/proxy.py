"""A network that fails on purpose: stands between Publisher and the sink, and harms connections by request.

What it may do to one request: close before the body has passed (nothing was accepted), let it be accepted and close
without the answer, leave the connection half-open, answer late, or reset.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from urllib.parse import urlsplit

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close sends a reset
FAULTS = ("drop before", "drop after", "half-open", "slow", "reset")


class Proxy:
    """Passes requests on, one connection to the sink for each of the client's.

    :param share: of requests that each of the faults befalls.
    :param slow: seconds that a slow answer takes.
    """

    def __init__(self, target: str, share: float, *, slow: float, seed: int = 1) -> None:
        where = urlsplit(target)
        self._target = (where.hostname or "", where.port or 80)
        self._share, self._slow = share, slow
        self._random = Random(seed)
        self.did: Counter[str] = Counter()
        self.port = 0

    async def serve(self, started: threading.Event, stop: asyncio.Event) -> None:
        server = await asyncio.start_server(self._client, "127.0.0.1", 0, backlog=256)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await stop.wait()
        server.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sink_reader, sink_writer = await asyncio.open_connection(*self._target)
        try:
            while await self._pass(reader, writer, sink_reader, sink_writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client was killed, or one side was harmed
        finally:
            writer.close()
            sink_writer.close()

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        sink_reader: asyncio.StreamReader,
        sink_writer: asyncio.StreamWriter,
    ) -> bool:
        """Pass one exchange on; say whether the connection goes on."""
        head = await reader.readuntil(b"\r\n\r\n")
        fault = self._fault()
        self.did[fault] += 1
        if fault in ("drop before", "reset"):
            if fault == "reset":
                _reset(writer)
            return False
        sink_writer.write(head + await _body(reader, head))
        answer_head = await sink_reader.readuntil(b"\r\n\r\n")
        answer = answer_head + await _body(sink_reader, answer_head)  # whatever happens now, the sink has accepted
        if fault == "drop after":
            return False
        if fault == "half-open":
            await asyncio.sleep(3_600)
        if fault == "slow":
            await asyncio.sleep(self._slow)
        writer.write(answer)
        await writer.drain()
        return True

    def _fault(self) -> str:
        drawn = int(self._random.random() / self._share) if self._share else len(FAULTS)
        return FAULTS[drawn] if drawn < len(FAULTS) else "passed"


def _reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return await reader.readexactly(int(lengths[0])) if lengths else b""


@contextmanager
def harming(target: str, share: float, *, slow: float = 0.5, seed: int = 1) -> Iterator[tuple[str, Proxy]]:
    """A proxy in a thread of its own; yield its address, and itself for what it did."""
    proxy, started = Proxy(target, share, slow=slow, seed=seed), threading.Event()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    def run() -> None:
        loop.run_until_complete(proxy.serve(started, stop))
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield f"http://127.0.0.1:{proxy.port}", proxy
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)

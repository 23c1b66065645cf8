"""A provider on this machine: a real HTTP server that is strict, remembers everything, and fails when told to."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal, Self

from publisher.clock import now
from publisher.testing.dialects import DIALECTS, Accepted, Counting, Dialect, Pictorial, Preparing, Received, Response

PAGE = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request.

    ``accept``: whether the provider takes the message all the same. ``drop``: the connection is closed without an
    answer, before the body was read or after everything was done. ``delay``: seconds before the answer.
    ``echo``: the request's own address and headers are repeated in the answer, as careless providers do.
    ``short``: the answer counts one reader fewer than were taken.
    """

    status: int = 200
    body: object = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    accept: bool = False
    drop: Literal["", "before", "after"] = ""
    delay: float = 0.0
    echo: bool = False
    short: bool = False

    @classmethod
    def too_many(cls, retry_after: str = "") -> Fault:
        """429; ``retry_after`` is seconds or a date, and empty where the provider doesn't say."""
        return cls(429, {"message": "too many requests"}, {"Retry-After": retry_after} if retry_after else {})

    @classmethod
    def server_error(cls) -> Fault:
        return cls(500, {"message": "internal error"})

    @classmethod
    def unavailable(cls, retry_after: str = "") -> Fault:
        return cls(503, "busy", {"Retry-After": retry_after} if retry_after else {})

    @classmethod
    def web_page(cls, status: int = 502) -> Fault:
        return cls(status, PAGE, {"Content-Type": "text/html; charset=utf-8"})

    @classmethod
    def slow(cls, seconds: float) -> Fault:
        """Take the message, and answer too late."""
        return cls(accept=True, delay=seconds)

    @classmethod
    def dropped_before(cls) -> Fault:
        """Close the connection before the body was read; nothing is taken."""
        return cls(drop="before")

    @classmethod
    def dropped_after(cls) -> Fault:
        """Take the message, and close the connection without a word."""
        return cls(accept=True, drop="after")

    @classmethod
    def wrong_json(cls) -> Fault:
        return cls(200, '{"id": "cut off', {"Content-Type": "application/json"}, accept=True)

    @classmethod
    def empty(cls) -> Fault:
        return cls(200, "", accept=True)

    @classmethod
    def miscounted(cls) -> Fault:
        """Take every reader, and answer as if there had been one fewer."""
        return cls(accept=True, short=True)


class FakeProvider:
    """Serves one dialect on 127.0.0.1 for the length of a ``with`` block.

    :param dialect: a name of :data:`DIALECTS`, or a dialect of your own.
    """

    def __init__(self, dialect: str | Dialect) -> None:
        self.dialect: Dialect = DIALECTS[dialect]() if isinstance(dialect, str) else dialect
        self.requests: list[Received] = []  # every one, in order
        self.accepted: list[Accepted] = []  # what was taken, recipient by recipient
        self.answers: list[Response] = []  # of the dialect, before a fault befell them
        self._faults: deque[Fault] = deque()
        self._upload_faults: deque[Fault] = deque()
        self._counts: Mapping[str, str] = {}  # headers of every answer
        self._lock = threading.Lock()
        self._closing = threading.Event()
        provider = self

        class Handler(_Handler):
            fake = provider

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def fails(self, *faults: Fault) -> None:
        """Let the next requests fail, each in its way; those after them succeed."""
        with self._lock:
            self._faults.extend(faults)

    def uploads_fail(self, *faults: Fault) -> None:
        """Let the next requests that upload a picture fail, each in its way."""
        with self._lock:
            self._upload_faults.extend(faults)

    def leaves(self, left: int, until: datetime) -> None:
        """Let every answer from now on say how many requests are left until then; the dialect says how."""
        assert isinstance(self.dialect, Counting)  # noqa: S101 -- the product of a test's
        self._counts = self.dialect.counts(left, until)

    def recovers(self) -> None:
        """Let every request from now on succeed, and no answer count requests."""
        self._counts = {}
        with self._lock:
            self._faults.clear()
            self._upload_faults.clear()

    def addresses(self) -> list[str]:
        """Return who was written to, in order, as often as it happened."""
        return [taken.to for taken in self.accepted]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def speaking(self) -> list[Received]:
        """Return the requests that said something, not those that only prepared it or looked."""
        prepared = (self._prepares, self._uploads)
        return [each for each in self.requests if not any(does(each.method, each.path) for does in prepared)]

    def uploading(self) -> list[Received]:
        """Return the requests that uploaded a picture, or looked at one."""
        return [request for request in self.requests if self._uploads(request.method, request.path)]

    def next_fault(self, method: str, path: str) -> Fault | None:
        """Return what goes wrong with the request that has just begun."""
        is_upload = self._uploads(method, path)
        if not is_upload and self._prepares(method, path):
            return None
        with self._lock:
            faults = self._upload_faults if is_upload else self._faults
            return faults.popleft() if faults else None

    def take(self, request: Received, fault: Fault | None) -> Response:
        """Write the request down, and let the dialect answer unless a fault does."""
        said = self._said(request, fault)
        return replace(said, headers={**self._counts, **said.headers})

    def _said(self, request: Received, fault: Fault | None) -> Response:
        with self._lock:
            self.requests.append(request)
            if fault and not fault.accept:
                return _faulty(fault, request)
            said = self.dialect.answer(request, len(self.requests))
            self.accepted.extend(said.accepted)
            self.answers.append(said)
        if fault is None or fault.delay or fault.drop:  # the right answer, only late or never
            return said
        return short_by_one(said) if fault.short else _faulty(fault, request)

    def _prepares(self, method: str, path: str) -> bool:
        return isinstance(self.dialect, Preparing) and self.dialect.prepares(method, path)

    def _uploads(self, method: str, path: str) -> bool:
        return isinstance(self.dialect, Pictorial) and self.dialect.uploads(method, path)

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond the end of the block."""
        self._closing.wait(seconds)


def short_by_one(said: Response) -> Response:
    """Return an answer that counts one reader fewer than it took; the same where it counts nobody."""
    return replace(said, body=_short(said.body, len(said.accepted)))


def _short(found: object, count: int) -> object:
    if isinstance(found, dict):
        return {name: _short(value, count) for name, value in found.items()}
    if isinstance(found, list):
        return [_short(value, count) for value in (found[:-1] if len(found) == count else found)]
    return count - 1 if found == count and isinstance(found, int) else found


def _faulty(fault: Fault, request: Received) -> Response:
    echo = json.dumps({"message": f"you sent {request.path} {dict(request.headers)}"}) if fault.echo else fault.body
    return Response(fault.status, echo, headers=fault.headers)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up: tests make them do so."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    fake: FakeProvider

    def _serve(self) -> None:
        fault = self.fake.next_fault(self.command, self.path)
        if fault and fault.drop == "before":
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        said = self.fake.take(Received(self.command, self.path, headers, body), fault)
        if fault and fault.drop == "after":
            self.close_connection = True
            return
        if fault and fault.delay:
            self.fake.pause(fault.delay)
        self._answer(said)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the names that http.server calls

    def _answer(self, said: Response) -> None:
        text = said.body if isinstance(said.body, str) else json.dumps(said.body)
        kind = "text/plain; charset=utf-8" if isinstance(said.body, str) else "application/json"
        headers = {"Content-Type": kind, "Date": format_datetime(now(), usegmt=True), **said.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        raw = text.encode()
        with contextlib.suppress(OSError):
            self.wfile.write(f"HTTP/1.1 {said.status} -\r\n{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw)

    def log_message(self, *_: object) -> None:
        """Keep the terminal quiet; the log is :attr:`FakeProvider.requests`."""

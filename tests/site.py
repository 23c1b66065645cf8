"""A real web server on loopback whose pages a test writes: feeds that know ETag and gzip, moves, ends, slow answers."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """Pages by path; what was asked is kept."""

    address: str
    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)  # what was answered

    def url(self, path: str) -> str:
        return self.address + path

    def put(self, path: str, body: str | bytes, content_type: str = "application/rss+xml", **headers: str) -> str:
        data = body.encode() if isinstance(body, str) else body

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.send_header("Content-Type", content_type)
            request.send_header("Content-Length", str(len(data)))
            for name, value in headers.items():
                request.send_header(name.replace("_", "-"), value)
            request.end_headers()
            request.wfile.write(data)

        self.pages[path] = answer
        return self.url(path)

    def feed(self, path: str, *titles: str, head: str = "", **headers: str) -> str:
        """Put a feed with an item for each title, newest first, behind an ETag and packed."""
        data = rss(*titles, head=head).encode()
        etag = f'"{hashlib.sha256(data).hexdigest()[:12]}"'

        def answer(request: BaseHTTPRequestHandler) -> None:
            is_known = request.headers.get("If-None-Match") == etag
            body = b"" if is_known else gzip.compress(data)
            request.send_response(304 if is_known else 200)
            said = {"ETag": etag, "Content-Length": str(len(body)), "Content-Type": "application/rss+xml"}
            said |= {} if is_known else {"Content-Encoding": "gzip"}
            for name, value in {**said, **headers}.items():
                request.send_header(name.replace("_", "-"), value)
            request.end_headers()
            request.wfile.write(body)

        self.pages[path] = answer
        return self.url(path)

    def status(self, path: str, code: int, **headers: str) -> str:
        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(code)
            for name, value in headers.items():
                request.send_header(name.replace("_", "-"), value)
            request.send_header("Content-Length", "0")
            request.end_headers()

        self.pages[path] = answer
        return self.url(path)

    def trickle(self, path: str, body: bytes = b"<rss>", pause: float = 0.05) -> str:
        """Put a page that comes byte by byte."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            with contextlib.suppress(OSError):  # the reader hangs up, as it should
                for letter in body:
                    request.wfile.write(bytes([letter]))
                    request.wfile.flush()
                    time.sleep(pause)

        self.pages[path] = answer
        return self.url(path)

    def silent(self, path: str, until: threading.Event) -> str:
        """Put a page that does not answer before something happens."""
        self.pages[path] = lambda request: until.wait(30) and None
        return self.url(path)


def rss(*titles: str, head: str = "") -> str:
    """Return a feed with an item for each title."""
    items = "".join(
        f"<item><title>{escape(title)}</title><link>https://harbor.example/{escape(title.replace(' ', '-'))}</link>"
        f"<description>What is known of: {escape(title)}.</description></item>"
        for title in titles
    )
    channel = f"<title>Harbor Gazette</title><link>https://harbor.example</link>{head}{items}"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{channel}</channel></rss>'


@contextmanager
def serving(secure: ssl.SSLContext | None = None) -> Iterator[Site]:
    """Serve a site until the block ends.

    :param secure: by https, with the certificate that this holds.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, dict(self.headers)))
            answer = site.pages.get(self.path)
            if answer is None:
                self.send_error(404)
            else:
                answer(self)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))  # unread, it would cut the answer off
            self.do_GET()

        def log_request(self, code: object = "-", size: object = "-") -> None:
            site.statuses.append(int(code))

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def finish_request(self, request: socket.socket, client_address: object) -> None:
            if secure:  # here, in a thread of its own
                request = secure.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)

        def handle_error(self, request: object, client_address: object) -> None:
            if not secure:  # else who does not believe the certificate hangs up, as it should
                super().handle_error(request, client_address)

    server = Server(("127.0.0.1", 0), Handler)
    site = Site(f"{'https' if secure else 'http'}://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:  # else a test that fails inside keeps its process from ending
        server.shutdown()
        server.server_close()
        thread.join()

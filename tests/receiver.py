"""A real receiver of webhooks on loopback: what comes is kept, and answered as a test says."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """What was said to it, and what it answers."""

    address: str
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)  # headers in small letters, and body
    paths: list[str] = field(default_factory=list)
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    words: bytes = b""
    answer: Callable[[BaseHTTPRequestHandler], None] | None = None  # instead of all this

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.heard]


@contextmanager
def receiving(secure: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Listen until the block ends.

    :param secure: by https, with the certificate that this holds.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            receiver.paths.append(self.path)
            receiver.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            with contextlib.suppress(OSError):  # who speaks hangs up, as it should
                (receiver.answer or Handler._plainly)(self)

        def _plainly(self) -> None:
            self.send_response(receiver.status)
            for name, value in {"Content-Length": str(len(receiver.words)), **receiver.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(receiver.words)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if secure is not None:
        server.socket = secure.wrap_socket(server.socket, server_side=True)
    kind = "http" if secure is None else "https"
    receiver = Receiver(f"{kind}://127.0.0.1:{server.server_address[1]}/hook")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()

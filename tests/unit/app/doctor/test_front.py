"""What stands in front of us, with a web server of the test's own that does its work well or badly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from unittest.mock import ANY

import pytest
import requests

from publisher.app import mirror
from publisher.app.doctor import Level, Web, seen, surroundings
from publisher.app.doctor.front import Front
from publisher.config.serving import Serving
from publisher.config.settings import Settings
from publisher.web.server import Server, make_app
from tests.unit.app.doctor.ward import project
from tests.unit.web.ledger import served

READER = "198.51.100.7"


@dataclass
class WebServer:
    """How it treats requests.

    :ivar says: headers that it adds; `X-Forwarded-For` after what the reader wrote, unless it `keeps` that alone.
    """

    host: str = "letters.harbor.example"
    says: dict[str, str] = field(default_factory=lambda: {"X-Forwarded-For": READER, "X-Forwarded-Proto": "https"})
    keeps: bool = False
    buffers: bool = False
    breaks_off: bool = False
    date: str | None = None


@contextmanager
def in_front(server: WebServer, to: str) -> Iterator[str]:
    """Pass requests on until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent = {"Host": server.host, **server.says}
            if (written := self.headers.get("X-Forwarded-For")) and "X-Forwarded-For" in sent:
                sent["X-Forwarded-For"] = written if server.keeps else f"{written}, {sent['X-Forwarded-For']}"
            asked = HTTPConnection(to.removeprefix("http://"), timeout=20)
            asked.request("GET", self.path, headers=sent)
            answer = asked.getresponse()
            self.send_response_only(answer.status)
            self.send_header("Date", self.date_time_string() if server.date is None else server.date)
            for name in ("Referrer-Policy", "Content-Type"):
                self.send_header(name, answer.headers.get(name, ""))
            self.end_headers()
            if server.buffers:
                self.wfile.write(answer.read())
            while not server.buffers and (line := answer.readline()):
                self.wfile.write(line)
                if server.breaks_off and b"data: 1" in line:
                    break
            asked.close()

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=listening.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.server_address[1]}"
    finally:
        listening.shutdown()
        listening.server_close()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("front")
    app = project(folder)
    app.settings = Settings({"PUBLISHER_TRUSTED_PROXIES": "127.0.0.1"})
    with served(app, folder) as site:
        yield site


def found(site, server: WebServer, *, is_public: bool = True) -> dict[str, tuple[str, str]]:
    with in_front(server, site.url) as base:
        told = list(Front(site.app, Web(), base, is_public).look())
    return {each.about.partition(" http")[0]: (str(each.level), str(each)) for each in told}


def test_a_web_server_that_does_its_work(site):
    told = found(site, WebServer())
    assert told.pop("https")[0] == "trouble"  # the test's own speaks none
    assert told.pop("its clock")[0] == "trouble"  # the project's stands still, years away
    assert {level for level, _ in told.values()} == {"ok"}
    assert f"this machine is {READER}" in told["readers' addresses"][1]
    assert "each word comes at once" in told["live pages"][1]


@pytest.mark.parametrize(
    ("server", "about", "words"),
    [
        (WebServer(says={}), "readers' addresses", "nobody says for whom 127.0.0.1 asks"),
        (WebServer(says={"Via": "1.1 front"}), "readers' addresses", "nobody says"),
        (WebServer(says={"X-Forwarded-For": "unknown"}), "readers' addresses", "holds none"),
        (WebServer(keeps=True), "readers' addresses", "readers may write any"),
        (WebServer(buffers=True), "live pages", "comes all at once"),
        (WebServer(breaks_off=True), "live pages", "breaks off"),
        (WebServer(host="elsewhere.example"), "public address", "HTTP 421"),
    ],
)
def test_one_that_does_it_badly_is_found_out_with_what_to_do(site, server, about, words):
    level, said = found(site, server)[about]
    assert (level, words in said) == ("trouble", True), said
    assert "docs/" in said


def test_one_that_is_not_trusted_is_named(site):
    server = Server(make_app(site.app, site.inbox, Serving()))
    server.start()
    with in_front(WebServer(), server.url) as base:
        told = list(Front(site.app, Web(), base, is_public=True).look())
    server.stop()
    (said,) = [str(each) for each in told if each.about == "readers' addresses"]
    assert "127.0.0.1 says for whom it asks, and isn't trusted" in said
    assert "set PUBLISHER_TRUSTED_PROXIES=127.0.0.1 in .env" in said


def test_the_console_under_the_public_address_is_found_out(site):
    assert found(site, WebServer(), is_public=False)["console"][0] == "trouble"


def test_another_project_there_is_not_ours(site, tmp_path):
    with served(project(tmp_path), tmp_path) as other, in_front(WebServer(), other.url) as base:
        (told,) = Front(site.app, Web(), base, is_public=True).look()
    assert "HTTP 404: what answers there is not this project" in str(told)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
BROKEN = [
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n8\r\ndata: 0\n\r\nno size\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n8\r\ndata",
    HEAD + b"Content-Length: 4000\r\n\r\ndata: 0\n",
    HEAD + b"Content-Encoding: gzip\r\n\r\nno gzip at all",
    HEAD + b"Content-Length: x\r\nDate: yesterday\r\n\r\n",
    b"no HTTP at all\r\n\r\n",
    b"",
]


@contextmanager
def saying(answer: bytes) -> Iterator[str]:
    """Answer everything with these bytes, and break off."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            self.wfile.write(answer)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as listening:
        Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_address[1]}"
        listening.shutdown()


@pytest.mark.parametrize("answer", BROKEN)
def test_an_answer_that_breaks_off_or_is_none_is_a_finding_and_no_crash(site, answer):
    with saying(answer) as base:
        assert Web().listen(f"{base}/mirror/stream") in ([], [ANY])
        told = list(seen(Front(site.app, Web(), base, is_public=True).look))
    assert told and all(each.level in (Level.TROUBLE, Level.NOTE) for each in told)


@pytest.mark.parametrize("date", ["yesterday", "Mon, 99 Foo 2026", ""])
def test_a_date_that_is_none_is_no_clock(site, date):
    assert "its clock" not in found(site, WebServer(date=date))


def test_nobody_there_is_said(site):
    (told,) = Front(site.app, Web(), "http://127.0.0.1:9", is_public=True).look()
    assert "nobody listens there" in str(told)


def test_the_mirror_shows_nothing_to_strangers(site):
    good = mirror.token(site.app)
    for bad in ("x", good[:-2] + "AA", good + "A", ""):
        assert requests.get(f"{site.url}/mirror/{bad}", timeout=10).status_code == 404
        assert requests.get(f"{site.url}/mirror/{bad}/stream", timeout=10).status_code == 404
    assert requests.get(f"{site.url}/mirror/{good}", timeout=10).json()["is_public"] is False


def test_what_channels_stand_on_is_looked_at_in_parts(site):
    paper = replace(site.app.project.publication, public_url="http://127.0.0.1:9")
    site.app.project = replace(site.app.project, publication=paper)
    site.app.settings = Settings({"PUBLISHER_CONSOLE_URL": "http://127.0.0.1:9"})
    assert list(surroundings(site.app, Web())) == ["this machine", "public pages", "the console"]

"""What stands before every page, and the thread that serves them."""

from __future__ import annotations

import socket
from threading import Event

import pytest
import requests
from fastapi import HTTPException
from fastapi.routing import APIRoute

from publisher.errors import PublisherError, StoreError
from publisher.web.console.subscribers import READER
from publisher.web.headers import COMMON
from publisher.web.inbox import Inbox
from publisher.web.places import is_open
from publisher.web.server import Server, make_app
from tests.unit.web.ledger import open_project, served, token

VALUES = {
    "version": "0123456789",
    "digest": "0" * 64,
    "edition_id": "1",
    "delivery_id": "1",
    "send_id": "1",
    "article_id": "1",
    "channel": "mastodon",
    "hook_id": "1",
}
VALUES |= {"list_name": "daily", "name": "style.css", "key": "1", "number": "1"}
VALUES |= {"invitation": "x", "code": "x", "token_id": "1"}


class Places(dict):
    """What stands in addresses; what isn't said is a number."""

    def __missing__(self, name: str) -> str:
        return "1"


def filled(path: str, **own: str) -> str:
    """Return an address with something in each of its places."""
    return path.replace(":path}", "}").format_map(Places(VALUES | own))


def routes(app, inbox) -> list[APIRoute]:
    """Return every address that the application knows, however deep it is included."""

    def flat(found):
        for route in found:
            if isinstance(route, APIRoute):
                yield route
            elif hasattr(route, "original_router"):
                yield from flat(route.original_router.routes)

    return list(flat(make_app(app, inbox).routes))


def test_every_route_forbids_scripts_but_the_consoles_own_and_caching(site):
    looked_at = 0
    for route in routes(site.app, site.inbox):
        for method in sorted(route.methods):
            path = filled(route.path, token=token(site.app), message_id="0" * 32)
            answer = requests.request(method, site.url + path, timeout=5)
            looked_at += 1
            csp = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in csp, route.path
            scripts = {rule for rule in csp.split("; ") if rule.startswith("script-src")}
            assert scripts <= {"script-src 'self'"}, route.path
            assert not scripts or not is_open(path), f"{route.path} is for everybody, and has scripts"
            assert "base-uri 'none'" in csp, route.path
            said = {name: answer.headers[name] for name in COMMON}
            if route.path.startswith("/archive") and answer.ok:  # anybody's, and no reader's
                said |= {name: COMMON[name] for name in ("Cache-Control", "X-Robots-Tag")}
            assert said == COMMON, route.path
            assert "server" not in {name.lower() for name in answer.headers}
            assert answer.status_code < 500, route.path
    assert looked_at >= 18


def test_only_a_mail_may_bring_styles_of_its_own_and_it_is_sandboxed(site):
    mail = requests.get(f"{site.url}/messages/{site.mail_send}/html", timeout=5).headers["Content-Security-Policy"]
    page = requests.get(f"{site.url}/editions/{site.edition}", timeout=5).headers["Content-Security-Policy"]
    assert mail.startswith("sandbox; default-src 'none'; img-src * data:; style-src 'unsafe-inline'")
    assert "unsafe-inline" not in page


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8025", ""])
def test_a_name_that_is_not_ours_gets_nothing(site, host):
    answer = requests.get(f"{site.url}/", headers={"Host": host}, timeout=5)
    assert answer.status_code in (400, 421)
    assert "morning" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "localhost:8025", "127.0.0.1:1", "[::1]:8025", "publisher.localhost"])
def test_this_machines_own_names_are_served(site, host):
    assert requests.get(f"{site.url}/", headers={"Host": host}, timeout=5).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/editions/1",
        "/log",
        "/subscribers",
        "/subscribers/NAME",
        "/inbox",
        "/messages/1/html",
        "/deliveries/1",
        "/schedules/morning/preview",
    ],
)
def test_the_console_is_not_open_under_the_public_name(site, path):
    path = path.replace("NAME", site.app.wire_name(READER, 1))
    answer = requests.get(f"{site.url}{path}", headers={"Host": "letters.harbor.example"}, timeout=5)
    assert answer.status_code == 404
    assert "reader1" not in answer.text


def test_the_leaving_page_is_open_under_the_public_name(site):
    answer = requests.get(site.leaving, headers={"Host": "letters.harbor.example"}, timeout=5)
    assert answer.status_code == 200
    assert "Morning briefing" in answer.text


def test_a_post_from_a_page_of_another_site_is_refused(site):
    answer = requests.post(f"{site.url}/inbox/api/v1/send", headers={"Sec-Fetch-Site": "cross-site"}, timeout=5)
    assert answer.status_code == 403


@pytest.mark.parametrize("size", [64 * 1024 + 1, 3_000_000])
def test_a_form_that_is_too_large_is_refused_and_changes_nothing(own_site, size):
    answer = requests.post(own_site.leaving, data=b"x" * size, timeout=10)
    assert answer.status_code == 413
    assert "too much at once" in answer.text


def test_a_body_without_a_stated_length_is_capped_too(site):
    pieces = (b"x" * 10_000 for _ in range(20))
    assert requests.post(f"{site.url}/u/abc", data=pieces, timeout=10).status_code == 413


@pytest.mark.parametrize("path", ["/nope", "/editions/99", "/editions/x", "/deliveries/99", "/messages/99/html"])
def test_what_is_not_there_is_a_page_in_words(site, path):
    answer = requests.get(site.url + path, timeout=5)
    assert answer.status_code == 404
    assert "<h1>There is no such page</h1>" in answer.text


def test_a_question_that_cannot_be_meant_is_a_page_in_words(site):
    answer = requests.get(f"{site.url}/editions?after=x", timeout=5)
    assert answer.status_code == 400
    assert "after" in answer.text


def test_a_method_that_does_not_fit_is_a_page_in_words(site):
    answer = requests.delete(f"{site.url}/log", timeout=5)
    assert answer.status_code == 405
    assert "This can’t be done here" in answer.text


@pytest.fixture
def broken(tmp_path):
    """Pages of which some fail, as pages may."""
    web = make_app(None, Inbox(tmp_path))

    @web.get("/fault")
    def fault():
        raise ZeroDivisionError("a secret detail")

    @web.get("/locked")
    def locked():
        raise StoreError("another process has held the database for more than 30 s", remedy="Wait for it")

    @web.get("/teapot")
    def teapot():
        raise HTTPException(418, "Words of its own.")

    server = Server(web)
    server.start()
    yield server.url
    server.stop()


def test_a_fault_of_ours_is_a_page_without_a_traceback(broken):
    answer = requests.get(f"{broken}/fault", timeout=5)
    assert answer.status_code == 500
    assert "This page could not be made" in answer.text
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_locked_database_is_a_page_with_the_remedy(broken):
    answer = requests.get(f"{broken}/locked", timeout=5)
    assert answer.status_code == 503
    assert "Wait for it" in answer.text


def test_a_port_that_is_taken_is_said_with_what_to_do(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PublisherError, match=f"port {port} is taken.*--port"):
            Server(make_app(None, Inbox(tmp_path)), port).start()


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_port_that_cannot_be_is_said_in_words(tmp_path, port):
    with pytest.raises(PublisherError, match="there is no port"):
        Server(make_app(None, Inbox(tmp_path)), port).start()


def test_a_server_that_stopped_frees_its_port(tmp_path):
    server = Server(make_app(None, Inbox(tmp_path)))
    server.start()
    port = int(server.url.rpartition(":")[2])
    server.stop()
    again = Server(make_app(None, Inbox(tmp_path)), port)
    again.start()
    assert requests.get(f"{again.url}/inbox", timeout=5).status_code == 200
    again.stop()


def test_whether_requests_are_answered_is_asked_of_the_loop_that_answers_them(tmp_path, monkeypatch):
    server = Server(make_app(None, Inbox(tmp_path)))
    assert not server.is_listening
    server.start()
    assert server.is_listening
    held = Event()
    monkeypatch.setattr("publisher.web.server.ANSWERS_WITHIN", 0.2)
    server._loop.call_soon_threadsafe(held.wait, 10)
    assert not server.is_listening
    held.set()
    server.stop()
    assert not server.is_listening


def test_without_a_project_the_inbox_stands_alone(tmp_path):
    with served(None, tmp_path) as site:
        assert requests.get(f"{site.url}/", timeout=5).url == f"{site.url}/inbox"
        assert requests.get(f"{site.url}/log", timeout=5).status_code == 404


def test_a_new_project_has_pages_too(tmp_path):
    with served(open_project(tmp_path), tmp_path) as site:
        for path in ("/", "/editions", "/log", "/inbox", "/inbox/posts"):
            assert requests.get(site.url + path, timeout=5).status_code == 200

"""Two faces, the console and what the public sees; who asks, behind web servers that are trusted; a path before us."""

from __future__ import annotations

import re
import socket
from collections import deque
from ipaddress import ip_network
from urllib.parse import urljoin, urlsplit

import pytest
import requests

from publisher.config.serving import LOOPBACK, Place, Serving
from publisher.web.door import COOKIE
from publisher.web.faces import hear, host_of
from publisher.web.inbox import Inbox
from publisher.web.server import Server, make_app
from tests.unit.app.project import edit
from tests.unit.app.test_staff import join
from tests.unit.web.browsers import Browser, sign_in
from tests.unit.web.ledger import fill, open_project, served, token

READERS = {"Host": "letters.harbor.example"}
DESK = {"Host": "desk.harbor.example"}
TRUSTED = (*LOOPBACK, ip_network("10.0.0.0/8"), ip_network("2001:db8:1::/48"))


# --- who asks ---


def asked(peer: str, *headers: tuple[str, str]) -> tuple[str, str]:
    said = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    found = hear({"type": "http", "client": (peer, 1), "headers": said, "scheme": "http"}, TRUSTED)
    return found.client, found.scheme


FOR, PROTO = "X-Forwarded-For", "X-Forwarded-Proto"


@pytest.mark.parametrize(
    ("peer", "headers", "client"),
    [
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", [(FOR, "192.0.2.1")], "192.0.2.1"),
        ("192.0.2.9", [(FOR, "192.0.2.1")], "192.0.2.9"),  # not trusted: its word counts for nothing
        ("127.0.0.1", [(FOR, "203.0.113.1, 192.0.2.1")], "192.0.2.1"),  # the first is what the reader wrote
        ("127.0.0.1", [(FOR, "203.0.113.1, 192.0.2.1, 10.0.0.3")], "192.0.2.1"),  # through one more of ours
        ("127.0.0.1", [(FOR, "203.0.113.1"), (FOR, "192.0.2.1")], "192.0.2.1"),  # two lines are one list
        ("127.0.0.1", [(FOR, "10.0.0.4, 10.0.0.3")], "10.0.0.4"),  # all are ours: a machine of ours asks
        ("127.0.0.1", [(FOR, "192.0.2.1, nonsense")], ""),
        ("127.0.0.1", [(FOR, "192.0.2.1, nonsense, 10.0.0.3")], ""),
        ("127.0.0.1", [(FOR, "nonsense, 192.0.2.1")], "192.0.2.1"),
        ("127.0.0.1", [(FOR, " , ,")], "127.0.0.1"),
        ("127.0.0.1", [(FOR, "," * 30_000)], "127.0.0.1"),
        ("127.0.0.1", [(FOR, "\xff\xfe")], ""),
        ("::1", [(FOR, "2001:db8:2::7")], "2001:db8:2::7"),
        ("2001:db8:1::2", [(FOR, "[2001:db8:2::7]:4711")], "2001:db8:2::7"),
        ("::ffff:127.0.0.1", [(FOR, "::ffff:192.0.2.1")], "192.0.2.1"),
        ("10.0.0.2", [(FOR, "192.0.2.1:5012")], "192.0.2.1"),
        ("127.0.0.1", [("X-Real-IP", "192.0.2.1"), ("Forwarded", "for=192.0.2.1")], "127.0.0.1"),
    ],
)
def test_who_asks_is_the_last_whom_somebody_trusted_names(peer, headers, client):
    assert asked(peer, *headers)[0] == client


@pytest.mark.parametrize(
    ("peer", "said", "scheme"),
    [
        ("127.0.0.1", ["https"], "https"),
        ("127.0.0.1", ["http", "HTTPS"], "https"),
        ("127.0.0.1", ["https, http"], "http"),
        ("127.0.0.1", ["javascript"], "http"),
        ("192.0.2.9", ["https"], "http"),
    ],
)
def test_by_which_scheme_only_somebody_trusted_says(peer, said, scheme):
    assert asked(peer, *((PROTO, each) for each in said))[1] == scheme


# --- two ports ---


@pytest.fixture(scope="module")
def apart(tmp_path_factory):
    """A project whose public pages have a port of their own, behind web servers with a path for each."""
    folder = tmp_path_factory.mktemp("apart")
    app = open_project(folder)
    app.project = edited(app, folder)
    join(app)
    serving = Serving(trusted=LOOPBACK, console_url="https://desk.harbor.example/publisher")
    server = Server(make_app(app, Inbox(folder / "inbox"), serving), 0, Place(port=0))
    server.start()
    app.inbox = server.url
    server.app = app
    fill(server)
    yield server
    server.stop()


def edited(app, folder):
    edit(folder, ("https://letters.harbor.example", "https://letters.harbor.example/mail"))
    return type(app).open(folder, clock=app.clock).project


CONSOLE = ["/", "/editions", "/log", "/subscribers", "/sign-in", "/live?about=today", "/api/openapi.json"]
CONSOLE += ["/api/v1/editions", "/metrics", "/healthz", "/inbox", "/set-up/x", "/welcome/x", "/static", "/nope"]


@pytest.mark.parametrize("path", CONSOLE)
@pytest.mark.parametrize("host", [{}, READERS])
def test_nothing_of_the_console_is_on_the_public_port(apart, path, host):
    for before in ("", "/mail"):
        answer = requests.get(f"{apart.public_url}{before}{path}", headers=host, timeout=60, allow_redirects=False)
        assert answer.status_code == 404, answer.text


def test_the_public_pages_are_on_their_port_under_the_public_name_and_the_machines_own(apart):
    for headers in ({}, READERS):
        assert requests.get(f"{apart.public_url}/subscribe", headers=headers, timeout=60).status_code == 200
    assert requests.get(f"{apart.public_url}/subscribe", headers=DESK, timeout=60).status_code == 421


def test_the_consoles_port_knows_the_consoles_name_and_asks_who_it_is(apart):
    answer = requests.get(f"{apart.url}/editions", headers=DESK, timeout=60, allow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/publisher/sign-in?next=%2Feditions")
    assert requests.get(f"{apart.url}/editions", headers={"Host": "evil.example"}, timeout=60).status_code == 421


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/inbox/api/v1/messages"])
def test_what_machines_ask_here_is_not_there_from_afar(apart, path):
    far = requests.get(f"{apart.url}{path}", headers=DESK, timeout=60, allow_redirects=False)
    assert far.status_code == 303
    assert requests.get(f"{apart.url}{path}", timeout=60).status_code != 303


def test_one_port_may_have_both_as_before(site):
    assert requests.get(f"{site.url}/editions", timeout=60).status_code == 200
    assert requests.get(f"{site.url}/subscribe", headers=READERS, timeout=60).status_code == 200


def test_while_nobody_works_here_nobody_looks_from_afar(tmp_path):
    app = open_project(tmp_path)
    serving = Serving(trusted=LOOPBACK, console_url="https://desk.harbor.example")
    server = Server(make_app(app, Inbox(tmp_path / "inbox"), serving))
    server.start()
    try:
        far = requests.get(f"{server.url}/", headers=DESK, timeout=60, allow_redirects=False)
        assert (far.status_code, far.headers["location"]) == (303, "/sign-in?next=%2F")
        # Nor here: a web server on this machine may ask as if nobody stood behind it.
        assert requests.get(f"{server.url}/", timeout=60, allow_redirects=False).status_code == 303
        # A web server in front that hides whose name was asked for opens nothing.
        hidden = requests.get(f"{server.url}/", headers={"X-Forwarded-For": "192.0.2.1"}, timeout=60)
        assert hidden.status_code == 421
    finally:
        server.stop()


@pytest.mark.parametrize("header", ["X-Forwarded-Proto", "X-Forwarded-Server", "CF-Connecting-IP", "True-Client-IP"])
def test_whoever_asks_for_another_is_not_on_this_machine(site, header):
    assert requests.get(f"{site.url}/metrics", headers={header: "192.0.2.1"}, timeout=60).status_code == 421


def test_a_web_server_that_says_nothing_is_known_by_the_old_version_it_speaks(site):
    where = urlsplit(site.url)
    for version, status in ((b"1.1", b"200"), (b"1.0", b"421")):
        with socket.create_connection((where.hostname, where.port), timeout=60) as conn:
            host = where.netloc.encode()
            conn.sendall(b"GET /healthz HTTP/%s\r\nHost: %s\r\nConnection: close\r\n\r\n" % (version, host))
            assert conn.recv(4096).split(b" ")[1] == status


@pytest.mark.parametrize("host", ["x@localhost", "localhost/api/", "127.0.0.1?x", "[::1]x", "local host", "\xe9"])
def test_a_host_that_is_no_name_is_none(host):
    assert host_of(host) == ""


@pytest.mark.parametrize(("header", "name"), [("LocalHost:80", "localhost"), ("[::1]:8025", "::1"), ("a.b", "a.b")])
def test_a_host_is_known_without_its_port(header, name):
    assert host_of(header) == name


def test_a_name_of_this_machine_said_from_elsewhere_opens_nothing(tmp_path):
    app = open_project(tmp_path)
    server = Server(make_app(app, Inbox(tmp_path / "inbox"), Serving()), Place("0.0.0.0", 0))
    server.start()
    elsewhere = _own_address()
    if not elsewhere:
        server.stop()
        pytest.skip("this machine has no address but loopback")
    try:
        url = server.url.replace("127.0.0.1", elsewhere)
        assert requests.get(url, headers={"Host": "localhost"}, timeout=60).status_code == 421
        assert requests.get(server.url, timeout=60).status_code == 200
    finally:
        server.stop()


def _own_address() -> str:
    """Return an address of this machine that others know; asks nobody, since nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked_for:
        try:
            asked_for.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        return asked_for.getsockname()[0]


def test_ipv6_is_listened_at_too(tmp_path):
    server = Server(make_app(None, Inbox(tmp_path)), Place("::1", 0))
    server.start()
    try:
        assert server.url.startswith("http://[::1]:")
        assert requests.get(f"{server.url}/inbox", timeout=60).status_code == 200
    finally:
        server.stop()


# --- below a path ---

NAMED = re.compile(r'\s(?:href|src|action|formaction)="(/[^"]*)"')


def test_every_address_that_a_page_names_is_below_the_path(apart):
    """Walk the console as a browser behind a web server does that puts it below a path, and take that path off."""
    with Behind(apart.url, DESK) as browser:
        entered = sign_in(browser)
        assert entered.headers["location"] == "/publisher/"
        assert re.search(rf"{COOKIE}=[\w-]{{43}}; HttpOnly; Path=/publisher; SameSite=lax; Secure", said(entered))
        seen, waiting = set(), deque(["/publisher/"])
        while waiting and len(seen) < 40:
            path = waiting.popleft()
            page = browser.get(path)
            seen.add(path)
            assert page.status_code in (200, 303), path
            named = [html for html in NAMED.findall(page.text) if not html.startswith("//")]
            assert all(each.startswith("/publisher/") for each in named), (path, named)
            links = re.findall(r'<a href="(/[^"]*)"', page.text)
            fresh = {urlsplit(urljoin(path, each)).path for each in links} - seen - set(waiting)
            waiting += sorted(each for each in fresh if "." not in each)
    assert len(seen) > 20


def test_readers_pages_are_below_their_own_path(apart):
    page = requests.get(f"{apart.public_url}/mail/u/{token(apart.app)}", headers=READERS, timeout=60)
    assert page.status_code == 200
    named = NAMED.findall(page.text)
    assert named
    assert all(each.startswith("/mail/") for each in named)


def test_a_web_server_that_takes_the_path_off_itself_is_answered_alike(apart):
    with_it, without = (
        requests.get(f"{apart.public_url}{path}", headers=READERS, timeout=60) for path in ("/mail/my", "/my")
    )
    assert with_it.text == without.text
    assert requests.get(f"{apart.public_url}/mailbox", headers=READERS, timeout=60).status_code == 404


def test_the_interface_says_where_it_is(apart):
    far = requests.get(f"{apart.url}/publisher/api/openapi.json", headers=DESK, timeout=60).json()
    near = requests.get(f"{apart.url}/api/openapi.json", timeout=60).json()
    assert (far["servers"], near["servers"]) == ([{"url": "/publisher"}], [{"url": "/"}])


def test_what_is_told_to_an_open_page_is_below_the_path_too(apart):
    with Behind(apart.url, DESK) as browser:
        sign_in(browser)
        with browser.get("/publisher/live?about=today", stream=True) as stream:
            told = next(line for line in stream.iter_lines() if line.startswith(b"data:") and b"href" in line)
    assert b'href=\\"/publisher/' in told
    assert not re.search(rb'href=\\"/(?!publisher/)', told)


def said(answer) -> str:
    return answer.headers["set-cookie"]


class Behind(Browser):
    """A browser that asks through a web server in front: by https, under a name, from somewhere."""

    def __init__(self, base: str, host: dict[str, str]) -> None:
        super().__init__(base)
        self._cookie = ""
        self._more = {**host, FOR: "192.0.2.1", PROTO: "https"}

    def request(self, method, path, **how):
        known = {"Cookie": self._cookie} if self._cookie else {}  # Secure ones, which requests keeps from http
        answer = super().request(method, path, **how, headers={**self._more, **known})
        if COOKIE in answer.headers.get("set-cookie", ""):
            self._cookie = answer.headers["set-cookie"].partition(";")[0]
        return answer


def test_below_a_path_or_not_a_served_project_is_the_same(tmp_path):
    with served(open_project(tmp_path), tmp_path) as site:
        assert 'href="/editions"' in requests.get(f"{site.url}/", timeout=60).text

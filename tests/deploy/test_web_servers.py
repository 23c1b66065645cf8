"""The files for nginx and Caddy, with the real programs in front of us: only ports and certificates differ."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter

from publisher.app import App, mirror
from publisher.app.doctor import Web
from publisher.app.doctor import front as doctors
from publisher.app.doctor.letter import ONE_CLICK
from publisher.config.serving import Place, Serving
from publisher.config.settings import Settings
from publisher.web.door import COOKIE
from publisher.web.inbox import Inbox
from publisher.web.server import Server, make_app
from tests.conftest import IN_CI
from tests.tls import Authority
from tests.unit.app.test_staff import WORDS, join
from tests.unit.web.browsers import quick_passwords
from tests.unit.web.ledger import add_reader, open_project, token

DEPLOY = Path(__file__).parents[2] / "deploy"
LETTERS, DESK = "letters.harbor.example", "desk.harbor.example"
READER = "127.0.0.2"  # from where the tests ask: not the web server's own address, which is trusted
MB = 1024 * 1024


@dataclass
class Front:
    """A web server in front of us.

    :ivar name: which.
    :ivar plain: where it speaks http.
    """

    name: str
    port: int
    app: App
    authority: str
    stack: ExitStack = field(repr=False)
    plain: str = ""

    def ask(self, method: str, host: str, path: str, **how) -> requests.Response:
        """Ask by https, under a name, from a reader's address; nothing is followed."""
        session = self.stack.enter_context(requests.Session())
        session.trust_env = False
        session.mount("https://", _Named(host))
        headers = {"Host": host, **how.pop("headers", {})}
        how = {"timeout": 60, "allow_redirects": False, "verify": self.authority, **how}
        return session.request(method, f"https://127.0.0.1:{self.port}{path}", headers=headers, **how)


class _Named(HTTPAdapter):
    def __init__(self, host: str) -> None:
        self._host = host
        super().__init__()

    def init_poolmanager(self, *args, **more) -> None:
        own = {"server_hostname": self._host, "assert_hostname": self._host, "source_address": (READER, 0)}
        super().init_poolmanager(*args, **more, **own)


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def front(request, tmp_path_factory):
    program = shutil.which(request.param) or shutil.which(f"/usr/sbin/{request.param}")
    if program is None:
        words = f"there is no {request.param} on this machine: apt-get install {request.param}"
        assert not IN_CI, words
        pytest.skip(words)
    folder = tmp_path_factory.mktemp(request.param)
    app = open_project(folder)
    with pytest.MonkeyPatch.context() as patched, ExitStack() as stack:
        quick_passwords(patched)
        join(app)
        add_reader(app, "ada@example.org", "Ada")
        serving = Serving(trusted=(ip_network("127.0.0.1"),), console_url=f"https://{DESK}")
        server = Server(make_app(app, Inbox(folder / "inbox"), serving), 0, Place(port=0))
        server.start()
        stack.callback(server.stop)
        authority = Authority(folder)
        authority.certificate(f"DNS:{LETTERS},DNS:{DESK}")
        port = _free()
        plain = _free()
        command = COMMANDS[request.param](program, folder, server, port, plain)
        stack.enter_context(_running(command, port, folder))
        yield Front(request.param, port, app, str(authority.file), stack, f"http://127.0.0.1:{plain}")


def _nginx(program: str, folder: Path, server: Server, port: int, plain: int) -> list[str]:
    text = (DEPLOY / "nginx" / "publisher.conf").read_text()
    text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl").replace(
        "listen 80", f"listen 127.0.0.1:{plain}"
    )
    text = re.sub(r"/etc/ssl/certs/\S+\.pem", str(folder / "server.pem"), text)
    text = re.sub(r"/etc/ssl/private/\S+\.key", str(folder / "server.key"), text)
    text = text.replace("/var/log/nginx", str(folder))
    (folder / "publisher.conf").write_text(_at(text, server))
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = f"pid {folder}/pid;\nevents {{}}\nhttp {{\n{paths}include {folder}/publisher.conf;\n}}\n"
    (folder / "nginx.conf").write_text(main)
    once = f"daemon off; master_process off; error_log {folder}/log;"
    return [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "log"), "-g", once]


def _caddy(program: str, folder: Path, server: Server, port: int, plain: int) -> list[str]:
    text = (DEPLOY / "caddy" / "Caddyfile").read_text()
    for name in (LETTERS, DESK):
        certificate = f"\ttls {folder}/server.pem {folder}/server.key\n\tbind 127.0.0.1\n"
        text = text.replace(f"\n{name} {{\n", f"\n{name}:{port} {{\n{certificate}")
    head = f"{{\n\tadmin off\n\tauto_https disable_redirects\n\tstorage file_system {folder}/caddy\n}}\n"
    (folder / "Caddyfile").write_text(head + _at(text, server))
    return [program, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


COMMANDS = {"nginx": _nginx, "caddy": _caddy}


def _at(text: str, server: Server) -> str:
    console, public = (url.removeprefix("http://") for url in (server.url, server.public_url))
    assert "127.0.0.1:8025" in text
    assert "127.0.0.1:8026" in text
    return text.replace("127.0.0.1:8025", console).replace("127.0.0.1:8026", public)


def _free() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextmanager
def _running(command: list[str], port: int, folder: Path):
    with (folder / "log").open("ab") as log:
        home = {"HOME": str(folder), "PATH": "/usr/sbin:/usr/bin:/bin"}
        running = subprocess.Popen(command, stdout=log, stderr=log, env=home)
    try:
        until = time.monotonic() + 30
        while not _listens(port):
            assert running.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.05)
        yield
    finally:
        running.terminate()
        running.wait(20)


def _listens(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


# --- what must come through -------------------------------------------------------------------------------------------


def seen(front: Front, host: str, **headers: str) -> dict:
    return front.ask("GET", host, f"/{mirror.PATH}/{mirror.token(front.app)}", headers=headers).json()


@pytest.mark.parametrize("host", [LETTERS, DESK])
def test_whoever_asks_is_known_by_their_real_address_and_by_https(front, host):
    found = seen(front, host)
    assert (found["client"], found["scheme"], found["is_public"]) == (READER, "https", host == LETTERS)


@pytest.mark.parametrize("forged", ["203.0.113.9", "203.0.113.9, 127.0.0.1", "nonsense", "::1"])
def test_nobody_passes_for_another(front, forged):
    found = seen(front, LETTERS, **{"X-Forwarded-For": forged, "X-Forwarded-Proto": "http"})
    assert (found["client"], found["scheme"]) == (READER, "https")


@pytest.mark.parametrize("host", [LETTERS, DESK])
def test_what_is_told_word_by_word_comes_word_by_word(front, host):
    path = f"/{mirror.PATH}/{mirror.token(front.app)}/stream"
    with front.ask("GET", host, path, stream=True) as stream:
        came = [time.monotonic() for line in stream.iter_lines(chunk_size=1) if line.startswith(b"data:")]
    assert came[-1] - came[0] > mirror.BEAT  # of three between them: this machine may be busy


def test_an_open_page_is_told_of_changes(front):
    entered = front.ask("POST", DESK, "/sign-in", data={"name": "anna", "password": WORDS, "next": "/"})
    assert entered.status_code == 303
    assert "; Secure" in entered.headers["set-cookie"]
    cookie = {"Cookie": re.search(rf"{COOKIE}=[^;]+", entered.headers["set-cookie"])[0]}
    with front.ask("GET", DESK, "/live?about=today", headers=cookie, stream=True) as stream:
        told = next(line for line in stream.iter_lines(chunk_size=1) if line.startswith(b"data:"))
    assert json.loads(told.removeprefix(b"data:"))["id"].startswith("today-")


def test_a_mail_program_leaves_with_one_click(front):
    """RFC 8058: one POST, to the very address, and no redirect."""
    name, _, value = ONE_CLICK.partition("=")
    leaving = f"/u/{token(front.app, 'ada@example.org')}"
    answer = front.ask("POST", LETTERS, leaving, data={name: value})
    assert answer.status_code == 200
    assert answer.history == []


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/webhooks/nobody", 9 * MB, 404),  # as large as it may be: judged by us
        ("/webhooks/nobody", 11 * MB, 413),
        ("/u/nobody", 65 * 1024, 413),
    ],
)
def test_what_may_be_sent_comes_through_and_no_more(front, path, size, status):
    answer = front.ask("POST", LETTERS, path, data=b" " * size, headers={"Content-Type": "application/json"})
    assert answer.status_code == status


def test_each_name_has_its_own_pages(front):
    assert front.ask("GET", LETTERS, "/subscribe").status_code == 200
    assert front.ask("GET", LETTERS, "/editions").status_code == 404
    asked = front.ask("GET", DESK, "/editions")
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=%2Feditions")


def test_addresses_of_one_person_are_in_no_log(front):
    if front.name != "nginx":
        return  # Caddy writes none
    for path in ("/u/secret-token", "/subscribe"):
        front.ask("GET", LETTERS, path)
        plain = requests.get(f"{front.plain}{path}", headers={"Host": LETTERS}, timeout=10, allow_redirects=False)
        assert plain.headers["location"] == f"https://{LETTERS}{path}"
    too_large = {"Content-Length": str(11 * 10**6)}  # which nginx itself refuses, and says so in its log of errors
    assert front.ask("POST", LETTERS, "/u/secret-token", headers=too_large).status_code == 413
    assert "secret-token" not in (front.app.folder / "log").read_text()
    log = next(front.app.folder.glob("publisher.log")).read_text()
    assert {line.split()[8] for line in log.splitlines() if "GET /subscribe" in line} == {"200", "301"}
    assert "secret-token" not in log


class FromOutside(Web):
    """Asks as a reader does whose name server knows the names."""

    def __init__(self, front: Front, host: str) -> None:
        super().__init__(front.authority)
        self._host = host

    def _session(self) -> requests.Session:
        session = super()._session()
        session.mount("https://", _Named(self._host))
        session.headers["Host"] = self._host
        return session


@pytest.mark.parametrize("host", [LETTERS, DESK])
def test_the_doctor_finds_nothing_wrong(front, host):
    base = f"https://127.0.0.1:{front.port}"
    app = copy(front.app)
    app.settings = Settings({"PUBLISHER_TRUSTED_PROXIES": "127.0.0.1"})
    found = list(doctors.Front(app, FromOutside(front, host), base, is_public=host == LETTERS).look())
    said = {each.about: str(each.level) for each in found if each.about != "its clock"}  # the project's stands still
    about = "public address" if host == LETTERS else "console's address"
    assert said == dict.fromkeys([f"{about} {base}", "https", "readers' addresses", "live pages"], "ok"), found

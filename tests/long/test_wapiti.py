"""Wapiti, a scanner, before a running console, signed in as an admin: it finds nothing but what has its reason."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from publisher.app import tokens
from publisher.model.staff import May, Role
from publisher.web import door, sign_in
from publisher.web.door import COOKIE
from tests.long.figures import ROOT, record, unless_done
from tests.unit.app.test_staff import join
from tests.unit.web.browsers import quick_passwords, signed_in
from tests.unit.web.ledger import fill, open_project, served

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

WAPITI = Path(os.environ.get("PUBLISHER_WAPITI") or ROOT / ".venv-wapiti" / "bin" / "wapiti")
MODULES = (
    *("xss", "permanentxss", "sql", "timesql", "csrf", "crlf", "redirect", "file", "exec", "ssrf"),
    *("cookieflags", "http_headers", "csp", "xxe", "ssti", "backup"),  # no ldap: nothing here asks a directory
)
PAGES = ("people", "people/ben", "people/me", "log", "editions/1", "articles/1", "deliveries/1", "subscribers", "inbox")
# What would end the very session by which it looks.
APART = ("sign-out", "sign-in*", "people/me/password", "people/me/sign-out", "people/walker*")
NOWHERE = "http://127.0.0.1:9/"  # where it would wait for what a server lets itself be led to: nobody is asked outside
ITEMS = ("vulnerabilities", "anomalies")
REASONS = {
    ("Secure Flag cookie", "/"): "the console is served on this machine alone, without TLS",
    **dict.fromkeys(
        (("Cross Site Request Forgery", path) for path in ("/log", "/subscribers", "/suppressions/look")),
        "a form that only looks, so that no address of a person stands in one of a page: it needs no token",
    ),
}


@pytest.fixture
def console(tmp_path, monkeypatch):
    quick_passwords(monkeypatch)
    monkeypatch.setattr(sign_in, "TRIES", 10**6)
    monkeypatch.setattr(door, "PER_MINUTE", 10**6)
    with served(open_project(tmp_path), tmp_path) as site:
        fill(site)
        for name, role in (("anna", Role.ADMIN), ("ben", Role.EDITOR)):
            join(site.app, name, role)
            tokens.add(site.app, name, "a token", [May.LOOK])
        yield site


def scan(url: str, cookie: str, folder: Path) -> dict:
    """Let it look for minutes; return what it reports."""
    words = [
        str(WAPITI),
        "-u",
        f"{url}/",
        "-C",
        f"{COOKIE}={cookie}",
        "-m",
        ",".join(MODULES),
    ]
    words += [word for page in PAGES for word in ("-s", f"{url}/{page}")]
    words += [word for page in APART for word in ("-x", f"{url}/{page}")]
    words += ["--endpoint", NOWHERE, "--dns-endpoint", "127.0.0.1", "--no-bugreport", "--flush-session", "-v", "0"]
    words += ["--max-scan-time", "900", "--max-attack-time", "240", "-d", "6", "-f", "json"]
    words += [
        "-o",
        str(folder / "report.json"),
        "--store-session",
        str(folder),
        "--store-config",
        str(folder / "config"),
    ]
    subprocess.run(words, check=True, capture_output=True, timeout=3_000, cwd=folder)
    return json.loads((folder / "report.json").read_text())


@pytest.mark.skipif(not WAPITI.exists(), reason="make test-long sets Wapiti up in .venv-wapiti")
def test_a_scanner_finds_nothing_that_has_not_its_reason(console, tmp_path_factory):
    part = "interface:wapiti"
    unless_done(part)
    begun = time.monotonic()
    with signed_in(console.app, console.url, Role.ADMIN, "walker") as browser:
        report = scan(console.url, browser.cookies[COOKIE], tmp_path_factory.mktemp("wapiti"))
        assert browser.get("/people").status_code == 200, "it has signed itself out on the way"
    found = Counter((name, each["path"]) for kind in ITEMS for name, all_of in report[kind].items() for each in all_of)
    faults, excused = ([" ".join(each) for each in found if (each in REASONS) is is_so] for is_so in (False, True))
    pages = report["infos"]["crawled_pages_nbr"]
    record(part, faults=faults, excused=excused, pages=pages, minutes=round((time.monotonic() - begun) / 60, 1))
    assert not faults
    assert pages > 20

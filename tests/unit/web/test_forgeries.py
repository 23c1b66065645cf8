"""What others may try at the console: forms of theirs, sessions that they plant or keep, names that they guess."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import pytest
import requests

from publisher.app import staff, tokens
from publisher.model.staff import May, Role
from publisher.store.tables import sessions
from publisher.web import sign_in as door_of_people
from publisher.web.door import COOKIE
from tests.unit.app.test_staff import WORDS, join
from tests.unit.web.browsers import Browser, sign_in
from tests.unit.web.ledger import open_project, served

MAKE = "/people/me/tokens"
FIELDS = {"name": "forged"}


@pytest.fixture(scope="module")
def console(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door_of_people, "TRIES", 10**6)
        with served(open_project(folder), folder) as site:
            yield site


@pytest.fixture
def anna(console, request):
    """A member of the test's own, signed in."""
    name = f"t{abs(hash(request.node.name))}"[:12]
    join(console.app, name, Role.ADMIN)
    with Browser(console.url) as browser:
        browser.name = name
        sign_in(browser, name)
        yield browser


def made(console, browser: Browser) -> int:
    """Return how many tokens somebody has."""
    with console.app.store.read() as conn:
        from publisher.store import tokens as ledger

        return sum(row["owner"] == browser.name for row in ledger.every(conn))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "HOST.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
        {"Sec-Fetch-Site": "nonsense"},
    ],
)
def test_a_page_of_another_site_does_nothing_even_with_a_form_of_ours(console, anna, headers):
    headers = {name: value.replace("HOST", console.url) for name, value in headers.items()}
    form = {"csrf_token": anna.form_token, **FIELDS}
    for path in (MAKE, "/sign-out", "/people/me/sign-out", "/sign-in", "/log"):
        assert anna.post(path, data=form, headers=headers).status_code == 403, path
    assert made(console, anna) == 0 and anna.get("/people/me").status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Origin": "null"}, {"Sec-Fetch-Site": "none"}, {"Origin": "OURS"}])
def test_without_the_sessions_own_token_a_form_does_nothing(console, anna, headers):
    headers = {name: value.replace("OURS", console.url) for name, value in headers.items()}
    with Browser(console.url) as other:
        join(console.app, f"o{anna.name}"[:12], Role.ADMIN)
        sign_in(other, f"o{anna.name}"[:12])
        for form in (
            {},
            {"csrf_token": ""},
            {"csrf_token": "0" * 64},
            {"csrf_token": other.form_token},
            {"csrf_token": anna.form_token.upper()},
        ):
            for path in (MAKE, "/sign-out"):
                assert anna.post(path, data={**FIELDS, **form}, headers=headers).status_code == 403
    assert made(console, anna) == 0
    assert anna.post(MAKE, data={**FIELDS, "csrf_token": anna.form_token}, headers=headers).status_code == 200


def test_a_form_of_ours_is_taken_as_a_form_alone(console, anna):
    """What another site can send without asking first: text and forms; JSON to a form's address is no form."""
    form = {"csrf_token": anna.form_token, **FIELDS}
    assert anna.post(MAKE, json=form).status_code == 403
    assert anna.post(f"{MAKE}?form={anna.form_token}", data=FIELDS).status_code == 403
    assert anna.get(f"{MAKE}?form={anna.form_token}").status_code in (404, 405)
    assert anna.post(f"/api/v1{MAKE}", json=FIELDS).status_code == 401
    assert made(console, anna) == 0


def test_a_session_that_somebody_planted_is_not_the_one_that_is_signed_in(console, anna):
    with Browser(console.url) as victim:
        victim.cookies.set(COOKIE, "planted", domain="127.0.0.1", path="/")
        sign_in(victim, anna.name)
        assert victim.cookies[COOKIE] != "planted"
        assert requests.get(f"{console.url}/people/me", cookies={COOKIE: "planted"}, timeout=10).url.count("/sign-in")


def test_signing_in_ends_what_was_signed_in_in_the_same_browser(console, anna):
    before = anna.cookies[COOKIE]
    sign_in(anna, anna.name)
    assert anna.cookies[COOKIE] != before
    assert staff.who(console.app, before) is None and staff.who(console.app, anna.cookies[COOKIE]) is not None


def test_the_cookie_is_no_scripts_and_no_other_sites_and_the_ledger_has_only_its_digest(console, anna):
    said = sign_in(anna, anna.name).headers["set-cookie"]
    assert re.fullmatch(rf"{COOKIE}=[\w-]{{43}}; HttpOnly; Path=/; SameSite=lax", said)
    with console.app.store.read() as conn:
        kept = str(conn.execute(sessions.select()).all())
    assert anna.cookies[COOKIE] not in kept and staff.digest(anna.cookies[COOKIE]) in kept


def test_a_session_of_before_a_role_a_password_or_the_end_is_none(console, anna):
    boss = Browser(console.url)
    join(console.app, f"b{anna.name}"[:12], Role.ADMIN)
    sign_in(boss, f"b{anna.name}"[:12])
    old = anna.form_token
    boss.do(f"/people/{anna.name}/role", role="editor")
    assert anna.post(MAKE, data={**FIELDS, "csrf_token": old}).status_code == 401
    sign_in(anna, anna.name)
    assert anna.do("/people/add", name="x").status_code == 403
    boss.do(f"/people/{anna.name}/let-go")
    assert anna.get("/people/me").status_code == 303
    assert sign_in(anna, anna.name).status_code == 403
    boss.close()


def test_many_sign_in_at_once_and_each_has_a_session_of_their_own(console, anna):
    def come_in(_: int) -> str:
        with Browser(console.url) as browser:
            sign_in(browser, anna.name)
            return str(browser.cookies[COOKIE])

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(come_in, range(8)))
    assert len(set(found)) == 8
    assert all(staff.who(console.app, each) is not None for each in found)


def test_whoever_guesses_keeps_nobody_out_who_is_signed_in(console, anna):
    with Browser(console.url) as eve:
        for _ in range(8):
            sign_in(eve, anna.name, "wrong")
        assert sign_in(eve, anna.name).status_code == 429
    assert anna.get("/people/me").status_code == 200
    assert anna.do(MAKE, **FIELDS).status_code == 200
    assert "Your password is another one now" in anna.said(
        "/people/me/password", present=WORDS, password="other words of mine"
    )


def test_a_name_that_nobody_has_is_answered_like_one_that_somebody_has(console, anna):
    said = {}
    for name in (anna.name, "nobody-at-all"):
        with Browser(console.url) as eve:
            said[name] = [sign_in(eve, name, "wrong wrong wrong") for _ in range(6)]
    ours, nobodys = ([(each.status_code, each.text.replace(name, "")) for each in said[name]] for name in said)
    assert ours == nobodys
    assert [status for status, _ in ours] == [403] * 4 + [429] * 2


def test_a_name_that_nobody_has_takes_as_long(console, monkeypatch):
    """With what a password costs in earnest: a look-up alone would be a hundred times as fast."""
    monkeypatch.undo()
    join(console.app, "slow")

    def took(name: str) -> float:
        begun = perf_counter()
        staff.sign_in(console.app, name, "wrong")
        return perf_counter() - begun

    theirs, nobodys = min(took("slow") for _ in range(3)), min(took("nobody-there") for _ in range(3))
    assert nobodys > theirs / 3


@pytest.mark.parametrize(
    "where",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "http:/evil.example",
        "/\r\nSet-Cookie: x=y",
        "evil",
        "",
        " //evil.example",
        "///evil.example",
        "/a\u2028b",
    ],
)
def test_signing_in_leads_nowhere_else(console, anna, where):
    answer = sign_in(anna, anna.name, where=where)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert answer.cookies.keys() == [COOKIE]


def test_what_an_address_asks_for_is_led_back_to_as_it_was_and_as_text(console):
    asked = requests.get(f'{console.url}/log?state="><script>', allow_redirects=False, timeout=10)
    assert asked.headers["location"].startswith("/sign-in?next=%2Flog%3F")
    page = requests.get(console.url + asked.headers["location"], timeout=10).text
    assert "<script>" not in page


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "letters.harbor.example"])
def test_under_another_name_there_is_no_console(console, anna, host):
    for path in ("/people/me", "/sign-in", "/api/v1/me", "/api/openapi.json", "/people"):
        answer = anna.get(path, headers={"Host": host})
        assert answer.status_code in (404, 421) and anna.name not in answer.text, path
    assert anna.do(MAKE, **FIELDS).status_code == 200  # under our own it is


def test_no_page_of_the_console_is_kept_or_framed(console, anna):
    for path in ("/people/me", "/people", "/sign-in", "/", "/api/openapi.json", "/welcome/x"):
        headers = anna.get(path).headers
        assert headers["cache-control"] == "no-store", path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"


def test_who_may_not_learn_whether_something_is_there_does_not(console, anna):
    name = f"e{anna.name}"[:12]
    join(console.app, name, Role.EDITOR)
    token = tokens.add(console.app, name, "looks", [May.LOOK])
    with Browser(console.url) as editor:
        sign_in(editor, name)
        for there, nowhere in ((f"/people/{anna.name}", "/people/nobody"), ("/tokens/1/end", "/tokens/999/end")):
            how = editor.do if there.endswith("end") else editor.get
            assert (how(there).status_code, how(there).text) == (how(nowhere).status_code, how(nowhere).text)
            assert how(there).status_code == 403
    headers = {"Authorization": f"Bearer {token}"}
    said = [
        requests.get(f"{console.url}/api/v1/people/{each}", headers=headers, timeout=10) for each in (anna.name, "x")
    ]
    assert (said[0].status_code, said[0].text) == (said[1].status_code, said[1].text) == (403, said[0].text)

"""The console's door: open to whoever uses this machine until somebody works here; then to whoever is signed in."""

from __future__ import annotations

import re

import pytest
from fastapi import APIRouter, Depends

from publisher.app import staff
from publisher.model.staff import May, Role
from publisher.web.door import COOKIE, needs
from publisher.web.here import form_token
from publisher.web.inbox import Inbox
from publisher.web.server import Server, make_app
from tests.unit.app.test_staff import WORDS, join
from tests.unit.web.browsers import Browser, sign_in
from tests.unit.web.test_server import filled, routes


@pytest.fixture
def web(app, tmp_path):
    made = make_app(app, Inbox(tmp_path / "inbox"))
    made.include_router(_tools())
    return made


@pytest.fixture
def browser(web):
    server = Server(web)
    server.start()
    with Browser(server.url) as browser:
        yield browser
    server.stop()


def _tools() -> APIRouter:
    """Return addresses that change something, one for each thing that a role may do."""
    router = APIRouter()
    for what in May:
        router.add_api_route(f"/do/{what}", lambda: "done", methods=["POST"], dependencies=[Depends(needs(what))])
    router.add_api_route("/form", lambda: form_token(), methods=["GET"])
    return router


def test_while_nobody_works_here_whoever_uses_this_machine_may_look_and_no_more(browser):
    assert browser.get("/editions").status_code == 200
    said = browser.post("/do/edit")
    assert (said.status_code, "publisher staff add NAME" in said.text) == (403, True)


OPEN = (  # typed here once more: what is open to the world is decided, not found
    *(
        "/static/",
        "/healthz",
        "/metrics",
        "/media/{digest}.png",
        "/media/{digest}.jpg",
        "/media/{name}",
        "/previews/{key}/pictures/",
        "/laid-out/{key}/pictures/",
        "/api/articles",
        "/api/subscriptions",
        "/webhooks/",
        "/mirror/",
        "/archive",
        "/l/",
    ),
    *("/u/", "/c/", "/a/", "/m/", "/my", "/subscribe", "/preview/{token}"),
    *("/sign-in", "/welcome/", "/set-up/", "/inbox/api/"),
)


def test_then_every_address_of_the_console_asks_who_it_is(browser, app, tmp_path):
    join(app)
    asked = 0
    for route in routes(app, Inbox(tmp_path / "inbox")):
        if route.path.startswith(OPEN) or route.path == "/inbox/posts/{channel}":
            continue
        for method in sorted(route.methods):
            said = browser.request(method, filled(route.path, token="x", message_id="0" * 32))
            where = said.headers.get("location", "")
            # Not signed in; or, after ten requests of the interface without a token, too many.
            assert said.status_code in (401, 429) or where.startswith("/sign-in?next="), f"{method} {route.path}"
            asked += 1
    assert asked > 20


def test_who_signs_in_comes_to_where_they_wanted_and_out_again(browser, app):
    join(app)
    asked = browser.get("/log?state=failed")
    assert asked.headers["location"] == "/sign-in?next=%2Flog%3Fstate%3Dfailed"
    assert "Sign in" in browser.get(asked.headers["location"]).text
    entered = sign_in(browser, where="/log?state=failed")
    assert (entered.status_code, entered.headers["location"]) == (303, "/log?state=failed")
    assert re.search(rf"{COOKIE}=[\w-]{{43}}; HttpOnly; Path=/; SameSite=lax", entered.headers["set-cookie"])
    assert "anna, editor" in browser.get("/log?state=failed").text
    assert browser.do("/sign-out").headers["location"] == "/sign-in"
    assert browser.get("/log").status_code == 303


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "/\r\nX: y"])
def test_signing_in_leads_to_no_other_site(browser, app, where):
    join(app)
    assert sign_in(browser, where=where).headers["location"] == "/"


def test_a_wrong_password_says_no_more_than_a_wrong_name(browser, app):
    join(app)
    pages = [sign_in(browser, name, "wrong wrong wrong") for name in ("anna", "eve")]
    assert [page.status_code for page in pages] == [403, 403]
    assert pages[0].text.replace("anna", "") == pages[1].text.replace("eve", "")


def test_guessing_is_answered_with_patience(browser, app):
    join(app)
    codes = [sign_in(browser, password="wrong wrong wrong").status_code for _ in range(6)]
    assert codes == [403, 403, 403, 403, 429, 429]


def test_a_flood_of_tries_is_refused(browser, app):
    join(app)
    said = [sign_in(browser, f"eve{number}", "x").status_code for number in range(31)]
    assert (said[29], said[30]) == (403, 429)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_do_just_what_is_its_own(browser, app, role):
    join(app, role=role)
    sign_in(browser)
    token = browser.get("/form").json()
    may = {what for what in May if browser.post(f"/do/{what}", data={"csrf_token": token}).status_code == 200}
    ranks = [May.EDIT, May.APPROVE, May.OPERATE, May.MANAGE]
    assert may == {May.LOOK, *ranks[: list(Role).index(role) + 1]}


def test_a_form_of_another_page_or_session_does_nothing(browser, app):
    join(app, role=Role.ADMIN)
    sign_in(browser)
    old = browser.get("/form").json()
    assert browser.post("/do/edit").status_code == 403
    sign_in(browser)
    assert browser.post("/do/edit", data={"csrf_token": old}).status_code == 403
    assert browser.post("/do/edit", data={"csrf_token": browser.get("/form").json()}).status_code == 200
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert (
        browser.post("/do/edit", data={"csrf_token": browser.get("/form").json()}, headers=foreign).status_code == 403
    )


def test_a_session_from_before_another_role_is_none(browser, app):
    join(app, "boss", Role.ADMIN)
    join(app, role=Role.OPERATOR)
    sign_in(browser)
    token = browser.get("/form").json()
    staff.set_role(app, "anna", Role.EDITOR, "console:boss")
    assert browser.post("/do/operate", data={"csrf_token": token}).status_code == 401


def test_an_invitation_is_a_page_where_a_password_is_chosen(browser, app):
    link = staff.add(app, "anna", Role.APPROVER, "cli:test")
    assert "You work here as approver" in browser.get(link).text
    bad = browser.post(link, data={"password": "anna"})
    assert (bad.status_code, "fewer than 12 characters" in bad.text) == (400, True)
    assert browser.post(link, data={"password": WORDS}).status_code == 303
    assert "anna, approver" in browser.get("/").text
    for said in (browser.get(link), browser.post(link, data={"password": WORDS}), browser.get("/welcome/x")):
        assert (said.status_code, "This link has ended" in said.text) == (404, True)


def test_the_first_of_all_sets_the_console_up_in_the_browser(browser, app):
    assert browser.get("/set-up/x").status_code == browser.get("/set-up/").status_code == 404
    app.set_up_code = "once"
    assert "You are the first" in browser.get("/set-up/once").text
    assert browser.post("/set-up/once", data={"name": "Boss!", "password": WORDS}).status_code == 400
    assert browser.post("/set-up/once", data={"name": "boss", "password": WORDS}).status_code == 303
    assert "boss, admin" in browser.get("/").text
    assert browser.get("/set-up/once").status_code == 404


def test_what_is_for_readers_and_for_senders_of_practice_asks_nobody(browser, app):
    join(app)
    for path in ("/static/style.css", "/subscribe", "/my"):
        assert browser.get(path).status_code == 200
    assert browser.post("/u/unknown").status_code == 200
    assert browser.post("/inbox/api/v1/send", json={}).status_code == 400
    assert browser.post("/inbox/posts/toots", json={}).status_code == 400
    assert browser.get("/inbox/posts").status_code == 303

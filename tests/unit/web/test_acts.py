"""What is said once is a form and a request of a program: the same role, the same words, the same errors."""

from __future__ import annotations

import pytest
import requests

from publisher.app import App, staff, tokens
from publisher.errors import StaleError, UsageError
from publisher.model.staff import May, Role
from publisher.store import permission
from publisher.web.acts import Acts, Done, Id, Words
from publisher.web.inbox import Inbox
from publisher.web.pages import Pages
from publisher.web.server import Server, make_app
from tests.unit.app.test_staff import join
from tests.unit.web.browsers import sign_in, signed_in


class Why(Words):
    """What a form says."""

    why: str
    times: int = 1
    lists: tuple[str, ...] = ()


def acts_of(app: App) -> Acts:
    acts = Acts(app, Pages(app))

    @acts.post("/things/{number}/do", may=May.OPERATE, back="/log")
    def do(number: Id, said: Why) -> Done:
        """Do a thing. And more words."""
        if said.why == "bad":
            raise UsageError("that can't be meant", remedy="Say another")
        if said.why == "late":
            raise StaleError("it has changed")
        with permission.allowed(May.OPERATE), app.store.write():
            return Done(said=f"did {number} {said.times} × for {said.why} {said.lists}")

    @acts.post("/things/{number}/end", may=May.OPERATE, back="/log")
    def end(number: Id) -> Done:
        return Done(said=f"ended {number}")

    return acts


@pytest.fixture
def server(app, tmp_path):
    web = make_app(app, Inbox(tmp_path / "inbox"))
    acts = acts_of(app)
    web.include_router(acts.pages, include_in_schema=False)
    web.include_router(acts.api)
    server = Server(web)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def browser(server, app):
    with signed_in(app, server.url, Role.OPERATOR, "anna") as browser:
        yield browser


def test_a_form_leads_back_to_a_page_that_says_once_what_was_done(browser):
    done = browser.do("/things/7/do", why=" <b>it</b>\r\n", lists=["daily", "weekly"])
    assert (done.status_code, done.headers["location"]) == (303, "/log")
    assert "Did 7 1 × for &lt;b&gt;it&lt;/b&gt; (&#39;daily&#39;, &#39;weekly&#39;)" in browser.get("/log").text
    assert "Did 7" not in browser.get("/log").text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "why: say something here."),
        ({"why": "x", "times": "many"}, "times: input should be a valid integer"),
        ({"why": "bad"}, "That can&#39;t be meant. Say another."),
        ({"why": "late"}, "It has changed."),
    ],
)
def test_a_form_that_wont_do_leads_back_and_says_why(browser, fields, words):
    assert browser.do("/things/7/do", **fields).status_code == 303
    page = browser.get("/log").text
    assert words in page and 'role="alert"' in page


def test_words_of_another_session_are_not_said(browser):
    browser.do("/things/7/do", why="it")
    sign_in(browser)
    assert "Did 7" not in browser.get("/log").text


def test_without_the_form_of_ours_nothing_is_done(browser):
    assert browser.post("/things/7/do", data={"why": "it"}).status_code == 403


def ask(server, token: str, json, path: str = "/api/v1/things/7/do"):
    return requests.post(server.url + path, json=json, headers={"Authorization": f"Bearer {token}"}, timeout=10)


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        ({"why": "it", "lists": ["daily"]}, 200, "did 7 1 × for it ('daily',)"),
        ({}, 422, "body.why"),
        ({"why": "it", "typo": 1}, 422, "body.typo"),
        ({"why": "bad"}, 400, "that can't be meant"),
        ({"why": "late"}, 409, "it has changed"),
    ],
)
def test_a_program_does_the_same_with_a_token(server, app, said, status, words):
    join(app, role=Role.OPERATOR)
    answer = ask(server, tokens.add(app, "anna", "test", [May.OPERATE]), said)
    assert (answer.status_code, words in str(answer.json())) == (status, True), answer.text


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 200), (b" {\n}", 200), (b"null", 200), (b"x", 422), (b'{"why": "it"}', 422), (b"\xff", 422), (b"[]", 422)],
)
def test_where_nothing_is_to_be_said_a_program_says_nothing(server, app, body, status):
    join(app, role=Role.OPERATOR)
    said = {"Authorization": f"Bearer {tokens.add(app, 'anna', 'test', [May.OPERATE])}"}
    for kind in ("application/json", "application/x-www-form-urlencoded"):
        answer = requests.post(
            f"{server.url}/api/v1/things/7/end", body, headers={**said, "Content-Type": kind}, timeout=10
        )
        assert answer.status_code == status
        assert answer.ok or answer.json() == {"error": "body: nothing is said with this: send no body, or {}"}


def test_a_program_without_a_token_a_scope_or_a_thing_is_refused(server, app, browser):
    looks = tokens.add(app, "anna", "test", [May.LOOK])
    assert ask(server, looks, {"why": "it"}).status_code == 403
    assert ask(server, "pub_x", {"why": "it"}).status_code == 401
    assert browser.post("/api/v1/things/7/do", json={"why": "it"}).status_code == 401  # a cookie is no token
    good = tokens.add(app, "anna", "test", [May.OPERATE])
    assert ask(server, good, {"why": "it"}, f"/api/v1/things/{2**63}/do").status_code == 404
    assert ask(server, good, {"why": "it"}, "/api/v1/nothing").status_code == 404


def test_a_token_ends_by_its_day_by_hand_and_with_its_owners_work(server, app):
    join(app, "boss", Role.ADMIN)
    join(app, role=Role.OPERATOR)
    made = [tokens.add(app, "anna", f"test {number}", [May.OPERATE], days=1) for number in range(2)]
    tokens.end(app, 1)
    assert [ask(server, each, {"why": "it"}).status_code for each in made] == [401, 200]
    staff.end(app, "anna", "cli:test")
    assert ask(server, made[1], {"why": "it"}).status_code == 401


def test_nobody_reaches_further_by_a_token_than_by_their_role(app):
    join(app, role=Role.EDITOR)
    with pytest.raises(UsageError, match="editor"):
        tokens.add(app, "anna", "test", [May.OPERATE])

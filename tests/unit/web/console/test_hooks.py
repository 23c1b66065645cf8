"""The page of webhooks: who may see and do what, a secret that is shown once, and the same for programs."""

from __future__ import annotations

import html
import re

import pytest
import requests
from standardwebhooks import Webhook

from publisher.app import hooks as verbs
from publisher.app import tokens
from publisher.app.speaking import Speaker
from publisher.model.hook import TO_CHOOSE, HookKind, MessageState
from publisher.model.staff import May, Role
from publisher.store import hook_messages, hooks, staff
from publisher.store.hook_messages import Try
from tests.receiver import receiving
from tests.unit.web.ledger import NOW

ADDRESS = "https://news.example/hooks?key=1"
HOSTILE = '<script>alert("receiver")</script>'
ACTS = ("rotate", "test", "pause", "resume", "end", "again", "messages/1/again")


@pytest.fixture
def operator(member_of):
    return member_of(Role.OPERATOR)


def add(app, **options) -> int:
    return verbs.add(app, ADDRESS, **options)[0]


def fail(app, hook_id: int = 1, state: MessageState = MessageState.GIVEN_UP) -> int:
    """Write down a message that its receiver answered with markup."""
    message_id = verbs.test(app, hook_id)
    with app.store.write() as conn:
        (taken,) = hook_messages.claim(conn, hook_id, now=NOW, lease=NOW - NOW, limit=1)
        came = Try(500, "HTTP 500", HOSTILE, NOW - NOW)
        hook_messages.note(conn, taken, came, state, NOW if state is MessageState.WAITING else None, NOW)
    return message_id


def test_a_webhook_is_added_and_its_secret_shown_on_the_answer_alone(own_site, operator):
    done = operator.do("/hooks", address=ADDRESS, on=["edition.closed", "edition.held"], description=HOSTILE)
    (secret,) = re.findall(r"whsec_[\w+/=]+", html.unescape(done.text))
    assert (done.status_code, done.headers["cache-control"]) == (200, "no-store")
    assert secret not in repr(operator.cookies.get_dict()) + repr(done.headers) + done.url
    page = operator.get("/hooks/1")
    assert secret not in page.text + operator.get("/hooks").text
    assert html.escape(HOSTILE, quote=False)[:20] in page.text and HOSTILE not in page.text
    assert "edition.closed, edition.held" in page.text.replace(
        "edition.held, edition.closed", "edition.closed, edition.held"
    )
    with own_site.app.store.read() as conn:
        assert secret not in repr(staff.done(conn)) + repr(hooks.get(conn, 1))
        assert hooks.get(conn, 1).made_by == "console:operator"


WRONG = {
    "http://news.example/": "this machine alone",
    "https://a:b@news.example/": "no password",
    "javascript:alert(1)": "no web address",
    "http://127.0.0.1:1/": "own network",
    f"https://news.example/#{HOSTILE}": "must hold no #",
}


def test_what_was_typed_is_not_lost_where_it_wont_do(operator):
    for address, words in WRONG.items():
        answer = operator.do("/hooks", address=address, description="For the CMS", on="edition.closed")
        assert answer.status_code == 400
        assert words in answer.text and 'value="For the CMS"' in answer.text
        assert 'value="edition.closed" checked' in answer.text
        assert HOSTILE not in answer.text


def test_a_form_that_cant_be_meant_is_refused(operator, own_site):
    for said in ({"on": "edition.close"}, {"address": ""}, {"allow_private": "perhaps"}, {"typo": "1"}):
        assert operator.do("/hooks", **{"address": ADDRESS, **said}).status_code == 400, said
    with own_site.app.store.read() as conn:
        assert hooks.every(conn) == []


def test_the_buttons_of_one(own_site, operator):
    add(own_site.app)
    fail(own_site.app)
    assert "is paused" in operator.said("/hooks/1/pause", why=HOSTILE)
    page = operator.get("/hooks/1").text
    assert HOSTILE not in page and "is told nothing" in page
    assert "is told again" in operator.said("/hooks/1/resume")
    assert "1 given up before" in operator.said("/hooks/1/again")
    assert "waits to be said anyway" in html.unescape(operator.said("/hooks/1/messages/1/again"))
    assert "Message 2 is said soon" in operator.said("/hooks/1/test")
    assert "whsec_" in operator.do("/hooks/1/rotate").text
    assert "has ended" in operator.said("/hooks/1/end")
    assert "has ended" in operator.said("/hooks/1/test")
    assert "/hooks/1/pause" not in operator.get("/hooks/1").text


def test_a_message_shows_what_it_says_and_what_came_of_it(own_site, operator):
    add(own_site.app)
    message = fail(own_site.app)
    page = operator.get(f"/hooks/1/messages/{message}").text
    assert HOSTILE not in page and html.escape(HOSTILE, quote=False)[:20] in page
    assert "hook.test" in page and "HTTP 500" in page and "webhook-id" in page
    assert f"Message {message} is said again" in operator.said(f"/hooks/1/messages/{message}/again")


def test_messages_page_by_page(own_site, operator, monkeypatch):
    monkeypatch.setattr("publisher.web.console.hooks.PAGE", 2)
    add(own_site.app)
    for _ in range(3):
        verbs.test(own_site.app, 1)
    page = operator.get("/hooks/1").text
    older = re.search(r'href="(/hooks/1\?before=\d+)">Older', page)
    assert older and "/hooks/1/messages/1" in operator.get(older[1]).text
    assert "Nothing like this" in operator.get("/hooks/1?state=given+up").text
    assert operator.get("/hooks/1?state=%3Cx%3E").status_code in (400, 404, 422)


def test_what_is_not_there(own_site, operator):
    add(own_site.app)
    for path in ("/hooks/99", f"/hooks/{2**63}", "/hooks/0", "/hooks/x", "/hooks/1/messages/99"):
        assert operator.get(path).status_code == 404, path


def test_what_needs_a_person_leads_from_the_first_page_to_its_button(own_site, operator):
    add(own_site.app)
    with own_site.app.store.write() as conn:
        hooks.pause(conn, 1, by=hooks.ITSELF, why="it has taken nothing for 5 days", now=NOW)
    page = operator.get("/").text
    assert '<a href="/hooks/1">the webhook 1 to news.example is paused' in page
    assert 'action="/hooks/1/resume"' in page


def test_who_may_see_and_do_it(own_site, member_of):
    add(own_site.app)
    fail(own_site.app)
    for role in Role:
        browser = member_of(role)
        is_allowed = role in (Role.OPERATOR, Role.ADMIN)
        for path in ("/hooks", "/hooks/1", "/hooks/1/messages/1"):
            assert (browser.get(path).status_code == 200) is is_allowed, (role, path)
        assert ('href="/hooks"' in browser.get("/").text) is is_allowed
        statuses = {browser.do(f"/hooks/1/{act}").status_code for act in ACTS}
        statuses.add(browser.do("/hooks", address=ADDRESS).status_code)
        assert (statuses == {403}) is not is_allowed, role
        assert {browser.post(f"/hooks/1/{act}", data={"csrf_token": "another"}).status_code for act in ACTS} == {403}


def asked(site, path: str, scopes=(May.OPERATE,), json=None):
    token = tokens.add(site.app, "operator", "test", scopes)
    how = {"headers": {"Authorization": f"Bearer {token}"}, "timeout": 10}
    url = f"{site.url}/api/v1{path}"
    return requests.get(url, **how) if json is None else requests.post(url, json=json, **how)


def test_a_program_adds_looks_and_is_told(own_site, operator):
    with receiving() as receiver:
        added = asked(own_site, "/hooks", json={"address": receiver.address, "allow_private": True, "on": []}).json()
        assert asked(own_site, f"/hooks/{added['id']}/test", json={}).status_code == 200
        speaker = Speaker(own_site.app)
        speaker.speak()
        while speaker.is_busy:
            pass
        headers, body = receiver.heard[0]
    at = own_site.app.clock()
    assert Webhook(added["secret"]).sign(headers["webhook-id"], at, body.decode()) == headers["webhook-signature"]
    found = asked(own_site, "/hooks").json()["items"][0]
    assert (found["state"], found["all_events"], found["waiting"]) == ("open", True, 0)
    assert found["events"] == [kind.value for kind in TO_CHOOSE]
    assert asked(own_site, "/hooks/1").json() == found
    assert "secret" not in str(found).replace("old_secret_until", "")
    (message,) = asked(own_site, "/hooks/1/messages?state=said&limit=1").json()["items"]
    assert (message["type"], message["status"]) == (HookKind.TEST.value, 204)
    assert message["webhook_id"] == headers["webhook-id"]


def test_what_a_program_cant_ask(own_site, operator):
    add(own_site.app)
    for path in ("/hooks", "/hooks/1", "/hooks/1/messages"):
        assert [asked(own_site, path, (may,)).status_code for may in (May.LOOK, May.OPERATE)] == [403, 200], path
    for path, status in (
        ("/hooks/9", 404),
        ("/hooks/9/messages", 404),
        ("/hooks?limit=201", 422),
        ("/hooks/1/messages?after=0", 400),
        (f"/hooks?after={2**63}", 400),
    ):
        assert asked(own_site, path).status_code == status, path

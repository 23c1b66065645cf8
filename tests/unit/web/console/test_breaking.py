"""Breaking news in two clicks: what was shown is what goes, and only once."""

from __future__ import annotations

import re

from publisher.app import tokens
from publisher.model.staff import May, Role
from publisher.store import edition_lists, sends
from tests.unit.app.project import sends_of
from tests.unit.web.console.conftest import Room


def key_in(page: str) -> str:
    return re.search(r'name="look" value="([^"]+)"', page)[1]


def test_it_is_looked_at_and_sent_and_pressing_again_sends_nothing_more(room: Room):
    approver = room.member(Role.APPROVER)
    assert "Story 3" in approver.get("/breaking").text
    look = approver.do("/breaking/look", article=2, to="daily", via="letters")
    assert (look.status_code, "2 people on daily" in look.text) == (200, True)
    assert "a draft that goes at Tue 24 Nov 2026, 07:00 WET, brings it too" in look.text
    assert ">Send it now<" in look.text and look.text.count("/laid-out/") == 5
    fields = {"look": key_in(look.text), "article": 2, "to": "daily", "via": "letters"}
    told = approver.do("/breaking", **fields)
    assert (told.status_code, "t went out already, or is about to" in told.text) == (409, True)
    sent = approver.do("/breaking", **fields, again="true")
    assert sent.headers["location"] == "/editions/2"
    assert [row["channel"] for row in sends_of(room.app, 2)] == ["letters"]
    assert "You had sent it already." in approver.said("/breaking", **fields, again="true")
    with room.app.store.read() as conn:
        assert edition_lists.latest_id(conn, "breaking") == 2


def test_a_page_that_is_too_old_sends_nothing_and_shows_what_would_go_now(room: Room):
    answer = room.member(Role.APPROVER).do("/breaking", look="forged", article=2, to="daily", again="true")
    assert (answer.status_code, "nothing was sent" in answer.text) == (409, True)
    assert key_in(answer.text) != "forged"
    with room.app.store.read() as conn:
        assert edition_lists.latest_id(conn, "breaking") is None


def test_what_cant_be_meant_is_said_and_stays_typed(room: Room):
    approver = room.member(Role.APPROVER)
    for fields, words in (
        ({"article": 2, "via": "pigeon", "to": "daily"}, "here is no channel &#39;pigeon&#39;"),
        ({"article": 2}, "t isn&#39;t said to whom"),
        ({"to": "daily"}, "t isn&#39;t said which article"),
        ({"address": "<b>x", "to": "daily"}, "&lt;b&gt;x&#39; is neither the number"),
        ({"address": "http://127.0.0.1:9/none", "to": "daily"}, "127.0.0.1:9"),
        ({"article": 2**63, "to": "daily"}, f"here is no article {2**63}"),
    ):
        answer = approver.do("/breaking/look", **fields)
        status = 404 if words.startswith("here is no") else 400
        assert (answer.status_code, words in answer.text) == (status, True), (fields, answer.text)
        assert "<b>x" not in answer.text


def test_it_takes_an_approver(room: Room):
    editor = room.member()
    assert "Breaking news takes an approver." in editor.get("/breaking").text
    assert editor.do("/breaking/look", article=2).status_code == 403
    assert editor.do("/breaking", article=2).status_code == 403


def test_a_program_sends_it_in_one_request(room: Room):
    room.member(Role.APPROVER, "anna")
    token = tokens.add(room.app, "anna", "desk", [May.LOOK, May.APPROVE])
    asks = {"headers": {"Authorization": f"Bearer {token}"}}
    said = {"article": "2", "to": ["daily"], "via": ["letters"]}
    browser = room.browsers[0]
    assert browser.post("/api/v1/breaking", json=said, **asks).status_code == 409
    done = browser.post("/api/v1/breaking", json={**said, "again": True}, **asks)
    assert (done.status_code, done.json()["id"]) == (200, 2)
    with room.app.store.read() as conn:
        assert len(sends.of_edition(conn, 2)) == 1

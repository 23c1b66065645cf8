"""While all sending is held every page of the console says so, and what would go out is not said to be free to."""

from __future__ import annotations

import json

import pytest

from publisher.model.staff import Role
from publisher.pipeline.operate import holding
from tests.unit.app.test_drafts import at

HELD = "<strong>All sending is held</strong> by cli:ada"


def hold_all(room) -> None:
    holding.hold_all(room.app.store, actor="cli:ada", why="storm <b>", now=at(6, 15))


@pytest.mark.parametrize("path", ["/", "/log", "/editions/1", "/schedules", "/breaking", "/nowhere"])
def test_every_page_says_who_holds_it_since_when_and_why_and_leads_to_where_it_is_let_go(room, path):
    browser = room.member(Role.APPROVER)
    assert HELD not in browser.get(path).text
    hold_all(room)
    text = browser.get(path).text
    banner = text[text.index('<div id="sending-held">') :].partition("</div></aside>")[0]
    assert HELD in banner and "storm &lt;b&gt;" in banner and '<a href="/#person">' in banner and "06:15" in banner


def test_whoever_is_not_signed_in_is_told_nothing_of_it(room):
    hold_all(room)
    browser = room.member()
    browser.cookies.clear()
    for answer in (browser.post("/editions/1/note", data={"text": "x"}), browser.get("/sign-in")):
        assert "cli:ada" not in answer.text


def test_a_draft_would_wait(room):
    browser = room.member()
    hold_all(room)
    text = browser.get("/editions/1").text
    assert "It would wait: all sending is held." in text and "Nothing holds it." not in text


def test_what_is_locked_then_says_what_it_waits_for(room):
    browser = room.member()
    hold_all(room)
    room.lock()
    text = browser.get("/editions/1").text
    state = text[text.index('id="edition-1-state"') :].partition("</div>")[0]
    assert "waits: all sending is held" in state and "on its way" not in state


def test_a_note_for_what_has_not_left_is_not_said_to_have_left(room):
    browser = room.member()
    hold_all(room)
    room.lock()
    text = browser.do("/editions/1/note", text="Rain").text
    assert "Nothing of it has left yet; to stop it: “Cancel…” on the page of edition 1" in text
    assert "What left can be put right" not in text


def test_the_first_page_names_a_paused_schedule(room):
    browser = room.member()
    browser.do("/schedules/morning/pause", why="holiday")
    text = browser.get("/").text
    coming = text[text.index('id="today-next"') : text.index('id="today-gone"')]
    assert "<strong>morning</strong> is paused: holiday" in coming


def test_no_open_page_is_told_what_was_before_it_was_loaded(room):
    browser = room.member(Role.OPERATOR)

    def told() -> str:
        with browser.get("/live?about=today", stream=True) as answer:
            for line in answer.iter_lines(chunk_size=None):
                if line.startswith(b"data: ") and (said := json.loads(line[6:])).get("id") == "today-person":
                    return str(said["html"])
        raise AssertionError("nothing was told")

    with browser.get("/live?about=today", stream=True) as other:
        next(other.iter_content(1))  # somebody looks on all the time, so that what was seen last is kept
        assert HELD not in told()
        browser.do("/sending/hold", why="storm")
        assert "<strong>All sending is held</strong> by console:operator" in told()
        browser.do("/sending/release")
        assert "<strong>All sending is held</strong>" not in told()


def test_the_top_of_an_open_edition_page_is_told_as_it_is_now(room):
    browser = room.member(Role.OPERATOR)
    assert "state-draft" in browser.get("/editions/1").text
    room.lock()
    seen = {}
    with browser.get("/live?about=edition-1", stream=True) as answer:
        for line in answer.iter_lines(chunk_size=None):
            if line.startswith(b"data: "):
                said = json.loads(line[6:])
                seen[said["id"]] = said["html"]
            if "edition-1-acts" in seen and "sending-held" in seen:
                break
    assert 'data-of="locked"' in seen["edition-1-state"]
    assert seen["edition-1-recipients"] == '<dd id="edition-1-recipients">2</dd>'
    assert 'href="/editions/1/cancel"' in seen["edition-1-acts"]

"""An editor's desk in the browser: what is changed there is what the next edition is."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from publisher.app import changing, desk
from publisher.model.desk import Changes
from publisher.model.staff import May, Role
from publisher.store import desk as ledger
from publisher.store import editions
from tests.unit.web.browsers import Browser
from tests.unit.web.console.conftest import Room, room_in

HOSTILE = "<script>alert('note')</script>"


def order(room: Room) -> list[int]:
    return changing.order_of(room.app, 1)


def changes(room: Room) -> Changes:
    with room.app.store.read() as conn:
        return Changes.of(editions.get(conn, 1)["changes"])


def test_a_button_beside_a_story_does_it_and_says_who_did(room):
    browser = room.member()
    assert order(room) == [3, 2, 1]
    steps = [("up", 2, [2, 3, 1]), ("down", 3, [2, 1, 3]), ("drop", 3, [2, 1]), ("later", 2, [1])]
    for seen, (verb, article, after) in enumerate(steps):
        page = browser.said(f"/editions/1/{verb}", article=article, seen=seen)
        assert order(room) == after, verb
        assert "<strong>console:editor</strong>" in page and 'role="status"' in page


@pytest.mark.parametrize(("verb", "article", "at"), [("up", 2, 2), ("down", 3, 3), ("drop", 3, 2), ("later", 1, 2)])
def test_a_button_leads_back_to_the_story_or_to_the_one_beside_what_was_left_out(room, verb, article, at):
    browser = room.member()
    done = browser.do(f"/editions/1/{verb}", article=article)
    assert done.headers["location"] == f"/editions/1#story-{at}"
    text = browser.get("/editions/1").text
    assert f'<li id="story-{at}" tabindex="-1">' in text
    assert f"article {article}" in text[text.index('role="status"') :].partition("</p>")[0]


def test_what_was_dropped_can_be_had_back_and_another_added(room):
    browser = room.member()
    browser.do("/editions/1/drop", article=3)
    assert "Let the schedule decide" in browser.get("/editions/1").text
    browser.do("/editions/1/undo", article=3)
    assert order(room) == [3, 2, 1]
    browser.do("/editions/1/later", article=2)
    browser.do("/editions/1/add", article=2)
    assert set(order(room)) == {1, 2, 3}


def test_words_of_ones_own_hold_and_an_empty_form_takes_them_back(room):
    browser = room.member()
    page = browser.said("/editions/1/words", entry="letters:daily", subject=HOSTILE, preheader="And more", seen=0)
    assert "<script>alert" not in page and "&lt;script&gt;" in page
    assert changes(room).words["letters:daily"].subject == HOSTILE
    browser.do("/editions/1/words", entry="letters:daily", subject="Quiet words", seen=1)
    assert changes(room).words["letters:daily"].preheader == ""
    browser.do("/editions/1/words", entry="letters:daily", seen=2)
    assert not changes(room).words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"entry": "letters:daily", "text": "A post"}, "letters:daily sends mail"),
        ({"entry": "pigeon", "subject": "x"}, "t has no line &#39;pigeon&#39;"),
        ({"entry": "letters:daily", "subject": "{{ lead"}, "ubject: a {{ is never closed. Close it with }}"),
        ({"entry": "letters:daily", "preheader": "{{ 1 | laut }}"}, "reheader: there is no filter &#39;laut&#39;"),
    ],
)
def test_words_that_a_line_cant_have_are_refused_and_stay_typed(room, fields, words):
    answer = room.member().do("/editions/1/words", **fields)
    assert (answer.status_code, words in answer.text) == (400, True)
    assert changes(room).version == 0


def test_of_two_who_edit_at_once_the_second_sees_what_the_first_did_and_loses_no_word(room):
    anna, ben = room.member(name="anna"), room.member(name="ben")
    anna.do("/editions/1/drop", article=3, seen=0)
    answer = ben.do("/editions/1/words", entry="letters:daily", subject="What ben typed", seen=0)
    assert answer.status_code == 409
    assert "it was changed since version 0: console:anna dropped article 3" in answer.text
    assert 'value="What ben typed"' in answer.text
    assert changes(room).words == {}
    seen = re.search(r'name="seen" value="(\d+)"', answer.text)[1]
    ben.do("/editions/1/words", entry="letters:daily", subject="What ben typed", seen=seen)
    assert changes(room).words["letters:daily"].subject == "What ben typed"


def test_a_note_with_a_subject_that_no_edition_can_have_is_refused_and_stays_typed(room):
    typed = "---\nsubject: Today {{ lead.title\n---\nGood morning"
    answer = room.member().do("/editions/1/note", text=typed, seen=0)
    assert (answer.status_code, "ubject: a {{ is never closed" in answer.text) == (400, True)
    assert "Today {{ lead.title" in answer.text


def test_a_note_is_kept_shown_and_taken_back_and_two_notes_meet(room):
    anna, ben = room.member(name="anna"), room.member(name="ben")
    page = anna.said("/editions/1/note", text=f"Good *morning*\n\n{HOSTILE}", seen=0)
    assert "The note stands on top of the edition of Tue 24 Nov 2026, 07:00 WET" in page
    assert "<script>alert" not in page
    answer = ben.do("/editions/1/note", text="Ben’s own", seen=0)
    assert (answer.status_code, "console:anna has written this note meanwhile" in answer.text) == (409, True)
    assert "Ben’s own</textarea>" in answer.text
    with room.app.store.read() as conn:
        note = ledger.waiting_note(conn, "morning")
    assert note.text.startswith("Good *morning*")
    anna.do("/editions/1/note/clear", seen=note.id)
    assert desk.page(room.app, 1).note is None


def test_a_note_with_a_picture_that_isnt_there_is_refused_and_stays_typed(room):
    answer = room.member().do("/editions/1/note", text="![A boat](media:boat.jpg)", seen=0)
    assert (answer.status_code, "boat.jpg" in answer.text) == (400, True)
    assert "![A boat](media:boat.jpg)</textarea>" in answer.text


def test_an_edit_after_the_slot_has_come_says_that_it_is_locked_and_keeps_the_words(room):
    browser = room.member()
    browser.get("/editions/1")
    room.lock()
    answer = browser.do("/editions/1/words", entry="letters:daily", subject="Too late", seen=0)
    assert answer.status_code == 400
    assert "it is locked: nothing in it can be changed" in answer.text
    assert "Too late</pre>" in answer.text


def test_articles_that_nobody_has_change_nothing(room):
    browser = room.member()
    for article in ("", "x", "0", str(2**63), "99999", HOSTILE):
        for verb in ("drop", "up", "add"):
            answer = browser.do(f"/editions/1/{verb}", article=article)
            status = 404 if (verb, article) == ("add", "99999") else 400  # the others are about what is in it
            assert (answer.status_code, "<script>alert" in answer.text) == (status, False)
    assert changes(room).version == 0


def test_editions_that_nobody_has_are_not_there(room):
    browser = room.member(Role.ADMIN)
    for path in ("", "/cancel", "/withdraw", "/resend", "/unknown", "/correct"):
        assert browser.get(f"/editions/{2**63 - 1}{path}").status_code == 404, path
    fields = {
        "drop": {"article": 1},
        "approve": {"version": "x"},
        "test": {"to": "a@example.org"},
        "note": {"text": "x"},
    }
    for verb in ("drop", "hold", "release", "cancel", "withdraw", "resend", "approve", "reopen", "test", "note"):
        assert browser.do(f"/editions/99999/{verb}", **fields.get(verb, {})).status_code == 404, verb
    assert browser.get(f"/editions/{2**63}").status_code == 404


def test_a_draft_shows_its_mail_in_frames_of_its_own(room):
    page = room.member().get("/editions/1").text
    frames = re.findall(r'<iframe [^>]*src="(/laid-out/[^"]+)"', page)
    assert len(frames) == 5 and page.count(" sandbox></iframe>") == 5
    answer = room.browsers[0].get(frames[0].replace("&amp;", "&"))
    assert (answer.status_code, "Story 3" in answer.text) == (200, True)
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert room.browsers[0].get("/laid-out/nothing/0/html").status_code == 404
    assert room.browsers[0].get(f"{frames[0].rpartition('/0/')[0]}/9/html").status_code == 404


def test_whoever_only_looks_sees_the_draft_without_a_button(room):
    with Browser(room.url) as nobody:
        page = nobody.get("/editions/1").text
    assert "Story 3" in page and "/laid-out/" in page
    assert 'method="post"' not in page


def approving_room(folder):
    return room_in(folder, ("    pick: {from: [site]", "    approve: {by: 2}\n    pick: {from: [site]"))


def test_two_approve_exactly_what_was_shown_and_pressing_again_is_safe(tmp_path):
    with approving_room(tmp_path) as room:
        anna, ben = room.member(Role.APPROVER, "anna"), room.member(Role.APPROVER, "ben")
        version = re.search(r'name="version" value="(\w+)"', anna.get("/editions/1").text)[1]
        assert "You have approved it: 1 of 2 agreed" in anna.said("/editions/1/approve", version=version, seen=0)
        assert "You had approved it already" in anna.said("/editions/1/approve", version=version, seen=0)
        page = ben.get("/editions/1").text
        assert "To this version agreed: console:anna." in page and "counts as two" in page
        assert "2 of 2 agreed: console:anna, console:ben." in ben.said("/editions/1/approve", version=version)
        assert "You had approved it already" in anna.said("/editions/1/approve", version=version)
        assert "it is approved and locked" in anna.do("/editions/1/drop", article=3).text
        assert "It is open again; 2 approvals are void." in ben.said("/editions/1/reopen")


def test_a_version_that_is_there_no_more_is_refused_with_what_the_person_hasnt_seen(tmp_path):
    with approving_room(tmp_path) as room:
        anna, ben = room.member(Role.APPROVER, "anna"), room.member(name="ben")
        ben.do("/editions/1/drop", article=1)
        page = anna.get("/editions/1").text
        version, seen = (re.search(rf'name="{name}" value="(\w+)"', page)[1] for name in ("version", "seen"))
        ben.do("/editions/1/drop", article=2)
        answer = anna.do("/editions/1/approve", version=version, seen=seen)
        assert answer.status_code == 409
        alert = answer.text[answer.text.index('role="alert"') :].partition("</p>")[0]
        assert "console:ben dropped article 2" in alert and "dropped article 1" not in alert
        assert anna.do("/editions/1/approve", version="forged", seen=2).status_code == 409
        with room.app.store.read() as conn:
            assert editions.get(conn, 1)["state"] == "draft"


def test_the_next_edition_is_led_to_and_opened_by_a_button(room):
    browser = room.member()
    assert browser.get("/schedules/morning/next").headers["location"] == "/editions/1"
    room.lock()
    page = browser.get("/schedules/morning/next").text
    assert "There is no draft of it yet" in page and "Open the draft" in page
    assert browser.do("/schedules/morning/next").headers["location"] == "/editions/2"
    assert browser.get("/schedules/morning/next").headers["location"] == "/editions/2"
    assert browser.get("/schedules/nothing/next").status_code == 404


def test_a_test_that_a_channel_refuses_says_to_whom_and_an_address_that_is_none_stays_typed(room):
    browser = room.member()
    answer = browser.do("/editions/1/test", to="ada@, <b>")
    assert (answer.status_code, "is no e-mail address" in answer.text) == (400, True)
    assert 'value="ada@, &lt;b&gt;"' in answer.text
    answer = browser.do("/editions/1/test", to="ada@harbor.example")
    assert (answer.status_code, "ada@harbor.example by letters: " in answer.text) == (400, True)


def test_a_test_says_the_same_from_the_desk_and_from_its_schedule(room):
    browser = room.member()
    answers = []
    for where in ("/editions/1", "/schedules/morning"):
        answers.append(browser.do(f"{where}/test", to="ada@harbor.example"))
        room.app.clock.advance(timedelta(seconds=1))
    said = [answer.text if answer.status_code == 400 else browser.get("/").text for answer in answers]
    found = [re.search(r"ada@harbor\.example by letters: [^<]*", text) for text in said]
    assert found[0] and found[1] and found[0][0] == found[1][0]


WRITES = {
    May.EDIT: ["drop", "later", "add", "undo", "up", "down", "order", "words", "note", "note/clear", "test", "hold"],
    May.APPROVE: ["approve", "reopen", "release", "correct", "correct/look"],
    May.OPERATE: ["cancel", "withdraw", "withdraw/by-hand", "resend", "unknown"],
}


def test_each_verb_asks_for_its_role_and_a_form_of_this_session(room):
    reach = {Role.EDITOR: [May.EDIT], Role.APPROVER: [May.EDIT, May.APPROVE], Role.OPERATOR: list(WRITES)}
    for role, may in reach.items():
        browser = room.member(role)
        for what, verbs in WRITES.items():
            for verb in verbs:
                refused = browser.do(f"/editions/99/{verb}").status_code == 403
                assert refused is (what not in may), (role, verb)
    for verb in [verb for verbs in WRITES.values() for verb in verbs]:
        assert browser.post(f"/editions/99/{verb}", data={"csrf_token": "0" * 64}).status_code == 403, verb
    with Browser(room.url) as nobody:
        assert nobody.post("/editions/99/hold").status_code == 401

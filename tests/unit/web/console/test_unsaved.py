"""What somebody has typed and not sent is not lost without a word."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from publisher.app import staff
from publisher.web.door import COOKIE

NOTE = "It rains on the <quay>.\n\nAnd on the pier."


@contextmanager
def page_of(chromium, room, browser, path):
    """Open a page of the console in a real browser; give it, and the list of what the browser asked."""
    with chromium.new_context() as context:
        context.add_cookies([{"name": COOKIE, "value": browser.cookies[COOKIE], "url": room.url}])
        page = context.new_page()
        asked: list[str] = []
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
        page.goto(room.url + path)
        yield page, asked


def test_a_note_that_was_not_sent_is_asked_about_before_another_form_or_a_link_takes_it_away(room, chromium):
    with page_of(chromium, room, room.member(), "/editions/1") as (page, asked):
        page.get_by_label("In Markdown").press_sequentially("Rain")
        page.get_by_role("button", name="Down:").first.click(no_wait_after=True)
        page.wait_for_timeout(0)
        page.get_by_role("link", name="Editions", exact=True).first.click(no_wait_after=True)
        assert asked == ["beforeunload", "beforeunload"]
        assert page.get_by_label("In Markdown").input_value() == "Rain"
        page.get_by_role("button", name="Keep the note").click()
        page.wait_for_selector("text=The note stands on top")
        page.get_by_role("button", name="Down:").first.click()
        assert len(asked) == 2


@pytest.mark.parametrize("how", ["ended", "another form"])
def test_what_was_typed_stands_on_the_page_that_says_sign_in_first_but_no_password_and_no_token(room, how):
    browser = room.member()
    token = browser.form_token
    if how == "ended":
        staff.sign_out(room.app, browser.cookies[COOKIE])
    else:
        token = "of another session"
    fields = {"csrf_token": token, "text": NOTE, "subject": "Rain", "password": "hunter22", "token": "secret-1"}
    answer = browser.post("/editions/1/note", data=fields)
    assert answer.status_code == {"ended": 401, "another form": 403}[how]
    assert "What you had typed" in answer.text and "Rain</textarea>" in answer.text
    assert "It rains on the &lt;quay&gt;.\n\nAnd on the pier.</textarea>" in answer.text
    assert "hunter22" not in answer.text and "secret-1" not in answer.text
    assert token not in answer.text


def test_a_program_is_told_in_json_as_before(room):
    answer = room.member().post("/api/v1/editions/1/note", json={"text": NOTE})
    assert answer.status_code == 401 and "quay" not in answer.text

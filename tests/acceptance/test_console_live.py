"""Open pages of the console in a real browser: what moves, whose clock, and the keyboard."""

from __future__ import annotations

from contextlib import contextmanager, suppress

import pytest
from playwright import sync_api

from publisher.model.staff import Role
from publisher.model.states import SendState
from publisher.store import sends
from tests.unit.app.test_staff import WORDS, join
from tests.unit.web.browsers import quick_passwords
from tests.unit.web.ledger import NOW, fill, open_project, served

pytestmark = pytest.mark.browser


@pytest.fixture
def site(tmp_path, monkeypatch):
    quick_passwords(monkeypatch)
    with served(open_project(tmp_path), tmp_path) as site:
        fill(site)
        join(site.app, "anna", Role.OPERATOR)
        yield site


@contextmanager
def desk(chromium, site, zone: str):
    """A page of somebody who is signed in, which remembers what went wrong in it."""
    context = chromium.new_context(timezone_id=zone, locale="en-GB", viewport={"width": 1300, "height": 900})
    page = context.new_page()
    page.errors = []
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(f"{site.url}/sign-in")
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill(WORDS)
    page.keyboard.press("Enter")
    page.wait_for_selector("#today-person")
    yield page
    assert page.errors == []
    context.close()


def test_a_bar_moves_without_loading_and_focus_stays_where_it_was(chromium, site):
    with desk(chromium, site, "Europe/Lisbon") as page:
        page.evaluate("window.isTheSamePage = true")
        page.locator("#today-under-way a").nth(1).focus()
        with site.app.store.write() as conn:
            sends.move(conn, site.post_send, SendState.SENDING, started_at=NOW)
            sends.post_to_books(conn, site.post_send, {"pending": -1, "taken": 1})
        page.wait_for_selector("#today-under-way rect.state-taken", state="attached")
        assert page.evaluate("document.activeElement.textContent") == "morning 1, through mastodon"
        with site.app.store.write() as conn:
            sends.post_to_books(conn, site.post_send, {"taken": -1, "sent": 1})
            sends.move(conn, site.post_send, SendState.DONE, done_at=NOW)
        page.get_by_role("status").get_by_text("done; 1 of 1 got it").wait_for(state="attached")
        assert page.locator("#today-under-way li").count() == 1
        page.get_by_text("Hold all sending").click()
        page.get_by_label("Why").fill("storm")
        page.get_by_role("button", name="Hold everything").click()
        banner, main = (page.locator(each).bounding_box() for each in ("#sending-held aside", "main"))
        assert (banner["x"], banner["width"]) == (0, page.viewport_size["width"])
        assert banner["y"] + banner["height"] <= main["y"]
        page.evaluate("document.getElementById('today-person').dataset.isOld = 'yes'")
        with site.app.store.write() as conn:
            sends.post_to_books(conn, site.mail_send, {"unknown": -1, "sent": 1})
        page.wait_for_selector("#today-person:not([data-is-old])")
        page.get_by_role("button", name="Let sending go on").click()  # of a part that came since: it brings our form
        assert "Sending goes on." in page.inner_text("main")
        assert page.evaluate("window.isTheSamePage") is None


def go_by_keys(page: sync_api.Page, key: str, address: str) -> None:
    """Press g and a letter, again where the two were further apart than a person's are: this machine is busy."""
    for _ in range(5):
        page.keyboard.press("g")
        page.keyboard.press(key)
        with suppress(sync_api.TimeoutError):
            page.wait_for_url(address, timeout=5_000)
            return
    pytest.fail(f"g {key} leads nowhere")


def test_a_browser_elsewhere_shows_its_own_time_beside_once_and_keys_lead_on(chromium, site):
    with desk(chromium, site, "Asia/Tokyo") as page:
        due = page.locator("#today-next time").first
        assert due.inner_text() == "Wed 25 Nov 2026, 07:00 WET\n16:00 GMT+9"
        page.wait_for_timeout(1_500)  # parts were told once meanwhile
        assert page.locator("time .beside").count() == page.locator("time").count() > 0
        assert page.locator("time:has(.beside + .beside)").count() == 0
        page.keyboard.press("?")
        assert page.get_by_role("dialog").is_visible()
        page.keyboard.press("Escape")
        go_by_keys(page, "l", "**/log")
        page.keyboard.press("/")
        page.keyboard.type("g e/?")
        focused = "document.activeElement.tagName + document.activeElement.value"
        assert page.evaluate(focused) == "INPUTg e/?"
        assert page.url.endswith("/log") and not page.get_by_role("dialog").is_visible()

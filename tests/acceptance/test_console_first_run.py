"""A first run from nothing, in a real browser: a folder, a feed, the link at the terminal, and whoever is invited."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from tests.acceptance.seat import Seat, seat
from tests.project import ProjectDir
from tests.terminal import Terminal

pytestmark = pytest.mark.browser
OPERATORS = {"Hold all sending", "Stop it", "Check it now", "Connect it", "Make their link", "CSV"}
OPERATORS |= {"Withdraw…", "Correct…", "Cancel…", "Resend to the failed…", "See what would go now"}
MINE, BENS = "six words nobody can ever guess", "another four words altogether"


@pytest.fixture
def gazette(tmp_path):
    """What `init` makes of a feed, with one reader."""
    ProjectDir.publish_in(tmp_path, 3)
    with Terminal(["init", "gazette", "--site", "feed.xml"], tmp_path) as terminal:
        assert terminal.ends() == 0
    folder = tmp_path / "gazette"
    with Terminal(["subscribers", "add", "ada@example.org", "--list", "daily"], folder) as terminal:
        assert terminal.ends() == 0
    return folder


def test_the_first_comes_in_by_the_link_sends_what_a_feed_has_and_lets_another_one_in(chromium, gazette):
    with Terminal(["run", "--port", "0"], gazette) as terminal:
        terminal.until("to work in the browser, sign in: ")
        url, path = re.match(r"(http://[^/]+)(\S+)", terminal.until("\n")).groups()
        with seat(chromium, url) as anna, seat(chromium, url) as ben:
            becomes_the_first(anna, path)
            sends_a_test(anna)
            edition = sends_it_now(anna)
            lets_in(anna, ben)
            has_no_button_of_an_operator(ben, edition)
            both_save_at_once(anna, ben, gazette)
            presses_in_a_stale_tab(anna)
        terminal.interrupt()
        assert terminal.ends() == 0


def becomes_the_first(anna: Seat, path: str) -> None:
    anna.goes_to(path)
    anna.sees("Who runs this newsroom?")
    anna.page.get_by_label("Name").fill("anna")
    anna.page.get_by_label("Password").fill(MINE)
    anna.press("Sign in")
    anna.sees("What needs a person", "What comes next", "Nothing yet.")
    anna.goes_to(path)
    anna.sees("This link leads nowhere")


def sends_a_test(anna: Seat) -> None:
    anna.goes_to("/")
    anna.follow("Schedules", within="nav.side")
    anna.follow("morning")
    anna.page.get_by_label("Send the next edition to me").fill("anna@example.org")
    anna.press("Send the test")
    assert anna.said == "Test of morning: anna@example.org by letters: sent."
    anna.follow("Inbox", within="nav.side")
    anna.page.get_by_role("link", name="[Test]").click()
    frame = anna.page.frame_locator("iframe").first
    assert "Story 3: quay & harbour" in frame.locator("body").inner_text()


def sends_it_now(anna: Seat) -> str:
    """Return the address of the edition that went."""
    anna.follow("Schedules", within="nav.side")
    anna.follow("morning")
    anna.follow("See what would go now")
    assert "By letters to 1 person of daily" in anna.sees("morning")
    anna.press("Send it now, to the inbox of practice")
    assert anna.said == "Schedule morning: 1 edition made now."
    anna.page.evaluate("window.isTheSamePage = true")
    anna.sees("1 candidate = 1 sent")  # though there was nothing of it yet when the page came
    assert anna.page.evaluate("window.isTheSamePage") is True
    anna.follow("See it")
    assert "ada@example.org" in anna.sees("The mail to daily", "Send log")
    return str(urlsplit(anna.page.url).path)


def lets_in(anna: Seat, ben: Seat) -> None:
    anna.follow("Staff", within="nav.side")
    anna.page.get_by_label("Name").fill("ben")
    anna.page.get_by_label("Role").select_option("editor")
    anna.press("Make their link")
    anna.sees("Only now")
    link = anna.page.get_by_role("textbox").input_value()
    anna.follow("Go on")
    assert link not in anna.page.content()
    assert "has a link to choose a password" in anna.sees("ben")
    ben.page.goto(link)
    ben.sees("Welcome, ben", "You work here as editor.")
    ben.page.get_by_label("Password").fill(BENS)
    ben.press("Sign in")
    assert "ben, editor" in ben.page.inner_text("header")


def has_no_button_of_an_operator(ben: Seat, edition: str) -> None:
    shown: list[str] = []
    for path in ("/", "/channels/letters", edition, "/people", "/subscribers", "/log", "/schedules/morning/about"):
        ben.goes_to(path)
        shown += ben.page.locator("main").locator("button, a.button, summary").all_inner_texts()
    assert {"Pause", "Send the test", "Show the file"} <= set(shown)
    assert not OPERATORS & set(shown)


def both_save_at_once(anna: Seat, ben: Seat, folder) -> None:
    """The second sees what the first changed, and nothing is overwritten."""
    for each in (anna, ben):
        each.goes_to("/schedules/morning/edit")
    file = folder / "schedules.yaml"
    before = file.read_text()
    retype(anna, "07:00", "06:30")
    anna.press("Save: it holds from now on")
    assert "Saved. Version" in anna.said
    hers = file.read_text()
    assert hers == before.replace("07:00", "06:30")
    retype(ben, "at_most: 8", "at_most: 5")
    ben.press("Save: it holds from now on")
    shown = ben.sees("Somebody else changed it meanwhile")
    assert "06:30" in shown and file.read_text() == hers
    assert "at_most: 5" in ben.page.locator("#text").input_value()


def retype(each: Seat, old: str, new: str) -> None:
    area = each.page.locator("#text")
    area.fill(area.input_value().replace(old, new))


def presses_in_a_stale_tab(anna: Seat) -> None:
    """A tab of a session that is over does nothing, whether somebody signed in anew meanwhile or not, and says so."""
    anna.goes_to("/schedules/morning/about")
    other = Seat(anna.page.context, anna.url)
    other.goes_to("/")
    other.press("Sign out")
    other.sees("Forgotten?")
    anna.press("Pause")
    assert "Nothing was done: sign in, and do it again." in anna.sees("Sign in first")
    anna.page.go_back()
    anna.sees("Sign in")
    other.signs_in("anna", MINE)
    other.sees("What needs a person")
    anna.goes_to("/schedules/morning/about")
    other.press("Sign out")
    other.signs_in("anna", MINE)
    other.sees("What needs a person")
    anna.press("Pause")
    anna.sees("This page was open for too long. Nothing was done: load it anew, and do it again.")
    other.goes_to("/schedules/morning/about")
    assert other.may_press("Pause") and not other.may_press("Resume")
    assert not other.complaints, other.complaints

"""An editor's morning at the console, in a real browser, on a newsroom's clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo

import pytest

from publisher.model.staff import Role
from publisher.store import approvals
from publisher.web.inbox import Inbox
from publisher.web.server import Server, make_app
from tests.acceptance.newsroom import Newsroom
from tests.acceptance.seat import SCRIPT, Seat, seat
from tests.unit.app.test_staff import join
from tests.unit.web.browsers import quick_passwords
from tests.unit.web.ledger import png

pytestmark = pytest.mark.browser
MONDAY = datetime(2026, 11, 23, tzinfo=ZoneInfo("Europe/Lisbon"))
MORNING = """\
version: 1
publication:
  name: Harbor Gazette
  url: https://harbor.example
  public_url: https://letters.harbor.example
  from: Harbor Gazette <news@harbor.example>
  address: 1 Quay Street, Harbor
  timezone: Europe/Lisbon
  language: en
sources:
  site: {{feed: feed.xml, every: 5m}}
lists:
  daily: {{title: Morning briefing}}
channels:
  letters: {{sender: mailgun, base_url: "{mailgun}", domain: mg.harbor.example, api_key: key-0123456789, rate: 2/min}}
schedules:
  morning:
    when: {{at: "07:00", prepare: 45m}}
    pick: {{from: site, at_most: 4}}
    approve: {{by: 1, ask: [chief@harbor.example]}}
    send:
      - {{via: letters, to: daily}}
"""
READERS = [f"{name}@example.org" for name in ("ada", "ben", "cem", "dora", "eva", "finn")]
STORIES = ("The bridge opens", "The budget fails", f"The ferry is back {SCRIPT}")


@contextmanager
def console(room: Newsroom) -> Iterator[str]:
    server = Server(make_app(room.app, Inbox(room.folder / "inbox")))
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


# --- an editor's morning ----------------------------------------------------------------------------------------------


def test_an_editor_drops_a_story_writes_a_note_approves_and_watches_it_go(chromium, tmp_path, monkeypatch):
    quick_passwords(monkeypatch)
    with Newsroom(tmp_path, MORNING, ["mailgun"], MONDAY) as room:
        room.clock.advance(timedelta(hours=6))
        room.subscribe("daily", *READERS)
        room.work()
        for name, title in zip(("bridge", "budget", "ferry"), STORIES, strict=True):
            room.publish(name, escape(title))  # what stands in a feed is HTML, in titles too
        (tmp_path / "quay.png").write_bytes(png(60))
        room.type("media", "add", str(tmp_path / "quay.png"), "--alt", "The quay")
        room.at("mon 06:20")
        join(room.app, "anna", Role.APPROVER)
        with console(room) as url, seat(chromium, url) as anna:
            anna.signs_in("anna")
            goes_to_the_edition_of_seven(anna)
            edits(anna)
            looks_at_the_mail(anna)
            approves_over_a_bad_line(anna, room)
            watches_it_go(anna, room)
            sees_that_all_have_it(anna)
        got = [mail for reader in READERS for mail in room.inboxes[reader]]
        assert [mail.subject for mail in got] == ["Bridge and ferry"] * len(READERS)
        assert all("bridge opens" in mail.text and "rains on the quay" in mail.html for mail in got)
        assert not any("budget" in mail.text + mail.html for mail in got)
        assert "the books balance" in room.type("verify")


def goes_to_the_edition_of_seven(anna: Seat) -> None:
    assert "Its draft waits for approval." in anna.sees("What needs a person", within="#today-person")
    row = anna.page.locator("#today-next tr").filter(has_text="23 Nov 2026, 07:00 WET")
    assert "draft" in row.inner_text()
    row.get_by_role("link", name="morning 1").click()
    shown = anna.sees("The articles, and why these")
    assert [title for title in STORIES if title not in shown] == []
    assert shown.count("new at the source") == len(STORIES)


def edits(anna: Seat) -> None:
    anna.press(f"Drop, here and later: {STORIES[1]}")
    assert anna.said == "Dropped article 2."
    anna.page.get_by_label("In Markdown").fill("It rains on the quay.\n\n![The quay](media:quay.png)")
    anna.press("Keep the note")
    assert "The note stands on top of the edition of Mon 23 Nov 2026, 07:00 WET." in anna.said
    anna.page.get_by_text("Words of your own").click()
    anna.page.get_by_label("Subject").fill("Bridge and ferry")
    anna.press("Keep these words")
    shown = anna.sees("Left out, and why", "Bridge and ferry")
    assert "dropped by console:anna" in shown


def looks_at_the_mail(anna: Seat) -> None:
    frames = [each for each in anna.page.frames if each != anna.page.main_frame]
    said = frames[0].locator("body").inner_text()
    assert "It rains on the quay." in said and STORIES[2] in said and STORIES[1] not in said
    assert frames[0].evaluate("[...document.images].map(each => each.naturalWidth)") == [60]


def approves_over_a_bad_line(anna: Seat, room: Newsroom) -> None:
    """The answer is lost on its way: whoever presses again is told that it was done, and it was done once."""

    def lose(route):
        route.fetch(max_redirects=0)
        route.abort("connectionreset")

    anna.page.route("**/editions/1/approve", lose, times=1)
    with anna.page.expect_event("requestfailed"):
        anna.press("Approve exactly this")
    anna.page.wait_for_url("chrome-error://**")
    anna.page.reload()  # says the form again
    assert anna.said == "You had approved it already: 1 of 1 agreed: console:anna."
    with room.app.store.read() as conn:
        assert [row["actor"] for row in approvals.of_edition(conn, 1)] == ["console:anna"]
    assert anna.page.locator("li:has-text('approved version')").count() == 1


def watches_it_go(anna: Seat, room: Newsroom) -> None:
    """The bar moves by itself, and says when it will be through; at the end so does the page."""
    anna.page.evaluate("window.isTheSamePage = true")
    room.at("mon 07:00")
    assert "Through at about Mon 23 Nov 2026, 07:02 WET." in anna.sees("5 pending", "1 sent")
    room.at("mon 07:01")
    anna.sees("4 pending", "2 sent")
    room.at("mon 07:10")
    anna.sees("6 candidates = 6 sent")
    anna.page.get_by_role("status").get_by_text("done; 6 of 6 got it").wait_for(state="attached")
    assert anna.page.evaluate("window.isTheSamePage") is True


def sees_that_all_have_it(anna: Seat) -> None:
    anna.follow("Send log", within="nav.side")
    anna.page.get_by_label("Edition").fill("morning")
    anna.press("Show")
    anna.sees("6 candidates = 6 sent")
    rows = anna.page.locator("main tbody tr").all_inner_texts()
    assert [(reader in row, "accepted by the provider" in row) for reader, row in zip(READERS, rows, strict=True)] == [
        (True, True)
    ] * len(READERS)

"""The calendar's page: which days it shows, what each thing opens to, and what a program is told."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import requests

from publisher.app import tokens
from publisher.model.staff import May, Role
from publisher.model.states import EditionState
from publisher.store import editions, schedules
from publisher.web.console.calendar import span_of
from tests.unit.app.test_staff import join
from tests.unit.web.ledger import HOSTILE_WORDS, NOW, OUR_SCRIPT


def page(site, path: str) -> str:
    answer = requests.get(site.url + path, timeout=10)
    assert answer.status_code == 200, path
    return answer.text


@pytest.mark.parametrize(
    ("view", "day", "said", "first", "last"),
    [
        ("day", date(2026, 11, 24), "2026-11-24", date(2026, 11, 24), date(2026, 11, 24)),
        ("week", date(2026, 11, 24), "2026-W48", date(2026, 11, 23), date(2026, 11, 29)),
        ("week", date(2027, 1, 2), "2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
        ("month", date(2026, 11, 24), "2026-11", date(2026, 10, 26), date(2026, 12, 6)),
        ("month", date(2027, 2, 14), "2027-02", date(2027, 2, 1), date(2027, 2, 28)),
    ],
)
def test_a_stretch_of_time_is_whole_days_weeks_monday_first(view, day, said, first, last):
    span = span_of(view, day)
    assert (span.said, span.first, span.last) == (said, first, last)


def test_a_week_has_earlier_and_later_ones_but_at_the_ends_of_all_calendars():
    assert (span_of("week", date(2026, 12, 30)).earlier, span_of("week", date(2026, 12, 30)).later) == (
        "2026-W52",
        "2027-W01",
    )
    assert span_of("week", date(2000, 1, 3)).earlier == ""
    assert span_of("month", date(2999, 12, 1)).later == ""


@pytest.mark.parametrize(
    "said",
    [
        "week=0001-W01",
        "week=9999-W52",
        "week=2025-W53",
        "week=2026-W00",
        "week=2026-48",
        "week=%3Cscript%3E",
    ]
    + ["month=2026-13", "month=0000-01", "month=2026-11-24", "day=2026-02-30", "day=9999-12-31", "day=٢٠٢٦-11-24"],
)
def test_what_is_no_time_shows_the_present_one_with_a_word(site, said):
    text = page(site, f"/calendar?{said}")
    assert " of a calendar: here is " in text
    assert "Tuesday</span> 24" in text
    assert "<script>" not in text


@pytest.mark.parametrize("said", ["week=2000-W01", "week=2999-W52", "month=2000-01", "month=2999-12", "day=2999-12-31"])
def test_the_ends_of_all_calendars_are_shown(site, said):
    assert "here is" not in page(site, f"/calendar?{said}")


def test_a_slot_to_come_opens_to_what_would_go_out_then(site):
    text = page(site, "/calendar")
    assert 'href="/schedules/morning/preview?at=2026-11-26T07%3A00%3A00%2B00%3A00"' in text
    shown = page(site, "/schedules/morning/preview?at=2026-11-26T07%3A00%3A00%2B00%3A00")
    assert "Thu 26 Nov 2026, 07:00 WET" in shown


def test_what_came_opens_to_its_edition_and_strangers_words_stay_words(own_site):
    with own_site.app.store.write() as conn:
        said = {"schedule": "morning", "slot": "2026-11-23T07:00", "language": "en", "due_at": NOW - timedelta(days=1)}
        made = {"now": NOW, "state": EditionState.SKIPPED, "reason": HOSTILE_WORDS, "version_id": 1, "places": []}
        number = editions.add(conn, **said, **made, actor="test")
        schedules.begin(conn, "as-it-happens", NOW, "test")
        schedules.pause(conn, "as-it-happens", reason=HOSTILE_WORDS, actor="test", now=NOW)
    text = page(own_site, "/calendar")
    assert f'<a href="/editions/{number}"><time datetime="2026-11-23T07:00:00+00:00">07:00</time> morning</a>' in text
    assert "state-skipped" in text
    assert "paused: &lt;img src=x" in text
    assert "<img" not in text
    assert "<script" not in text.replace(OUR_SCRIPT, "")


def test_its_keys_are_listed_with_those_of_every_page(site):
    listed = re.findall(r"<div><dt><kbd>([ptndwm])</kbd></dt><dd>[^<]+</dd></div>", page(site, "/calendar"))
    assert listed == list("ptndwm")
    assert "<kbd>w</kbd></dt><dd>The whole week" not in page(site, "/schedules")


def test_what_is_filtered_by_stays_on_the_way_to_other_weeks(site):
    text = page(site, "/calendar?schedule=morning&channel=mastodon&week=2026-W50")
    assert 'href="/calendar?week=2026-W51&amp;schedule=morning&amp;channel=mastodon"' in text
    assert "<option selected>morning</option>" in text
    assert page(site, "/calendar?channel=no%20such&schedule=%3Cb%3E").count("Nothing.") == 7


def test_more_than_fits_folds_and_a_days_own_page_has_it_all(own_site):
    with own_site.app.store.write() as conn:
        for number in range(40):
            said = {"schedule": "morning", "slot": f"manual:{number}", "language": "en", "due_at": NOW}
            made = {"now": NOW, "state": EditionState.CLOSED, "reason": "", "version_id": 1, "places": []}
            editions.add(conn, **said, **made, actor="test")
    text = page(own_site, "/calendar?week=2026-W48")
    assert "<summary>31 more" in text
    assert "All 41 of the day" in text
    assert page(own_site, "/calendar?day=2026-11-24").count('href="/editions/') == 41


def test_the_day_on_which_clocks_go_back_says_so_and_names_the_zone_at_each_time(site):
    text = page(site, "/calendar?week=2027-W43")
    assert "Clocks go back at 02:00 to 01:00" in text
    assert ">07:00 WET</time>" in text


# --- what a program is told -------------------------------------------------------------------------------------------


@pytest.fixture
def ask(own_site):
    """Return what asks the interface by a token of somebody of the staff."""
    join(own_site.app, "bot", Role.EDITOR)
    token = tokens.add(own_site.app, "bot", "calendar", [May.LOOK])

    def asked(**said):
        return requests.get(
            f"{own_site.url}/api/v1/slots", params=said, headers={"Authorization": f"Bearer {token}"}, timeout=10
        )

    return asked


def test_a_program_gets_the_same_page_by_page(ask):
    said = {"from": "2026-11-23T00:00", "to": "2026-11-30T00:00"}
    whole = ask(**said).json()
    assert whole["zone"] == "Europe/Lisbon"
    assert [(each["at"], each["state"], each["edition"]) for each in whole["items"]][:2] == [
        ("2026-11-24T07:00:00Z", "sending", 1),
        ("2026-11-25T07:00:00Z", "planned", None),
    ]
    assert whole["bands"] == [{"schedule": "as-it-happens", "channels": ["mastodon"], "paused": "", "slots": []}]
    found, after = [], ""
    while True:
        some = ask(**said, limit=2, after=after).json()
        found += some["items"]
        if not (after := some["after"]):
            break
    assert found == whole["items"]


@pytest.mark.parametrize(
    ("since", "to", "status"),
    [
        ("2026-11-23T00:00Z", "2026-11-23T00:00Z", 400),
        ("2026-11-23T00:00Z", "2027-02-23T00:00Z", 400),
        ("0001-01-01T00:00+14:00", "0001-01-02T00:00Z", 400),
        ("9999-12-30T00:00Z", "9999-12-31T23:59-14:00", 400),
        ("nonsense", "2026-11-23T00:00Z", 422),
    ],
)
def test_a_program_asks_for_a_bounded_time(ask, since, to, status):
    answer = ask(**{"from": since, "to": to})
    assert answer.status_code == status
    assert answer.json()["error"]


def test_nobody_is_told_without_a_token(site):
    assert requests.get(f"{site.url}/api/v1/slots?from=2026-11-23&to=2026-11-24", timeout=10).status_code == 401
    assert re.search("Calendar", page(site, "/calendar"))


@pytest.mark.browser
def test_keys_turn_to_other_weeks_and_leave_those_of_the_console_alone(site, chromium):
    shown = chromium.new_page()
    try:
        shown.goto(f"{site.url}/calendar?week=2026-W48")
        shown.keyboard.press("n")
        shown.wait_for_url("**/calendar?week=2026-W49")
        shown.focus("#schedule")
        shown.keyboard.press("p")
        shown.locator("h1").click()
        shown.keyboard.press("g")
        shown.keyboard.press("t")
        shown.wait_for_url(f"{site.url}/")
    finally:
        shown.close()

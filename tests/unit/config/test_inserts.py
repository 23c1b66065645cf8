# ruff: noqa: E501 - the table holds whole lines as people see them
"""Inserts and letters as an editor writes them into schedules.yaml."""

from __future__ import annotations

from datetime import date

import pytest

from publisher.config.schedules import parse_project
from tests.unit.config.project_text import BASE, problems_of, with_line

BANK = "file: inserts/bank.md, label: Sponsored"
POSTS = "  toots:\n    when: {at: '07:00'}\n    send: [{via: mastodon}]\n"
WRONG = {
    f"{BANK}, in: mornin": "21:55: there is no schedule `mornin`. Did you mean `morning`?",
    f"{BANK}, after: 0": "21:58: `after: 0` is too small. Write 1 or more",
    f"{BANK}, after: 2, place: top": "21:3: `bank:` has both `after: 2` and `place: top`. Keep one of them",
    f"{BANK}, place: left": "21:58: `place: left` is not known. Write `top`, `bottom`",
    f"{BANK}, from: 2026-11-25, until: 2026-11-23": "21:3: `bank:` ends on 2026-11-23, before it begins on 2026-11-25. Correct `from:` or `until:`",
    f"{BANK}, from: 25.11.2026": "21:57: `from: 25.11.2026` is not a date. Write `2026-11-23`",
    f"{BANK}, days: mondays": "21:57: `days: mondays` is not a day. Write `mon-fri`, `[mon, wed]`, `first mon`, `last fri`, or days of the month: `[1, 15]`",
    "file: inserts/bank.md": "21:3: `bank:` has no `label:`. Add `label: Sponsored`",
    "file: inserts/bank.md, label: ''": "21:40: `label: ` is empty. Write a value",
    "label: Sponsored": "21:3: `bank:` has no `file:`. Add `file: inserts/bank.md`",
    "file: ../bank.md, label: Sponsored": "21:16: `file: ../bank.md` is no path inside the project. Write one such as `inserts/bank.md`, from where this file is",
    "file: /etc/motd.md, label: Sponsored": "21:16: `file: /etc/motd.md` is no path inside the project. Write one such as `inserts/bank.md`, from where this file is",
    "file: keys.json, label: Sponsored": "21:16: `file: keys.json` is no Markdown file. Name one that ends with `.md`",
}  # fmt: skip


def with_insert(insert: str, more: str = "") -> str:
    return f"{BASE}{more}inserts:\n  bank: {{{insert}}}\n"


@pytest.mark.parametrize("insert", WRONG)
def test_a_mistake_in_an_insert_is_said_at_its_place(insert):
    assert problems_of(with_insert(insert)) == (WRONG[insert],)


def test_an_insert_is_in_no_post():
    (said,) = problems_of(with_insert(f"{BANK}, in: [morning, toots]", POSTS))
    assert said.endswith(
        "the schedule `toots` sends no mail, and an insert stands in mails alone. "
        "Name one that has `to:` in a line of `send:`"
    )


def test_an_insert_is_in_all_mails_below_the_stories_and_for_ever_unless_it_says_otherwise():
    insert = parse_project(with_insert(BANK)).inserts["bank"]
    assert (insert.after, insert.place) == (None, "bottom")
    assert insert.is_in("morning", date(1999, 1, 1))
    assert insert.is_in("evening", date(2099, 1, 1))


@pytest.mark.parametrize(
    ("day", "shows"), [("2026-11-22", False), ("2026-11-23", True), ("2026-11-25", True), ("2026-11-26", False)]
)
def test_a_sponsor_begins_and_ends_on_its_days(day, shows):
    insert = parse_project(with_insert(f"{BANK}, in: morning, from: 2026-11-23, until: 2026-11-25")).inserts["bank"]
    assert insert.is_in("morning", date.fromisoformat(day)) is shows
    assert not insert.is_in("evening", date.fromisoformat(day))


def test_a_sponsor_shows_on_its_weekdays_alone():
    insert = parse_project(with_insert(f"{BANK}, days: mon-wed")).inserts["bank"]
    week = [date(2026, 11, day) for day in range(23, 30)]
    assert [day.strftime("%a") for day in week if insert.is_in("morning", day)] == ["Mon", "Tue", "Wed"]


LETTER = with_line("pick: {from: site}", "write: letters/appeal.md")


def test_a_schedule_may_send_a_file():
    assert parse_project(LETTER).schedules["morning"].write == "letters/appeal.md"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            with_line("pick: {from: site}", "pick: {from: site}\n    write: a.md"),
            "15:3: `morning:` has both `write:` and `pick:`: what is written has no articles. Keep one of them",
        ),
        (
            LETTER.replace("via: letters, to: daily", "via: mastodon"),
            "15:3: `morning:` has `write:`, but no line of `send:` has readers: no post says it. Add one with `to:`",
        ),
        (
            LETTER.replace('at: "07:00"', "new: article"),
            "15:3: `morning:` has `write:`, but with `new: article` each edition is one article. Write `at:` or `once:`",
        ),
        (
            LETTER.replace("write: ", "languages: [en, pt]\n    write: "),
            "15:3: `morning:` has `write:` and several `languages:`: one file is in one language, and its text goes out"
            " once. Write a schedule with a file of its own for each language",
        ),
    ],
)
def test_a_letter_that_can_not_be_is_refused(text, said):
    assert problems_of(text) == (said,)

# ruff: noqa: E501 - the tables hold whole lines as people see them
"""Segments as an editor writes them: what is wrong with one is said at its very place."""

from __future__ import annotations

import pytest

from publisher.config.schedules import parse_project
from tests.unit.config.project_text import BASE, problems_of, with_line

SEGMENTED = with_line("to: daily}", "to: daily, segment: porto}")

WRONG = {
    "city = 'Porto'": "21:15: segment `porto`: `=` can't stand here. Write `==`",
    'city == Porto or age > 5': '21:18: segment `porto`: `Porto` is a name, and a value is needed here. Text needs quotes: `"Porto"`',
    "joined > 5": "21:19: segment `porto`: `joined` is compared with a date or a duration, and this is a number. Write it like `city == \"Porto\" and joined > 90d`",
    "joined > 6m": "21:19: segment `porto`: `6m` can't stand here. A duration is a number with `h`, `d` or `w`: `90d`; a date is `2026-11-24`; other text needs quotes",
    'city < "Porto"': "21:17: segment `porto`: text has no order. Write `==`, `!=` or `in (…)`",
    'on("dayly")': "21:13: segment `porto`: there is no list `dayly`. Did you mean `daily`?",
    'onn("daily")': '21:10: segment `porto`: `onn(…)` is not known so. There is `on("daily")`, for a list',
    'language == "portuguese"': "21:10: segment `porto`: `portuguese` is not a language code. Write one such as `en` or `pt-PT`",
    'language in ("pt_br")': "21:10: segment `porto`: `pt_br` is not a language code. Write `pt-BR`",
    'a == "1" b': "21:19: segment `porto`: it can't be understood from `b` on. Write it like `city == \"Porto\" and joined > 90d`",
    "opened > 3d": "21:10: segment `porto`: `opened`: what single readers open and click is not known to segments. An attribute of that name is `attribute(\"opened\")`",
}  # fmt: skip


def with_segment(condition: str) -> str:
    return f"{SEGMENTED}segments:\n  porto: {condition}\n"


@pytest.mark.parametrize("condition", WRONG)
def test_a_mistake_is_said_at_its_place(condition):
    assert problems_of(with_segment(condition)) == (WRONG[condition],)


def test_the_place_in_a_quoted_condition_counts_the_quote():
    found = problems_of(with_segment('\'"a" "b"\''))
    assert found[0].startswith('21:15: segment `porto`: it can\'t be understood from `"b"` on')


def test_a_condition_that_is_folded_is_known_by_where_it_begins():
    assert problems_of(f"{SEGMENTED}segments:\n  porto: >\n    city ==\n    Porto\n")[0].startswith("21:10: ")


def test_segments_are_read_and_named_by_a_line_of_send():
    project = parse_project(with_segment('city == "Porto" and joined > 90d'))
    schedule = project.schedules["morning"]
    entry = schedule.send[0]
    assert (entry.segment, entry.key) == ("porto", "letters:daily/porto")
    selection = project.selection_of(schedule, entry)
    assert (selection.segment, selection.condition) == ("porto", 'city == "Porto" and joined > 90d')
    assert (selection.zone, selection.languages, selection.never_twice) == ("Europe/Lisbon", {"daily": "en"}, False)


def test_entries_for_one_list_and_for_parts_of_it_have_keys_of_their_own():
    lines = "      - {via: letters, to: daily}\n"
    text = (
        BASE.replace(lines, f"      - {{via: letters, to: daily, segment: a}}\n{lines}") + "segments: {a: 'x == 1'}\n"
    )
    assert [entry.key for entry in parse_project(text).schedules["morning"].send] == [
        "letters:daily/a",
        "letters:daily",
    ]


def test_a_segment_that_nobody_declared_is_refused():
    assert problems_of(SEGMENTED) == ("19:44: there is no segment `porto`. Declare it under `segments:`",)
    text = with_line("to: daily}", "to: daily, segment: port}") + 'segments:\n  porto: city == "Porto"\n'
    assert problems_of(text) == ("19:44: there is no segment `port`. Did you mean `porto`?",)


def test_a_post_has_no_segment():
    text = with_line("{via: letters, to: daily}", "{via: mastodon, segment: porto}") + "segments: {porto: 'x == 1'}\n"
    assert "has `segment` without `to`" in problems_of(text)[0]


def test_a_condition_is_text():
    assert "should be text" in problems_of(f"{BASE}segments:\n  porto: {{city: Porto}}\n")[0]
    assert problems_of(f"{BASE}segments:\n  porto: ''\n") != ()

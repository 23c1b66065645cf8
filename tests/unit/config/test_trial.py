"""Two subjects in schedules.yaml: what is read, and what is refused with its remedy."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.config.schedules import parse_project
from publisher.model.trial import Trial
from tests.unit.config.project_text import BASE, problems_of, schedule

COUNTED = "    measure: clicks\n"


def entry(more: str) -> str:
    return f"[{{via: letters, to: daily, {more}}}]"


def test_two_subjects_are_tried_on_a_fifth_for_an_hour_unless_the_file_says_otherwise():
    (found,) = schedule(send=entry("subjects: [One, Two]"), more=COUNTED).send
    assert (found.subject, found.subjects, found.trial) == ("", ("One", "Two"), Trial(20, timedelta(hours=1)))
    (found,) = schedule(send=entry("subjects: [One, Two], try: {share: 5 %, wait: 90m, by: clicks}"), more=COUNTED).send
    assert found.trial == Trial(5, timedelta(minutes=90))
    (found,) = schedule().send
    assert (found.subjects, found.trial) == ((), None)


def test_a_file_with_two_subjects_has_no_note_that_they_come_later():
    text = BASE.replace("- {via: letters, to: daily}", f"- {entry('subjects: [One, Two]')[1:-1]}") + COUNTED
    assert parse_project(text).notes == ()


@pytest.mark.parametrize(
    ("send", "what", "remedy"),
    [
        (entry("subjects: [One]"), "has `subjects` with 1: it takes two, A and B", "Write `subjects: [A, B]`"),
        (entry("subjects: One"), "has `subjects` with 1: it takes two, A and B", "Write `subjects: [A, B]`"),
        (entry('subjects: [One, ""]'), "has `subjects` with 1: it takes two, A and B", "Write `subjects: [A, B]`"),
        (entry("subjects: []"), "has `subjects` with 0: it takes two, A and B", "Write `subjects: [A, B]`"),
        (entry("subjects: [1, 2, 3]"), "has `subjects` with 3: it takes two, A and B", "Write `subjects: [A, B]`"),
        (entry('subjects: [One, "One "]'), "has twice the same subject in `subjects`", "Write two that differ"),
        (entry("subject: One, subjects: [One, Two]"), "has both `subject` and `subjects`", "Keep one of them"),
        ("[{via: mastodon, subjects: [One, Two]}]", "has `subjects` without `to`: posts have no subject", "Take"),
        (entry("try: {share: 20%}"), "has `try` without `subjects`: there is nothing to try", "Add `subjects: [A, B]`"),
        (entry("subjects: [One, Two], try: {share: 20}"), "is no share of the readers", "Write whole percent"),
        (entry("subjects: [One, Two], try: {share: 1%}"), "is not between 2% and 50%", "Both halves together"),
        (entry("subjects: [One, Two], try: {share: 51%}"), "is not between 2% and 50%", "Both halves together"),
        (entry("subjects: [One, Two], try: {share: 99999999999999999999%}"), "is not between 2% and 50%", "Both"),
        (entry("subjects: [One, Two], try: {wait: 5m}"), "is not between 10m and 1d", "such as `1h`"),
        (entry("subjects: [One, Two], try: {wait: 25h}"), "is not between 10m and 1d", "such as `1h`"),
        (entry("subjects: [One, Two], try: {by: opens}"), "clicks", ""),
    ],
)
def test_what_can_not_be_tried_is_refused_with_its_remedy(send, what, remedy):
    (problem,) = problems_of(
        BASE.replace("[{via", "").replace("      - {via: letters, to: daily}\n", "") + f"      {send}\n" + COUNTED
    )
    assert what in problem and remedy in problem


@pytest.mark.parametrize("more", ["", "    measure: off\n"])
def test_what_decides_has_to_be_measured_and_that_is_the_editors_own_choice(more):
    text = BASE.replace("- {via: letters, to: daily}", f"- {entry('subjects: [One, Two]')[1:-1]}") + more
    (problem,) = problems_of(text)
    assert "measures nothing: what decides is how often links are followed" in problem
    assert "Add `measure: clicks`, or write one `subject`" in problem

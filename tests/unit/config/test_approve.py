"""`approve:`: who has to agree before an edition goes out."""

from datetime import timedelta

from publisher.model.project import Approve
from tests.unit.config.project_text import BASE, problems_of, schedule, with_line
from tests.unit.config.test_notes import notes_of

ASKED = "    approve: {ask: [anna@example.org]}\n"


def test_an_edition_needs_nobody_unless_the_schedule_says_so():
    assert schedule().approve is None
    assert not schedule().waits_for_approval
    asked = schedule(more="    approve: {by: 2, otherwise: skip, ask: [anna@example.org, ben@example.org]}\n")
    assert asked.approve == Approve(2, "skip", ("anna@example.org", "ben@example.org"))
    assert asked.waits_for_approval
    assert not schedule(more="    approve: {otherwise: send}\n").waits_for_approval


def test_there_is_a_draft_to_look_at_an_hour_before_unless_prepare_says_when():
    assert schedule(more=ASKED).when.prepare == timedelta(hours=1)
    assert schedule(when='{at: "07:00", prepare: 20m}', more=ASKED).when.prepare == timedelta(minutes=20)


def test_a_file_that_relies_on_that_hour_is_told_so_and_one_that_asks_nobody_too():
    (hour,) = notes_of(with_line("    send:", f"{ASKED}    send:"))
    assert hour.startswith("18:5: there is no `prepare:`: the draft that has to be approved is made 1 hour before")
    told = with_line('{at: "07:00"}', '{at: "07:00", prepare: 20m}').replace("    send:", "    approve: {}\n    send:")
    (nobody,) = notes_of(told)
    assert nobody.startswith("18:5: nobody is asked to approve it")
    assert notes_of(f"{told}alerts: {{to: [desk@example.org]}}\n") == ()


def test_more_approvals_than_people_who_are_asked_are_an_error_with_its_place():
    (problem,) = problems_of(with_line("    send:", "    approve: {by: 2, ask: [anna@example.org]}\n    send:"))
    assert problem.startswith("18:") and "has `by: 2`, more than the 1 whom it asks" in problem


def test_there_is_nothing_to_approve_where_each_article_goes_by_itself():
    text = BASE.replace('{at: "07:00"}', "{new: article}").replace("    send:", f"{ASKED}    send:")
    (problem,) = problems_of(text)
    assert "each article goes by itself, and there is no draft to look at. Take `approve:` out" in problem

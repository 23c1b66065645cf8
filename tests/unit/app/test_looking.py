"""A look before anything is written is as good a guest as a send: it asks once, and not who wants to be left alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.app import App
from publisher.app.looking import look
from publisher.app.plan import Plan, plan_slot
from publisher.app.preview import preview
from tests.ledger import Clock
from tests.unit.app.project import EVENING, add_schedule, edit, open_app, reading
from tests.unit.sources.conftest import site

__all__ = ["site"]  # the fixture


@pytest.fixture
def app(tmp_path, site):
    with reading(tmp_path, f"feed: {site.feed('/feed', 'One')}") as app:
        app.poll_all()
        site.feed("/feed", "Two", "One")
        app.poll_all()
        yield app


def plan(app: App) -> Plan:
    return plan_slot(app, app.schedule("morning"))


def picked(made: Plan) -> list[str]:
    return [each.article.title for each, _ in made.choice.picked]


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (
            429,
            {"Retry-After": "1800"},
            "site: is not asked before 2026-11-23 20:30, and stands as it is known: http://",
        ),
        (410, {}, "site: is not asked any more, and stands as it is known: http://"),
    ],
)
def test_a_source_that_is_to_be_left_alone_is_not_asked_and_planned_as_it_is_known(app, site, status, headers, said):
    site.status("/feed", status, **headers)
    app.poll_all()
    asked = len(site.asked)
    made = plan(app)
    assert picked(made) == picked(preview(app, app.schedule("morning")).plan) == ["Two"]
    (problem,) = made.problems
    assert problem.startswith(said)
    assert f"({status})" in problem
    assert len(site.asked) == asked


def test_when_its_rest_is_over_it_is_asked_again(app, site):
    site.status("/feed", 429, **{"Retry-After": "1800"})
    app.poll_all()
    site.feed("/feed", "Three", "Two", "One")
    app.clock.advance(timedelta(minutes=31))
    made = plan(app)
    assert (picked(made), made.problems) == (["Three", "Two"], ())


def test_schedules_that_read_one_source_ask_it_once(app, site, tmp_path):
    add_schedule(tmp_path, "evening")
    app = App.open(tmp_path, app.clock)
    asked = len(site.asked)
    looked = look(app, list(app.project.schedules.values()))
    for name in ("morning", "evening"):
        plan_slot(app, app.schedule(name), looked=looked)
    assert len(site.asked) == asked + 1


def test_a_plan_takes_of_a_common_look_what_its_schedule_reads(tmp_path):
    open_app(tmp_path, Clock(EVENING))
    edit(tmp_path, ("lists:\n", "  press: {feed: nowhere.xml}\nlists:\n"))
    add_schedule(tmp_path, "evening")  # of all sources
    app = App.open(tmp_path, Clock(EVENING))
    looked = look(app, list(app.project.schedules.values()))
    assert plan_slot(app, app.schedule("morning"), looked=looked).problems == ()
    (problem,) = plan_slot(app, app.schedule("evening"), looked=looked).problems
    assert problem.startswith("press: ")


def test_what_nobody_foresaw_about_one_source_is_its_problem_alone(app, site, monkeypatch):
    site.feed("/feed", "Three", "Two", "One")
    monkeypatch.setattr("nh3.clean", lambda *args, **options: 1 / 0)
    made = plan(app)
    assert picked(made) == ["Two"]
    assert made.problems[0].startswith("site: can't be understood (ZeroDivisionError: see the log)")

"""When a plan says that a send would end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from publisher.app import App, pauses
from publisher.app.ends import End, ends_of
from publisher.app.looking import look
from publisher.app.plan import plan_slot
from publisher.app.preview import preview
from publisher.speech.phrases import said_in
from publisher.web.message_views import entry_views
from tests.ledger import Clock, add_edition, add_send, subscribe
from tests.unit.app.project import EVENING, add_schedule, open_app

SLOT = datetime.fromisoformat("2026-11-24T07:00:00+00:00")  # of the schedule, in Lisbon as in UTC
FOUR_DAYS = {"warm_up": timedelta(days=4), "per_day": 800}


@pytest.fixture
def app(tmp_path):
    app = open_app(tmp_path, Clock(EVENING))
    subscribe(app.store, 170)
    return app


def with_rules(app: App, **rules: object) -> App:
    letters = replace(app.project.channels["letters"], **rules)
    app.project = replace(app.project, channels={"letters": letters})
    return app


def said(app: App) -> list[str]:
    chosen = list(app.project.schedules.values())
    looked = look(app, chosen)
    ends = ends_of(app, [plan_slot(app, each, looked=looked) for each in chosen])
    return [end.words(app.zone) for (end,) in ends]


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({}, ""),
        ({"rate_per_second": 3.0}, ""),  # 56 seconds
        ({"rate_per_second": 0.2}, "ends about 07:14"),
        ({"per_domain": {"example.org": 0.1, "gmail.com": 0.001}}, "ends about 07:28"),
        (FOUR_DAYS, "ends on Thursday 26 November about 00:00 (50 on Tuesday, 100 on Wednesday, 20 on Thursday)"),
        (
            {"per_day": 40},
            "ends on Saturday 28 November about 00:00 "
            "(40 on Tuesday, 40 on Wednesday, 40 on Thursday and so on, over 5 days)",
        ),
    ],
)
def test_a_plan_says_in_words_when_its_limits_let_the_last_one_go(app, rules, words):
    assert said(with_rules(app, **rules)) == [words]


def test_a_page_says_it_in_its_language(app):
    (words,) = said(with_rules(app, **FOUR_DAYS))
    assert said_in(words, "de") == (
        "endet am Donnerstag, 26. November gegen 00:00 (50 am Dienstag, 100 am Mittwoch, 20 am Donnerstag)"
    )


def test_in_practice_everything_goes_at_once(app):
    app.project = replace(
        with_rules(app, rate_per_second=0.2, quiet=(time(6), time(9)), **FOUR_DAYS).project, practice=True
    )
    assert said(app) == [""]
    assert app.sending.desk.rules_of("letters").per_day is None


def test_what_the_channel_has_before_it_goes_first(app):
    subscribe(app.store, 60, "weekly")
    add_send(app.store, add_edition(app.store, "before"), lists=("weekly",))
    assert said(with_rules(app, per_day=50)) == [  # 50 this evening, and 10 of tomorrow's
        "ends on Friday 27 November about 00:00 (40 on Tuesday, 50 on Wednesday, 50 on Thursday and so on, over 4 days)"
    ]


def test_plans_go_one_behind_the_other_by_their_slots(tmp_path, app):
    add_schedule(tmp_path, "late", 'at: "18:00"')
    add_schedule(tmp_path, "early", 'at: "06:00"')
    morning, late, early = said(with_rules(App.open(tmp_path, Clock(EVENING)), rate_per_second=0.1, per_day=500))
    assert (early, morning) == ("ends about 06:28", "ends about 07:28")
    assert late == "ends on Wednesday 25 November about 00:01 (160 on Tuesday, 10 on Wednesday)"


def test_what_is_paused_or_can_not_be_sent_has_no_end(app):
    with_rules(app, calls_per_second=1.0, sender="nobody-has-this")
    plan = plan_slot(app, app.schedule("morning"))
    assert ends_of(app, [plan]) == [(None,)]
    pauses.pause(app, app.schedule("morning"), "the desk is away")
    assert ends_of(app, [plan_slot(app, app.schedule("morning"))]) == [(None,)]


def test_requests_that_are_counted_take_as_many_readers_as_the_sender_says(tmp_path, app):
    with_rules(app, calls_per_second=0.01)
    batch = app.senders.of("letters").max_recipients
    [(end,)] = ends_of(app, [plan_slot(app, app.schedule("morning"))])
    assert end.ends_at - SLOT == timedelta(seconds=100) * (-(-170 // batch) - 1)


def test_a_preview_says_it_too_but_not_of_an_example(app):
    with_rules(app, rate_per_second=0.2)
    shown = preview(app, app.schedule("morning"))
    assert [each.ends for each in entry_views(app, shown)] == ["ends about 07:14"]
    example = replace(shown, plan=replace(shown.plan, products=()))
    assert [each.ends for each in entry_views(app, example)] == [""]


def test_what_takes_more_than_a_year_says_so():
    days = {date(2026, 11, 24 + number): 1 for number in range(4)}
    assert End(SLOT, None, days).words(SLOT.tzinfo) == (
        "does not end within a year (1 on Tuesday, 1 on Wednesday, 1 on Thursday and so on, over 4 days)"
    )

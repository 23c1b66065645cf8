"""Slots that came while nobody was watching, slots that we are merely late for, and clocks that can't be believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from publisher.app import App
from publisher.app.slots import MOST_MISSED, believe_clock, decide, doubt, fire_due
from publisher.model.project import When
from publisher.runtime.slots import Slot
from publisher.store import alerts, channels, limits, schedules
from tests.ledger import Clock
from tests.unit.app.project import EVENING, MORNING, add_schedule, edit, found, open_app, reasons, sends_of

DAY = timedelta(days=1)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOURLY = [Slot(f"{hour:02}", NOON.replace(hour=hour)) for hour in range(12)]


def fates(when: When, due: list[Slot], *, missed: bool) -> list[str]:
    found = decide(when, due, lambda due_at: missed, NOON)
    return ["skipped" if fate.skipped else "held" if fate.held else "goes" for fate in found]


def open_alerts(app: App) -> list[str]:
    with app.store.read() as conn:
        return [row["what"] for row in alerts.open_ones(conn)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("latest", ["skipped"] * 11 + ["goes"]), ("all", ["goes"] * 12), ("skip", ["skipped"] * 12)],
)
def test_missed_slots_have_the_fate_that_their_schedule_says(rule, expected):
    assert fates(When(missed=rule), HOURLY, missed=True) == expected


@pytest.mark.parametrize("rule", ["latest", "all", "skip"])
def test_a_slot_that_we_are_late_for_because_we_were_busy_is_not_missed(rule):
    assert fates(When(missed=rule), HOURLY[-3:], missed=False) == ["goes"] * 3


def test_no_more_than_a_hundred_are_made_up_for_the_newest_and_the_others_are_counted():
    due = [Slot(str(number), NOON - number * timedelta(minutes=1)) for number in range(4320, 0, -1)]
    for rule in ("all", "latest", "skip"):
        first, *others = decide(When(missed=rule), due, lambda due_at: True, NOON)
        assert len(others) == MOST_MISSED
        assert first.slot == due[-MOST_MISSED - 1]
        assert first.skipped.startswith("4,220 slots from 2026-11-21 12:00 to 2026-11-24 10:19 UTC are left out")


def test_an_edition_later_than_late_is_composed_and_held_with_the_reason_and_the_remedy(tmp_path):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, 'at: "07:00", late: 2h')
    fire_due(app)
    clock.moment = MORNING + timedelta(hours=3)
    fire_due(app)
    assert found(app) == [("2026-11-24T07:00", "locked")]
    app.sending.advance()
    (send,) = sends_of(app, 1)
    assert send["state"] == "held"
    (reason,) = [each for each in send["reasons"] if each["check"] == "late"]
    assert reason["what"] == "missed by 3 h 0 min, later than 2 h 0 min (late)"
    assert "publisher release 1" in reason["remedy"]


def test_a_person_who_finishes_a_late_edition_lets_it_go(tmp_path):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, 'at: "07:00", late: 2h')
    fire_due(app)
    clock.moment = MORNING + timedelta(hours=3)
    fire_due(app)
    app.sending.advance()
    app.sending.remake(1)
    assert sends_of(app, 1)[0]["state"] == "ready"


def test_a_slot_seconds_before_the_start_was_not_missed(tmp_path):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, 'at: "07:00", missed: skip')
    fire_due(app)
    clock.moment = MORNING + timedelta(seconds=20)
    assert len(fire_due(App.open(tmp_path, clock))) == 1


def test_a_poll_of_minutes_makes_no_other_slot_missed(tmp_path):
    clock = Clock(EVENING)
    open_app(tmp_path, clock, 'at: "07:00", missed: skip')
    add_schedule(tmp_path, "second", 'at: "07:01", missed: skip')
    app = App.open(tmp_path, clock)
    fire_due(app)
    clock.moment = MORNING - timedelta(minutes=1)
    fire_due(app)
    slow = app.poll

    def poll(source):
        for _ in range(60):  # five minutes, in which the wake-ups go on
            clock.advance(timedelta(seconds=5))
            app.watch.look(clock())
        return slow(source)

    app.poll = poll
    clock.moment = MORNING
    app.watch.look(clock())
    fire_due(app)
    fire_due(app)
    assert found(app) == [("2026-11-24T07:00", "locked"), ("2026-11-24T07:01", "locked")]


def test_slots_that_come_together_run_in_the_order_of_the_file(tmp_path):
    clock = Clock(EVENING)
    open_app(tmp_path, clock, 'at: "07:00"')
    for name in ("zulu", "alpha", "mike"):
        add_schedule(tmp_path, name)
    app = App.open(tmp_path, clock)
    fire_due(app)
    clock.moment = MORNING
    made = fire_due(app)
    with app.store.read() as conn:
        rows = [schedules.get(conn, name)["considered_until"] for name in ("zulu", "alpha", "mike")]
    assert made == sorted(made)
    assert [len(found(app, name)) for name in ("morning", "zulu", "alpha", "mike")] == [1, 1, 1, 1]
    assert rows == [MORNING.replace(second=0)] * 3
    assert [slot for slot, _ in found(app)] == ["2026-11-24T07:00"] * 4


def test_a_clock_ten_years_ahead_fires_nothing_and_leaves_nothing_behind(tmp_path):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, "every: 1h, missed: all")
    fire_due(app)
    clock.moment = EVENING + 3650 * DAY
    assert fire_due(app) == []
    assert "3,650 days after the last sign of life" in open_alerts(app)[0]
    clock.moment = EVENING + timedelta(hours=1)
    assert len(fire_due(app)) == 1
    assert open_alerts(app) == []
    assert len(found(app)) == 1


def test_a_schedule_added_under_a_clock_ten_years_ahead_begins_at_the_last_moment_that_was_believed(tmp_path):
    clock = Clock(EVENING)
    fire_due(open_app(tmp_path, clock))
    add_schedule(tmp_path, "evening", 'at: "21:00"')
    clock.moment = EVENING + 3650 * DAY
    fire_due(App.open(tmp_path, clock))
    clock.moment = EVENING + timedelta(hours=1, seconds=1)
    app = App.open(tmp_path, clock)
    fire_due(app)
    assert found(app) == [("2026-11-23T21:00", "locked")]


def test_a_clock_set_back_fires_nothing_twice(tmp_path):
    clock = Clock(MORNING - timedelta(minutes=1))
    app = open_app(tmp_path, clock)
    fire_due(app)
    clock.moment = MORNING
    fire_due(app)
    clock.moment = MORNING - timedelta(hours=2)
    assert fire_due(app) == []
    assert "this ledger was at work at 2026-11-24 07:00 UTC already" in open_alerts(app)[0]
    for minutes in range(0, 130, 5):
        clock.moment = MORNING - timedelta(hours=2) + timedelta(minutes=minutes)
        fire_due(app)
    assert found(app) == [("2026-11-24T07:00", "locked")]
    assert open_alerts(app) == []


def test_a_person_may_say_that_a_clock_is_right(tmp_path):
    clock = Clock(EVENING + 3650 * DAY)
    app = open_app(tmp_path, clock, 'at: "07:00"')
    fire_due(app)  # a ledger that began under a wrong clock
    clock.moment = EVENING
    again = App.open(tmp_path, clock)
    assert fire_due(again) == []
    believe_clock(again)
    again.poll_all()
    clock.moment = MORNING
    assert len(fire_due(again)) == 1


def test_three_days_of_downtime_are_believed(tmp_path):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, 'at: "07:00"')
    fire_due(app)
    clock.moment = MORNING + 3 * DAY
    fire_due(App.open(tmp_path, clock))
    assert [state for _, state in found(app)] == ["skipped"] * 3 + ["locked"]
    assert reasons(app)[0].startswith("missed while Publisher was not running; a later slot goes instead")


def test_a_schedule_that_fails_says_so_and_the_others_go_on(tmp_path):
    clock = Clock(EVENING)
    open_app(tmp_path, clock, 'at: "07:00"')
    add_schedule(tmp_path, "second")
    app = App.open(tmp_path, clock)
    fire_due(app)
    refuse = "CREATE TRIGGER no BEFORE INSERT ON editions WHEN NEW.schedule = 'morning'"
    with app.store.write() as conn:  # a ledger that was damaged by hand
        conn.exec_driver_sql(f"{refuse} BEGIN SELECT raise(ABORT, 'no'); END")
    clock.moment = MORNING
    with capture_logs() as logs:
        fire_due(app)
        fire_due(app)
    assert len([each for each in logs if each["event"] == "slot_failed"]) == 1
    assert found(app) == [("2026-11-24T07:00", "locked")]
    assert open_alerts(app)[0].startswith("no edition of morning could be made")
    with app.store.write() as conn:
        conn.exec_driver_sql("DROP TRIGGER no")
    fire_due(app)
    assert len(found(app)) == 2
    assert open_alerts(app) == []


def test_articles_that_come_outside_the_hours_are_dropped_where_the_file_says_so(tmp_path):
    clock = Clock(datetime(2026, 11, 23, 23, tzinfo=UTC))
    app = open_app(tmp_path, clock, 'new: article, between: "07:00-22:00", outside: drop')
    app.poll_all()
    assert fire_due(app) == []
    clock.advance(timedelta(hours=9))
    assert fire_due(app) == []
    assert {state for _, state in found(app)} == {"skipped"}
    assert reasons(app)[0] == "came outside 07:00-22:00: dropped (outside)"


def test_what_does_not_fit_is_dropped_where_the_file_says_so(tmp_path):
    clock = Clock(EVENING)
    open_app(tmp_path, clock)
    edit(tmp_path, ("at_most: 8", "at_most: 2, rest: drop"))
    app = App.open(tmp_path, clock)
    fire_due(app)
    clock.moment = MORNING
    fire_due(app)
    clock.advance(DAY)
    fire_due(app)
    assert [state for _, state in found(app)] == ["locked", "skipped"]


@pytest.mark.parametrize("by_a_person", [True, False])
def test_what_a_clock_years_ahead_put_off_is_pulled_back_when_the_clock_is_right(tmp_path, by_a_person):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock)
    fire_due(app)
    ahead = EVENING + 3650 * DAY
    clock.moment = ahead
    fire_due(app)
    assert doubt(app)
    with app.store.write() as conn:
        channels.rest(conn, "letters", failures=5, until=ahead, reason="no answer")
        limits.set_free_at(conn, "channel:letters", ahead)
    clock.moment = EVENING
    if by_a_person:
        believe_clock(app)
    else:
        fire_due(app)
    with app.store.write() as conn:
        assert channels.get(conn, "letters")["open_until"] == EVENING
        assert limits.free_at(conn, "channel:letters") == EVENING
    assert not doubt(app)

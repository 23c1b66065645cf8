"""Whether the clock can be believed, and since when someone has been watching."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from publisher.runtime.clockwatch import ClockWatch

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


class Machine:
    """A wall clock and the seconds that the machine counted, each set by the test."""

    def __init__(self) -> None:
        self.now, self.seconds = NOW, 0.0
        self.watch = ClockWatch(lambda: self.seconds)
        self.watch.look(self.now)

    def after(self, wall: timedelta, counted: timedelta | None = None) -> ClockWatch:
        self.now += wall
        self.seconds += (wall if counted is None else counted).total_seconds()
        self.watch.look(self.now)
        return self.watch


def test_wake_ups_in_a_row_are_one_watch_and_a_break_begins_another():
    machine = Machine()
    for _ in range(100):
        machine.after(5 * SECOND)
    assert machine.watch.awake_since == NOW
    assert machine.after(3 * DAY).awake_since == machine.now


def test_a_slot_is_missed_if_it_came_more_than_a_minute_before_the_watch_began():
    watch = Machine().watch
    assert watch.was_missed(NOW - 61 * SECOND)
    assert not watch.was_missed(NOW - 59 * SECOND)
    assert not watch.was_missed(NOW + SECOND)


def test_a_suspended_laptop_is_believed_and_a_clock_that_jumps_ahead_is_not():
    assert Machine().after(3 * DAY).doubt(NOW + 3 * DAY, NOW) == ""
    said = Machine().after(2 * DAY, 5 * SECOND).doubt(NOW + 2 * DAY, NOW)
    assert said == "the clock went from 2026-11-24 07:00 UTC to 2026-11-26 07:00 UTC within 5 s"


def test_a_jump_is_forgiven_when_it_is_taken_back_or_a_person_says_that_it_is_right():
    machine = Machine()
    machine.after(2 * DAY, 5 * SECOND)
    assert machine.after(-2 * DAY + 5 * SECOND, 5 * SECOND).doubt(machine.now, NOW) == ""
    machine.after(2 * DAY, 5 * SECOND)
    machine.watch.believe()
    assert machine.watch.doubt(machine.now, NOW) == ""


def test_a_clock_that_lies_before_the_ledger_or_far_behind_it_is_doubted():
    watch = Machine().watch
    assert watch.doubt(NOW, None) == ""
    assert watch.doubt(NOW, NOW + 4 * timedelta(minutes=1)) == ""
    assert "was at work at 2026-11-24 08:00 UTC already" in watch.doubt(NOW, NOW + timedelta(hours=1))
    assert watch.doubt(NOW + 3 * DAY, NOW) == ""
    assert "31 days after the last sign of life" in watch.doubt(NOW + 31 * DAY, NOW)


def test_a_machine_whose_clock_differs_from_that_of_the_shared_ledger_is_not_believed_unless_a_person_says_so():
    watch = Machine().watch
    hour = 3600 * SECOND
    for shared in (NOW - hour, NOW + hour):
        assert watch.doubt(NOW, NOW, shared).startswith("this machine's clock says 2026-11-24 07:00 UTC, and the data")
    assert watch.doubt(NOW, NOW, NOW + 299 * SECOND) == ""
    watch.believe()
    assert watch.doubt(NOW, NOW, NOW + hour) == ""

"""The calendar of a real ledger: what was, what waits and what comes; and what is true on days when clocks are set."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from publisher.app import App
from publisher.app.calendar import What, calendar, clock_change, days, midnight
from publisher.model.project import When
from publisher.model.states import EditionState, SendState
from publisher.pipeline.operate import holding
from publisher.runtime.slots import slots_between
from publisher.store import editions, project_versions, schedules, sends
from tests.ledger import NOW, Clock, add_edition, add_send, subscribe
from tests.unit.app.project import add_schedule, edit, open_app

DAY, HOUR, WEEK = timedelta(days=1), timedelta(hours=1), timedelta(days=7)
LISBON = ZoneInfo("Europe/Lisbon")
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
OFTEN = "  ticker:\n    when: {every: 30m}\n    send:\n      - {via: letters, to: daily}\n"


@pytest.fixture
def room(tmp_path):
    """Return what opens the project after its file was changed, with its schedules known to the ledger."""
    opened = []

    def begin(*changes: tuple[str, str], more: str = "") -> App:
        if not opened:
            opened.append(open_app(tmp_path, Clock(NOW)))
        edit(tmp_path, *changes)
        with (tmp_path / "schedules.yaml").open("a") as file:
            file.write(more)
        opened.append(App.open(tmp_path, Clock(NOW)))
        with opened[-1].store.write() as conn:
            for name in opened[-1].project.schedules:
                schedules.begin(conn, name, NOW, "test")
        return opened[-1]

    yield begin
    for app in opened:
        app.store.close()


def week(app: App, **asked: str):
    return calendar(app, MONDAY, MONDAY + WEEK, **asked)


def skip(app: App, why: str, due_at: datetime, schedule: str = "morning", slot: str = "") -> int | None:
    with app.store.write() as conn:
        version = project_versions.accept(conn, "digest", "text", NOW, "test")
        said = {"schedule": schedule, "slot": slot or f"{due_at:%Y-%m-%dT%H:%M}", "language": "en", "due_at": due_at}
        made = {"now": NOW, "state": EditionState.SKIPPED, "reason": why, "version_id": version}
        return editions.add(conn, **said, **made, actor="test", places=[])


def test_what_comes_is_a_slot_and_what_came_is_its_edition(room):
    app = room()
    skip(app, "no new article", NOW - DAY)
    subscribe(app.store, 2)
    add_send(app.store, number := add_edition(app.store))
    past, now, *coming = week(app).items
    assert (past.what, past.state, past.why, past.channels) == (What.EDITION, "skipped", "no new article", ("letters",))
    assert (now.what, now.edition, now.channels, now.lists) == (What.EDITION, number, ("letters",), ("daily",))
    assert [each.slot for each in coming] == [f"2026-11-{day}T07:00" for day in range(25, 30)]
    assert {(each.what, each.state, each.edition) for each in coming} == {(What.SLOT, "planned", None)}


def test_a_draft_stands_in_the_place_of_its_slot(room):
    app = room()
    number = add_edition(app.store, slot="2026-11-25T07:00")
    with app.store.write() as conn:
        draft = editions.get(conn, number)
        editions.open_again(conn, number)
        editions.move_draft(conn, draft, "2026-11-25T07:00", NOW + DAY)
        conn.exec_driver_sql(f"UPDATE editions SET due_at = due_at + {24 * 3600 * 10**6}")
    found = [each for each in week(app).items if each.at == NOW + DAY]
    assert [(each.what, each.state, each.edition) for each in found] == [(What.EDITION, "draft", number)]


def test_what_a_person_holds_is_held_and_says_who_and_why(room):
    app = room()
    number = add_edition(app.store)
    holding.hold_edition(app.store, number, actor="ada", why="the mayor called", now=NOW)
    (found,) = [each for each in week(app).items if each.edition]
    assert (found.state, found.why) == ("held", "held by ada: the mayor called")


def test_what_has_a_turn_of_its_own_stands_at_it_and_what_was_put_right_where_it_happened(room):
    app = room()
    number = add_edition(app.store)
    with app.store.write() as conn:
        common = {"edition_id": number, "entry": "letters", "channel": "letters", "audience": [], "priority": 4}
        common |= {"state": SendState.READY, "reasons": [], "actor": "test"}
        queued = sends.add(conn, **common, kind="regular", number=1, made_at=NOW, due_at=NOW + 2 * HOUR)
        put_right = sends.add(conn, **common, kind="correction", number=1, made_at=NOW + DAY)
        sends.add(conn, **common, kind="correction", number=2, made_at=NOW + WEEK)
    found = [(each.what, each.at, each.send) for each in week(app).items if each.send]
    assert found == [(What.QUEUED, NOW + 2 * HOUR, queued), (What.CORRECTION, NOW + DAY, put_right)]


def test_schedules_without_slots_of_their_own_are_told_of_in_a_line(room, tmp_path):
    add = '  away:\n    when: {at: "09:00"}\n    send:\n      - {via: letters, to: daily}\n'
    app = room(('at: "07:00"', "new: article"), more=OFTEN + add)
    with app.store.write() as conn:
        schedules.pause(conn, "away", reason="nobody is here", actor="test", now=NOW)
    found = week(app)
    assert [(each.schedule.name, each.paused, len(each.slots)) for each in found.bands] == [
        ("morning", "", 0),
        ("ticker", "", 3),
        ("away", "nobody is here", 0),
    ]
    assert found.items == ()


def test_a_schedule_that_is_asked_for_alone_shows_all_its_slots_as_far_as_they_can_be_worked_out(room):
    app = room(more=OFTEN)
    assert len(week(app, schedule="ticker").items) == 5 * 48 + 33  # from seven on Tuesday, the last before midnight
    far = calendar(app, MONDAY, MONDAY + 40 * WEEK, schedule="ticker")
    assert (len(far.items), [cut.schedule for cut in far.cuts]) == (5_000, ["ticker"])


def test_a_filter_leaves_out_what_goes_by_other_channels_and_of_other_schedules(room):
    app = room(more=OFTEN.replace("ticker", "noon").replace("every: 30m", 'at: "12:00"'))
    assert {each.schedule for each in week(app, schedule="noon").items} == {"noon"}
    assert len(week(app, channel="letters").items) == 11
    assert week(app, channel="mastodon").items == week(app, schedule="no such").items == ()


def test_many_schedules_and_slots_stay_bounded(room):
    each = '  s{}:\n    when: {{cron: "*/10 * * * *"}}\n    send:\n      - {{via: letters, to: daily}}\n'
    app = room(more="".join(each.format(number) for number in range(200)))
    found = calendar(app, MONDAY, MONDAY + 62 * DAY)
    assert (len(found.bands), len(found.items)) == (200, 60)


@pytest.mark.parametrize(
    ("day", "before", "after", "is_back"),
    [(date(2026, 10, 25), time(2), time(1), True), (date(2026, 3, 29), time(1), time(2), False)],
)
def test_the_day_on_which_clocks_are_set_says_so(day, before, after, is_back):
    change = clock_change(day, LISBON)
    assert change is not None
    assert (change.before, change.after, change.is_back) == (before, after, is_back)
    assert clock_change(day + DAY, LISBON) is None
    assert clock_change(day, ZoneInfo("UTC")) is None


@pytest.mark.parametrize(
    ("when", "day", "fires"),
    [
        (When(at=(time(1, 30),)), date(2026, 10, 25), ["01:30 WEST"]),
        (When(cron="30 1 * * *"), date(2026, 10, 25), ["01:30 WEST"]),
        (When(cron="30 0-2/1 * * *"), date(2026, 3, 29), ["00:30 WET", "02:00 WEST", "02:30 WEST"]),
        (When(at=(time(1, 30),)), date(2026, 3, 29), ["02:00 WEST"]),
        (When(cron="*/30 1 * * *"), date(2026, 10, 25), ["01:00 WEST", "01:30 WEST", "01:00 WET", "01:30 WET"]),
        (When(cron="*/30 1 * * *"), date(2026, 3, 29), []),
    ],
)
def test_what_the_day_says_of_its_slots_is_true(when, day, fires):
    """A fixed time that comes twice runs once, at the first; a rhythm goes on, and makes up for nothing."""
    begin, end = midnight(day, LISBON), midnight(day + DAY, LISBON)
    slots = slots_between(when, LISBON, begin - timedelta(seconds=1), end - timedelta(seconds=1))
    assert [f"{slot.due_at.astimezone(LISBON):%H:%M %Z}" for slot in slots] == fires


def test_days_are_those_of_the_publications_zone(room):
    app = room(("Europe/Lisbon", "Pacific/Auckland"))
    zone = ZoneInfo("Pacific/Auckland")
    found = days(calendar(app, MONDAY, MONDAY + WEEK), date(2026, 11, 24), 3, zone)
    assert [[each.slot for each in day.items] for day in found] == [[], ["2026-11-25T07:00"], ["2026-11-26T07:00"]]


def test_a_schedule_that_nobody_accepted_yet_has_slots_from_now_on(tmp_path):
    app = open_app(tmp_path, Clock(NOW))
    add_schedule(tmp_path, "noon", 'at: "12:00"')
    assert next(each.at for each in week(app, schedule="morning").items) == NOW + DAY
    app.store.close()

# ruff: noqa: E501 - the tables hold whole lines as people see them
"""``when:`` and ``pick:``: days, times, crons and durations."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.config.values import duration, duration_text
from publisher.model.project import Pick, When
from publisher.runtime.slots import slots_after
from tests.unit.config.project_text import problems_of, schedule, with_line


def when(text: str) -> When:
    return schedule(when=text).when


@pytest.mark.parametrize(
    ("written", "times"),
    [
        ('"07:00"', (time(7),)),
        ("07:00", (time(7),)),
        ("7:05", (time(7, 5),)),
        ('["07:00", "18:30"]', (time(7), time(18, 30))),
        ('"07:00, 18:30"', (time(7), time(18, 30))),
    ],
)
def test_times_of_day_are_read_quoted_or_not(written, times):
    assert when(f"{{at: {written}}}").at == times


WEEK = ("mon", "tue", "wed", "thu", "fri")


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("mon-fri", WEEK),
        ("Monday – Friday", WEEK),
        ('"mon, wed"', ("mon", "wed")),
        ("[mon-fri, mon]", WEEK),
        ("sat-mon", ("sat", "sun", "mon")),
        ("first mon", ("first mon",)),
        ('"last friday, 15"', ("last fri", "15")),
        ("[1, 15]", ("1", "15")),
        ("mon-mon", ("mon",)),
    ],
)
def test_days_are_read_as_the_model_names_them(written, days):
    assert when(f'{{at: "07:00", days: {written}}}').days == days


@pytest.mark.parametrize(
    ("written", "excluded"),
    [
        ("[2026-12-25]", ((date(2026, 12, 25), date(2026, 12, 25)),)),
        ("2026-12-25", ((date(2026, 12, 25), date(2026, 12, 25)),)),
        ("[12-25, 08-01..08-31]", (("12-25", "12-25"), ("08-01", "08-31"))),
        ("[2026-08-01..2026-08-31]", ((date(2026, 8, 1), date(2026, 8, 31)),)),
        ("[12-24..01-02]", (("12-24", "01-02"),)),
        ("02-29", (("02-29", "02-29"),)),
    ],
)
def test_exceptions_are_dates_of_one_year_or_of_every_year(written, excluded):
    assert when(f'{{at: "07:00", except: {written}}}').excluded == excluded


def test_once_is_a_moment_in_the_zone_of_the_publication():
    assert when("{once: 2026-12-24T07:00}").once == datetime(2026, 12, 24, 7, tzinfo=ZoneInfo("Europe/Lisbon"))
    assert when("{once: 2026-07-01 07:00}").once.astimezone(UTC).hour == 6
    assert when('{once: "2026-07-01T07:00+02:00"}').once.astimezone(UTC).hour == 5


def test_an_hour_that_is_there_twice_means_the_first():
    assert when("{once: 2026-10-25T01:30}").once.astimezone(UTC).hour == 0


def test_new_articles_have_their_part_of_the_day():
    read = when('{new: article, between: "22:00-06:30", outside: drop}')
    assert (read.new, read.between, read.outside) == ("article", (time(22), time(6, 30)), "drop")


def test_the_rest_of_when_is_read():
    read = when('{cron: "0  7 * * MON-fri", late: 2h, missed: all, prepare: 45m}')
    assert (read.cron, read.late, read.missed, read.prepare) == (
        "0 7 * * MON-fri",
        timedelta(hours=2),
        "all",
        timedelta(minutes=45),
    )


@pytest.mark.parametrize("cron", ["0 7 * * 0", "0 7 * * 7", "0 7 * * sun"])
def test_sunday_is_0_and_7_in_cron(cron):
    slot = next(slots_after(when(f'{{cron: "{cron}"}}'), ZoneInfo("UTC"), datetime(2026, 11, 24, tzinfo=UTC)))
    assert slot.key == "2026-11-29T07:00"


@pytest.mark.parametrize("cron", ["*/5 * * * *", "0 0 L * *", "0 0 29 2 *", "0,30 7-21/2 * jan-mar mon,wed"])
def test_lists_steps_ranges_and_names_are_cron(cron):
    assert when(f'{{cron: "{cron}"}}').cron == cron


AT = 'when: {at: "07:00"}'
WRONG = [
    ("when: {at: 7am}", '16:16: `at: 7am` is not a time of day. Write `"07:00"`, in 24 hours'),
    ("when: {at: 700}", '16:16: `at: 700` is not a time of day. Write `"07:00"`, in 24 hours'),
    ('when: {at: "24:00"}', '16:16: `at: 24:00` is not a time of day. A day has the times `"00:00"` to `"23:59"`'),
    (
        'when: {at: ["07:00", noon]}',
        '16:16: `at:` has `noon`, which is not a time of day. Write `"07:00"`, in 24 hours',
    ),
    (
        'when: {at: "07:00", days: weekdays}',
        "16:31: `days: weekdays` is not a day. "
        "Write `mon-fri`, `[mon, wed]`, `first mon`, `last fri`, or days of the month: `[1, 15]`",
    ),
    (
        'when: {at: "07:00", days: [mon, 32]}',
        "16:31: `days:` has `32`, which is not a day. "
        "Write `mon-fri`, `[mon, wed]`, `first mon`, `last fri`, or days of the month: `[1, 15]`",
    ),
    (
        'when: {at: "07:00", except: [2026-02-30]}',
        "16:33: `except:` has `2026-02-30`, which is not a date. "
        "Write `2026-12-25`, `12-25` for every year, or `08-01..08-31`",
    ),
    (
        'when: {at: "07:00", except: 2026-08-31..2026-08-01}',
        "16:33: `except: 2026-08-31..2026-08-01` ends before it begins. Write `2026-08-01..2026-08-31`",
    ),
    (
        'when: {at: "07:00", except: 2026-08-31..12-01}',
        "16:33: `except: 2026-08-31..12-01` mixes a date of one year with one of every year. "
        "Write both with the year, or both without",
    ),
    (
        "when: {}",
        '16:5: `when:` doesn\'t say when. Write one of `at: "07:00"`, `cron:`, `every:`, `once:`, `new: article`',
    ),
    (
        'when: {at: "07:00", every: 1h}',
        "16:5: `when:` has both `at:` and `every:`. Keep one of them, or make two schedules of it",
    ),
    (
        'when: {cron: "0 7 * * *", days: mon-fri}',
        "16:5: `when:` has `days:`, which goes with `at:`, not with `cron:`. "
        "Write the days into its fifth field: `0 7 * * mon-fri`",
    ),
    (
        'when: {every: 30m, between: "07:00-22:00"}',
        "16:5: `when:` has `between:`, which goes with `new:`, not with `every:`. "
        "Write it as cron: `*/30 7-21 * * mon-fri`",
    ),
    (
        "when: {new: article, outside: drop}",
        '16:5: `when:` has `outside:` without `between:`. Add `between: "07:00-22:00"`',
    ),
    ("when: {new: articles}", "16:17: `new: articles` is not known. Write `article`"),
    ('when: {new: article, between: "7"}', '16:35: `between: 7` is not a span of the day. Write `"07:00-22:00"`'),
    (
        "when: {once: 2026-12-24}",
        '16:18: `once: 2026-12-24` is not a date with a time. Write `"2026-12-24T07:00"`',
    ),
    (
        "when: {once: 2027-03-28T01:30}",
        "16:18: `once: 2027-03-28T01:30` does not exist in Europe/Lisbon: clocks spring over it",
    ),
    ('when: {at: "07:00", late: 1y}', "16:31: `late: 1y` is not a duration. "
     "Write a number and `s`, `m`, `h`, `d` or `w`: `90s`, `30m`, `2h`, `3d`, `1w`"),
    ('when: {at: "07:00", late: 9999w}', "16:31: `late: 9999w` is longer than ten years. Write a shorter duration"),
    ('when: {at: "07:00", missed: any}', "16:33: `missed: any` is not known. Write `latest`, `all`, `skip`"),
    (
        'when: {cron: "0 9 1 * 1"}',
        "16:18: `cron: 0 9 1 * 1` has a day of the month and a weekday, which crons read differently. "
        "Write `at:` with `days: first mon` instead, or `*` in one of the two",
    ),
    (
        'when: {cron: "0 0 30 2 *"}',
        "16:18: `cron: 0 0 30 2 *` can never fire: there is no such date. Correct the day or the month",
    ),
    (
        'when: {cron: "0 0 7 * * *"}',
        "16:18: `cron: 0 0 7 * * *` has six fields: seconds or years are not known here. "
        "Write five: minute, hour, day of the month, month, weekday",
    ),
    (
        'when: {cron: "0 7 *"}',
        "16:18: `cron: 0 7 *` has 3 fields of five. "
        "Write minute, hour, day of the month, month, weekday: `0 7 * * mon-fri`",
    ),
    ('when: {cron: "@daily"}', "16:18: `cron: @daily` is a nickname. Write the five fields: `0 0 * * *` is every midnight"),
    ('when: {cron: "0 24 * * *"}', "16:18: `cron: 0 24 * * *` has no hour that can be read: `24`. Write `*`, or from 0-23"),
    ('when: {cron: "0 7 * * 5L"}', "16:18: `cron: 0 7 * * 5L` has no weekday that can be read: `5l`. Write `*`, or from 0-7, sun-sat"),
]  # fmt: skip


@pytest.mark.parametrize(("new", "line"), WRONG, ids=[new for new, _ in WRONG])
def test_what_cannot_be_meant_is_said_in_one_line(new, line):
    assert problems_of(with_line(AT, new)) == (line,)


def test_pick_is_read():
    pick = schedule(
        pick="{from: site, categories: Arts & Culture, not_categories: [Sport, 2026], at_most: 8, at_least: 2, "
        "newer_than: 3d, order: oldest, rest: drop}"
    ).pick
    assert pick == Pick(
        sources=("site",),
        categories=("Arts & Culture",),
        not_categories=("Sport", "2026"),
        at_most=8,
        at_least=2,
        newer_than=timedelta(days=3),
        order="oldest",
        rest="drop",
    )


def test_a_schedule_without_pick_takes_what_the_model_takes():
    assert schedule().pick == Pick()


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90s", 90), ("30m", 1800), ("2h", 7200), ("3d", 259200), ("1w", 604800), ("1h30m", 5400), ("0", 0), ("2H", 7200)],
)
def test_durations_are_a_number_and_a_unit(written, seconds):
    assert duration(written) == timedelta(seconds=seconds)


@given(st.integers(0, 10_000_000))
def test_a_duration_that_is_written_reads_the_same(seconds):
    length = timedelta(seconds=seconds)
    assert len(str(seconds)) > 6 or duration(duration_text(length)) == length


@given(st.text(alphabet="0123456789*,/-LMONJAFEB#@? ", max_size=30))
def test_any_cron_is_taken_or_refused_in_our_words(text):
    for line in problems_of(with_line(AT, f'when: {{cron: "{text}"}}')):
        assert line.startswith("16:18: `cron:")

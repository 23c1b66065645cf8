"""Queues whatever comes: arrivals, downtimes, changes of clocks. A day's worth of looks, minute by minute, in words."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.daytimes import moments_after
from publisher.model.project import Pick, Schedule, When
from publisher.pipeline import pacing
from publisher.pipeline.pacing import Turn

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# The last days before clocks go forward and back, and plain ones.
BEGINS = st.sampled_from([datetime(2026, month, day, 21, tzinfo=UTC) for month, day in ((3, 27), (10, 23), (11, 23))])
ARRIVALS = st.lists(st.integers(0, 60 * 24 * 4), max_size=25)  # minutes from the beginning
DOWNTIMES = st.lists(st.tuples(st.integers(0, 60 * 24 * 4), st.integers(1, 60 * 30)), max_size=4)
PACES = st.builds(
    lambda every, per_day: {"pace_every": every and timedelta(minutes=every), "pace_per_day": per_day},
    st.sampled_from([None, 1, 20, 90, 60 * 30]),
    st.sampled_from([None, 1, 3]),
)
TIMES = st.lists(st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30])), min_size=1, max_size=4, unique=True)
DAYS = st.sampled_from([(), ("mon", "tue", "wed", "thu", "fri"), ("sat",), ("1", "15")])


@dataclass
class Post:
    number: int
    schedule: Schedule
    due: datetime
    left: datetime | None = None


@dataclass
class World:
    """A queue as the ledger has it. Each look gives turns as the verb does; what has its turn leaves at once."""

    begin: datetime
    posts: list[Post] = field(default_factory=list)

    def waiting(self) -> list[Post]:
        return sorted((post for post in self.posts if not post.left), key=lambda post: (post.due, post.number))

    def run(self, arrivals: list[tuple[int, Schedule]], downtimes: list[tuple[int, int]]) -> None:
        """Let posts come while somebody is there, or when somebody is there again; then let the queue run empty."""
        spans = sorted(
            (self.begin + start * MINUTE, self.begin + (start + length) * MINUTE) for start, length in downtimes
        )
        for minute, schedule in sorted(arrivals, key=lambda arrival: arrival[0]):
            moment = _up(self.begin + minute * MINUTE, spans)
            self.until(moment, spans)
            self.arrive(schedule, moment)
        for _ in range(2_000):
            if not self.waiting():
                return
            self.look(_up(max(self.waiting()[0].due, spans[-1][1] if spans else self.begin), []))
        raise AssertionError("the queue doesn't run empty")

    def until(self, moment: datetime, spans: list[tuple[datetime, datetime]]) -> None:
        """Look at whatever becomes due up to a moment, as soon as somebody is there."""
        while self.waiting() and (look := _up(self.waiting()[0].due, spans)) <= moment:
            self.look(max(look, *(post.left for post in self.posts if post.left), look))

    def look(self, now: datetime) -> None:
        waits = self.waiting()
        for post, due in zip(waits, self.respaced(waits, now), strict=True):
            post.due = due
        for post in waits:
            if post.due <= now:
                post.left = now

    def left(self) -> list[Post]:
        return sorted((post for post in self.posts if post.left), key=lambda post: post.left)

    def arrive(self, schedule: Schedule, now: datetime) -> None:
        raise NotImplementedError

    def respaced(self, waits: list[Post], now: datetime) -> list[datetime]:
        raise NotImplementedError


def _up(moment: datetime, spans: list[tuple[datetime, datetime]]) -> datetime:
    """Return the moment, or when somebody is there again."""
    for start, end in spans:
        if start <= moment < end:
            moment = end
    return moment


class OfSchedule(World):
    def arrive(self, schedule, now):
        earlier = [pacing.leaves_at(post.due, post.left or post.due) for post in self.posts]
        due = pacing.due_at(schedule, BERLIN, slot="article:1", slot_due_at=now, now=now, earlier=earlier)
        self.posts.append(Post(len(self.posts), schedule, due))

    def respaced(self, waits, now):
        gone = [pacing.leaves_at(post.due, post.left) for post in self.left()]
        return pacing.respaced(waits[0].schedule, BERLIN, [post.due for post in waits], gone, now)


@dataclass
class OfChannel(World):
    slots: When = field(default_factory=When)

    def arrive(self, schedule, now):
        others = [Turn(post.schedule, pacing.leaves_at(post.due, post.left or post.due)) for post in self.posts]
        due = pacing.next_slot(self.slots, BERLIN, Turn(schedule, now), others)
        self.posts.append(Post(len(self.posts), schedule, due))

    def respaced(self, waits, now):
        gone = [Turn(post.schedule, pacing.leaves_at(post.due, post.left)) for post in self.left()]
        turns = [Turn(post.schedule, post.due) for post in waits]
        return pacing.reslotted(self.slots, BERLIN, turns, gone, now)


def keeps_pace(posts: list[Post], schedule: Schedule) -> None:
    moments = [post.left for post in posts]
    if schedule.pace_every:
        assert all(after - before >= schedule.pace_every - pacing.GRACE for before, after in pairwise(moments))
    if schedule.pace_per_day:
        days = Counter(moment.astimezone(BERLIN).date() for moment in moments)
        assert max(days.values(), default=0) <= schedule.pace_per_day


def in_order(posts: list[Post]) -> bool:
    return [post.number for post in posts] == sorted(post.number for post in posts)


@given(BEGINS, PACES, ARRIVALS, DOWNTIMES, st.sampled_from([None, (time(7), time(22)), (time(22), time(6))]))
@settings(max_examples=120, deadline=None)
def test_a_schedule_keeps_its_pace_and_its_order_and_loses_nothing(begin, pace, arrivals, downtimes, between):
    schedule = replace(Schedule("posts", When(new="article", between=between), Pick(), ()), **pace)
    world = OfSchedule(begin)
    world.run([(minute, schedule) for minute in arrivals], downtimes)
    left = world.left()
    assert len(left) == len(arrivals)
    assert in_order(left)
    keeps_pace(left, schedule)


@given(
    BEGINS, TIMES, DAYS, PACES, st.lists(st.tuples(st.integers(0, 60 * 24 * 4), st.booleans()), max_size=12), DOWNTIMES
)
@settings(max_examples=120, deadline=None)
def test_a_channel_gives_each_of_its_slots_to_one_post_whatever_the_schedules(
    begin, at, days, pace, arrivals, downtimes
):
    plain = Schedule("plain", When(), Pick(), ())
    paced = replace(Schedule("paced", When(), Pick(), ()), **pace)
    world = OfChannel(begin, slots=When(at=tuple(at), days=days))
    world.run([(minute, paced if is_paced else plain) for minute, is_paced in arrivals], downtimes)
    left = world.left()
    assert len(left) == len(arrivals)
    slots = _slots(world.slots, world.begin, left)
    used = [bisect_right(slots, post.left) for post in left]
    assert all(number > 0 for number in used)
    assert len(used) == len(set(used))  # one post from each slot to the next
    mine = [post for post in left if post.schedule is paced]
    keeps_pace(mine, paced)
    for each in (mine, [post for post in left if post.schedule is plain]):
        assert in_order(each)


def _slots(slots: When, begin: datetime, left: list[Post]) -> list[datetime]:
    last = left[-1].left if left else begin
    return list(takewhile(lambda slot: slot <= last, moments_after(slots, BERLIN, begin - 40 * DAY)))

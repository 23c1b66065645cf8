"""Whose turn it is: one at a time, in order, on both engines, whatever waited for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread

from publisher.config.schedules import parse_project
from publisher.model.project import Entry
from publisher.model.states import SendState
from publisher.pipeline import address, queues, settle
from publisher.pipeline.operate import holding
from publisher.store import editions, messages, sends
from tests.ledger import MAIL, NOW, POST, add_edition, subscribe
from tests.unit.config.project_text import BASE
from tests.unit.pipeline.dispatch.conftest import Bench, Told

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
NINE, ONE = NOW + 2 * HOUR, NOW + 6 * HOUR  # NOW is seven o'clock of a Tuesday
SLOTS = '{sender: mastodon, slots: {at: ["09:00", "13:00"]}}'
PACED = "\n  posts:\n    when: {new: article, late: 5h}\n    pace: {every: 20m}\n    send: [{via: mastodon}]"


def project(mastodon: str = "{sender: mastodon}", more: str = ""):
    return parse_project(BASE.replace("{sender: mastodon}", mastodon) + more)


def add(conn, edition_id: int, due: datetime, channel: str = "mastodon", **values) -> int:
    given = {"audience": [], "state": SendState.READY, "kind": sends.REGULAR, "entry": channel, **values}
    made = {"number": 1, "priority": 2, "reasons": [], "made_at": NOW, "actor": "test"}
    send_id = sends.add(conn, edition_id=edition_id, channel=channel, due_at=due, **made, **given)
    messages.add(conn, send_id, MAIL if given["audience"] else POST, NOW)
    return send_id


def put(store, number: int, due: datetime, schedule: str = "posts", *, slot: str = "", **values) -> int:
    """Write down a send that waits for its turn, in an edition of its own."""
    edition = add_edition(store, slot or f"article:{number}", schedule)
    with store.write() as conn:
        return add(conn, edition, due, **values)


class Desk:
    """A process that looks every now and then, and says at once what may go."""

    def __init__(self, store, file) -> None:
        self.store, self.file, self.bench = store, file, Bench(store)
        self.sender = Told()
        self.left: list[tuple[int, datetime]] = []

    def look(self, now: datetime) -> list[int]:
        """Return what has left by this look."""
        self.bench.clock.moment = now
        for send_id in [*queues.in_none(self.store, self.file), *queues.give_turns(self.store, self.file, now=now)]:
            address.record(self.store, send_id, now=now)
        before = self._begun()
        for channel in ("mastodon", "letters"):
            self.bench.all(self.sender, channel)
        settle.settle_finished(self.store, now=now)
        return sorted(self._begun() - before)

    def _begun(self) -> set[int]:
        with self.store.read() as conn:
            return {row["id"] for row in sends.in_state(conn, *SendState) if row["started_at"]}


def row(store, send_id: int):
    with store.read() as conn:
        return sends.get(conn, send_id)


def dues(store, *ids: int) -> list[datetime]:
    return [row(store, each)["due_at"] for each in ids]


def test_after_a_downtime_a_schedules_posts_go_one_by_one_in_order(store):
    desk = Desk(store, project(more=PACED))
    first, second, third = (put(store, number, NOW + number * 20 * MINUTE) for number in (0, 1, 2))
    back = NOW + 3 * HOUR
    assert desk.look(back) == [first]
    assert dues(store, second, third) == [back + 20 * MINUTE, back + 40 * MINUTE]
    assert desk.look(back + 19 * MINUTE) == []
    assert desk.look(back + 20 * MINUTE) == [second]
    assert desk.look(back + 40 * MINUTE) == [third]


def test_what_is_in_time_keeps_its_moment_and_is_not_addressed_before(store):
    desk = Desk(store, project(more=PACED))
    first, second = put(store, 1, NOW), put(store, 2, NOW + 20 * MINUTE)
    assert desk.look(NOW) == [first]
    assert row(store, second)["state"] == "ready"
    assert desk.look(NOW + 20 * MINUTE) == [second]
    assert dues(store, first, second) == [NOW, NOW + 20 * MINUTE]


def test_an_edition_that_still_waits_for_its_channel_keeps_the_next_waiting(store):
    """Given its turn, and then the channel rests: what is behind it doesn't leave together with it."""
    desk = Desk(store, project(more=PACED))
    first, second = put(store, 1, NOW), put(store, 2, NOW + 20 * MINUTE)
    assert queues.give_turns(store, desk.file, now=NOW) == [first]
    address.record(store, first, now=NOW)
    assert queues.give_turns(store, desk.file, now=NOW + 30 * MINUTE) == []
    assert dues(store, second) == [NOW + 50 * MINUTE]


def test_mails_of_a_schedule_that_keeps_a_pace_wait_their_turn_too(store):
    subscribe(store, 2)
    more = PACED.replace("send: [{via: mastodon}]", "send: [{via: letters, to: daily}]")
    desk = Desk(store, project(more=more))
    mails = [put(store, number, NOW, channel="letters", audience=["daily"]) for number in (1, 2)]
    assert desk.look(NOW + HOUR) == mails[:1]
    assert desk.look(NOW + HOUR + 20 * MINUTE) == mails[1:]


def test_the_lines_of_one_edition_go_together(store):
    desk = Desk(store, project(more=PACED))
    first, other = put(store, 1, NOW), put(store, 2, NOW)
    with store.write() as conn:
        also = add(conn, row(store, first)["edition_id"], NOW, entry="mastodon#2")
    assert desk.look(NOW + HOUR) == [first, also]
    assert dues(store, other) == [NOW + HOUR + 20 * MINUTE]


def test_a_channels_slots_take_one_post_each_across_schedules(store):
    desk = Desk(store, project(SLOTS))
    posts = [put(store, 1, NINE), put(store, 2, ONE, "morning"), put(store, 3, NINE + DAY)]
    back = ONE + HOUR
    assert desk.look(back) == posts[:1]
    assert dues(store, *posts[1:]) == [NINE + DAY, ONE + DAY]
    assert desk.look(NINE + DAY) == posts[1:2]
    assert desk.look(ONE + DAY) == posts[2:]


def test_breaking_news_and_withdrawals_go_past_a_queue_and_leave_it_as_it_is(store):
    desk = Desk(store, project(SLOTS, PACED))
    post = put(store, 1, NINE)
    breaking = put(store, 2, NOW, slot="breaking:1")
    withdrawal = put(store, 3, NOW, kind=sends.WITHDRAWAL)
    assert desk.look(NOW) == [breaking, withdrawal]
    assert desk.look(NINE) == [post]
    assert dues(store, post) == [NINE]


def test_what_waited_for_longer_than_late_says_is_held_until_a_person_lets_it_go(store):
    desk = Desk(store, project(more=PACED))
    late, in_time = put(store, 1, NOW), put(store, 2, NOW + HOUR)
    back = NOW + 5 * HOUR + MINUTE
    assert desk.look(back) == [in_time]
    held = row(store, late)
    assert held["state"] == "held"
    what = "it was to go at 2026-11-24 07:00, longer ago than what is late may go by itself (late)"
    assert [(reason["check"], reason["what"]) for reason in held["reasons"]] == [("late", what)]
    with store.write() as conn:  # made anew and checked again, as `publisher release` does
        sends.set_reasons(conn, late, [])
        sends.move(conn, late, SendState.READY, due_at=sends.from_now(held, back + DAY))
    assert desk.look(back + DAY) == [late]


def test_what_a_person_held_is_not_late_when_they_release_it(store):
    desk = Desk(store, project(more=PACED))
    post = put(store, 1, NOW + HOUR)
    edition = row(store, post)["edition_id"]
    holding.hold_edition(store, edition, actor="ada", why="", now=NOW)
    assert desk.look(NOW + DAY) == []
    holding.release_edition(store, edition, now=NOW + DAY)
    assert desk.look(NOW + DAY) == [post]


def test_a_cancelled_post_has_no_place_and_a_schedule_without_a_pace_no_queue(store):
    desk = Desk(store, project(more=PACED))
    gone, post, free = put(store, 1, NOW), put(store, 2, NOW), put(store, 3, NOW, "morning")
    with store.write() as conn:
        sends.move(conn, gone, SendState.CANCELLED)
    assert desk.look(NOW + HOUR) == [post, free]


def test_when_a_post_goes_and_after_how_many_is_known_before(store):
    file = project(SLOTS, PACED)
    posts = [put(store, 1, NINE), put(store, 2, ONE, "morning"), put(store, 3, NINE + DAY)]
    mail = put(store, 4, NOW, "morning", channel="letters", audience=["daily"])
    edition = {"id": None, "slot": "article:5", "due_at": NOW}
    with store.read() as conn:
        places = [queues.place_of(conn, file, each) for each in (*posts, mail)]
        schedule = file.schedules["posts"]
        next_one = queues.foreseen(conn, file, schedule, schedule.send[0], edition, NOW)
        morning = file.schedules["morning"]
        assert queues.foreseen(conn, file, morning, morning.send[0], edition, NOW) is None
    assert [place and (place.goes_at, place.behind) for place in places] == [
        (NINE, 0), (ONE, 1), (NINE + DAY, 2), None
    ]  # fmt: skip
    assert next_one is not None
    assert next_one.words(UTC) == "goes 2026-11-25 13:00, after 3 others"


def test_what_goes_after_its_editions_mail_follows_that_and_waits_in_no_queue(store):
    desk = Desk(store, project(more=PACED))
    assert desk.look(NOW) == [] == queues.in_none(store, desk.file)
    post = put(store, 1, NOW, after_mail=60_000_000)
    assert queues.in_none(store, desk.file) == [post]


def test_processes_that_make_posts_at_once_are_given_different_slots(store):
    file = project(SLOTS, PACED)
    schedule, entry = file.schedules["posts"], Entry("mastodon", "mastodon")
    made = [add_edition(store, f"article:{number}", "posts") for number in range(4)]
    found: list[datetime] = []

    def make(edition_id: int) -> None:
        with store.write() as conn:
            edition = editions.get(conn, edition_id)
            queues.enter(conn, file, schedule, edition)
            due = queues.due_through(conn, file, schedule, entry, edition, NOW)
            add(conn, edition_id, due)
            found.append(due)

    threads = [Thread(target=make, args=(edition_id,)) for edition_id in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [NINE, ONE, NINE + DAY, ONE + DAY]

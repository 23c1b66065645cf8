"""Posts that wait, from the file to the network, on a clock that is moved: no downtime lets them out in a flood."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from publisher.app import App, composing
from publisher.app.articles import fire_new_articles
from publisher.app.plan import plan_slot
from publisher.app.status import status_of
from publisher.cli.status import lines
from publisher.runtime.slots import Slot
from publisher.store import editions, processes, sends
from publisher.testing import FakeProvider
from tests.ledger import Clock
from tests.project import WEBHOOK, ProjectDir
from tests.unit.app.project import edit, sends_of

EIGHT = datetime(2026, 11, 24, 8, tzinfo=UTC)  # a Tuesday, on the publication's clock too
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PACED = ("send:\n      - {via: letters, to: daily}", "pace: {every: 20m}\n    send:\n      - {via: letters}")
SLOTTED = ("send:\n      - {via: letters, to: daily}", "send:\n      - {via: letters}")
SLOTS = ("sender: webhook", 'sender: webhook\n    slots: {at: ["09:00", "13:00"], days: mon-fri}')


class Newsroom:
    """A project with one channel for posts; each look is what a running process does, and says what left by it."""

    def __init__(self, folder, url: str, *changes: tuple[str, str]) -> None:
        ProjectDir(folder, url, channel=WEBHOOK, when="new: article", backfill=0)
        edit(folder, (f"url: {WEBHOOK['url']}", f"url: {url}/in"), (f"\n    base_url: {url}", ""), *changes)
        self.clock = Clock(EIGHT)
        self.app = App.open(folder, self.clock)
        self.app.poll_all()
        self.stories = 3

    def publish(self, count: int) -> None:
        """Let new articles come, each of which is an edition at once."""
        self.stories += count
        ProjectDir.publish_in(self.app.folder, self.stories)
        self.app.poll_all()
        fire_new_articles(self.app, self.app.schedule("morning"), actor="test")
        self.app.sending.advance()

    def look(self, now: datetime) -> int:
        self.clock.moment = now
        before = self.gone
        with processes.at_work(self.app.store, "test", now) as self.app.process_id:
            self.app.sending.advance()
            while self.app.sending.duties().dispatch("letters"):
                pass
            self.app.sending.advance()
        return self.gone - before

    @property
    def gone(self) -> int:
        with self.app.store.read() as conn:
            return len([row for row in sends.in_state(conn, sends.SendState.DONE) if row["sent"]])

    def due(self) -> list[str]:
        """Return when what waits is due, on the publication's clock."""
        with self.app.store.read() as conn:
            waiting = sends.in_state(conn, sends.SendState.READY)
        return [f"{row['due_at'].astimezone(self.app.zone):%d %H:%M}" for row in waiting]

    def status(self) -> list[str]:
        found = status_of(self.app.store, self.app.project, self.clock())
        return [line for line in lines(found, self.app.zone) if line.startswith("Under way")]


@pytest.fixture
def network():
    with FakeProvider("webhook") as running:
        yield running


def test_down_from_eight_to_two_with_five_posts_queued_not_two_leave_at_once(tmp_path, network):
    room = Newsroom(tmp_path, network.url, PACED)
    room.publish(5)
    assert room.due() == ["24 08:20", "24 08:40", "24 09:00", "24 09:20"]  # the first has its turn
    looks = [EIGHT + 6 * HOUR + number * MINUTE for number in range(0, 100, 10)]
    left = [room.look(moment) for moment in looks]
    assert [number for number, count in enumerate(left) if count] == [0, 2, 4, 6, 8]  # twenty minutes each
    assert set(left) == {0, 1}
    assert room.gone == 5
    assert len({request.body for request in network.requests}) == 5


def test_posts_of_a_channel_with_slots_leave_one_at_each(tmp_path, network):
    room = Newsroom(tmp_path, network.url, SLOTTED, SLOTS)
    room.publish(3)
    assert room.due() == ["24 09:00", "24 13:00", "25 09:00"]
    assert room.status()[1] == (
        "Under way: edition 2, letters to its account: goes 2026-11-24 13:00, after 1 other; nobody got it"
    )
    assert [room.look(EIGHT + hours * HOUR) for hours in (0, 1, 4, 5, 24, 25)] == [0, 1, 0, 1, 0, 1]


def test_after_a_downtime_one_post_uses_the_slot_that_came_last_and_the_others_those_to_come(tmp_path, network):
    room = Newsroom(tmp_path, network.url, SLOTTED, SLOTS)
    room.publish(5)
    assert room.look(EIGHT + 7 * HOUR) == 1
    assert room.due() == ["25 09:00", "25 13:00", "26 09:00", "26 13:00"]


def test_the_plan_says_when_a_post_would_go_and_after_how_many(tmp_path, network):
    room = Newsroom(tmp_path, network.url, SLOTTED, SLOTS)
    room.publish(2)
    ProjectDir.publish_in(room.app.folder, room.stories + 1)
    [place] = plan_slot(room.app, room.app.schedule("morning")).places
    assert place is not None
    assert place.words(room.app.zone) == "goes 2026-11-25 09:00, after 2 others"


def test_breaking_news_leaves_between_two_posts_that_wait_and_moves_neither(tmp_path, network):
    room = Newsroom(tmp_path, network.url, SLOTTED, SLOTS)
    room.publish(2)
    schedule, now = room.app.schedule("morning"), EIGHT + 2 * HOUR
    assert room.look(EIGHT + HOUR) == 1
    room.clock.moment = now
    ProjectDir.publish_in(room.app.folder, room.stories + 1)
    composed = composing.compose(room.app, schedule, Slot("breaking:1", now), actor="test")
    assert room.look(now) == 1
    [send] = sends_of(room.app, composed.edition_id or 0)
    assert send["started_at"] == now
    assert room.due() == ["24 13:00"]


def test_a_post_that_waited_longer_than_late_says_needs_a_person_who_lets_it_go(tmp_path, network):
    room = Newsroom(tmp_path, network.url, PACED)
    room.publish(2)
    assert room.look(EIGHT + 13 * HOUR) == 1  # the first, which had its turn at eight
    [send] = sends_of(room.app, 2)
    assert (send["state"], send["reasons"][-1]["check"]) == ("held", "late")
    assert room.app.sending.remake(2) == 1  # as `publisher release` does
    assert room.look(EIGHT + 14 * HOUR) == 1
    with room.app.store.read() as conn:
        assert editions.get(conn, 2)["state"] == "closed"

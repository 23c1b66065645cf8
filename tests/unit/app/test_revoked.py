"""A token that is taken back while posts wait: one stop, one alert, nothing lost and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from publisher.app import App, composing
from publisher.app import alerts as duty
from publisher.pipeline.operate import holding
from publisher.store import alerts, channels, log, processes
from publisher.testing import FakeProvider, Fault, Trouble
from tests.ledger import Clock
from tests.project import ProjectDir

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
# Of each kind one: a status, a session, two steps, and an error inside a success. The suite asks every sender what it
# makes of the words.
CHANNELS = {
    "bluesky": {"identifier": "gazette.example", "password": "app-p4ss-w0rd"},
    "mastodon": {"instance": "https://news.example", "token": "mastodon-t0ken"},
    "slack": {"token": "xoxb-slack-t0ken", "channel": "C0HARBOR"},
    "threads": {"token": "threads-t0ken", "user": "4711"},
}


class Newsroom:
    """A project with one channel, its network, and stories that become an edition each."""

    def __init__(self, folder: Path, network: str, provider: FakeProvider) -> None:
        secret = "password" if network == "bluesky" else "token"
        given = {**CHANNELS[network], secret: "${SECRET}"}
        ProjectDir(
            folder,
            provider.url,
            channel={"sender": network, **given},
            secrets=f"SECRET={CHANNELS[network][secret]}\n",
        )
        path = folder / "schedules.yaml"
        path.write_text(path.read_text().replace("{via: letters, to: daily}", "{via: letters}"))
        self.folder, self.provider = folder, provider
        self.app = App.open(folder, Clock(NOW))
        self.watch = duty.Watch(NOW - timedelta(days=1))
        self.stories = 0

    def publish(self) -> None:
        """Publish a story, and make its edition."""
        self.stories += 1
        ProjectDir.publish_in(self.folder, self.stories)
        self.app.poll_all()
        schedule = self.app.schedule("morning")
        composing.compose(self.app, schedule, composing.manual_slot(self.app), actor="test")
        self.app.sending._produce(self.stories)
        self.app.clock.advance(timedelta(minutes=2))

    def work(self) -> None:
        with processes.at_work(self.app.store, "test", NOW) as self.app.process_id:
            for _ in range(3):
                self.app.sending.advance()
                while self.app.sending.duties().dispatch("letters"):
                    pass
                self.watch.look(self.app.store, self.app.project, self.app.clock)
                self.app.clock.advance(timedelta(minutes=20))

    def states(self) -> list[str]:
        with self.app.store.read() as conn:
            return sorted(row["state"] for row in log.find(conn, log.Filter()))

    def alerts(self) -> list[tuple[str, bool]]:
        """Return every alert that there was, and whether it is over."""
        with self.app.store.read() as conn:
            return [(row["cause"], row["cleared_at"] is not None) for row in alerts.latest(conn, 10)]


@pytest.fixture(params=CHANNELS)
def room(request, tmp_path) -> Iterator[Newsroom]:
    with FakeProvider(request.param) as provider:
        yield Newsroom(tmp_path, request.param, provider)


def test_a_token_that_was_taken_back_stops_the_channel_once_tells_once_and_loses_nothing(room):
    room.publish()
    room.work()
    assert (room.states(), room.alerts()) == (["sent"], [])
    mine = dict(vars(room.provider.dialect))
    words = room.provider.dialect.befall(Trouble.REVOKED, room.provider.speaking()[-1])[0]
    room.provider.fails(*[Fault(words.status, words.body)] * 50)
    before = len(room.provider.speaking())
    for _ in range(3):
        room.publish()
        room.work()
    assert room.states() == ["pending", "pending", "pending", "sent"]
    assert room.alerts() == [("channel:letters", False)]
    assert len(room.provider.speaking()) - before <= 1  # who has posted once is asked no more
    with room.app.store.read() as conn:
        (stop,) = channels.stopped(conn)
    assert "the provider refused the account: " in stop["reason"]
    room.provider.recovers()
    vars(room.provider.dialect).update(mine)
    holding.release_channel(room.app.store, "letters", now=room.app.clock())
    room.work()
    assert room.states() == ["sent"] * 4
    assert room.alerts() == [("channel:letters", True)]
    assert len(room.provider.accepted) == 4

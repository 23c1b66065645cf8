"""`publisher breaking` killed in the midst, and carried to its end by `publisher run`: nobody lost, nobody twice."""

from __future__ import annotations

import signal
from collections import Counter

from publisher.app import App
from publisher.store import edition_lists
from publisher.testing import FakeProvider, Fault
from tests.acceptance.test_crash import is_settled, running, states, wait_for
from tests.command import Command
from tests.project import WEBHOOK, ProjectDir, environment

READERS = 60


def test_breaking_news_that_is_killed_goes_on_where_it_was(tmp_path):
    with FakeProvider("webhook") as provider:
        project = ProjectDir(tmp_path, provider.url, channel=WEBHOOK, when='at: "07:00"')
        project.subscribe(READERS)
        App.open(tmp_path).poll_all()
        provider.fails(*[Fault(accept=True, delay=0.1)] * 8)
        words = ["breaking", "2", "--to", "daily", "--via", "letters", "--yes"]
        with (tmp_path / "out").open("ab") as out:
            process = Command(words, cwd=tmp_path, env=environment(), stdout=out, stderr=out)
            wait_for(lambda: len(provider.accepted) >= 5, "some accepted")
            process.send_signal(signal.SIGKILL)
            process.wait()
        app = App.open(tmp_path)
        assert "is under way as breaking news, edition 1" in project.publisher(*words, code=2)
        with running(project):
            wait_for(lambda: is_settled(app), "the books to settle")
        assert max(Counter(provider.addresses()).values()) == 1
        found = states(app)
        assert (sum(found.values()), set(found) <= {"sent", "unknown"}) == (READERS, True)
        with app.store.read() as conn:
            assert [row["slot"] for row in edition_lists.latest(conn, limit=9)] == ["breaking:2"]

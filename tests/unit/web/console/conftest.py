"""A draft on the desk at 06:15, and browsers of people who are signed in to its console."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from publisher.app import App
from publisher.app.slots import fire_due
from publisher.model.staff import Role
from tests.ledger import Clock
from tests.unit.app.project import EVENING, edit, open_app
from tests.unit.app.test_drafts import WHEN, at
from tests.unit.web.browsers import Browser, signed_in
from tests.unit.web.ledger import add_reader, served


class Room:
    """A project with a draft, edition 1, of three stories; two readers; and who works on it."""

    def __init__(self, app: App, clock: Clock, url: str) -> None:
        self.app, self.clock, self.url = app, clock, url
        self.browsers: list[Browser] = []

    def member(self, role: Role = Role.EDITOR, name: str = "") -> Browser:
        self.browsers.append(signed_in(self.app, self.url, role, name))
        return self.browsers[-1]

    def lock(self) -> None:
        """Let the slot come, and make what goes out."""
        self.clock.moment = at(7, 0)
        fire_due(self.app)
        self.app.sending.advance()


@contextmanager
def room_in(folder: Path, *changes: tuple[str, str]) -> Iterator[Room]:
    """Open a room.

    :param changes: of its schedules.yaml.
    """
    clock = Clock(EVENING)
    open_app(folder, clock, WHEN)
    edit(folder, *changes)
    app = App.open(folder, clock)
    for number in range(2):
        add_reader(app, f"reader{number}@example.org", f"Reader {number}")
    fire_due(app)
    clock.moment = at(6, 15)
    fire_due(app)
    with served(app, folder) as site:
        room = Room(app, clock, site.url)
        yield room
        for browser in room.browsers:
            browser.close()
    app.store.close()


@pytest.fixture
def room(tmp_path):
    with room_in(tmp_path) as room:
        yield room

"""Asking for approval: those who are asked get a message with a link of their own, and not one for each change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.app import App, approving, asking, desk
from publisher.app.slots import fire_due
from publisher.app.telling import Teller
from publisher.model.tokens import link_token
from publisher.store import alerts
from publisher.testing import FakeProvider
from tests.ledger import Clock
from tests.unit.app.project import edit
from tests.unit.app.test_approving import at, drafted

ASKED = "{by: 1, ask: [anna@example.org, ben@example.org]}"


@pytest.fixture
def mail():
    with FakeProvider("mailpit") as provider:
        yield provider


class Asking:
    """A project whose draft waits for two people, and a provider that has what they get."""

    def __init__(self, folder, mail, rule: str = ASKED, *changes):
        channel = "  spare:\n    sender: mailpit\n    base_url: " + mail.url
        more = (("schedules:\n", f"{channel}\nschedules:\n"), *changes)
        self.mail = mail
        self.app, self.clock = drafted(folder, rule, 'at: "07:00", prepare: 45m', *more)
        self.teller = Teller(self.app, Clock(0.0))

    def tell(self) -> list[dict]:
        """Let them be told; return the messages since the last time."""
        before = len(self.mail.requests)
        self.teller.tell()
        return [each.json for each in self.mail.requests[before:]]

    def later(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))
        fire_due(self.app)


def test_each_is_asked_once_with_the_version_and_a_link_of_their_own(tmp_path, mail):
    a = Asking(tmp_path, mail)
    said = a.tell()
    assert [each["To"][0]["Email"] for each in said] == ["anna@example.org", "ben@example.org"]
    version = approving.look(a.app, 1).version
    for each in said:
        assert each["Subject"].startswith("Harbor Gazette: to approve by 07:00: Story 3")
        assert f"publisher approve 1 --version {version}" in each["Text"]
        assert "- Story 2: quay & harbour" in each["Text"] and "held at its slot" in each["Text"]
    links = [each["Text"].split("https://letters.harbor.example/preview/")[1].split()[0] for each in said]
    assert links[0] != links[1]
    assert asking.read(a.app, links[1]) == asking.Asked(1, "ben@example.org")
    a.later(1)
    assert a.tell() == []


def test_they_are_asked_again_when_its_words_have_changed_but_not_every_minute(tmp_path, mail):
    a = Asking(tmp_path, mail)
    a.tell()
    desk.change(a.app, 1, lambda changes: changes.drop(2, "cli:ben"), "dropped 2")
    a.later(2)
    assert a.tell() == []
    a.later(9)
    assert len(a.tell()) == 2
    a.later(11)
    assert a.tell() == []


def test_nobody_is_asked_any_more_and_nobody_told_so_once_it_is_approved_or_its_slot_has_come(tmp_path, mail):
    a = Asking(tmp_path, mail)
    a.tell()
    approving.approve(a.app, 1, approving.look(a.app, 1).version, actor="cli:anna")
    with a.app.store.read() as conn:
        assert alerts.open_ones(conn) == []
    assert a.tell() == []
    with a.app.store.read() as conn:
        assert alerts.to_tell(conn) == []


def test_the_second_of_two_is_asked_until_the_slot(tmp_path, mail):
    a = Asking(tmp_path, mail, ASKED.replace("by: 1", "by: 2"))
    a.tell()
    approving.approve(a.app, 1, approving.look(a.app, 1).version, actor="cli:anna")
    with a.app.store.read() as conn:
        assert [row["cause"].split(":")[0] for row in alerts.open_ones(conn)] == ["approval"]
    a.clock.moment = at(7)
    fire_due(a.app)
    with a.app.store.read() as conn:
        assert alerts.open_ones(conn) == []


def test_those_of_alerts_are_asked_where_the_schedule_names_nobody(tmp_path, mail):
    alerts_to = ("schedules:\n", "alerts: {to: [desk@example.org, spare]}\nschedules:\n")
    a = Asking(tmp_path, mail, "{by: 1}", alerts_to)
    assert [each["To"][0]["Email"] for each in a.tell()] == ["desk@example.org"]


def test_a_link_of_somebody_who_is_not_asked_any_more_or_that_has_ended_or_is_made_up_shows_nothing(tmp_path, mail):
    a = Asking(tmp_path, mail)
    token = asking.link(a.app, 1, "ben@example.org").rpartition("/")[2]
    assert asking.read(a.app, token) is not None
    assert asking.read(a.app, token[:-2]) is None
    key_id, key = a.app.keys.current("link")
    assert asking.read(a.app, link_token("confirm", (1, 2, 3), key_id, key)) is None
    edit(tmp_path, (", ben@example.org", ""))
    assert asking.read(App.open(tmp_path, a.clock), token) is None
    a.clock.advance(timedelta(days=7))
    assert asking.read(a.app, token) is None

"""Telling people of alerts, through real senders that speak to a provider on this machine."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from publisher.app import App
from publisher.app import alerts as duty
from publisher.app.status import status_of
from publisher.app.telling import REFUSALS, TRIES, Teller
from publisher.cli.status import lines
from publisher.clock import now
from publisher.model.call import Rest
from publisher.pipeline.dispatch import limits as dispatch_limits
from publisher.senders.registry import sender_class
from publisher.store import alerts, channels, limits
from publisher.testing import FakeProvider, Fault
from tests.ledger import NOW, Clock
from tests.project import MAILGUN, ProjectDir

ALERTS = """\
  spare:
    sender: mailpit
    base_url: {spare}
  ops:
    sender: webhook
    url: https://hooks.harbor.example/in
    secret: ${{WEBHOOK_SECRET}}
    base_url: {ops}
alerts: {{to: [{to}]}}
schedules:
"""


class Desk:
    """A project with two mail channels and one that carries posts, each with a provider of its own."""

    def __init__(self, folder, letters, spare, ops, to):
        ProjectDir(folder, letters.url, channel=MAILGUN)
        path = folder / "schedules.yaml"
        text = path.read_text().replace("schedules:\n", ALERTS.format(spare=spare.url, ops=ops.url, to=to))
        path.write_text(text)
        self.letters, self.spare, self.ops = letters, spare, ops
        self.clock = Clock()
        self.steady = Clock(0.0)
        self.app = App.open(folder, self.clock)
        self.teller = Teller(self.app, self.steady)

    def begin(self, cause="channel:letters", channel="letters", urgent=True):
        words = {"what": "the channel letters is stopped: bad key", "affected": "4 readers wait"}
        command = "publisher release 1"
        duty.begin(self.app.store, self.clock, cause, **words, command=command, urgent=urgent, channel=channel)

    def end(self, cause="channel:letters"):
        duty.end(self.app.store, self.clock, cause)

    def tell(self, times=1):
        for _ in range(times):
            self.teller.tell()

    def row(self):
        with self.app.store.read() as conn:
            return alerts.latest(conn, 1)[0]


@pytest.fixture
def desk(tmp_path):
    with FakeProvider("mailgun") as letters, FakeProvider("mailpit") as spare, FakeProvider("webhook") as ops:
        yield lambda to="ada@harbor.example": Desk(tmp_path, letters, spare, ops, to)


@pytest.fixture
def spare_with(desk, monkeypatch):
    """A desk whose second mail channel has these limits."""

    def made(*rules):
        limited = "".join(f"    {rule}\n" for rule in rules)
        monkeypatch.setitem(globals(), "ALERTS", ALERTS.replace("mailpit\n", f"mailpit\n{limited}"))
        return desk()

    return made


def test_an_alert_is_told_once_and_once_more_when_it_is_over(desk):
    d = desk()
    d.begin()
    d.tell(3)
    [letter] = d.spare.requests
    said = letter.json
    assert said["To"][0]["Email"] == "ada@harbor.example"
    assert said["Subject"] == "Harbor Gazette: the channel letters is stopped: bad key"
    for words in ("4 readers wait", "publisher release 1", "Now, not in the morning"):
        assert words in said["Text"]
        assert words in said["HTML"]
    assert d.row()["told_at"] is not None
    d.end()
    d.tell(3)
    assert len(d.spare.requests) == 2
    assert d.spare.requests[1].json["Subject"] == "Harbor Gazette: over: the channel letters is stopped: bad key"
    assert d.row()["told_clear_at"] is not None


def test_it_never_goes_through_the_channel_that_failed(desk):
    d = desk(to="ada@harbor.example, ops")
    d.begin(channel="spare")
    d.begin("channel:ops", channel="ops")
    d.tell()
    assert len(d.letters.requests) == 2
    assert d.spare.requests == []
    assert len(d.ops.requests) == 1  # the alert about the other channel only


def test_where_the_failed_channel_is_the_only_way_nothing_is_said_to_be_told(desk):
    d = desk(to="ops")
    d.begin("channel:ops", channel="ops")
    d.tell()
    assert d.ops.requests == []
    assert d.row()["told_at"] is None


def test_a_channel_in_trouble_is_the_last_one_that_is_tried(desk):
    d = desk()
    with d.app.store.write() as conn:
        channels.rest(conn, "letters", failures=3, until=NOW, reason="no connection")
    d.begin("source:site", channel="")
    d.tell()
    assert (len(d.letters.requests), len(d.spare.requests)) == (0, 1)


def test_what_one_channel_refuses_goes_by_the_next(desk):
    d = desk()
    d.letters.fails(Fault(401, "Forbidden"))
    d.begin("source:site", channel="")
    d.tell()
    assert (len(d.letters.requests), len(d.spare.requests)) == (1, 1)
    assert d.row()["told_at"] is not None


def test_a_failure_is_tried_again_later_and_not_at_once(desk):
    d = desk()
    d.spare.fails(Fault(400, "no"), Fault(400, "no"))
    d.begin()
    d.tell(3)
    assert len(d.spare.requests) == 1
    d.steady.moment = 6.0
    d.tell()
    assert len(d.spare.requests) == 2
    d.steady.moment = 20.0
    d.tell()
    assert d.row()["told_at"] is not None
    keys = {request.headers.get("idempotency-key", "") for request in d.spare.requests}
    assert len(keys) == 1


def hearing(d, *, is_over=False):
    with d.app.store.read() as conn:
        return alerts.hearing(conn, d.row()["id"], is_over=is_over)


def look(d, times, teller=None):
    """Look again and again, each time long after the last."""
    for _ in range(times):
        d.steady.moment += 1000.0
        (teller or d.teller).tell()


@pytest.mark.parametrize(
    ("fault", "most", "why"), [(Fault(400, "no such room"), REFUSALS, "refused: "), (Fault(503, ""), TRIES, "not re")]
)
def test_one_entry_that_never_works_keeps_nobody_else_waiting_and_is_given_up(desk, fault, most, why):
    d = desk(to="ada@harbor.example, ops")
    d.ops.fails(*[fault] * 50)
    d.begin()
    d.tell()
    assert d.row()["told_at"] is not None
    assert hearing(d) == {"ada@harbor.example": "heard"}
    look(d, TRIES + 3)
    assert len(d.spare.requests) == 1
    assert len(d.ops.requests) == most
    assert hearing(d)["ops"].startswith(why)


def test_who_has_heard_is_told_no_second_time_by_the_next_process(desk):
    d = desk(to="ada@harbor.example, ops")
    d.ops.fails(Fault(400, "no"))
    d.begin()
    d.tell()
    look(d, 3, Teller(d.app, d.steady))
    assert len(d.spare.requests) == 1
    assert len(d.ops.accepted) == 1
    assert set(hearing(d).values()) == {"heard"}


def test_a_refusal_of_the_only_one_is_said_by_status(desk):
    d = desk(to="ops")
    d.ops.fails(*[Fault(400, "no such room")] * 50)
    d.begin()
    look(d, REFUSALS)
    found = "\n".join(lines(status_of(d.app.store, d.app.project, d.clock()), None))
    assert "Nobody has been told of 1 alert yet" in found
    assert "ops can't be told of this: refused: " in found


def test_that_it_is_over_hears_only_who_heard_of_it(desk):
    d = desk(to="ada@harbor.example, ops")
    d.ops.fails(*[Fault(400, "no")] * REFUSALS)
    d.begin()
    look(d, REFUSALS)
    d.end()
    look(d, 3)
    assert len(d.spare.requests) == 2
    assert len(d.ops.requests) == REFUSALS
    assert d.row()["told_clear_at"] is not None
    assert hearing(d) == {}


def test_what_can_wait_says_so(desk):
    d = desk()
    d.begin(urgent=False)
    d.tell()
    assert "It can wait till morning" in d.spare.requests[0].json["Text"]


def told_by_one_of_two(d) -> App:
    """Let one process tell of a trouble that is over by then; return the other process."""
    other = App.open(d.app.folder, d.clock)
    d.app.process_id, other.process_id = 1, 2
    d.begin()
    d.tell()
    d.end()
    return other


def test_of_two_processes_one_tells(desk):
    d = desk()
    other = told_by_one_of_two(d)
    Teller(other).tell()
    assert len(d.spare.requests) == 1
    d.clock.advance(timedelta(minutes=3))
    Teller(other).tell()
    assert len(d.spare.requests) == 2


def test_a_machine_whose_clock_is_ahead_does_not_get_the_turn_by_it(desk):
    d = desk()
    other = told_by_one_of_two(d)
    other.clock = Clock(d.clock() + timedelta(minutes=3))  # its own; the ledger's is as it was
    Teller(other).tell()
    assert len(d.spare.requests) == 1


def test_nobody_to_tell_is_nothing_to_do(desk):
    d = desk(to="")
    d.begin()
    d.tell()
    assert d.row()["told_at"] is None


def test_an_entry_that_cannot_be_used_silences_no_other(desk, monkeypatch):
    monkeypatch.setitem(globals(), "ALERTS", ALERTS.replace("sender: webhook", "sender: nosuch"))
    d = desk(to="ops, ada@harbor.example")
    d.begin(cause="books:1", channel="")
    d.begin(cause="books:2", channel="")
    d.tell()
    assert len(d.letters.requests) + len(d.spare.requests) == 2


def rest(d, channel, **span):
    with d.app.store.write() as conn:
        channels.rest(conn, channel, failures=0, until=d.clock() + timedelta(**span), reason="HTTP 429")


def later(d, **span):
    d.clock.advance(timedelta(**span))
    d.steady.moment += timedelta(**span).total_seconds()


def test_an_alert_goes_by_no_channel_that_rests_but_by_another(desk):
    d = desk()
    rest(d, "letters", minutes=7)
    d.begin("source:site", channel="")
    d.tell()
    assert (len(d.letters.requests), len(d.spare.requests)) == (0, 1)


def test_where_all_ways_rest_it_waits_for_the_first_that_is_free_and_is_told(desk):
    d = desk()
    rest(d, "letters", minutes=7)
    rest(d, "spare", hours=5)
    d.begin("source:site", channel="")
    d.tell(3)
    later(d, minutes=6)
    d.tell()
    assert (len(d.letters.requests), len(d.spare.requests)) == (0, 0)
    later(d, minutes=1)
    d.tell()
    assert (len(d.letters.requests), len(d.spare.requests)) == (1, 0)
    assert d.row()["told_at"] is not None


def test_waiting_is_no_try_and_gives_nobody_up(desk):
    d = desk(to="ada@harbor.example, ops")
    rest(d, "ops", hours=20)
    d.begin()
    d.tell()
    for _ in range(TRIES + 3):
        later(d, hours=1)
        d.tell()
    assert (hearing(d), d.ops.requests) == ({"ada@harbor.example": "heard"}, [])
    later(d, hours=7)
    d.tell()
    assert set(hearing(d).values()) == {"heard"}


def test_a_wait_that_an_alert_is_told_of_holds_for_deliveries_and_for_the_next_alert(desk):
    d = desk()
    d.clock.moment = now()
    d.letters.fails(Fault(429, "slowly", {"Retry-After": "420"}))
    d.begin("source:site", channel="")
    d.tell()
    d.begin("source:other", channel="")
    d.tell()
    assert (len(d.letters.requests), len(d.spare.requests)) == (1, 2)
    with d.app.store.read() as conn:
        rests_until = channels.look(conn, "letters", d.clock()).open_until
    assert abs(rests_until - now() - timedelta(seconds=420)) < timedelta(minutes=1)


def test_an_account_that_rests_is_told_no_alert(tmp_path, monkeypatch):
    ops = "mastodon\n    instance: https://news.example\n    token: mastodon-t0ken\n    base_url: {ops}\n"
    monkeypatch.setitem(globals(), "ALERTS", re.sub(r"(?s)webhook\n.*?(?=alerts:)", ops, ALERTS))
    with FakeProvider("mailgun") as letters, FakeProvider("mailpit") as spare, FakeProvider("mastodon") as network:
        d = Desk(tmp_path, letters, spare, network, "ops")
        network.leaves(0, now() + timedelta(minutes=7))
        d.clock.moment = now()
        d.begin()
        d.tell()
        assert len(network.accepted) == 1
        d.begin("source:site", channel="")
        d.tell()
        said = len(network.requests)
        later(d, minutes=6)
        d.tell()
        assert len(network.requests) == said
        network.recovers()
        later(d, minutes=2)
        d.tell()
        assert len(network.accepted) == 2


@pytest.mark.parametrize("urgent", [True, False])
def test_an_alert_neither_waits_for_the_number_of_a_day_nor_uses_it_up(spare_with, urgent):
    d = spare_with("per_day: 1")
    for number in range(3):
        d.begin(f"source:{number}", urgent=urgent)
    d.tell()
    assert len(d.spare.requests) == 3
    with d.app.store.read() as conn:
        assert limits.used_on(conn, limits.daily("spare"), "2026-11-24") == 0


def test_a_warm_up_begins_with_the_first_letter_and_not_with_an_alert(spare_with):
    d = spare_with("per_day: 100000", "warm_up: 14d")
    d.begin("source:site", urgent=False)
    d.tell()
    assert len(d.spare.requests) == 1
    rules = d.app.project.rules_of("spare")
    with d.app.store.read() as conn:
        assert limits.first_day(conn, limits.warming(rules.name, rules.sends_as)) is None


def test_what_can_wait_till_morning_waits_for_the_quiet_hours(spare_with):
    d = spare_with('quiet: "22:00-07:30"')
    d.begin("source:urgent")
    d.begin("source:site", urgent=False)
    d.tell()
    assert len(d.spare.requests) == 1
    later(d, minutes=30)
    d.tell()
    assert len(d.spare.requests) == 2


def test_alerts_are_charged_to_the_rate_of_their_channel(spare_with):
    d = spare_with("rate: 1/s")
    for number in range(5):
        d.begin(f"source:{number}")
    told = []
    for _ in range(4):
        d.tell()
        told.append(len(d.spare.requests))
        later(d, seconds=1)
    assert told == [2, 3, 4, 5]  # the rate's one, one in advance, and each next one when that is paid for


@pytest.mark.parametrize("rate", ["60/m", "1/m", "1/h"])
def test_an_alert_overtakes_a_send_that_takes_each_unit_of_the_rate(spare_with, rate):
    d = spare_with(f"rate: {rate}")
    assert send_on(d) == 1
    d.begin()
    d.tell()
    assert len(d.spare.requests) == 1
    assert send_on(d) == 0


def send_on(d):
    """Take for a send what the limits of `spare` allow at this moment; return how much that was."""
    rules, now = d.app.project.rules_of("spare"), d.app.store.now()
    with d.app.store.write() as conn:
        free, _ = dispatch_limits.leeway(conn, rules, d.app.zone, 1, 1, now, is_urgent=False)
        dispatch_limits.spend_all(conn, rules, d.app.zone, free, 1, now, is_urgent=False)
    return free


def test_a_fault_of_whatever_an_answer_says_besides_repeats_no_alert(desk, monkeypatch):
    d = desk(to="ops")
    no_zone = Rest(datetime(2026, 11, 24, 9))  # noqa: DTZ001 -- as a sender of anybody's may answer
    send = sender_class("webhook").send
    monkeypatch.setattr(sender_class("webhook"), "send", lambda *asked: replace(send(*asked), rest=no_zone))
    monkeypatch.setattr("publisher.senders.registry.counted_as", lambda *_: "ops")
    monkeypatch.setattr(sender_class("webhook"), "counted_as", "ops")
    d.begin()
    for _ in range(10):
        d.tell()
        later(d, seconds=3)
    assert len(d.ops.requests) == 1
    assert hearing(d) == {"ops": "heard"}


def broken(*_, **__):
    raise RuntimeError("a fault of the package")


def test_a_sender_that_fails_while_it_is_made_silences_no_other_and_no_later_alert(desk, monkeypatch):
    d = desk(to="ops, ada@harbor.example")
    monkeypatch.setattr(sender_class("webhook"), "__init__", broken)
    for cause in ("books:1", "books:2"):
        d.begin(cause, channel="")
    d.tell()
    assert len(d.letters.requests) + len(d.spare.requests) == 2


def test_whatever_fails_on_the_way_is_tried_again_later_and_not_at_once(desk, monkeypatch):
    d = desk(to="ops, ada@harbor.example")
    looks = []
    monkeypatch.setattr("publisher.app.telling.beside.take_leave", lambda *_, **__: looks.append(1) or broken())
    d.begin()
    d.tell(5)
    assert len(looks) == 2  # one for each of those who are to hear


def test_who_cannot_be_reached_for_months_is_tried_on(desk):
    d = desk(to="ops")
    d.ops.fails(Fault(503, ""))
    d.teller._notes.tries = Lasting()
    d.begin()
    d.tell()
    look(d, 1)
    assert hearing(d) == {"ops": "heard"}


class Lasting(dict):
    """Tries that have gone on for months."""

    def get(self, mark, default):
        return 20_000


def test_a_channel_that_is_stopped_is_asked_no_more_until_it_is_mended(desk):
    d = desk(to="ops")
    with d.app.store.write() as conn:
        channels.stop(conn, "ops", reason="the provider refused the account", now=NOW)
    d.begin()
    look(d, TRIES)
    assert d.ops.requests == []
    with d.app.store.write() as conn:
        channels.let_go_on(conn, "ops")
    look(d, 1)
    assert hearing(d) == {"ops": "heard"}


def test_a_way_that_refuses_for_good_is_not_gone_again_while_another_waits(desk):
    d = desk()
    d.letters.fails(*[Fault(400, "no such reader")] * 50)
    rest(d, "spare", hours=5)
    d.begin("source:site", channel="")
    look(d, TRIES)
    assert (len(d.letters.requests), len(d.spare.requests)) == (REFUSALS, 0)
    assert hearing(d) == {}
    later(d, hours=5)
    d.tell()
    assert hearing(d) == {"ada@harbor.example": "heard"}

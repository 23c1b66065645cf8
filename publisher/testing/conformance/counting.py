"""What holds where a network's answers say how many requests are left: what they say is believed, within reason."""

# ruff: noqa: S101 - the asserts are the product
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from publisher.clock import now
from publisher.model.call import Answer, Call, Outcome
from publisher.model.message import Correction, Post, Withdrawal
from publisher.senders.base import Sender
from publisher.testing.conformance.base import SenderSuite, does_not_apply
from publisher.testing.dialects import Counting
from publisher.testing.journal import MemoryJournal
from publisher.testing.provider import FakeProvider, Fault
from publisher.testing.samples import call_to, sample_post

LEEWAY = timedelta(seconds=2)  # some count in whole seconds, and one in minutes, from our own clock
YEARS = timedelta(days=4_000)


class Counts(SenderSuite):
    """An answer that leaves nothing says until when, whatever else it says; the dispatcher keeps to it."""

    @pytest.fixture
    def counted(self, provider: FakeProvider) -> Iterator[FakeProvider]:
        if not isinstance(provider.dialect, Counting):
            does_not_apply("its network doesn't count requests in headers")
        yield provider

    def test_a_success_that_was_the_last_one_says_when_there_are_more(
        self, counted: FakeProvider, sender: Sender, call: Call
    ) -> None:
        until = now() + timedelta(minutes=7)
        counted.leaves(0, until)
        answer = sender.send(call, MemoryJournal())
        assert answer.verdict.outcome is Outcome.SENT
        _rests(answer, until)

    @pytest.mark.parametrize("status", [400, 429, 500])
    def test_so_does_whatever_else_is_answered(
        self, counted: FakeProvider, sender: Sender, call: Call, status: int
    ) -> None:
        until = now() + timedelta(hours=3)
        counted.leaves(0, until)
        counted.fails(Fault(status, {"message": "no"}))
        _rests(sender.send(call, MemoryJournal()), until)

    def test_where_something_is_left_nothing_is_waited_for(
        self, counted: FakeProvider, sender: Sender, call: Call
    ) -> None:
        counted.leaves(1, now() + timedelta(minutes=7))
        assert sender.send(call, MemoryJournal()).rest is None

    def test_what_has_passed_is_not_waited_for(self, counted: FakeProvider, sender: Sender, call: Call) -> None:
        counted.leaves(0, now() - timedelta(minutes=7))
        assert sender.send(call, MemoryJournal()).rest is None

    def test_a_day_is_believed_and_years_are_said_not_to_be(
        self, counted: FakeProvider, sender: Sender, call: Call
    ) -> None:
        until = now() + timedelta(hours=23, minutes=50)
        counted.leaves(0, until)
        _rests(sender.send(call, MemoryJournal()), until)
        counted.leaves(0, now() + YEARS)
        again = call_to(Post(("The ferry is late",)), key="call-2-k3y")
        doubted = sender.send(again, MemoryJournal()).rest
        assert doubted is not None
        assert doubted.until < now() + timedelta(hours=1) + LEEWAY
        assert f"{now() + YEARS:%Y}" in doubted.why

    def test_a_thread_waits_where_the_network_leaves_off_and_stands_once(
        self, counted: FakeProvider, sender: Sender
    ) -> None:
        if sender.rules is None or not sender.rules.threads:
            does_not_apply("it has no threads")
        thread, journal, until = call_to(sample_post(3)), MemoryJournal(), now() + timedelta(minutes=7)
        counted.leaves(0, until)
        answer = sender.send(thread, journal)
        assert (answer.verdict.outcome, answer.verdict.reason.partition(":")[0]) == (Outcome.DEFERRED, "part 2 of 3")
        _rests(answer, until)
        assert answer.verdict.until == (answer.rest and answer.rest.until)
        assert answer.went_on
        assert len(counted.accepted) == 1
        counted.recovers()
        assert sender.send(replace(thread, key="call-2-k3y"), journal).verdict.outcome is Outcome.SENT
        assert len(counted.accepted) == 3

    def test_a_post_that_is_taken_down_says_it_too(self, counted: FakeProvider, sender: Sender, call: Call) -> None:
        if not (sender.takes_down and self.takes_down):
            does_not_apply("it takes no posts down")
        posted = sender.send(call, MemoryJournal()).verdict
        until = now() + timedelta(minutes=7)
        counted.leaves(0, until)
        gone = replace(call, id=2, key="call-2-k3y", message=Withdrawal((posted.provider_id,), posted.url))
        answer = sender.withdraw(gone, MemoryJournal())
        assert answer.verdict.outcome is Outcome.SENT
        _rests(answer, until)

    def test_a_post_that_is_edited_says_it_too(self, counted: FakeProvider, sender: Sender, call: Call) -> None:
        if not (sender.edits and self.edits):
            does_not_apply("it edits no posts")
        posted = sender.send(call, MemoryJournal()).verdict
        until = now() + timedelta(minutes=7)
        counted.leaves(0, until)
        said = Correction((posted.provider_id,), Post(("The quay stays closed",)), posted.url)
        answer = sender.edit(replace(call, id=2, key="call-2-k3y", message=said), MemoryJournal())
        assert answer.verdict.outcome is Outcome.SENT
        _rests(answer, until)


def _rests(answer: Answer, until: datetime) -> None:
    assert answer.rest is not None, answer
    assert abs(answer.rest.until - until) < timedelta(minutes=1), answer.rest
    assert answer.rest.why == ""

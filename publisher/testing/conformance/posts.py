"""What holds of posts alone: a thread stands once, and goes on where it broke."""

# ruff: noqa: S101 - the asserts are the product
from __future__ import annotations

import random
from dataclasses import replace
from urllib.parse import unquote_plus

import pytest

from publisher.model.call import Call, Outcome
from publisher.model.message import Post
from publisher.senders.base import Sender
from publisher.testing.conformance.base import SenderSuite, does_not_apply
from publisher.testing.journal import MemoryJournal
from publisher.testing.provider import FakeProvider, Fault
from publisher.testing.samples import call_to, sample_post

PARTS = 3
FAULTS = (
    *(Fault.too_many(), Fault.too_many("9"), Fault.unavailable("9")),  # put off
    *(Fault.dropped_after(), Fault.dropped_before(), Fault.server_error(), Fault.wrong_json()),  # in doubt
)


class Posts(SenderSuite):
    """However often it breaks, no part of a thread stands twice and none is left out."""

    @pytest.fixture
    def thread(self) -> Call:
        rules = self.make("http://127.0.0.1:9").rules  # before anything is started
        if rules is None or not rules.threads:
            does_not_apply("it has no threads")
        return call_to(sample_post(PARTS))

    def test_one_call_said_ten_times_is_taken_once(self, sender: Sender, provider: FakeProvider, call: Call) -> None:
        if sender.idempotent_for is None or not isinstance(call.message, Post):
            does_not_apply(f"{sender.name} has no posts with keys")
        journal = MemoryJournal()
        said = [sender.send(replace(call, attempt=attempt), journal).verdict for attempt in range(1, 11)]
        assert {verdict.outcome for verdict in said} == {Outcome.SENT}
        assert len({(verdict.provider_id, verdict.url) for verdict in said}) == 1
        assert len(provider.accepted) == 1

    def test_a_thread_said_ten_times_stands_once(self, thread: Call, sender: Sender, provider: FakeProvider) -> None:
        journal = MemoryJournal()
        said = [sender.send(thread, journal).verdict for _ in range(10)]
        assert len(set(said)) == 1
        assert said[0].outcome is Outcome.SENT
        assert _parts(provider) == [1, 2, 3]

    def test_a_thread_that_was_put_off_goes_on_under_another_key(
        self, thread: Call, sender: Sender, provider: FakeProvider
    ) -> None:
        journal = MemoryJournal()
        provider.fails(*_after(1, Fault.too_many("9")))
        broken = sender.send(thread, journal).verdict
        assert (broken.outcome, broken.reason.partition(":")[0]) == (Outcome.DEFERRED, "part 2 of 3")
        assert broken.until is not None
        ended = sender.send(replace(thread, key="call-2-k3y"), journal).verdict
        assert ended.outcome is Outcome.SENT
        assert _parts(provider) == [1, 2, 3]
        assert provider.accepted[0].id in ended.provider_id

    @pytest.mark.parametrize("before", range(PARTS))
    def test_a_part_without_an_answer_ends_in_doubt_and_the_rest_is_not_said(
        self, thread: Call, sender: Sender, provider: FakeProvider, before: int
    ) -> None:
        provider.fails(*_after(before, Fault.dropped_after()))
        assert sender.send(thread, MemoryJournal()).verdict.outcome is Outcome.UNKNOWN
        assert _parts(provider) == [1, 2, 3][: before + 1]

    def test_whatever_happens_to_its_requests_no_part_stands_twice_and_none_is_left_out(
        self, thread: Call, sender: Sender, provider: FakeProvider
    ) -> None:
        dice = random.Random(7)  # noqa: S311 -- nothing secret
        for number in range(20):
            before = len(provider.accepted)
            anew = Post(tuple(f"{part} {number}" for part in sample_post(PARTS).parts))  # some refuse words said before
            outcome = _carried(sender, provider, replace(thread, key=f"call-{number}", message=anew), dice)
            stand = _parts(provider)[before:]
            assert stand == [1, 2, 3][: len(stand)]
            assert outcome is Outcome.UNKNOWN or (outcome is Outcome.SENT and len(stand) == PARTS)

    def test_a_part_that_is_refused_says_how_many_stand(
        self, thread: Call, sender: Sender, provider: FakeProvider
    ) -> None:
        provider.fails(*_after(2, Fault(400, {"message": "no"})))
        verdict = sender.send(thread, MemoryJournal()).verdict
        assert verdict.outcome is Outcome.REFUSED
        assert verdict.reason.endswith("; 2 already posted")


def _carried(sender: Sender, provider: FakeProvider, call: Call, dice: random.Random) -> Outcome:
    """Carry a thread through faults as the dispatcher does: put off it is another call, in doubt the same one."""
    journal, key = MemoryJournal(), call.key
    for number in range(20):
        provider.recovers()
        provider.fails(*_after(dice.randrange(PARTS), dice.choice(FAULTS)))
        outcome = sender.send(call, journal).verdict.outcome
        if outcome is Outcome.DEFERRED and call.attempt == 1:
            call = replace(call, key=f"{key}-{number}")
        elif outcome is Outcome.SENT or sender.idempotent_for is None:
            return outcome
        else:
            call = replace(call, attempt=call.attempt + 1)
    return outcome


def _after(taken: int, fault: Fault) -> list[Fault]:
    """Return faults of which the first ones only make an answer a little late."""
    return [*[Fault(accept=True, delay=0.001)] * taken, fault]


def _parts(provider: FakeProvider) -> list[int]:
    """Return which parts of the sample were taken, in order, in whatever form they came."""
    texts = [unquote_plus(taken.request.body.decode()) for taken in provider.accepted]
    return [next(n for n in range(1, PARTS + 1) if f"{n}/ The harbour" in text) for text in texts]

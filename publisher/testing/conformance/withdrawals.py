"""What holds of posts that are to be taken down: they are gone, however often it is said and whatever breaks."""

# ruff: noqa: S101 - the asserts are the product
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.clock import now
from publisher.model.call import Call, Outcome, Scope
from publisher.model.message import Post, Withdrawal
from publisher.senders.base import Sender
from publisher.testing.conformance.base import SenderSuite, does_not_apply
from publisher.testing.dialects import Erasing
from publisher.testing.journal import MemoryJournal
from publisher.testing.provider import FakeProvider, Fault
from publisher.testing.samples import call_to, sample_post

PARTS = 3


class Withdrawals(SenderSuite):
    """Taking down what is gone already does nothing, so that a withdrawal without an answer is said again."""

    @pytest.fixture
    def posted(self, sender: Sender, provider: FakeProvider, message: object) -> Call:
        """A call that takes down a post, or a thread where the network has them, which stands."""
        if not isinstance(message, Post) or not sender.takes_down or not self.takes_down:
            does_not_apply("it takes no posts down")
        threads = sender.rules is not None and sender.rules.threads
        call, journal = call_to(sample_post(PARTS if threads else 1)), MemoryJournal()
        verdict = sender.send(call, journal).verdict
        notes = [journal.noted(f"part {number + 1}") for number in range(PARTS if threads else 0)]
        parts = tuple(str(note["id"]) for note in notes if note) or (verdict.provider_id,)
        withdrawal = Withdrawal(parts, verdict.url, call.recipients[0].reference)
        assert self.standing(provider) == list(parts)
        return replace(call, id=2, key="call-2-k3y", message=withdrawal)

    def standing(self, provider: FakeProvider) -> list[str]:
        assert isinstance(provider.dialect, Erasing), "the dialect doesn't say which posts stand"
        return provider.dialect.standing()

    def test_what_stands_is_taken_down(self, sender: Sender, provider: FakeProvider, posted: Call) -> None:
        verdict = sender.withdraw(posted, MemoryJournal()).verdict
        assert verdict.outcome is Outcome.SENT, verdict
        assert self.standing(provider) == []

    def test_what_is_gone_already_is_taken_down(self, sender: Sender, provider: FakeProvider, posted: Call) -> None:
        for attempt in (1, 2, 3):
            said = replace(posted, attempt=attempt)
            assert sender.withdraw(said, MemoryJournal()).verdict.outcome is Outcome.SENT
        assert self.standing(provider) == []

    def test_nothing_else_is_taken_down(self, sender: Sender, provider: FakeProvider, posted: Call) -> None:
        parts = posted.message.parts if isinstance(posted.message, Withdrawal) else ()
        other = Withdrawal(tuple(_another(part) for part in parts), "", "d9-ref")
        assert (
            sender.withdraw(replace(posted, message=other, attempt=2), MemoryJournal()).verdict.outcome is Outcome.SENT
        )
        assert self.standing(provider) == list(parts)

    @pytest.mark.parametrize("fault", [Fault.dropped_after(), Fault.server_error(), Fault.web_page(502)])
    def test_a_doubtful_end_is_said_again(
        self, sender: Sender, provider: FakeProvider, posted: Call, fault: Fault
    ) -> None:
        journal = MemoryJournal()
        provider.fails(fault)
        assert sender.withdraw(posted, journal).verdict.outcome is Outcome.UNKNOWN
        assert sender.withdraw(replace(posted, attempt=2), journal).verdict.outcome is Outcome.SENT
        assert self.standing(provider) == []

    @pytest.mark.parametrize("place", range(PARTS))
    def test_a_thread_goes_on_where_it_broke(
        self, sender: Sender, provider: FakeProvider, posted: Call, place: int
    ) -> None:
        parts = posted.message.parts if isinstance(posted.message, Withdrawal) else ()
        if len(parts) < PARTS:
            does_not_apply("it has no threads")
        journal = MemoryJournal()
        provider.fails(*[Fault(accept=True, delay=0.001)] * place, Fault.too_many("9"))
        verdict = sender.withdraw(posted, journal).verdict
        assert (verdict.outcome, self.standing(provider)) == (Outcome.DEFERRED, list(parts[: PARTS - place]))
        assert verdict.reason.endswith(f"; {PARTS - place} not taken down")
        before = len(provider.speaking())
        assert sender.withdraw(replace(posted, attempt=2), journal).verdict.outcome is Outcome.SENT
        assert self.standing(provider) == []
        assert len(provider.speaking()) - before == PARTS - place

    @pytest.mark.parametrize("fault", [Fault.too_many, Fault.unavailable])
    def test_a_wait_for_a_withdrawal_is_kept(
        self, sender: Sender, provider: FakeProvider, posted: Call, fault: Callable[[str], Fault]
    ) -> None:
        provider.fails(fault("120"))
        verdict = sender.withdraw(posted, MemoryJournal()).verdict
        assert verdict.outcome is Outcome.DEFERRED
        assert verdict.until is not None
        assert abs(verdict.until - now() - timedelta(seconds=120)) < timedelta(seconds=5)

    def test_a_token_that_is_no_good_stops_the_account(
        self, sender: Sender, provider: FakeProvider, posted: Call
    ) -> None:
        provider.fails(Fault(401, {"message": "no"}))
        verdict = sender.withdraw(posted, MemoryJournal()).verdict
        assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)

    def test_a_success_that_says_nothing_is_no_proof(
        self, sender: Sender, provider: FakeProvider, posted: Call
    ) -> None:
        if self.empty_is_accepted:
            does_not_apply("its success has no body")
        provider.fails(Fault.web_page(200))
        assert sender.withdraw(posted, MemoryJournal()).verdict.outcome is Outcome.UNKNOWN

    def test_secrets_are_not_shown_by_a_withdrawal(self, sender: Sender, provider: FakeProvider, posted: Call) -> None:
        provider.fails(Fault(400, echo=True), Fault(500, echo=True), Fault(401, echo=True), Fault.dropped_after())
        shown = repr([sender.withdraw(posted, MemoryJournal()) for _ in range(4)])
        credentials = [word for r in provider.requests for word in r.headers.get("authorization", "").split()[1:]]
        assert [secret for secret in (*self.secrets, *credentials) if secret in shown] == []

    def test_a_sender_that_takes_nothing_down_says_so(self, sender: Sender, provider: FakeProvider) -> None:
        if sender.takes_down and self.takes_down:
            does_not_apply("it takes posts down")
        verdict = sender.withdraw(call_to(Withdrawal(("",))), MemoryJournal()).verdict
        assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
        assert provider.requests == []


def _another(part: str) -> str:
    """Return an id like this one, under which nothing stands."""
    place, slash, last = part.rpartition("/")
    return f"{place}{slash}9{last[1:]}"

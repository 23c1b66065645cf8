"""What holds of posts when the network turns against the account, or against one post, in its own words."""

# ruff: noqa: S101 - the asserts are the product
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from publisher.model.call import Call, Outcome, Scope, Verdict
from publisher.model.message import Post
from publisher.senders.base import Sender
from publisher.testing.conformance.base import SenderSuite, does_not_apply
from publisher.testing.dialects import Trouble, Troubled
from publisher.testing.journal import MemoryJournal
from publisher.testing.provider import FakeProvider, Fault
from publisher.testing.samples import sample_post


class Troubles(SenderSuite):
    """What every post would meet with stops the channel and loses none; what this one meets with fails it alone."""

    @pytest.fixture
    def accepted(self, sender: Sender, provider: FakeProvider, call: Call) -> Call:
        """A call of a post that stands: until now all was well."""
        if not isinstance(call.message, Post) or not isinstance(provider.dialect, Troubled):
            does_not_apply("it carries no posts, or its network has no words for trouble")
        assert sender.send(call, MemoryJournal()).verdict.outcome is Outcome.SENT
        return call

    @pytest.mark.parametrize("trouble", [Trouble.REVOKED, Trouble.SUSPENDED])
    def test_an_account_that_may_not_post_any_more_stops_the_channel_and_says_what_to_do(
        self, sender: Sender, provider: FakeProvider, accepted: Call, trouble: Trouble
    ) -> None:
        for words, verdict in _said(sender, provider, accepted, trouble):
            assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT), (words, verdict)
            assert "; " in verdict.reason, verdict.reason
        assert len(provider.accepted) == 1

    def test_a_link_that_the_network_blocks_fails_its_post_and_no_other(
        self, sender: Sender, provider: FakeProvider, accepted: Call
    ) -> None:
        for words, verdict in _said(sender, provider, accepted, Trouble.BLOCKED_LINK):
            assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE), (words, verdict)
        assert len(provider.accepted) == 1
        assert sender.send(_another(accepted, 99), MemoryJournal()).verdict.outcome is Outcome.SENT

    def test_an_error_inside_a_success_is_none_and_nothing_is_said_again(
        self, sender: Sender, provider: FakeProvider, accepted: Call
    ) -> None:
        before = len(provider.speaking())
        said = list(_said(sender, provider, accepted, Trouble.INSIDE_A_SUCCESS))
        for words, verdict in said:
            assert verdict.outcome in (Outcome.REFUSED, Outcome.UNKNOWN), (words, verdict)
            assert verdict.reason
        assert len(provider.speaking()) - before == len(said)
        assert len(provider.accepted) == 1


def _said(sender: Sender, provider: FakeProvider, accepted: Call, trouble: Trouble) -> Iterator[tuple[object, Verdict]]:
    """Post once for each way in which the network may say so; yield its words and what becomes of the post."""
    assert isinstance(provider.dialect, Troubled)
    answers = provider.dialect.befall(trouble, provider.speaking()[-1])
    if not answers:
        does_not_apply("its network has no words for this")
    for number, said in enumerate(answers):
        provider.recovers()
        provider.fails(Fault(said.status, said.body, said.headers))
        yield said.body, sender.send(_another(accepted, number), MemoryJournal()).verdict


def _another(call: Call, number: int) -> Call:
    """Return a call of a post of its own: some networks refuse words said before."""
    words = f"Story {number} https://harbor.example/{number}"
    return replace(call, key=f"another-{number}", message=replace(sample_post(), parts=(words,)))

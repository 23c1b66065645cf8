"""What never leaves: refused on this side, by name, and without a word to the provider."""

# ruff: noqa: S101 - the asserts are the product
from __future__ import annotations

from dataclasses import replace

import pytest

from publisher.model.call import Call, Outcome, Scope
from publisher.model.message import Mail, Message, Post, Slot
from publisher.senders.base import Sender
from publisher.senders.events import Incoming, NotBelieved
from publisher.testing.conformance.base import SenderSuite, does_not_apply, outcomes
from publisher.testing.journal import MemoryJournal
from publisher.testing.provider import FakeProvider
from publisher.testing.samples import call_to, sample_mail, sample_post

BREAK = "\r\nBcc: all@example.org"


class Refusals(SenderSuite):
    """What can't be said faithfully is not said, and nobody else suffers for it."""

    def test_a_line_break_in_a_header_never_leaves(self, sender: Sender, provider: FakeProvider, call: Call) -> None:
        if isinstance(call.message, Mail):
            broken = [replace(call, message=mail) for mail in _broken(call.message)]
        elif sender.idempotent_for and self.key_is_a_header:
            broken = [replace(call, key=f"{call.key}{BREAK}")]
        else:
            does_not_apply(f"nothing of a post becomes a header of {sender.name}")
        for each in broken:
            assert sender.send(each, MemoryJournal()).verdict.outcome is Outcome.REFUSED, each.message
        assert provider.requests == []

    def test_a_line_break_in_a_value_makes_no_header(self, sender: Sender, provider: FakeProvider, call: Call) -> None:
        if not isinstance(call.message, Mail):
            does_not_apply("a post has no readers' values")
        mail = replace(call.message, headers=(("X-Town", (Slot("town", "header"),)),))
        readers = tuple(replace(r, values={**r.values, "town": f"Harbor{BREAK}"}) for r in call.recipients)
        answer = sender.send(replace(call, message=mail, recipients=readers), MemoryJournal())
        assert outcomes(answer, readers) <= {Outcome.REFUSED, Outcome.SENT}  # sent: on one line
        sent = b"".join(request.body for request in provider.requests)
        assert not any(written in sent for written in (b"\nBcc", b"\\nBcc", b"%0ABcc"))

    def test_a_reader_whose_name_has_a_line_break_is_refused_alone(
        self, sender: Sender, provider: FakeProvider, call: Call
    ) -> None:
        if not isinstance(call.message, Mail):
            does_not_apply("a post goes to an account, not to a reader")
        bad, *others = call.recipients
        bad = replace(bad, name="Eve\nBcc: all@example.org")
        answer = sender.send(replace(call, recipients=(bad, *others)), MemoryJournal())
        assert answer.of(bad).outcome is Outcome.REFUSED
        assert answer.of(bad).scope is Scope.RECIPIENT
        assert provider.addresses() == [reader.address for reader in others]

    def test_a_reader_without_a_value_is_refused_alone(
        self, sender: Sender, provider: FakeProvider, call: Call
    ) -> None:
        if not isinstance(call.message, Mail):
            does_not_apply("a post has no readers' values")
        bad, *others = call.recipients
        bad = replace(bad, values={"first_name": "Eve"})
        answer = sender.send(replace(call, recipients=(bad, *others)), MemoryJournal())
        assert answer.of(bad).outcome is Outcome.REFUSED
        assert "unsubscribe_url" in answer.of(bad).reason
        assert outcomes(answer, others) <= {Outcome.SENT}
        assert provider.addresses() == [reader.address for reader in others]

    def test_a_header_of_twenty_kilobytes_never_leaves(
        self, sender: Sender, provider: FakeProvider, call: Call
    ) -> None:
        if not isinstance(call.message, Mail):
            does_not_apply("a post has no headers")
        mail = replace(call.message, headers=(*call.message.headers, ("X-Long", ("x" * 20_000,))))
        verdict = sender.send(replace(call, message=mail), MemoryJournal()).verdict
        assert verdict.outcome is Outcome.REFUSED
        assert "header" in verdict.reason
        assert provider.requests == []

    def test_a_body_over_the_limit_is_halved_or_refused_before_it_leaves(
        self, sender: Sender, provider: FakeProvider, call: Call
    ) -> None:
        sender.max_bytes = sender.size(call) - 1
        answer = sender.send(call, MemoryJournal())
        if len(call.recipients) > 1:
            assert answer.split
            assert outcomes(answer, call.recipients) == {Outcome.DEFERRED}
        else:
            assert answer.verdict.outcome is Outcome.REFUSED
            assert f"{sender.max_bytes:,}" in answer.verdict.reason
        assert provider.requests == []

    def test_one_recipient_too_many_is_refused_before_sending(
        self, sender: Sender, provider: FakeProvider, message: Message
    ) -> None:
        most = sender.max_recipients if isinstance(message, Mail) else 1
        answer = sender.send(call_to(message, most + 1), MemoryJournal())
        assert answer.verdict.outcome is Outcome.REFUSED
        assert provider.requests == []

    def test_what_the_sender_does_not_carry_is_refused_before_sending(
        self, sender: Sender, provider: FakeProvider
    ) -> None:
        for kind, message in (("mail", sample_mail()), ("post", sample_post())):
            if kind not in sender.carries:
                assert sender.send(call_to(message), MemoryJournal()).verdict.outcome is Outcome.REFUSED
        assert provider.requests == []

    def test_a_post_that_says_nothing_never_leaves(
        self, sender: Sender, provider: FakeProvider, message: Message
    ) -> None:
        if not isinstance(message, Post):
            does_not_apply("it is tested with mail here")
        for parts in ((), ("",), (" \n\t",), ("\u200b\ufeff\u2060",), ("One", "\u00a0\u200d")):
            verdict = sender.send(call_to(replace(message, parts=parts)), MemoryJournal()).verdict
            assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE), parts
        assert provider.requests == []

    def test_who_is_not_the_provider_is_not_believed(self, sender: Sender) -> None:
        with pytest.raises(NotBelieved):
            sender.hear(Incoming(b"", {}))


def _broken(mail: Mail) -> list[Mail]:
    """Return the mail with a line break in each of its headers in turn."""
    return [
        replace(mail, from_name=f"News{BREAK}"),
        replace(mail, from_email=f"news@harbor.example{BREAK}"),
        replace(mail, reply_to=f"desk@harbor.example{BREAK}"),
        replace(mail, subject=(f"News{BREAK}",)),
        replace(mail, headers=((f"X-News: 1{BREAK}", ("1",)),)),
        replace(mail, headers=(("X-News", (f"1{BREAK}",)),)),
    ]

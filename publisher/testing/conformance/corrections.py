"""What holds of posts that are to say something else: their words change, once and whole, and nothing beside them."""

# ruff: noqa: S101 - the asserts are the product
from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.clock import now
from publisher.model.call import Call, Outcome, Scope
from publisher.model.message import Correction, Mail, Post
from publisher.senders.base import Sender
from publisher.testing.conformance.base import SenderSuite, does_not_apply
from publisher.testing.dialects import Pictorial, Rewording
from publisher.testing.journal import MemoryJournal
from publisher.testing.provider import FakeProvider, Fault
from publisher.testing.samples import call_to, sample_picture, sample_post

PARTS = 3


class Corrections(SenderSuite):
    """Editing twice does no more than once, so that a correction without an answer is said again."""

    @pytest.fixture
    def correction(self, sender: Sender, provider: FakeProvider, message: object) -> Call:
        """A call that edits a post, or a thread where the network has them, which stands."""
        if isinstance(message, Mail) or not sender.edits or not self.edits:
            does_not_apply("it edits no posts")
        threads = sender.rules is not None and sender.rules.threads
        return _correction(sender, call_to(sample_post(PARTS if threads else 1)))

    def words(self, provider: FakeProvider) -> list[str]:
        assert isinstance(provider.dialect, Rewording), "the dialect doesn't say what its posts say"
        return list(provider.dialect.words().values())

    def test_what_stands_says_the_new_words(self, sender: Sender, provider: FakeProvider, correction: Call) -> None:
        said = _said(correction)
        verdict = sender.edit(correction, MemoryJournal()).verdict
        assert (verdict.outcome, verdict.provider_id, verdict.url) == (Outcome.SENT, said.parts[0], said.url), verdict
        assert self.words(provider) == list(said.post.parts)

    def test_twice_is_no_more_than_once(self, sender: Sender, provider: FakeProvider, correction: Call) -> None:
        for attempt in (1, 2):
            said = replace(correction, attempt=attempt)
            assert sender.edit(said, MemoryJournal()).verdict.outcome is Outcome.SENT
        assert self.words(provider) == list(_said(correction).post.parts)

    def test_nothing_else_is_edited(self, sender: Sender, provider: FakeProvider, correction: Call) -> None:
        stood = self.words(provider)
        other = _correction(sender, call_to(Post(("The ferry is late",)), key="call-3-k3y"))
        assert sender.edit(replace(other, id=4, key="call-4-k3y"), MemoryJournal()).verdict.outcome is Outcome.SENT
        assert self.words(provider) == [*stood, *_said(other).post.parts]

    def test_the_picture_under_it_stays(self, sender: Sender, provider: FakeProvider, correction: Call) -> None:
        if sender.rules is None or sender.rules.uploads is None or not isinstance(provider.dialect, Pictorial):
            does_not_apply("it takes no pictures")
        with_picture = call_to(Post(("The ferry is late",)), key="call-3-k3y", picture=sample_picture())
        edited = _correction(sender, with_picture)
        shown = dict(provider.dialect.shown)
        assert sender.edit(edited, MemoryJournal()).verdict.outcome is Outcome.SENT
        assert self.words(provider)[-1:] == list(_said(edited).post.parts)
        assert provider.dialect.shown == shown != {}

    def test_what_is_gone_is_not_edited(self, sender: Sender, provider: FakeProvider, correction: Call) -> None:
        said = _said(correction)
        stood = self.words(provider)
        gone = replace(said, parts=tuple(_another(part) for part in said.parts))
        verdict = sender.edit(replace(correction, message=gone), MemoryJournal()).verdict
        assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
        assert "nothing was edited" in verdict.reason
        assert self.words(provider) == stood

    def test_what_can_not_be_edited_whole_is_refused_unasked(
        self, sender: Sender, provider: FakeProvider, correction: Call
    ) -> None:
        said, before = _said(correction), len(provider.requests)
        unfit = [replace(said, post=Post(words)) for words in ((), ("",), ("one more", "than", "there", "are"))]
        for other in (*unfit, replace(said, parts=(*said.parts[:-1], ""))):
            verdict = sender.edit(replace(correction, message=other), MemoryJournal()).verdict
            assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
            assert verdict.reason
        assert len(provider.requests) == before

    @pytest.mark.parametrize("fault", [Fault.dropped_after(), Fault.server_error(), Fault.web_page(502)])
    def test_a_correction_without_an_answer_is_said_again(
        self, sender: Sender, provider: FakeProvider, correction: Call, fault: Fault
    ) -> None:
        journal = MemoryJournal()
        provider.fails(fault)
        assert sender.edit(correction, journal).verdict.outcome is Outcome.UNKNOWN
        assert sender.edit(replace(correction, attempt=2), journal).verdict.outcome is Outcome.SENT
        assert self.words(provider) == list(_said(correction).post.parts)

    def test_a_correction_goes_on_where_it_broke(
        self, sender: Sender, provider: FakeProvider, correction: Call
    ) -> None:
        said, old, journal = _said(correction), self.words(provider), MemoryJournal()
        if len(said.parts) < PARTS:
            does_not_apply("it has no threads")
        provider.fails(Fault(accept=True, delay=0.001), Fault.too_many("9"))
        verdict = sender.edit(correction, journal).verdict
        assert (verdict.outcome, self.words(provider)) == (Outcome.DEFERRED, [said.post.parts[0], *old[1:]])
        assert verdict.reason.endswith("; 1 already edited")
        before = len(provider.speaking())
        assert sender.edit(replace(correction, attempt=2), journal).verdict.outcome is Outcome.SENT
        assert self.words(provider) == list(said.post.parts)
        assert len(provider.speaking()) - before == PARTS - 1

    @pytest.mark.parametrize("fault", [Fault.too_many, Fault.unavailable])
    def test_a_wait_for_a_correction_is_kept(
        self, sender: Sender, provider: FakeProvider, correction: Call, fault: Callable[[str], Fault]
    ) -> None:
        provider.fails(fault("120"))
        verdict = sender.edit(correction, MemoryJournal()).verdict
        assert verdict.outcome is Outcome.DEFERRED
        assert verdict.until is not None
        assert abs(verdict.until - now() - timedelta(seconds=120)) < timedelta(seconds=5)

    def test_a_token_that_has_ended_edits_nothing(
        self, sender: Sender, provider: FakeProvider, correction: Call
    ) -> None:
        provider.fails(Fault(401, {"message": "no"}))
        verdict = sender.edit(correction, MemoryJournal()).verdict
        assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)

    def test_a_success_that_says_nothing_proves_no_edit(
        self, sender: Sender, provider: FakeProvider, correction: Call
    ) -> None:
        provider.fails(Fault.web_page(200))
        assert sender.edit(correction, MemoryJournal()).verdict.outcome is Outcome.UNKNOWN

    def test_secrets_are_not_shown_by_a_correction(
        self, sender: Sender, provider: FakeProvider, correction: Call
    ) -> None:
        provider.fails(Fault(400, echo=True), Fault(500, echo=True), Fault(401, echo=True), Fault.dropped_after())
        shown = repr([sender.edit(correction, MemoryJournal()) for _ in range(4)])
        credentials = [word for r in provider.requests for word in r.headers.get("authorization", "").split()[1:]]
        assert [secret for secret in (*self.secrets, *credentials) if secret in shown] == []

    def test_a_sender_that_edits_nothing_says_so(self, sender: Sender, provider: FakeProvider) -> None:
        if sender.edits and self.edits:
            does_not_apply("it edits posts")
        verdict = sender.edit(call_to(Correction(("",), sample_post())), MemoryJournal()).verdict
        assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
        assert verdict.reason
        assert provider.requests == []


def _correction(sender: Sender, call: Call) -> Call:
    """Post what a call says, and return a call that gives each part of it other words."""
    journal = MemoryJournal()
    verdict = sender.send(call, journal).verdict
    assert verdict.outcome is Outcome.SENT, verdict
    assert isinstance(call.message, Post)
    noted = {step: json.loads(note) for step, note in journal.notes.items()}
    count = len(call.message.parts)
    parts = tuple(str(noted[f"part {number + 1}"]["id"]) for number in range(count)) if count > 1 else ()
    words = tuple(f"The quay stays closed, part {number + 1} of {call.key}" for number in range(count))
    post = replace(call.message, parts=words)
    said = Correction(parts or (verdict.provider_id,), post, verdict.url, call.recipients[0].reference, noted=noted)
    return replace(call, id=2, key="call-2-k3y", message=said, picture=None)


def _said(call: Call) -> Correction:
    assert isinstance(call.message, Correction)
    return call.message


def _another(part: str) -> str:
    """Return an id like this one, under which nothing stands."""
    return f"{part[:-1]}{'8' if part.endswith('9') else '9'}"

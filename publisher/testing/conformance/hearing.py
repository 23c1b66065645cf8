"""What whoever hears a provider relies on: it alone is believed, and nothing that anybody says is a fault of ours."""

# ruff: noqa: S101 - the asserts are the product
from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

import pytest

from publisher.clock import now
from publisher.model.event import Event, EventKind
from publisher.senders.base import Sender
from publisher.senders.events import Incoming, NotBelieved
from publisher.testing.conformance.base import does_not_apply
from publisher.testing.dialects import Received, Talkative

NONSENSE = (
    b"",
    b"null",
    b"7",
    b"{}",
    b'[1, null, [], {}, "word", {"event": {}, "type": [], "events": 7}]',
    b'{"type": "\\ud800\\u0000", "event": 1e999, "timestamp": -1, "data": []}',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b"\xc3\x28" * 500_000,  # a megabyte of what isn't even UTF-8
)
NO_HEADERS = ("", "\xfc\x80", "nan", "1e999", "-1", "Basic \xfc", "Basic OjpYWA==", "v1,", "=" * 10_000)


class HearConformance:
    """A provider's events are believed, nobody else's are, and no words bring the door down."""

    dialect: ClassVar[Callable[[], Talkative]]
    signs_body: ClassVar[bool] = True  # False where a password, or part of the body, is all that is vouched for
    needs_secret: ClassVar[bool] = False  # True where a channel can't be without one

    def make(self, *secrets: str) -> Sender:
        """Return the sender under test, which believes whoever knows one of these; with none of them, nobody."""
        raise NotImplementedError

    def unsigned(self, said: Received) -> Received:
        """Take away what the provider is known by."""
        return replace(said, headers={})

    @pytest.fixture
    def provider(self) -> Talkative:
        return type(self).dialect()

    @pytest.fixture
    def good(self, provider: Talkative) -> Received:
        """An event that is to be believed."""
        return next(said for kind in EventKind if (said := provider.say(kind, "d1-ref")))

    def test_every_word_of_the_provider_is_believed_and_names_our_delivery(self, provider: Talkative) -> None:
        sender = self.make(provider.event_secrets[0])
        keys = set()
        for kind in EventKind:
            for reference in ("d1-ref", "d2-ref"):
                if (said := provider.say(kind, reference)) is None:
                    continue
                (event,) = _heard(sender, said)
                assert (event.kind, event.reference) == (kind, reference)
                assert event.happened_at <= now()
                assert event.key not in keys, "two events have the same key"
                assert _heard(sender, said)[0].key == event.key, "a repeat has another key"
                keys.add(event.key)
        assert keys

    def test_another_secret_is_not_believed(self, provider: Talkative, good: Received) -> None:
        ours, another = provider.event_secrets
        _refused(self.make(ours), provider.sign(good.body, another))

    def test_no_signature_is_not_believed(self, provider: Talkative, good: Received) -> None:
        _refused(self.make(provider.event_secrets[0]), self.unsigned(good))

    def test_a_body_that_was_cut_or_written_anew_is_not_believed(self, provider: Talkative, good: Received) -> None:
        sender = self.make(provider.event_secrets[0])
        same = _written_anew(good.body) if self.signs_body else []
        for body in (good.body[:-1], *same):  # what was cut is no JSON, whoever says it
            _refused(sender, replace(good, body=body), 401, *(() if self.signs_body else (400,)))

    def test_both_secrets_are_believed_during_a_rotation(self, provider: Talkative, good: Received) -> None:
        new, old = provider.event_secrets
        for sender in (self.make(new, old), self.make(old, new)):
            for secret in (new, old):
                assert _heard(sender, provider.sign(good.body, secret))

    def test_without_a_secret_nobody_is_believed(self, good: Received) -> None:
        if self.needs_secret:
            does_not_apply("a channel can't be without one")
        _refused(self.make(), good)
        _refused(self.make(), self.unsigned(good))

    def test_no_body_is_a_fault_even_if_the_provider_says_it(self, provider: Talkative) -> None:
        secret = provider.event_secrets[0]
        sender = self.make(secret)
        for body in NONSENSE:
            for said in (provider.sign(body, secret), Received("POST", "", {}, body)):
                try:
                    assert not _heard(sender, said), body[:80]
                except NotBelieved as refusal:
                    assert 400 <= refusal.status < 500

    def test_no_header_is_a_fault(self, provider: Talkative, good: Received) -> None:
        sender = self.make(provider.event_secrets[0])
        for name in good.headers:
            for value in NO_HEADERS:
                try:
                    _heard(sender, replace(good, headers={**good.headers, name: value}))
                except NotBelieved as refusal:
                    assert 400 <= refusal.status < 500

    def test_secrets_are_never_shown(self, provider: Talkative, good: Received) -> None:
        ours, another = provider.event_secrets
        sender = self.make(ours)
        with pytest.raises(NotBelieved) as refusal:
            _heard(sender, provider.sign(good.body, another))
        assert ours not in repr((refusal.value, sender, vars(sender)))


def _heard(sender: Sender, said: Received) -> Sequence[Event]:
    return sender.hear(Incoming(said.body, said.headers))


def _refused(sender: Sender, said: Received, *statuses: int) -> None:
    with pytest.raises(NotBelieved) as refusal:
        _heard(sender, said)
    assert refusal.value.status in (statuses or (401,))


def _written_anew(body: bytes) -> list[bytes]:
    """Return bodies that mean the same, but are others."""
    try:
        as_json = json.dumps(json.loads(body), indent=1).encode()
    except ValueError:
        return [body + b"\n"]
    return [body + b"\n", as_json]

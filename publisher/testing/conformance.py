"""The suite that every sender passes. Subclass it, say how to make the sender, and pytest does the rest.

::

    class TestMine(SenderConformance):
        dialect = MyDialect                      # how the real one answers
        secrets = ("t0ken-of-the-channel",)

        def make(self, base_url):
            return build(Channel("mine", "mine"), {"token": self.secrets[0], "base_url": base_url}, self.settings)

A sender that carries mail and posts is tested once for each: override ``message``.
"""

# ruff: noqa: S101 - the asserts are the product
from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from operator import attrgetter
from typing import ClassVar, NoReturn

import pytest

from publisher.clock import now
from publisher.model.call import Answer, Call, Outcome, Scope
from publisher.model.message import Mail, Message
from publisher.senders.base import Sender
from publisher.senders.http import HttpSettings
from publisher.testing.dialects import Dialect
from publisher.testing.journal import MemoryJournal
from publisher.testing.provider import FakeProvider, Fault
from publisher.testing.samples import call_to, sample_mail, sample_post

LEEWAY = timedelta(seconds=5)


def does_not_apply(why: str) -> NoReturn:
    """Leave a test out because the sender has nothing for it to test; never because a tool is missing."""
    pytest.skip(f"does not apply: {why}")


class SenderConformance:
    """What the dispatcher relies on, whoever the provider is."""

    dialect: ClassVar[Callable[[], Dialect]]  # makes a fresh one for every test
    secrets: ClassVar[tuple[str, ...]] = ()  # what the sender was given and must never show
    settings: ClassVar[HttpSettings] = HttpSettings(connect_timeout=5.0, read_timeout=10.0)
    empty_is_accepted: ClassVar[bool] = False  # True where the provider's success has no body
    key_on_the_wire: ClassVar[Callable[[Call], str]] = attrgetter("key")  # for a provider that wants a form of its own

    def make(self, base_url: str) -> Sender:
        """Return the sender under test, pointed at an address."""
        raise NotImplementedError

    @pytest.fixture
    def provider(self) -> Iterator[FakeProvider]:
        with FakeProvider(type(self).dialect()) as running:
            yield running

    @pytest.fixture
    def sender(self, provider: FakeProvider) -> Iterator[Sender]:
        made = self.make(provider.url)
        yield made
        made.http.close()

    @pytest.fixture
    def message(self, sender: Sender) -> Message:
        return sample_mail() if "mail" in sender.carries else sample_post()

    @pytest.fixture
    def call(self, sender: Sender, message: Message) -> Call:
        many = min(sender.max_recipients, 25) if isinstance(message, Mail) else 1
        return call_to(message, many)

    # --- accepted

    def test_an_accepted_call_is_sent_for_everyone(self, sender: Sender, provider: FakeProvider, call: Call) -> None:
        answer = sender.send(call, MemoryJournal())
        assert {answer.of(reader).outcome for reader in call.recipients} == {Outcome.SENT}, answer
        assert sorted(provider.addresses()) == sorted(reader.address for reader in call.recipients)

    def test_a_sender_states_what_the_dispatcher_needs(self, sender: Sender) -> None:
        assert sender.api == 1
        assert sender.name
        assert sender.carries
        assert sender.max_recipients >= 1
        assert sender.max_bytes >= 1
        assert ("post" in sender.carries) == (sender.rules is not None)

    def test_the_size_is_known_before_sending(self, sender: Sender, provider: FakeProvider, call: Call) -> None:
        assert 0 < sender.size(call) <= sender.max_bytes
        assert provider.requests == []

    def test_the_same_call_sent_twice_has_the_same_bytes(
        self, sender: Sender, provider: FakeProvider, call: Call
    ) -> None:
        journal = MemoryJournal()
        provider.fails(Fault.server_error())
        sender.send(call, journal)
        sender.send(call, journal)
        first, second = provider.requests
        assert first.body == second.body
        assert first.path == second.path

    # --- certainly not accepted

    @pytest.mark.parametrize("fault", [Fault.too_many, Fault.unavailable])
    def test_a_wait_in_seconds_is_kept(
        self, sender: Sender, provider: FakeProvider, call: Call, fault: Callable[[str], Fault]
    ) -> None:
        provider.fails(fault("120"))
        answer = sender.send(call, MemoryJournal())
        _is_deferred(answer, call)
        assert answer.verdict.until is not None
        assert abs(answer.verdict.until - now() - timedelta(seconds=120)) < LEEWAY

    @pytest.mark.parametrize("fault", [Fault.too_many, Fault.unavailable])
    def test_a_wait_until_a_date_is_kept(
        self, sender: Sender, provider: FakeProvider, call: Call, fault: Callable[[str], Fault]
    ) -> None:
        until = now().replace(microsecond=0) + timedelta(minutes=7)
        provider.fails(fault(format_datetime(until, usegmt=True)))
        answer = sender.send(call, MemoryJournal())
        _is_deferred(answer, call)
        assert answer.verdict.until == until

    def test_too_many_requests_without_a_time_is_deferred(
        self, sender: Sender, provider: FakeProvider, call: Call
    ) -> None:
        provider.fails(Fault.too_many())
        answer = sender.send(call, MemoryJournal())
        _is_deferred(answer, call)
        assert answer.verdict.until is None

    def test_a_refused_connection_is_deferred(self, call: Call) -> None:
        sender = self.make(f"http://127.0.0.1:{_closed_port()}")
        answer = sender.send(call, MemoryJournal())
        _is_deferred(answer, call)
        assert answer.status is None

    def test_a_server_without_tls_is_deferred(self, provider: FakeProvider, call: Call) -> None:
        sender = self.make(provider.url.replace("http://", "https://"))
        _is_deferred(sender.send(call, MemoryJournal()), call)
        assert provider.accepted == []

    # --- may have been accepted

    @pytest.mark.parametrize(
        "fault",
        [
            pytest.param(Fault.dropped_after(), id="connection dropped after it was accepted"),
            pytest.param(Fault.server_error(), id="500"),
            pytest.param(Fault.unavailable(), id="503 that doesn't say when"),
            pytest.param(Fault.web_page(502), id="a gateway's web page"),
            pytest.param(Fault.web_page(200), id="a web page with 200"),
        ],
    )
    def test_a_doubtful_end_is_unknown(self, sender: Sender, provider: FakeProvider, call: Call, fault: Fault) -> None:
        provider.fails(fault)
        answer = sender.send(call, MemoryJournal())
        assert {answer.of(reader).outcome for reader in call.recipients} == {Outcome.UNKNOWN}, answer
        assert answer.verdict.reason

    def test_a_connection_dropped_before_the_body_was_read_is_never_sent(
        self, sender: Sender, provider: FakeProvider, call: Call
    ) -> None:
        provider.fails(Fault.dropped_before())
        outcome = sender.send(call, MemoryJournal()).verdict.outcome
        assert outcome in (Outcome.UNKNOWN, Outcome.DEFERRED)  # deferred only if it broke while the body was leaving
        assert provider.accepted == []

    def test_no_answer_in_time_is_unknown(self, sender: Sender, provider: FakeProvider, call: Call) -> None:
        sender.http.settings = replace(self.settings, read_timeout=0.2)
        provider.fails(Fault.slow(10.0))
        answer = sender.send(call, MemoryJournal())
        assert {answer.of(reader).outcome for reader in call.recipients} == {Outcome.UNKNOWN}, answer

    @pytest.mark.parametrize("fault", [Fault.wrong_json(), Fault.empty()], ids=["cut off JSON", "empty"])
    def test_a_success_that_cannot_be_read_is_unknown(
        self, sender: Sender, provider: FakeProvider, call: Call, fault: Fault
    ) -> None:
        provider.fails(fault)
        answer = sender.send(call, MemoryJournal())
        expected = Outcome.SENT if self.empty_is_accepted else Outcome.UNKNOWN
        assert {answer.of(reader).outcome for reader in call.recipients} == {expected}, answer

    def test_a_retry_has_the_same_key_and_is_taken_once(
        self, sender: Sender, provider: FakeProvider, call: Call
    ) -> None:
        if sender.idempotent_for is None:
            does_not_apply(f"{sender.name} has no idempotency key: what is unknown is never repeated")
        journal = MemoryJournal()
        provider.fails(Fault.dropped_after())
        assert sender.send(call, journal).verdict.outcome is Outcome.UNKNOWN
        assert sender.send(replace(call, attempt=2), journal).verdict.outcome is Outcome.SENT
        assert len(provider.requests) == 2
        assert {taken.key for taken in provider.accepted} == {type(self).key_on_the_wire(call)}
        assert sorted(provider.addresses()) == sorted(reader.address for reader in call.recipients)

    # --- refused

    @pytest.mark.parametrize("status", [401, 403])
    def test_wrong_credentials_stop_the_account(
        self, sender: Sender, provider: FakeProvider, call: Call, status: int
    ) -> None:
        provider.fails(Fault(status, {"message": "no"}))
        verdict = sender.send(call, MemoryJournal()).verdict
        assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)

    def test_a_redirect_is_not_followed(self, sender: Sender, provider: FakeProvider, call: Call) -> None:
        provider.fails(Fault(307, "", {"Location": provider.url}))
        verdict = sender.send(call, MemoryJournal()).verdict
        assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
        assert len(provider.requests) == 1

    def test_a_line_break_in_a_header_never_leaves(self, sender: Sender, provider: FakeProvider, call: Call) -> None:
        broken = replace(call, key=f"{call.key}\r\nX-Evil: 1")
        if isinstance(call.message, Mail):
            broken = replace(call, message=replace(call.message, from_name="News\r\nBcc: all@example.org"))
        elif sender.idempotent_for is None:
            does_not_apply(f"nothing of a post becomes a header of {sender.name}")
        answer = sender.send(broken, MemoryJournal())
        assert answer.verdict.outcome is Outcome.REFUSED
        assert provider.requests == []

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
        assert {answer.of(reader).outcome for reader in others} <= {Outcome.SENT}
        assert provider.addresses() == [reader.address for reader in others]

    def test_one_recipient_too_many_is_refused_before_sending(
        self, sender: Sender, provider: FakeProvider, call: Call
    ) -> None:
        most = sender.max_recipients if isinstance(call.message, Mail) else 1
        answer = sender.send(call_to(call.message, most + 1), MemoryJournal())
        assert answer.verdict.outcome is Outcome.REFUSED
        assert provider.requests == []

    def test_what_the_sender_does_not_carry_is_refused_before_sending(
        self, sender: Sender, provider: FakeProvider
    ) -> None:
        for kind, message in (("mail", sample_mail()), ("post", sample_post())):
            if kind not in sender.carries:
                assert sender.send(call_to(message), MemoryJournal()).verdict.outcome is Outcome.REFUSED
        assert provider.requests == []

    # --- secrets

    def test_secrets_are_never_shown(self, sender: Sender, provider: FakeProvider, call: Call) -> None:
        provider.fails(Fault(400, echo=True), Fault(500, echo=True), Fault(401, echo=True), Fault.dropped_after())
        answers = [sender.send(call, MemoryJournal()) for _ in range(4)]
        closed = self.make(f"http://127.0.0.1:{_closed_port()}").send(call, MemoryJournal())
        shown = repr([*answers, closed, sender, sender.http, vars(sender.http).get("settings")])
        credentials = [word for r in provider.requests for word in r.headers.get("authorization", "").split()[1:]]
        for secret in (*self.secrets, *credentials):
            assert secret not in shown


def _is_deferred(answer: Answer, call: Call) -> None:
    assert {answer.of(reader).outcome for reader in call.recipients} == {Outcome.DEFERRED}, answer


def _closed_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

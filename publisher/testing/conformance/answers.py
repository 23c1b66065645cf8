"""What an answer means, and the lack of one: sent, deferred, unknown, or the end of the account."""

# ruff: noqa: S101 - the asserts are the product
from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

from publisher.clock import now
from publisher.model.call import Answer, Call, Outcome, Scope
from publisher.senders.base import Sender
from publisher.testing.conformance.base import SenderSuite, does_not_apply, outcomes
from publisher.testing.dialects import Choosy, Preparing
from publisher.testing.journal import MemoryJournal
from publisher.testing.provider import FakeProvider, Fault, short_by_one

LEEWAY = timedelta(seconds=5)
NONSENSE = (  # as JSON; what a provider never says
    "null",
    "[]",
    '{"id": [], "message": {}, "errors": [7, null, {"code": []}], "Messages": [0], "results": {}, "data": 1}',
    "[" * 100_000,
)


class Answers(SenderSuite):
    """Each end that a request may have is known for what it is."""

    # --- accepted

    def test_an_accepted_call_is_sent_for_everyone(self, sender: Sender, provider: FakeProvider, call: Call) -> None:
        answer = sender.send(call, MemoryJournal())
        assert outcomes(answer, call.recipients) == {Outcome.SENT}, answer
        assert sorted(provider.addresses()) == sorted(reader.address for reader in call.recipients)

    def test_a_sender_states_what_the_dispatcher_needs(self, sender: Sender) -> None:
        assert sender.api == 1
        assert sender.name
        assert sender.carries
        assert sender.max_recipients >= 1
        assert sender.max_bytes >= 1
        assert ("post" in sender.carries) == (sender.rules is not None)

    def test_whose_the_credentials_are_is_asked_without_saying_anything(
        self, sender: Sender, provider: FakeProvider
    ) -> None:
        said = sender.whose()
        assert said is None or (isinstance(said, str) and said)
        assert provider.accepted == []

    def test_a_provider_that_does_not_say_whose_they_are_is_told_without_a_secret(self) -> None:
        said = self.make("http://127.0.0.1:9").whose()
        assert not isinstance(said, str)
        assert said is None or (said.reason and not any(secret in repr(said) for secret in self.secrets))

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
        first, second = provider.speaking()
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
        assert outcomes(answer, call.recipients) == {Outcome.UNKNOWN}, answer
        assert answer.verdict.reason

    def test_a_connection_dropped_before_the_body_was_read_is_never_sent(
        self, sender: Sender, provider: FakeProvider, call: Call
    ) -> None:
        provider.fails(Fault.dropped_before())
        outcome = sender.send(call, MemoryJournal()).verdict.outcome
        assert outcome in (Outcome.UNKNOWN, Outcome.DEFERRED)  # deferred only if it broke while the body was leaving
        assert provider.accepted == []

    def test_no_answer_in_time_is_unknown(self, sender: Sender, provider: FakeProvider, call: Call) -> None:
        patience = 1.5 if isinstance(provider.dialect, Preparing) else 0.2  # what prepares it is to have its answer
        sender.http.settings = replace(self.settings, read_timeout=patience)
        provider.fails(Fault.slow(10.0))
        answer = sender.send(call, MemoryJournal())
        assert outcomes(answer, call.recipients) == {Outcome.UNKNOWN}, answer

    @pytest.mark.parametrize("fault", [Fault.wrong_json(), Fault.empty()], ids=["cut off JSON", "empty"])
    def test_a_success_that_cannot_be_read_is_unknown(
        self, sender: Sender, provider: FakeProvider, call: Call, fault: Fault
    ) -> None:
        provider.fails(fault)
        answer = sender.send(call, MemoryJournal())
        expected = Outcome.SENT if self.empty_is_accepted else Outcome.UNKNOWN
        assert outcomes(answer, call.recipients) == {expected}, answer

    @pytest.mark.parametrize("status", [200, 400, 500])
    def test_an_answer_that_makes_no_sense_is_no_fault_of_ours(
        self, sender: Sender, provider: FakeProvider, call: Call, status: int
    ) -> None:
        for body in NONSENSE:
            provider.fails(Fault(status, body, {"Content-Type": "application/json"}, accept=status == 200))
            said = outcomes(sender.send(call, MemoryJournal()), call.recipients)
            assert said <= ({Outcome.UNKNOWN} if status != 400 else {Outcome.REFUSED, Outcome.UNKNOWN}) or (
                status == 200 and self.empty_is_accepted
            ), body[:80]

    def test_nobody_is_sent_who_was_turned_down_and_nobody_tried_again_who_was_taken(
        self, sender: Sender, provider: FakeProvider, call: Call
    ) -> None:
        if len(call.recipients) == 1:
            does_not_apply("one reader is taken or not")
        if not isinstance(provider.dialect, Choosy):
            does_not_apply("the dialect doesn't say how it turns somebody down")
        bad = call.recipients[1]
        provider.dialect.rejects.add(bad.address)
        answer = sender.send(call, MemoryJournal())
        taken = [reader for reader in call.recipients if reader.address in provider.addresses()]
        assert bad not in taken
        assert answer.of(bad).outcome in (Outcome.REFUSED, Outcome.UNKNOWN) or answer.split
        assert outcomes(answer, taken) <= {Outcome.SENT, Outcome.UNKNOWN}, answer
        if not taken:
            others = [reader for reader in call.recipients if reader is not bad]
            assert outcomes(answer, others) <= {Outcome.DEFERRED, Outcome.UNKNOWN}, answer  # they did no wrong

    def test_an_answer_for_fewer_readers_than_asked_about_leaves_doubt(
        self, sender: Sender, provider: FakeProvider, call: Call
    ) -> None:
        if len(call.recipients) == 1:
            does_not_apply("there is one reader to count")
        provider.fails(Fault.miscounted())
        answer = sender.send(call, MemoryJournal())
        said = provider.answers[-1]
        if short_by_one(said) == said:
            does_not_apply("its answer counts nobody")
        assert answer.of(call.recipients[-1]).outcome is Outcome.UNKNOWN
        assert outcomes(answer, call.recipients) <= {Outcome.SENT, Outcome.UNKNOWN}, answer

    def test_who_asks_says_nothing_new_and_trouble_is_no_reason_to_send_again(
        self, sender: Sender, provider: FakeProvider, call: Call
    ) -> None:
        if sender.asked_for is None:
            does_not_apply(f"{sender.name} can't be asked")
        provider.fails(Fault.dropped_after())
        sender.send(call, MemoryJournal())
        taken = provider.addresses()
        faults = (Fault.server_error(), Fault.too_many(), Fault(401), Fault.web_page(200), Fault(200, "[]"), None)
        for fault in faults:
            provider.recovers()
            provider.fails(*[fault] * 50 if fault else ())
            said = outcomes(sender.ask(call), call.recipients)
            assert said <= ({Outcome.SENT, Outcome.UNKNOWN} if fault is None else {Outcome.UNKNOWN}), fault
        assert provider.addresses() == taken

    def test_a_retry_has_the_same_key_and_is_taken_once(
        self, sender: Sender, provider: FakeProvider, call: Call
    ) -> None:
        if sender.idempotent_for is None:
            does_not_apply(f"{sender.name} has no idempotency key: what is unknown is never repeated")
        journal = MemoryJournal()
        provider.fails(Fault.dropped_after())
        assert outcomes(sender.send(call, journal), call.recipients) == {Outcome.UNKNOWN}
        assert outcomes(sender.send(replace(call, attempt=2), journal), call.recipients) == {Outcome.SENT}
        assert len(provider.speaking()) <= 2  # fewer where it is looked for first
        assert {taken.key for taken in provider.accepted} == {type(self).key_on_the_wire(call)}
        assert sorted(provider.addresses()) == sorted(reader.address for reader in call.recipients)

    # --- the account

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
        assert len(provider.speaking()) == 1

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
    assert outcomes(answer, call.recipients) == {Outcome.DEFERRED}, answer


def _closed_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

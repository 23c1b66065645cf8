"""A ledger with readers, a clock that is moved, and senders that answer what they are told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest

from publisher.model.call import Answer, Call, Outcome, Scope, Verdict
from publisher.model.project import Channel
from publisher.model.timing import Timing
from publisher.pipeline import dispatch
from publisher.senders.http import Http
from tests.ledger import Clock, desk

TIMING = Timing(
    lease=timedelta(seconds=180),
    connect_timeout=timedelta(seconds=10),
    read_timeout=timedelta(seconds=60),
    margin=timedelta(seconds=10),
    unknown_retry=timedelta(seconds=30),
    ask_after=timedelta(minutes=15),
)
SENT = Answer(Verdict(Outcome.SENT), status=200)
UNREACHABLE = Answer(Verdict(Outcome.DEFERRED, Scope.PASSING, "could not be reached"))
NO_ANSWER = Answer(Verdict(Outcome.UNKNOWN, Scope.PASSING, "gave no answer in time"))
FORBIDDEN = Answer(Verdict(Outcome.REFUSED, Scope.ACCOUNT, "HTTP 401: Forbidden"), status=401)


class Told:
    """A sender that answers what it is told to, and remembers what it was asked to say."""

    name = "told"
    account = MappingProxyType({})
    takes_down = True
    is_practice = False
    http = Http()
    counted_as = ""
    rules = None

    def __init__(
        self,
        *answers: Answer | Callable[[Call], Answer],
        keys: timedelta | None = None,
        asked_for: timedelta | None = None,
        batch: int = 100,
    ) -> None:
        self.answers = list(answers)
        self.calls: list[Call] = []
        self.questions: list[Call] = []
        self.idempotent_for = keys
        self.asked_for = asked_for
        self.max_recipients = batch

    def send(self, call, journal):
        self.calls.append(call)
        answer = self.answers.pop(0) if self.answers else SENT
        return answer(call) if callable(answer) else answer

    def ask(self, call):
        self.questions.append(call)
        return self.answers.pop(0)


class Bench:
    """One process's desk at a store, with the rules of its channels."""

    def __init__(self, store, *channels: Channel) -> None:
        self.store = store
        self.clock = Clock()
        self.rules = {channel.name: channel for channel in channels}
        rules_of = lambda name: self.rules.get(name, Channel(name, "told"))  # noqa: E731 -- a look-up, not worth a name
        self.desk = replace(desk(store, self.clock), timing=TIMING, rules_of=rules_of)

    def once(self, sender: Told, channel: str = "letters") -> bool:
        return dispatch.dispatch_next(self.store, self.desk, channel, lambda: sender)

    def all(self, sender: Told, channel: str = "letters") -> None:
        """Dispatch until nothing is due at this moment."""
        while self.once(sender, channel):
            pass

    def later(self, **span: float) -> None:
        self.clock.advance(timedelta(**span))

    def die(self) -> tuple[int, int]:
        """Let another process find this one dead."""
        return dispatch.take_over(self.store, lambda _: False, now=self.clock(), retry=TIMING.unknown_retry)


@pytest.fixture
def bench(store):
    return Bench(store)

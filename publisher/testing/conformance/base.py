"""What every part of the suite starts from: the sender under test, a provider that fails when told to, and a call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import ClassVar, NoReturn

import pytest

from publisher.model.call import Answer, Call, Outcome, Recipient
from publisher.model.message import Mail, Message
from publisher.senders.base import Sender
from publisher.senders.http import HttpSettings
from publisher.testing.dialects import Dialect
from publisher.testing.provider import FakeProvider
from publisher.testing.samples import call_to, sample_mail, sample_post


def does_not_apply(why: str) -> NoReturn:
    """Leave a test out because the sender has nothing for it to test; never because a tool is missing."""
    pytest.skip(f"does not apply: {why}")


def outcomes(answer: Answer, readers: Iterable[Recipient]) -> set[Outcome]:
    """Return what an answer says of these readers, each word once."""
    return {answer.of(reader).outcome for reader in readers}


class SenderSuite:
    """What a test of a sender is handed."""

    dialect: ClassVar[Callable[[], Dialect]]  # makes a fresh one for every test
    secrets: ClassVar[tuple[str, ...]] = ()  # what the sender was given and must never show
    settings: ClassVar[HttpSettings] = HttpSettings(connect_timeout=5.0, read_timeout=10.0)
    takes_down: ClassVar[bool] = True  # False where a channel set up like this takes nothing down, though others do
    edits: ClassVar[bool] = True  # False where a channel set up like this edits nothing, though others do
    empty_is_accepted: ClassVar[bool] = False  # True where the provider's success has no body
    key_is_a_header: ClassVar[bool] = True  # False where it stands in the body, in which a line break does no harm
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

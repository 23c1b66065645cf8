"""What nobody is shown while a channel is connected: what was given in secret, and what ``.env`` holds for others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from publisher.config.channels import is_secret
from publisher.config.settings import Settings
from publisher.config.values import VARIABLE
from publisher.errors import PublisherError
from publisher.model.project import Project
from publisher.senders.connecting import Step, holds_secret
from publisher.senders.http import Http

if TYPE_CHECKING:
    from publisher.senders.base import Sender


class Hiding:
    """Takes secrets out of the words for one channel; what was given so far is told each time.

    :param hidden: what of the project nobody is shown.
    """

    def __init__(self, sender: type[Sender], hidden: AbstractSet[str]) -> None:
        self._sender = sender
        self._hidden = hidden

    @contextmanager
    def errors(self, given: Mapping[str, str]) -> Iterator[None]:
        """Let no error show what is to be hidden."""
        try:
            yield
        except PublisherError as error:
            error.what, error.remedy = (self.text(text, given) for text in (error.what, error.remedy))
            error.args = (error.what,)
            raise error from None

    def step(self, step: Step, given: Mapping[str, str]) -> Step:
        """Return a step without what is to be hidden; pages and what may be chosen have to stay as they are."""
        asks = tuple(
            replace(ask, choices={value: self.text(means, given) for value, means in ask.choices.items()})
            for ask in step.asks
        )
        return replace(step, do=tuple(self.text(sentence, given) for sentence in step.do), asks=asks)

    def text(self, text: str, given: Mapping[str, str]) -> str:
        """Return a text without the secrets that were given, and without the project's but for what else was given."""
        return Http(secrets=(self._hidden - set(given.values())) | self.secrets(given)).redact(text)

    def secrets(self, given: Mapping[str, str]) -> set[str]:
        """Return what of the answers is a secret."""
        return {value for name, value in given.items() if is_secret_of(self._sender, name)}


def is_secret_of(sender: type[Sender], name: str) -> bool:
    """Say whether an option of a sender, or an answer on the way to it, is a secret."""
    field = sender.options.model_fields.get(name)
    return holds_secret(field.annotation) if field else is_secret(name)


def hidden_values(project: Project, settings: Settings, sender: type[Sender], options: Mapping[str, str]) -> set[str]:
    """Return all that ``.env`` holds but for what channels show: who, and where.

    :param options: those of the channel that is connected, variables resolved, which its sender tells secret or not.
    """
    written = [each for channel in project.channels.values() for each in channel.options.items()]
    texts = [str(value) for option, value in written if not is_secret(option)]
    shown = {settings.get(name) for text in texts for name in VARIABLE.findall(text)}
    return set(settings.hidden) - shown - {value for name, value in options.items() if not is_secret_of(sender, name)}

"""The senders of the channels as they are set up now: built once, anew when a channel or its secrets change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from publisher.errors import ConfigError, PublisherError
from publisher.model.project import Channel
from publisher.store import channels

# Senders are imported where they are used: most commands need none, and they take half a second.
if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.senders.base import Sender


class ChannelSenders:
    """The senders of a project that is open, and what keeps a channel from having one."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._built: dict[str, Sender] = {}
        self._building = Lock()

    def of(self, channel: str) -> Sender:
        """Return the channel's sender, built once; in practice one that speaks to the built-in inbox."""
        from publisher.app.practice import practice_sender

        with self._building:
            if channel not in self._built:
                if self._app.is_practice:
                    self._built[channel] = practice_sender(channel, self._app.inbox, self._app.keys.current("wire")[1])
                else:
                    self._built[channel] = self.build(self._app.project.channels[channel])
            return self._built[channel]

    def build(self, spec: Channel) -> Sender:
        """Build the channel's own sender, secrets resolved; whether or not this is practice.

        :raises PublisherError: it can't be built; all that keeps it from that is said at once.
        """
        from publisher.app.vault import StoreVault
        from publisher.senders import registry
        from publisher.senders.http import HttpSettings

        timing = self._app.settings.timing
        patience = HttpSettings(timing.connect_timeout.total_seconds(), timing.read_timeout.total_seconds())
        if problems := self.option_problems(spec):
            raise _in_one(problems)
        vault = StoreVault(self._app.store, self._app.keys, spec.name)
        return registry.build(*self._resolved(spec), patience, vault=vault)

    def forget(self) -> None:
        """Build them anew: the channels, or their secrets, may have changed."""
        with self._building:
            self._built.clear()

    def account_of(self, spec: Channel) -> dict[str, str]:
        """Return the account that the channel speaks for, by fingerprints; raises as `build` does."""
        from publisher.senders.registry import account_named

        return account_named(*self._resolved(spec))

    def trouble_of(self, spec: Channel) -> PublisherError | None:
        """Return all that keeps a channel from being used, as one error; None where nothing does."""
        try:
            self.build(spec)
        except PublisherError as error:
            return error
        return None

    def refusal_of(self, spec: Channel) -> ConfigError | None:
        """Return that the channel is stopped until a person says that it is mended, as an error; None: it is not."""
        with self._app.store.read() as conn:
            why = channels.refusal(conn, spec.name)
        remedy = f"Once that is mended at the provider: publisher release --channel {spec.name}"
        return ConfigError(f"{spec.name} is stopped: {why}", where=spec.where, remedy=remedy) if why else None

    def option_problems(self, spec: Channel) -> tuple[ConfigError, ...]:
        """Return everything that is wrong with what stands under a channel: what is not set, and all else."""
        from publisher.senders.registry import option_problems

        unset = self._app.settings.unset(spec)
        places = {each.where for each in unset}
        is_set = {name: value for name, value in spec.options.items() if spec.places.get(name) not in places}
        base_url = "" if spec.places.get("base_url") in places else spec.base_url
        read = self._resolved(replace(spec, options=is_set, base_url=base_url))
        return (*unset, *option_problems(*read, unset=spec.options.keys() - is_set.keys()))

    def _resolved(self, spec: Channel) -> tuple[Channel, Mapping[str, object]]:
        base_url = self._app.settings.resolve(spec.base_url, spec.places.get("base_url", spec.where))
        return replace(spec, base_url=base_url), self._app.settings.resolve_options(spec)


def _in_one(problems: Sequence[ConfigError]) -> ConfigError:
    """Return one error that says what several do: it goes where there is room for a single line."""
    return problems[0] if len(problems) == 1 else ConfigError("; ".join(str(each).rstrip(".") for each in problems))

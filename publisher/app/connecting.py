"""Connecting a channel: its sender's steps, what they give, tried before it is written into ``.env``.

Nothing is kept between two steps but what :meth:`Connecting.step` is handed: a terminal keeps it, or a page.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from publisher.app.hiding import Hiding, hidden_values, is_secret_of
from publisher.config.env_file import must_be_writable, shuts_out, write_values
from publisher.config.settings import FILE
from publisher.config.values import VARIABLE, variable_name
from publisher.errors import ChannelError, ConfigError, MissingError
from publisher.model.call import Outcome, Verdict
from publisher.model.project import Channel
from publisher.model.staff import May
from publisher.pipeline.operate import holding
from publisher.senders.connecting import LATER, Ask, Grant, Move, Step, Talk, Way, copied, holds_secret
from publisher.senders.http import Http, HttpSettings
from publisher.senders.registry import build, sender_class, value_problem
from publisher.senders.vault import MemoryVault
from publisher.store import staff
from publisher.store.permission import allowed

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.senders.base import Sender


SIMPLE = re.compile(r"[A-Za-z0-9-][\w.:/-]*", re.ASCII)  # what needs no quotes in YAML


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, and what is left for an editor.

    :ivar names: variables of ``.env``.
    :ivar lines: to be written under the channel.
    :ivar is_closed: others could read .env before, and can no more.
    """

    names: tuple[str, ...]
    lines: tuple[str, ...]
    is_closed: bool


class Connecting:
    """One channel that gets what its sender asks for."""

    def __init__(self, app: App, name: str) -> None:
        if name not in app.project.channels:
            known = ", ".join(app.project.channels) or "none"
            raise MissingError(f"there is no channel {name!r}", remedy=f"Channels in schedules.yaml: {known}")
        self._app = app
        self.channel: Channel = app.project.channels[name]
        self.sender: type[Sender] = sender_class(self.channel.sender, self.channel.where)

    @cached_property
    def ways(self) -> tuple[Way, ...]:
        """The ways to what the sender asks for; where the file shows which one is meant, that one; empty: none."""
        fields = self.sender.options.model_fields
        secret = [name for name, field in fields.items() if holds_secret(field.annotation)]
        meant = [way for way in self.sender.ways if {*way.gives, *way.needs} & self.channel.options.keys()]
        if self.sender.ways:
            return tuple(meant) if len(meant) == 1 else self.sender.ways
        gives = tuple(name for name in secret if fields[name].is_required() or name in self.channel.options)
        needs = tuple(name for name, field in fields.items() if field.is_required() and name not in gives)
        return (copied(gives, needs=needs),) if gives else ()

    def variables(self, way: Way) -> list[str]:
        """Return the variables of ``.env`` that a way fills."""
        return [variable for option in way.gives if (variable := self._variable(option))]

    def replaced(self, way: Way) -> list[str]:
        """Return the variables that are set already and may be written anew: also of what the way asks for besides.

        :raises ConfigError: one is set where we don't write: in the environment, or in schedules.yaml itself; or .env
            can't be written.
        """
        must_be_writable(self._app.folder)
        for option in way.gives:
            if option in self.channel.options and not self._variable(option):
                remedy = f"Write `{option}: ${{{self._usual(option)}}}` in its place"
                raise ConfigError(f"`{option}` stands in the file itself", where=self._place(option), remedy=remedy)
        asked = (option for option in way.needs if not self._options.get(option))
        names = dict.fromkeys((*self.variables(way), *filter(None, map(self._variable, asked))))
        for name in names:
            if name in os.environ:
                though = "" if os.environ[name] else ", though empty"
                remedy = f"Change it there, or take it out, so that {FILE} holds"
                raise ConfigError(f"{name} is set in the environment{though}, which wins", where=FILE, remedy=remedy)
        return [name for name in names if self._app.settings.get(name)]

    def step(self, way: Way, number: int, given: Mapping[str, str]) -> Step | Grant:
        """Return what is to be done next, or what came of it.

        :param given: all answers and notes so far.
        :raises ChannelError: it ends here, and nothing was written.
        :raises ConfigError: what came of it is of another account than the file says.
        """
        known = {name: value for name, value in given.items() if value}
        with self._hiding.errors(known):
            said = self._said(way.moves[number], known)
            if isinstance(said, Step):
                return self._hiding.step(said, known)
            self._must_agree(way, said)
        return said

    def problem(self, ask: Ask, value: str) -> str:
        """Return what is wrong with the form of an answer; empty: nothing."""
        if not value:
            return "" if ask.is_optional else f"{ask.name} is needed"
        if ask.choices:
            return "" if value in ask.choices else "that is none of these"
        found = value_problem(self.channel, ask.name, value) if ask.name in self.sender.options.model_fields else None
        return f"{found.what}. {found.remedy}".strip() if found else ""

    def tried(self, grant: Grant) -> str | None:
        """Return whose the credentials are, as their provider says; None where it can't be asked.

        :raises ConfigError: something else is missing or can't be meant.
        :raises ChannelError: the provider doesn't take them, or can't be reached.
        """
        with self._hiding.errors(grant.values):
            said = self._whose(grant)
            if isinstance(said, Verdict):
                raise self._refusal(said)
        return said and self._hiding.text(said, grant.values)

    @allowed(May.OPERATE)
    def write(self, grant: Grant) -> Written:
        """Write what was given into ``.env``, all of it or nothing, then into the vault what belongs there.

        :raises ConfigError: it can't be written, or somebody else has written another value there since we looked.
        """
        from publisher.app.vault import StoreVault

        values = {variable: value for option, value in grant.values.items() if (variable := self._variable(option))}
        seen = {name: self._app.settings.get(name) for name in values}
        would_close = shuts_out(self._app.folder)
        with self._hiding.errors(grant.values):
            names = write_values(self._app.folder, values, seen, self._noted)
            if grant.keep:  # after .env: a vault that holds what nobody wrote there has lost what was kept before
                grant.keep(StoreVault(self._app.store, self._app.keys, self.channel.name))
        return Written(tuple(names), self._lines(grant), is_closed=bool(names) and would_close)

    @contextmanager
    def _noted(self, names: Sequence[str]) -> Iterator[None]:
        """Keep who connected it: by the names of what is written meanwhile, and nothing else of it."""
        name, now = self.channel.name, self._app.clock()
        what = f"connected the channel {name}" + (f": wrote {', '.join(names)}" if names else "")
        with self._app.store.write() as conn:
            staff.write_down(conn, self._app.actor, what, about=f"channel:{name}", now=now)
            yield

    @allowed(May.OPERATE)
    def go_on(self, written: Written) -> str:
        """Let a channel go on that was stopped, as for a token that had ended; return how it does. Empty: it wasn't.

        A process that runs the schedules lets it go on itself, once it has read the new values.
        """
        from publisher.app.at_work import is_running

        refusal = self._app.senders.refusal_of(self.channel)
        if refusal is None or not written.names:
            return f"The channel is stopped. {refusal.remedy}" if refusal else ""
        if is_running(self._app.store):
            return "The channel was stopped. It goes on by itself: `publisher run` reads .env anew within seconds"
        channels = self._app.project.channels
        holding.release_channel(self._app.store, self.channel.name, now=self._app.clock(), usable=channels)
        return "The channel was stopped. It goes on, and what waited for it, with the next `publisher run` or `send`"

    def described(self) -> list[str]:
        """Return a line for each option of a sender that there is no way to."""
        fields = self.sender.options.model_fields
        return [f"{name}: {field.description}" for name, field in fields.items() if field.description]

    @property
    def command(self) -> str:
        return f"publisher connect {self.channel.name}"

    def _said(self, move: Move, known: Mapping[str, str]) -> Step | Grant:
        """Return what a move says; of the answers that it reads, only what was given is hidden.

        A network may give the very token again that stands in .env.
        """
        http = Http(self._patience, self._hiding.secrets(known), self._app.clock)
        try:
            return move(Talk(self.channel.name, self.sender.options, self._options, self._unset, known, http))
        finally:
            http.close()

    def _whose(self, grant: Grant) -> str | Verdict | None:
        vault = MemoryVault()
        if grant.keep:
            grant.keep(vault)
        spec = replace(self.channel, base_url=str(self._options.get("base_url", "")))
        sender = build(spec, {**self._typed, **grant.values}, self._patience, self._app.clock, vault)
        try:
            return sender.whose()
        finally:
            sender.http.close()

    def _refusal(self, verdict: Verdict) -> ChannelError:
        if verdict.outcome is not Outcome.REFUSED:
            return ChannelError(f"{self.channel.sender} could not be asked: {verdict.reason}", remedy=LATER)
        what = f"{self.channel.sender} doesn't take what was given: {verdict.reason}"
        return ChannelError(what, remedy=f"Nothing was written. Put it right and begin again: {self.command}")

    def _must_agree(self, way: Way, grant: Grant) -> None:
        """Make sure that what an editor set says the same account as what came of it."""
        for option, value in grant.values.items():
            known = self._options.get(option, value)
            if option not in way.gives and known != value:
                what = f"`{option}` is {known}, and what was allowed is {value}"
                remedy = f"Begin again as the account that is meant, or let `{option}` be {value}"
                raise ConfigError(what, where=self._place(option), remedy=remedy)

    def _lines(self, grant: Grant) -> tuple[str, ...]:
        """Return what is not written under the channel yet."""
        missing = [(option, value) for option, value in grant.values.items() if option not in self.channel.options]
        return tuple(
            f"{option}: ${{{self._variable(option)}}}" if self._is_secret(option) else f"{option}: {_in_yaml(value)}"
            for option, value in missing
        )

    def _variable(self, option: str) -> str:
        """Return the variable that holds an option; empty where it stands in the file itself."""
        written = self.channel.options.get(option)
        if written is None:
            return self._usual(option) if self._is_secret(option) else ""
        found = VARIABLE.fullmatch(str(written))
        return found[1] if found else ""

    def _usual(self, option: str) -> str:
        return variable_name(self.channel.name, option)

    def _is_secret(self, name: str) -> bool:
        return is_secret_of(self.sender, name)

    def _place(self, option: str) -> str:
        return self.channel.places.get(option, self.channel.where)

    @cached_property
    def _hiding(self) -> Hiding:
        hidden = hidden_values(self._app.project, self._app.settings, self.sender, self._options)
        return Hiding(self.sender, hidden)

    @cached_property
    def _unset(self) -> tuple[str, ...]:
        """The options whose variable is not set."""
        places = {each.where for each in self._app.settings.unset(self.channel)}
        return tuple(name for name in self.channel.options if self.channel.places.get(name) in places)

    @cached_property
    def _typed(self) -> dict[str, object]:
        """The options that are there, variables resolved, as the file types them."""
        is_set = {name: value for name, value in self.channel.options.items() if name not in self._unset}
        return self._app.settings.resolve_options(replace(self.channel, options=is_set))

    @cached_property
    def _options(self) -> dict[str, str]:
        base_url = self._app.settings.resolve(self.channel.base_url, self._place("base_url"))
        return {"base_url": base_url, **{name: str(value) for name, value in self._typed.items()}}

    @cached_property
    def _patience(self) -> HttpSettings:
        timing = self._app.settings.timing
        return HttpSettings(timing.connect_timeout.total_seconds(), timing.read_timeout.total_seconds())


def _in_yaml(value: str) -> str:
    """Write a value so that YAML reads it as this text."""
    return value if SIMPLE.fullmatch(value) else json.dumps(value, ensure_ascii=False)


def waits(step: Step) -> bool:
    """Say whether a step has anything for a person."""
    return bool(step.do or step.asks)


def noted(given: Mapping[str, str], step: Step, answers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return what is known after a step."""
    return {**given, **step.notes, **dict(answers)}

"""Finds senders by name among the installed packages, and builds one from what an editor wrote under a channel."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Set
from difflib import get_close_matches
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from publisher.clock import Clock, now
from publisher.config.values import variable_name
from publisher.errors import ChannelError, ConfigError
from publisher.model.project import Channel
from publisher.senders.accounts import account_of, counted_as
from publisher.senders.base import Options, Sender
from publisher.senders.http import Http, HttpSettings
from publisher.senders.vault import Vault

GROUP = "publisher.senders"
# pydantic's kinds of error in our words; {…} are its own details. Never the value: it may be a secret.
WORDS = {
    "literal_error": "`{name}` must be {expected}",
    "string_type": "`{name}` must be text",
    "string_too_short": "`{name}` is empty",
    "int_parsing": "`{name}` must be a whole number",
    "int_type": "`{name}` must be a whole number",
    "int_from_float": "`{name}` must be a whole number",
    "decimal_parsing": "`{name}` must be a number",
    "decimal_type": "`{name}` must be a number",
    "finite_number": "`{name}` must be a number",
    "bool_parsing": "`{name}` must be true or false",
    "bool_type": "`{name}` must be true or false",
    "greater_than_equal": "`{name}` must be {ge} or more",
    "less_than_equal": "`{name}` must be {le} or less",
}


def sender_names() -> list[str]:
    """Return the names of all installed senders."""
    return sorted(_installed(tuple(sys.path)))


@lru_cache(maxsize=1)
def _installed(places: tuple[str, ...]) -> Mapping[str, EntryPoint]:
    """Look once wherever Python looks for packages: a file of each one is read, and there are many."""
    return {entry.name: entry for entry in reversed(list(entry_points(group=GROUP)))}  # the first of a name wins


def sender_class(name: str, where: str = "") -> type[Sender]:
    """Load a sender; ChannelError where there is none of that name, or one that was made for another Publisher.

    :param where: the place that named it, for the error.
    """
    entry = _installed(tuple(sys.path)).get(name)
    if entry is None:
        known = sender_names()
        near = get_close_matches(name, known, 1)
        remedy = f"Did you mean `{near[0]}`?" if near else f"There are: {', '.join(known)}."
        raise ChannelError(f"no sender is called `{name}`", where=where, remedy=remedy)
    try:
        found = entry.load()
    except (ImportError, AttributeError) as error:
        raise ChannelError(
            f"the sender `{name}` can't be loaded from {entry.value}", where=where, remedy="Install its package again."
        ) from error
    if not isinstance(found, type) or not issubclass(found, Sender):
        raise ChannelError(f"`{entry.value}` is not a sender", where=where, remedy="Ask its author.")
    if found.api != Sender.api:
        remedy = f"Install a version of its package for sender API {Sender.api}."
        raise ChannelError(
            f"the sender `{name}` speaks sender API {found.api}, not {Sender.api}", where=where, remedy=remedy
        )
    return found


def option_problems(
    channel: Channel, options: Mapping[str, object], unset: Set[str] = frozenset()
) -> tuple[ConfigError, ...]:
    """Return everything that is wrong with a channel's options, each at its place.

    :param unset: names of others, whose value isn't known yet.
    """
    return _read(sender_class(channel.sender, channel.where).options, channel, options, unset)[1]


def value_problem(channel: Channel, name: str, value: str) -> ConfigError | None:
    """Return what is wrong with one option's value, whatever the others are; None: nothing."""
    declared = sender_class(channel.sender, channel.where).options
    try:
        declared.model_validate({name: value})
    except ValidationError as error:
        own = [detail for detail in error.errors() if detail["loc"] == (name,)]
        return _in_our_words(channel, declared, own[0]) if own else None
    return None


def build(
    channel: Channel,
    options: Mapping[str, object],
    settings: HttpSettings | None = None,
    clock: Clock = now,
    vault: Vault | None = None,
) -> Sender:
    """Make the sender of a channel.

    :param options: the channel's options, ``${NAME}`` resolved.
    :param vault: where it keeps sessions and tokens; None: in memory, for as long as it lives.
    :raises ChannelError: there is no such sender.
    :raises ConfigError: an option is missing, unknown or can't be meant; the first of :func:`option_problems`.
    """
    found = sender_class(channel.sender, channel.where)
    given = _given(channel, options)
    made = found(given, Http(settings, secrets_of(given), clock))
    made.vault = vault or made.vault
    made.account = account_of(channel.sender, given)
    made.counted_as = counted_as(found, given)
    return made


def account_named(channel: Channel, options: Mapping[str, object]) -> dict[str, str]:
    """Return the account that a sender built of these options would speak for; raises as `build` does."""
    return account_of(channel.sender, _given(channel, options))


def counted_named(channel: Channel, options: Mapping[str, object]) -> str:
    """Return what the account of a sender built of these options would be counted as; raises as `build` does."""
    return counted_as(sender_class(channel.sender, channel.where), _given(channel, options))


def _given(channel: Channel, options: Mapping[str, object]) -> Options:
    given, problems = _read(sender_class(channel.sender, channel.where).options, channel, options)
    if given is None:
        raise problems[0]
    return given


def secrets_of(options: Options) -> Iterator[str]:
    """Yield every secret among the options, also those that stand several in one, or in an address."""
    for value in dict(options).values():
        if isinstance(value, SecretStr):
            plain = value.get_secret_value()
            yield from (plain, *plain.split(), *(word.removeprefix("whsec_") for word in plain.split()))
            if "://" in plain:  # a secret that is an address is one by its path, whichever host is called
                yield from (path := urlsplit(plain).path.strip("/"), path.rpartition("/")[2])


def _read(
    declared: type[Options], channel: Channel, options: Mapping[str, object], unset: Set[str] = frozenset()
) -> tuple[Options | None, tuple[ConfigError, ...]]:
    base = {"base_url": channel.base_url} if channel.base_url else {}
    given = {**options, **base, **dict.fromkeys(unset - declared.model_fields.keys())}  # of these the name is wrong
    try:
        return declared.model_validate(given, context={"unset": unset}), ()
    except ValidationError as error:
        errors, meant = error.errors(), _meant(declared, error)
    found = [
        _in_our_words(channel, declared, detail)
        for detail in errors
        if detail["type"] != "missing" or detail["loc"][0] not in {*unset, *meant}  # else it is said already
    ]
    if all(detail["loc"] for detail in errors):  # pydantic looks at options together once each is right
        names = {*unset, *meant, *(name for name, value in given.items() if value is not None)}
        why = declared.why_not_together(names)
        found += [ConfigError(why, where=channel.where)] if why else []
    return None, tuple(found)


def _meant(declared: type[Options], error: ValidationError) -> set[str]:
    """Return the options that are there under a name that is written wrongly."""
    extra = [str(each["loc"][0]) for each in error.errors() if each["type"] == "extra_forbidden"]
    return {near for name in extra for near in get_close_matches(name, declared.model_fields, 1)}


def _in_our_words(channel: Channel, declared: type[Options], detail: Any) -> ConfigError:
    name = str(detail["loc"][0]) if detail["loc"] else ""
    where = channel.places.get(name, channel.where)
    known = declared.model_fields
    if detail["type"] == "missing":
        meaning = known[name].description or name
        what = f"channel `{channel.name}` needs `{name}`: {meaning}"
        return ConfigError(what, where=where, remedy=_to_be_written(channel, name, known[name]))
    if detail["type"] == "extra_forbidden":
        near = get_close_matches(name, known, 1)
        remedy = f"Did you mean `{near[0]}`?" if near else f"It takes: {', '.join(sorted(known))}."
        return ConfigError(f"the sender {channel.sender} has no option `{name}`", where=where, remedy=remedy)
    return ConfigError(_wrong(name, detail), where=where, remedy=_meaning(declared, name))


def _to_be_written(channel: Channel, name: str, field: FieldInfo) -> str:
    """Say how to write an option; a secret stands in ``.env``."""
    if field.annotation is not SecretStr:
        return f"Write `{name}: …` under it."
    variable = variable_name(channel.name, name)
    return f"Write `{name}: ${{{variable}}}` under it, and `{variable}=…` into .env."


def _wrong(name: str, detail: Any) -> str:
    if detail["type"] == "value_error":
        return f"`{name}` {detail['ctx']['error']}" if name else str(detail["ctx"]["error"])
    return WORDS.get(detail["type"], "`{name}` can't be read").format(name=name, **detail.get("ctx", {}))


def _meaning(declared: type[Options], name: str) -> str:
    field = declared.model_fields.get(name)
    return f"It is {field.description}." if field and field.description else ""

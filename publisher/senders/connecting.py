"""How a person gets what a sender asks for, as data: what to do, what to give, and what comes of it.

A terminal or a page shows it. Between two steps nothing is kept but text: what was given, and what a step noted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

from pydantic import SecretStr

from publisher.errors import ChannelError
from publisher.model.call import Outcome, Verdict
from publisher.senders.http import Http, Reply
from publisher.senders.vault import Vault

if TYPE_CHECKING:
    from publisher.senders.base import Options

AGAIN = "Begin again: publisher connect {channel}"
LATER = "Nothing was written; try again in a while"


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that a person is asked for.

    :ivar name: an option of the sender, or a word of the way's own: ``code``.
    :ivar what: ``the bot's token, from @BotFather``.
    :ivar is_secret: it isn't shown while it is typed.
    :ivar is_optional: nothing may be given.
    :ivar choices: what may be given, and what each means; empty: anything.
    """

    name: str
    what: str
    is_secret: bool = False
    is_optional: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """What a person does next, and then gives. One without words and questions is passed over.

    :ivar do: sentences, in order.
    :ivar page: the address of a page to open for it.
    :ivar notes: what later steps have to know; shown to nobody.
    """

    do: tuple[str, ...] = ()
    asks: tuple[Ask, ...] = ()
    page: str = ""
    notes: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """What came of it: options of the channel, and what goes into its vault besides.

    :ivar keep: puts it there; called once before, with a vault that forgets, when the credentials are tried.
    """

    values: Mapping[str, str] = field(repr=False)
    keep: Callable[[Vault], None] | None = None


@dataclass(frozen=True, slots=True)
class Talk:
    """What is known so far.

    :ivar options: what stands under the channel, as text, variables resolved; without those that are not set.
    :ivar unset: options that stand there with a variable that isn't set.
    :ivar given: answers and notes, by name.
    :ivar http: hides what is a secret by its name.
    """

    channel: str
    declared: type[Options]
    options: Mapping[str, str] = field(repr=False)
    unset: tuple[str, ...]
    given: Mapping[str, str] = field(repr=False)
    http: Http

    def __getitem__(self, name: str) -> str:
        """Return what was given, or stands under the channel; empty: neither."""
        return self.given.get(name) or self.options.get(name, "")

    def host(self, usual: str) -> str:
        """Return where the provider is called."""
        return (self.options.get("base_url") or usual).rstrip("/")

    def ask(self, name: str, *, is_optional: bool = False) -> Ask:
        """Return the question for an option, in the words that describe it everywhere."""
        known = self.declared.model_fields[name]
        what = f"{known.description or name}{'; Enter where there is none' if is_optional else ''}"
        return Ask(name, what, holds_secret(known.annotation), is_optional)

    def lacking(self, *names: str, is_optional: bool = False) -> tuple[Ask, ...]:
        """Return the questions for those of these options that nobody knows yet."""
        return tuple(self.ask(name, is_optional=is_optional) for name in names if not self[name])

    def no(self, what: str, remedy: str = "") -> ChannelError:
        """Return an error that ends it."""
        return ChannelError(what, remedy=remedy or AGAIN.format(channel=self.channel))

    def checked(self, reply: Reply, what: str, remedy: str = "") -> Reply:
        """Return an answer that says yes.

        :param what: what was wanted, for the error: ``no token``.
        :raises ChannelError: it says no, or never came.
        """
        if reply.trouble:
            raise self.refusal(reply.trouble, what, remedy)
        return reply

    def refusal(self, verdict: Verdict, what: str, remedy: str = "") -> ChannelError:
        """Return the error that a verdict is: what is refused wants mending, anything else a while."""
        is_final = verdict.outcome is Outcome.REFUSED
        return self.no(f"{what}: {verdict.reason.removesuffix('; nothing was sent')}", remedy if is_final else LATER)


Move: TypeAlias = Callable[[Talk], Step | Grant]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to what a sender asks for.

    :ivar about: why one would choose it, where there are several.
    :ivar gives: options that it makes, in place of what was set before.
    :ivar needs: options that it asks for only where nobody knows them.
    :ivar moves: each says what comes next, of what is known by then; the last one what came of it all.
    """

    name: str
    about: str
    gives: tuple[str, ...]
    needs: tuple[str, ...]
    moves: tuple[Move, ...]


def copied(
    gives: tuple[str, ...], *do: str, needs: tuple[str, ...] = (), name: str = "", about: str = "", page: str = ""
) -> Way:
    """Return the way of who copies everything from the provider's own pages."""

    def ask(talk: Talk) -> Step:
        others = tuple(option for option in talk.unset if option not in (*gives, *needs))
        asked = (talk.ask(option) for option in gives)
        asks = (*talk.lacking(*needs), *asked, *talk.lacking(*others, is_optional=True))
        return Step(do, asks, page)

    def grant(talk: Talk) -> Grant:
        return Grant({option: talk[option] for option in (*needs, *gives, *talk.unset) if talk[option]})

    return Way(name, about, gives, needs, (ask, grant))


def holds_secret(annotation: Any) -> bool:
    """Say whether an option's type is a secret, or may be one."""
    return annotation is SecretStr or any(holds_secret(part) for part in get_args(annotation))

"""The seam between us and a provider: what a sender states about itself, and the one thing it does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, Protocol, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, model_validator

from publisher.model.account import Fingerprints
from publisher.model.call import Answer, Call, Outcome, Scope, Verdict
from publisher.model.event import Event
from publisher.model.message import PostRules
from publisher.senders.advice import Advice
from publisher.senders.connecting import Way
from publisher.senders.events import Incoming, NotBelieved
from publisher.senders.http import Http
from publisher.senders.vault import MemoryVault, Vault

Kind = Literal["mail", "post"]


class Journal(Protocol):
    """Remembers the steps of one call, so that the next try goes on where this one stopped.

    Both raise where another process has taken the call over: then this try says no more. Not for a sender to catch.
    """

    def note(self, step: str, data: Mapping[str, object]) -> None:
        """Commit what a step gave, before the next step; ``data`` is plain JSON."""

    def noted(self, step: str) -> Mapping[str, object] | None:
        """Return what this or an earlier try noted of the step."""


def _a_web_address(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a whole address that begins with https:// or http://")
    if parts.username or parts.password:
        raise ValueError("must not hold a user or password; give them as options of their own")
    return value.strip()


def _one_line(secret: SecretStr) -> SecretStr:
    plain = secret.get_secret_value()
    if not plain or not plain.isascii() or not plain.isprintable() or plain != plain.strip():
        raise ValueError("is empty, or holds a space or sign that no key has; copy it again")
    return secret


WebAddress = Annotated[str, AfterValidator(_a_web_address)]
Base = Annotated[WebAddress, AfterValidator(lambda value: value.rstrip("/"))]  # paths are appended to it
Secret = Annotated[SecretStr, AfterValidator(_one_line)]


class Options(BaseModel):
    """What an editor may write under a channel, besides the keys that every channel has."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: Base | None = Field(None, description="where to call instead of the provider: a local server")

    @classmethod
    def why_not_together(cls, names: Set[str]) -> str:
        """Return what is missing beside these options, or is one too many; empty: they go together.

        By their names alone, so that it can be said while some of their variables are not set yet.
        """
        return ""

    @model_validator(mode="after")
    def _go_together(self, info: ValidationInfo) -> Self:
        unset = (info.context or {}).get("unset", ())
        if why := self.why_not_together({*unset, *(name for name, value in self if value is not None)}):
            raise ValueError(why)
        return self


class Sender(ABC):
    """One provider. Used by many threads at once, so it keeps nothing that a call changes.

    The limits are class attributes; an instance may set its own where an option decides.
    """

    api: ClassVar[int] = 1  # the registry refuses another major
    name: ClassVar[str]
    carries: ClassVar[frozenset[Kind]]
    options: ClassVar[type[Options]] = Options
    shape: ClassVar[Literal["merge", "rendered"]] = "rendered"  # merge: one body with variables per recipient
    takes_down: ClassVar[bool] = False  # posts can be withdrawn
    is_practice: ClassVar[bool] = False  # it stands in for a channel, and nothing of it reaches a network
    edits: ClassVar[bool] = False  # what stands can be given other words
    cannot_edit: ClassVar[str] = ""  # why it can't, where more is to be said than that it doesn't
    ways: ClassVar[tuple[Way, ...]] = ()  # to what it asks for; none: an editor knows where its options are found
    max_recipients: int = 1  # per call
    max_bytes: int  # of one request
    idempotent_for: timedelta | None = None  # how long the provider knows a key; None: it has no such thing
    asked_for: timedelta | None = None  # how long it can be asked what became of a call; None: it can't
    forces_unsubscribe: str = ""  # the provider puts its own List-Unsubscribe header in: what to do about it
    # What `publisher doctor` looks for in DNS. A provider may change it; empty: it can't be told beforehand.
    signs_as: str = ""  # the domain that signs and that bounces come back to, where an option says which
    dkim_selectors: tuple[str, ...] = ()  # under these its keys stand, for every account alike
    spf_includes: tuple[str, ...] = ()  # what an SPF record that lets it send includes, any of these
    vault: Vault  # for what it is given for a while; the registry hands it the channel's own
    account: Fingerprints = MappingProxyType({})  # that it speaks for; the registry says which
    counted_as: str = ""  # a name of the account whose requests its network counts; the registry says which

    @classmethod
    def rules_of(cls, options: Mapping[str, object]) -> PostRules | None:
        """Return how posts are counted under these options, as written; None: carries no posts. Needs no secret."""
        return None

    def __init__(self, options: Options, http: Http) -> None:
        self.http = http
        self.vault = MemoryVault()
        self.rules = self.rules_of(dict(options))

    @classmethod
    def stated(cls, options: Mapping[str, object], name: str) -> int:
        """Return a number among the options as written, or its default."""
        said = str(options.get(name, ""))
        return int(said) if said.isdecimal() else int(cls.options.model_fields[name].default)

    @abstractmethod
    def send(self, call: Call, journal: Journal) -> Answer:
        """Speak to the provider once and say what came of it, recipient by recipient.

        The same call gives the same bytes on every try. Never raises for anything that a provider, a network or a
        message may do; what is wrong with the message is refused before a byte leaves.
        """

    def ask(self, call: Call) -> Answer:
        """Ask the provider what became of a call whose answer never came, and say nothing new to it.

        Sent: it had arrived. Deferred: it certainly never came, and may be said anew. Unknown: it can't be told yet;
        ``call.spoke_at`` says how old the matter is. Only for senders that set ``asked_for``.
        """
        return Answer(Verdict(Outcome.UNKNOWN, reason=f"{self.name} can't be asked"))

    def whose(self) -> str | Verdict | None:
        """Ask the provider whose the credentials are, and say nothing to anybody else.

        A Verdict: it doesn't take them, or they aren't enough, or it gave no answer. None: it can't be asked.
        """
        return None

    def token_ends(self) -> datetime | None:
        """Return when a person has to get another token; None: never, or nobody knows. Asks nobody but the vault."""
        return None

    @classmethod
    def says_when_tokens_end(cls) -> bool:
        """Say whether this sender ever tells when a person has to get another token."""
        return cls.token_ends is not Sender.token_ends

    def advice(self) -> Sequence[Advice]:
        """Ask the network what it says of itself; return where the channel's options say otherwise.

        For `publisher doctor`: nothing is sent or counted by it. Never raises for anything that a network may say.
        """
        return ()

    @classmethod
    def why_it_stays(cls, options: Mapping[str, object]) -> str:
        """Return why what was posted under these options, as written, can't be taken down; empty: it can be."""
        return "" if cls.takes_down else f"{cls.name} takes nothing down"

    def withdraw(self, call: Call, journal: Journal) -> Answer:
        """Take down a post, or every part of a thread, and say what came of it; what is gone already is taken down.

        The call holds a ``Withdrawal``, and may be said again at any time. Only for senders that set ``takes_down``.
        """
        return Answer(Verdict(Outcome.REFUSED, Scope.MESSAGE, f"{self.name} takes nothing down"))

    @classmethod
    def why_it_cannot_edit(cls, options: Mapping[str, object]) -> str:
        """Return why what was posted under these options, as written, keeps its words; empty: it can be edited."""
        return "" if cls.edits else cls.cannot_edit or f"{cls.name} edits nothing"

    def edit(self, call: Call, journal: Journal) -> Answer:
        """Give a post, or every part of a thread, other words, and say what came of it.

        The call holds a ``Correction``, and may be said again at any time: twice does no more than once. Refused where
        the post is gone, or has another number of parts. Only for senders that set ``edits``.
        """
        return Answer(Verdict(Outcome.REFUSED, Scope.MESSAGE, self.why_it_cannot_edit({})))

    @abstractmethod
    def size(self, call: Call) -> int:
        """Return the bytes of the (largest) request that this call would make, without making it."""

    def hear(self, incoming: Incoming) -> Sequence[Event]:
        """Make sure that it is the provider who speaks, and return what it says; tests and pings are no events.

        :raises NotBelieved: it is somebody else, or nobody can understand it. Never raises anything else.
        """
        raise NotBelieved(f"{self.name} tells nothing afterwards", 404)

"""Everything that can go wrong in words for people.

    PublisherError            the base: where, what, and what to do now
    ├── UsageError            the command was called wrongly (exit code 2)
    │   ├── MissingError           what was named, by number or name, isn't there
    │   ├── StaleError             what somebody decided about has changed since they looked (exit code 1)
    │   └── EndedError             it has ended, or something holds it: this can't be done (exit code 1)
    ├── NotAllowedError       whoever asks by the console may not do this
    ├── ConfigError           schedules.yaml, .env or the key file says something that can't be meant (exit code 2)
    ├── SourceError           a feed, folder or page could not be read
    │   └── PrivateAddressError    it stands inside the own network, and nobody said that it may be read there
    ├── TemplateError         a template is missing, broken or asks for what is not there
    ├── UndrawableError       no share card can be drawn of a headline
    ├── UnusablePictureError  a picture can't be made into what networks take
    ├── StoreError            the database is locked, read-only, full, unknown or not ours
    ├── ChannelError          a channel can't be used at all: unknown sender, missing option, wrong credentials
    └── ImportFileError         a file of subscribers could not be taken in

Each is one line without a traceback: ``where: what. remedy``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any


class PublisherError(Exception):
    """Base of all errors that are shown to people.

    :param what: what happened, as a sentence without a full stop.
    :param where: the place: ``schedules.yaml:12:7``, a source's name, a file.
    :param remedy: what to do now.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(what)

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        if self.remedy:
            line = f"{line.rstrip('.')}. {self.remedy}"
        return " ".join(line.split())


class UsageError(PublisherError):
    """The command was called wrongly."""

    exit_code = 2


class MissingError(UsageError):
    """What was named, by its number or its name, isn't there; what there is."""


class StaleError(UsageError):
    """What somebody decided about has changed since they looked at it; the answer is no."""

    exit_code = 1


class EndedError(UsageError):
    """It has ended, nothing of it has begun, or something holds it; the answer is no."""

    exit_code = 1


class NotAllowedError(PublisherError):
    """Whoever asks by the console, or by its interface, may not do this."""


class ConfigError(PublisherError):
    """The project's own files say something that can't be meant.

    :param others: further problems of the same file, each a finished line.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", remedy: str = "", others: tuple[str, ...] = ()) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.others = others

    @property
    def problems(self) -> tuple[str, ...]:
        """Every problem as a line of its own, this one first."""
        return (super().__str__(), *self.others)

    def __str__(self) -> str:
        first = super().__str__()
        return f"{first} (and {len(self.others)} more)" if self.others else first


class SourceError(PublisherError):
    """A source could not be read; the others go on.

    :param status: what its server answered; None where it was no server's answer.
    :param retry_after: how long the server asked to be left alone.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        remedy: str = "",
        status: int | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.status = status
        self.retry_after = retry_after

    def at(self, where: str, what: str = "") -> SourceError:
        """Return the same error with the place where it belongs, and in other words if they are given."""
        said: dict[str, Any] = {"status": self.status, "retry_after": self.retry_after}
        return type(self)(what or self.what, where=where or self.where, remedy=self.remedy, **said)


class PrivateAddressError(SourceError):
    """An address stands inside the own network, and nobody said that it may be read there."""


class TemplateError(PublisherError):
    """A template is missing, broken, or asks for something that is not there."""


class UndrawableError(PublisherError):
    """No share card can be drawn: the headline is empty, or has letters that no font of ours has."""


class UnusablePictureError(PublisherError):
    """A picture can't be made into what networks take: it is none, broken, too small, or far too large."""


class StoreError(PublisherError):
    """The database can't be used as it is."""


class UpgradeError(StoreError):
    """The ledger is being upgraded, or was: whoever is at work ends, and starts again as the version that fits."""


class NotWrittenError(StoreError):
    """The database gave a change up before it was committed: nothing of it is there, it may be tried again."""


class MaybeWrittenError(StoreError):
    """The connection broke during the commit: the change is there wholly or not at all, and we can't know which."""


class UnkeptError(StoreError):
    """A change was committed, but the journal lacks who in it is not to be written to: the ledger owes it that."""


class LostCallError(StoreError):
    """A call is no longer this try's: another process carries it on, or it is settled. No more is said of it here."""


class BooksError(StoreError):
    """A write would leave the books of a send unbalanced, so it was refused.

    :param send_id: the send, which is set aside until a person has looked at it.
    """

    def __init__(self, what: str, *, send_id: int, remedy: str = "") -> None:
        super().__init__(what, remedy=remedy)
        self.send_id = send_id


class ChannelError(PublisherError):
    """A channel can't be used at all; the others go on."""


class ImportFileError(PublisherError):
    """A file of subscribers could not be taken in."""

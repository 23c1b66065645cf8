"""Who of the staff asks, and whether what is done for them was allowed: without that, no write of theirs is made.

Whoever asks by the console or its interface is known for as long as they are answered. A verb that changes something
says what it asks of a role (`allowed`), and the store makes no write for them that no verb allowed. What the scheduler
does, and what is typed at the terminal, asks nobody: whoever has the shell has the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from publisher.errors import NotAllowedError
from publisher.model.staff import May, Member

NOBODY = "nobody signs in here yet"
TO_BEGIN = "To work here and not only look: publisher staff add NAME --role admin"


@dataclass(frozen=True, slots=True)
class _Asking:
    member: Member | None  # None: nobody works here yet, and whoever uses this machine may look
    is_allowed: bool = False


_asking: ContextVar[_Asking | None] = ContextVar("asking", default=None)


@contextmanager
def asking(member: Member | None) -> Iterator[None]:
    """Let this be who asks, for the length of the block; None: somebody of whom nothing is known."""
    before = _asking.set(_Asking(member))
    try:
        yield
    finally:
        _asking.reset(before)


@contextmanager
def by_itself() -> Iterator[None]:
    """Let what is done in the block be ours, whoever asks: what would be done anyway, at the next look."""
    before = _asking.set(None)
    try:
        yield
    finally:
        _asking.reset(before)


def who() -> Member | None:
    """Return who asks; None where nobody does, or nobody knows who."""
    found = _asking.get()
    return found.member if found else None


def is_asked() -> bool:
    """Say whether somebody asks by the console."""
    return _asking.get() is not None


@contextmanager
def allowed(what: May, *, until_anybody: bool = False) -> Iterator[None]:
    """Let the block, or the function that this decorates, write for whoever asks.

    :param until_anybody: as long as nobody works here, whoever uses this machine may, too.
    :raises NotAllowedError: their role, or their token, doesn't reach so far.
    """
    found = _asking.get()
    if found is None:
        yield
        return
    if not (until_anybody and found.member is None):
        require(what)
    before = _asking.set(_Asking(found.member, is_allowed=True))
    try:
        yield
    finally:
        _asking.reset(before)


def require(what: May) -> None:
    """Refuse whoever asks, where they may not do this.

    :raises NotAllowedError: they may not.
    """
    found = _asking.get()
    if found is None:
        return
    if found.member is None:
        raise NotAllowedError(NOBODY, remedy=TO_BEGIN)
    if not found.member.may(what):
        raise NotAllowedError(found.member.why_not(what), remedy="Ask an admin")


def require_allowed() -> None:
    """Refuse a write for somebody who asks, where no verb has allowed it.

    :raises NotAllowedError: none has.
    """
    found = _asking.get()
    if found is not None and not found.is_allowed:
        raise NotAllowedError("nothing is written for whoever only looks", remedy=TO_BEGIN if not found.member else "")

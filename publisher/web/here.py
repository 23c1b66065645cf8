"""Who asks for a page: known to all that is done for it, and to the page itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256

from publisher.model.staff import Member

_member: ContextVar[Member | None] = ContextVar("member", default=None)
_token: ContextVar[str] = ContextVar("token", default="")


@contextmanager
def asking(member: Member | None, token: str) -> Iterator[None]:
    """Let this be who asks, for the length of the block."""
    before = _member.set(member), _token.set(token if member else "")
    try:
        yield
    finally:
        _member.reset(before[0])
        _token.reset(before[1])


def here() -> Member | None:
    """Return who is signed in and asks; None where nobody has to be."""
    return _member.get()


def form_token() -> str:
    """Return what every form of whoever is signed in brings back: a page of another site can't know it."""
    return sha256(f"form\n{_token.get()}".encode()).hexdigest() if _token.get() else ""

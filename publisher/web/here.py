"""The session by which a page is asked for, and what every form of it brings back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256

from publisher.model.staff import Member
from publisher.store import permission

FIELD = "csrf_token"  # of a form: the name by which scanners know one
_token: ContextVar[str] = ContextVar("token", default="")


@contextmanager
def asking(member: Member | None, token: str) -> Iterator[None]:
    """Let this be who asks, for the length of the block.

    :param token: of their session; empty where they have none.
    """
    before = _token.set(token if member else "")
    try:
        with permission.asking(member):
            yield
    finally:
        _token.reset(before)


def session() -> str:
    """Return the token of the session by which a page is asked for; empty where there is none."""
    return _token.get()


def form_token() -> str:
    """Return what every form of whoever is signed in brings back: a page of another site can't know it."""
    return sha256(f"form\n{_token.get()}".encode()).hexdigest() if _token.get() else ""

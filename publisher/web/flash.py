"""What a page says once of what was just done: the browser carries it to the next page, sealed, and forgets it then."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from fastapi.responses import RedirectResponse, Response
from starlette.requests import cookie_parser
from starlette.types import Scope

from publisher.web.here import form_token

COOKIE = "publisher-said"
LONGEST = 1_500  # characters: browsers keep no cookie over 4 KB


@dataclass(frozen=True, slots=True)
class Flash:
    """Words of one page for the next."""

    words: str
    is_bad: bool = False  # nothing was done


_said: ContextVar[Flash | None] = ContextVar("said", default=None)


def back_to(where: str, words: str = "", *, is_bad: bool = False) -> Response:
    """Lead to a page, and let it say this."""
    answer = RedirectResponse(where, 303)
    if words:
        said = json.dumps([words[:LONGEST], is_bad]).encode()
        value = f"{urlsafe_b64encode(said).decode()}.{_seal(said)}"
        answer.set_cookie(COOKIE, value, max_age=60, httponly=True, samesite="lax", path="/")
    return answer


@contextmanager
def carrying(scope: Scope) -> Iterator[None]:
    """Let the page that is asked for in the block say what the browser brings."""
    before = _said.set(_read(scope))
    try:
        yield
    finally:
        _said.reset(before)


def said_before() -> Flash | None:
    """Return what the page has to say; None: nothing."""
    return _said.get()


def forget(answer: Response) -> None:
    """Let the browser forget what this page says."""
    if _said.get() is not None:
        answer.delete_cookie(COOKIE, path="/")


def _read(scope: Scope) -> Flash | None:
    cookies = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"), "")
    packed, _, seal = cookie_parser(cookies).get(COOKIE, "").partition(".")
    try:
        said = urlsafe_b64decode(packed.encode())
        is_ours = bool(said) and hmac.compare_digest(seal.encode(), _seal(said).encode())
        return Flash(*json.loads(said)) if is_ours else None
    except ValueError:
        return None


def _seal(said: bytes) -> str:
    """Return what only a page of the same session can make."""
    return hmac.new(form_token().encode(), said, hashlib.sha256).hexdigest()

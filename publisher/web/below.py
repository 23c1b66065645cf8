"""Below which path we are reached: `/publisher`, where a web server in front serves other things beside us.

Pages name our addresses from the root, as they are here. Where there is such a path it is put before them when a page
is made, in the attributes in which it names them: no page need think of it, and none can forget it. Words of others
can't pass for an attribute: in a page they are escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

NAMED = re.compile(r'((?<=\s)(?:href|action|src|formaction|xlink:href)=(\\?)")/(?!/)')
_prefix: ContextVar[str] = ContextVar("prefix", default="")


@contextmanager
def below(prefix: str) -> Iterator[None]:
    """Let this be the path below which whoever asks reaches us, for the length of the block."""
    before = _prefix.set(prefix)
    try:
        yield
    finally:
        _prefix.reset(before)


def base() -> str:
    """Return the path below which whoever asks reaches us; empty: none."""
    return _prefix.get()


def in_page(html: str, prefix: str | None = None) -> str:
    """Return a page, or part of one, whose addresses are as whoever asks reaches them.

    :param prefix: None: of whoever asks.
    """
    path = base() if prefix is None else prefix
    return NAMED.sub(lambda found: f"{found[1]}{path}/", html) if path else html

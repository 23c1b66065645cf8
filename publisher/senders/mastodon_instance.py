"""What a server says of its limits, beside what its channel says of them: it is advice, and nothing is counted by it.

Servers of all kinds speak so, and some say what can't be. What is no limit is told, and what the channel says holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, TypeGuard

from publisher.senders.advice import Advice
from publisher.senders.events import reason, within, word
from publisher.senders.http import Reply

PLACE = ("configuration", "statuses")
MOST = 1_000_000  # characters; who says more says nothing


class Stated(Protocol):
    """What a channel says of its server."""

    limit: int
    url_length: int
    honours_keys: bool


def advice_of(reply: Reply, stated: Stated) -> Iterator[Advice]:
    """Yield what an editor may put right, from the answer to ``/api/v2/instance``."""
    if reply.trouble is not None:
        yield Advice(f"the server can't be asked for its limits: {reply.trouble.reason}", "Ask it again later.")
        return
    yield from _of_limit(within(reply.json, *PLACE, "max_characters"), stated.limit)
    yield from _of_url(within(reply.json, *PLACE, "characters_reserved_per_url"), stated.url_length)
    version = reason(within(reply.json, "version"))
    if stated.honours_keys and _is_another(version):
        what = f"the server is no Mastodon ({version[:60]}), and may take a post twice that is said again under its key"
        yield Advice(what, "Write `honours_keys: false`, unless you know that it does.", is_needed=True)


def _of_limit(said: object, limit: int) -> Iterator[Advice]:
    if not _is_limit(said):
        yield _unbelievable("max_characters", said, f"limit: {limit}")
    elif said != limit:
        what = f"the server takes {said:,} characters in a post, and the channel says {limit:,}"
        yield Advice(what, f"Write `limit: {said}`.", is_needed=said < limit)


def _of_url(said: object, cost: int) -> Iterator[Advice]:
    if not _is_limit(said):
        yield _unbelievable("characters_reserved_per_url", said, f"url_length: {cost}")
    elif said != cost:
        what = f"the server counts {said:,} characters for an address, and the channel says {cost:,}"
        yield Advice(what, f"Write `url_length: {said}`.", is_needed=said > cost)


def _is_limit(said: object) -> TypeGuard[int]:
    return isinstance(said, int) and not isinstance(said, bool) and 1 <= said <= MOST


def _unbelievable(name: str, said: object, holds: str) -> Advice:
    what = f"the server says {reason(said)[:40]!r} for {name}" if word(said) else f"the server says no {name}"
    return Advice(what, f"`{holds}` of the channel holds; write another where that is wrong.")


def _is_another(version: str) -> bool:
    return version.startswith("0.") or "compatible" in version.lower()

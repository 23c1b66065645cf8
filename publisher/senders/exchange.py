"""Getting a session or a token in place of one that is worn out, and what it means where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

from publisher.errors import StoreError
from publisher.model.call import Outcome, Scope, Verdict
from publisher.senders.http import Reply
from publisher.senders.vault import Vault
from publisher.senders.verdicts import deferred, refused

P = ParamSpec("P")
T = TypeVar("T")
SOON = timedelta(seconds=30)


def or_put_off(get: Callable[P, T]) -> Callable[P, T | Verdict]:
    """Put a post off where the vault can't be used at this moment: of the request that needs it nothing was said."""

    @wraps(get)
    def got(*args: P.args, **kwargs: P.kwargs) -> T | Verdict:
        try:
            return get(*args, **kwargs)
        except StoreError as error:
            return deferred(f"no session or token can be had: {error.what}; nothing was posted")

    return got


def exchanged(vault: Vault, name: str, seen: str | None, ways: Iterable[str | Verdict], now: datetime) -> str | Verdict:
    """Return what is kept from now on under a name; a Verdict where there is none.

    :param ways: what is tried, one after another; each gives a new one or says why not. One that is only put off ends
        it: a server that is busy or away is not asked in another way besides.
    """
    troubles: list[Verdict] = []

    def make() -> str | None:
        for made in ways:
            if isinstance(made, str):
                return made
            troubles.append(made)
            if made.outcome is not Outcome.REFUSED:
                break
        return None

    kept = vault.renew(name, seen, make)
    if kept is not None:
        return kept
    return troubles[-1] if troubles else deferred(f"another process is getting a {name}", now + SOON)


def judge_none(reply: Reply, name: str, remedy: str) -> Verdict:
    """Return what an answer without a session or token means.

    Nothing was posted, whatever became of the request; what is refused is refused for every post.
    """
    verdict = reply.trouble or deferred(f"HTTP {reply.status}: the answer holds no {name}")
    if verdict.outcome is Outcome.REFUSED:
        return refused(f"no {name}: {verdict.reason}; {remedy}", Scope.ACCOUNT)
    verdict = deferred(verdict.reason, verdict.until) if verdict.outcome is Outcome.UNKNOWN else verdict
    return replace(verdict, reason=f"no {name}: {verdict.reason}; nothing was posted")

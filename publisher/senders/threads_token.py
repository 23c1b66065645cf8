"""Threads' token lives for 60 days, and is given another 60 while it lives: by us, so that nobody thinks of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from publisher.senders.exchange import or_put_off
from publisher.senders.http import HIDDEN, Http
from publisher.senders.vault import Vault

KEPT_AS = "token"
EARLY = timedelta(days=15)  # before its end a token is renewed
MOST_SECONDS = 366 * 86_400  # that are believed
PAUSE = timedelta(days=1)  # between two tries; one that is younger than a day isn't renewed


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and what is known of it. Moments are ISO 8601."""

    of: str  # digest of the one that the editor wrote: who writes another begins with that
    token: str = field(repr=False)
    looked_at: str = ""  # when we saw it first, or tried to renew it last; empty: never
    ends_at: str = ""  # empty: nobody said


@or_put_off
def token_of(written: str, http: Http, vault: Vault, host: str) -> str:
    """Return the token that is good now: what an editor wrote, or what Threads gave in its place since.

    What Threads refuses to renew is used as long as it is taken.
    """
    seen = vault.read(KEPT_AS)
    kept = _kept(seen, written)
    now = http.clock()
    if _is_due(kept, now):
        said = vault.renew(KEPT_AS, seen, lambda: json.dumps(asdict(_looked_at(kept, http, host, now))), end_in)
        kept = _kept(said, written) if said else kept
    http.hide(kept.token)
    return kept.token


def end_of(written: str, vault: Vault) -> datetime | None:
    """Return when the token ends that is used now; None where nobody knows."""
    kept = _kept(vault.read(KEPT_AS), written)
    return datetime.fromisoformat(kept.ends_at) if kept.ends_at else None


def given(token: str, seconds: str, now: datetime) -> str:
    """Return what is kept of a token that Threads has just given.

    :param seconds: that it lives, as Threads says; empty: it doesn't.
    """
    ends_at = _in(seconds, now).isoformat() if seconds.isdecimal() else ""
    return json.dumps(asdict(replace(_kept(None, token), looked_at=now.isoformat(), ends_at=ends_at)))


def end_in(kept: str) -> datetime | None:
    """Return when a token ends that is kept; None where nobody said."""
    ends_at = json.loads(kept)["ends_at"]
    return datetime.fromisoformat(ends_at) if ends_at else None


def _in(seconds: str, now: datetime) -> datetime:
    return now + timedelta(seconds=min(int(seconds), MOST_SECONDS))


def _is_due(kept: Token, now: datetime) -> bool:
    if not kept.looked_at:
        return True
    is_ending = not kept.ends_at or datetime.fromisoformat(kept.ends_at) < now + EARLY
    return is_ending and now >= datetime.fromisoformat(kept.looked_at) + PAUSE


def _looked_at(kept: Token, http: Http, host: str, now: datetime) -> Token:
    """Return a token that was seen for the first time, or the one that Threads gives in its place, where it does."""
    looked_at = replace(kept, looked_at=now.isoformat())
    if not kept.looked_at:
        return looked_at
    http.hide(kept.token)
    asked = urlencode({"grant_type": "th_refresh_token", "access_token": kept.token})
    reply = http.get(f"{host}/refresh_access_token?{asked}")
    token, seconds = reply.word("access_token"), reply.word("expires_in")
    token = kept.token if token == HIDDEN else token  # the same one, for longer
    if reply.trouble or not token or HIDDEN in token or not seconds.isdecimal():
        return looked_at
    return replace(looked_at, token=token, ends_at=_in(seconds, now).isoformat())


def _kept(text: str | None, written: str) -> Token:
    of = hashlib.sha256(written.encode()).hexdigest()[:16]
    try:
        token = Token(**json.loads(text or "{}"))
    except (TypeError, ValueError):
        return Token(of, written)
    return token if token.of == of else Token(of, written)

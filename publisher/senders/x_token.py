"""X's tokens of OAuth 2.0: one lives for two hours, and is got anew by another, which is replaced as it is used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

from publisher.model.call import Outcome, Verdict
from publisher.senders.bodies import FORM, as_form, basic
from publisher.senders.exchange import SOON, exchanged, judge_none, or_put_off
from publisher.senders.http import HIDDEN, Http, Reply
from publisher.senders.vault import Vault
from publisher.senders.verdicts import LONGEST_WAIT, deferred
from publisher.senders.x_answer import WAIT

KEPT_AS = "token"
EARLY = timedelta(minutes=10)  # before its end a token is got anew
USUAL = timedelta(hours=2)
LONGEST = timedelta(days=1)  # that a token is believed to live
REMEDY = "let the account allow the app once more, with offline.access, and write the new refresh token into .env"


@dataclass(frozen=True, slots=True)
class Client:
    """The app by which an account's tokens are got."""

    url: str
    id: str
    secret: str = field(repr=False)  # empty: the app is a public one, which has none
    first: str = field(repr=False)  # refresh token, as the editor wrote it


@dataclass(frozen=True, slots=True)
class Token:
    """What is used now, and what it is got anew by."""

    of: str  # digest of the refresh token that the editor wrote: who writes another begins with that
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    ends_at: str  # ISO 8601; of no token at all, when that was found out
    asked_again_at: str = ""  # ISO 8601: X put off the last request for one; empty: it did not
    why: str = ""  # it was put off

    def lives(self, now: datetime) -> bool:
        return bool(self.access) and now < datetime.fromisoformat(self.ends_at)

    def is_asked_for(self, now: datetime) -> bool:
        """Say whether it is time to get another one, and X has not said to wait."""
        return not self.waits(now) and not self.lives(now + EARLY)

    def waits(self, now: datetime) -> bool:
        """Say whether X wants to be left alone for now; a moment that is too far off was noted by a wrong clock."""
        return bool(self.asked_again_at) and now < datetime.fromisoformat(self.asked_again_at) <= now + 2 * LONGEST_WAIT


@or_put_off
def token_of(client: Client, http: Http, vault: Vault) -> str | Verdict:
    """Return a token that lives for some minutes more; a Verdict where there is none."""
    seen = vault.read(KEPT_AS)
    kept = _kept(seen, client)
    if kept is None or kept.is_asked_for(http.clock()):
        said = exchanged(vault, KEPT_AS, seen, _renewed(client, kept, http), http.clock())
        if isinstance(said, Verdict):
            return said
        kept = _kept(said, client)
    if kept is None:
        return deferred("the channel gets a token for another account at this moment")
    for secret in filter(None, (kept.access, kept.refresh)):
        http.hide(secret)
    if kept.waits(http.clock()) and not kept.lives(http.clock()):
        return deferred(kept.why, datetime.fromisoformat(kept.asked_again_at))
    return kept.access


def _renewed(client: Client, kept: Token | None, http: Http) -> Iterator[str | Verdict]:
    """Get a token by the newest refresh token there is.

    Where X certainly took no request for one, the one that is kept goes on until its end, and nobody asks before X
    wants to be asked again: each post would ask several times.
    """
    by = kept.refresh if kept else client.first
    http.hide(by)
    reply = asked(client, {"grant_type": "refresh_token", "refresh_token": by}, http)
    access, refresh = reply.word("access_token"), reply.word("refresh_token")
    refresh = by if refresh in ("", HIDDEN) else refresh  # one that may be used again
    if reply.trouble or not access or HIDDEN in access + refresh:
        none = judge_none(reply, "token", REMEDY)
        is_put_off = reply.trouble is not None and reply.trouble.outcome is Outcome.DEFERRED
        yield _waiting(client, kept, by, none, http.clock()) if is_put_off else none
        return
    yield given_by(reply, client, refresh, http.clock())


def given_by(reply: Reply, client: Client, refresh: str, now: datetime) -> str:
    """Return what is kept of an answer that gives a token.

    :param refresh: by which another one is got.
    """
    seconds = reply.word("expires_in")
    lives = min(timedelta(seconds=int(seconds)), LONGEST) if seconds.isdecimal() and len(seconds) < 9 else USUAL
    ends_at = now + lives
    return json.dumps(asdict(Token(_digest(client), reply.word("access_token"), refresh, ends_at.isoformat())))


def keep_given(vault: Vault, client: Client, given: str) -> None:
    """Keep the token that came with a new refresh token, which by now stands where everybody reads it.

    A process at work may have used that one already, and it is used once: then what it got counts, and stays.
    """
    seen = vault.read(KEPT_AS)
    kept = _kept(seen, client)
    if kept is None or kept.refresh == client.first:
        vault.renew(KEPT_AS, seen, lambda: given)


def _waiting(client: Client, kept: Token | None, by: str, none: Verdict, now: datetime) -> str:
    """Note when X is asked again, beside the token that is kept or, where there is none, in its place."""
    token = kept or Token(_digest(client), "", by, now.isoformat())
    return json.dumps(asdict(replace(token, asked_again_at=(none.until or now + SOON).isoformat(), why=none.reason)))


def asked(client: Client, fields: Mapping[str, str], http: Http) -> Reply:
    """Ask for a token as the app: a confidential one proves itself by its secret, a public one says its name."""
    headers = {**FORM, "Authorization": basic(client.id, client.secret)} if client.secret else FORM
    named = fields if client.secret else {**fields, "client_id": client.id}
    return http.post(client.url, as_form(named.items()), headers, wait=WAIT)


def _kept(text: str | None, client: Client) -> Token | None:
    """Return the token that is kept, if it came of what the editor wrote, and is of this version's making."""
    try:
        token = Token(**json.loads(text or "{}"))
    except (TypeError, ValueError):
        return None
    return token if token.of == _digest(client) else None


def _digest(client: Client) -> str:
    return hashlib.sha256(client.first.encode()).hexdigest()[:16]

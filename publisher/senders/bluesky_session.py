"""A session at a Bluesky server: logging in is counted there, so one is kept in the vault and refreshed for all."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

from publisher.model.call import Scope, Verdict
from publisher.senders.bluesky_answer import AT_BLUESKY, WAIT, judge_login
from publisher.senders.bodies import as_json
from publisher.senders.events import within, word
from publisher.senders.exchange import exchanged, or_put_off
from publisher.senders.http import HIDDEN, Http, Reply
from publisher.senders.vault import Vault
from publisher.senders.verdicts import deferred, refused

KEPT_AS = "session"
EARLY = timedelta(minutes=5)  # before its end a session is refreshed


@dataclass(frozen=True, slots=True)
class Account:
    """Whose session it is."""

    identifier: str
    password: str = field(repr=False)
    host: str  # where one logs in
    stays: bool = False  # at that host, whatever it says of where the account lives


@dataclass(frozen=True, slots=True)
class Session:
    """What a login gave."""

    owner: str  # identifier and host: who changes the channel's account has no session yet
    did: str
    server: str  # where the account lives: everything but logins goes there
    access: str = field(repr=False)
    refresh: str = field(repr=False)

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access}"}


@or_put_off
def session_of(account: Account, http: Http, vault: Vault, worn: Session | None = None) -> Session | Verdict:
    """Return a session: the one that is kept, or a new one in its place; a Verdict where there is none.

    :param worn: one that the server has just refused.
    """
    seen = vault.read(KEPT_AS)
    kept = _kept(seen, account)
    if kept and kept != worn and not _ends_soon(kept, http.clock()):
        return kept
    ways = (_made(reply, account, kept) for reply in _asked(account, kept, http))
    said = exchanged(vault, KEPT_AS, seen, ways, http.clock())
    if isinstance(said, Verdict):
        return said
    return _kept(said, account) or deferred("the channel logs in as another account at this moment")


def _asked(account: Account, kept: Session | None, http: Http) -> Iterator[Reply]:
    """Ask for a session: by refreshing the one there is, then by logging in."""
    if kept:
        url = f"{kept.server}/xrpc/com.atproto.server.refreshSession"
        yield http.post(url, b"", {"Authorization": f"Bearer {kept.refresh}"}, wait=WAIT)
    url = f"{account.host}/xrpc/com.atproto.server.createSession"
    body = as_json({"identifier": account.identifier, "password": account.password})
    yield http.post(url, body, {"Content-Type": "application/json"}, wait=WAIT)


def _made(reply: Reply, account: Account, kept: Session | None) -> str | Verdict:
    did, access, refresh = (reply.word(name) for name in ("did", "accessJwt", "refreshJwt"))
    if kept and refresh == HIDDEN:
        refresh = kept.refresh  # a server that lets it be used again
    if reply.trouble or not (did and access and refresh) or HIDDEN in access + refresh:
        return judge_login(reply)
    if within(reply.json, "active") is False:
        return refused(f"the account is {reply.word('status') or 'not active'}; {AT_BLUESKY}", Scope.ACCOUNT)
    return json.dumps(asdict(Session(_owner(account), did, _server(reply, account), access, refresh)))


def _server(reply: Reply, account: Account) -> str:
    """Return where the account lives, as its own document says."""
    services = within(reply.json, "didDoc", "service")
    for service in services if isinstance(services, list) and not account.stays else []:
        said = word(within(service, "serviceEndpoint")).rstrip("/")
        is_safe = said.startswith("https://") or (said.startswith("http://") and account.host.startswith("http://"))
        if word(within(service, "id")).endswith("#atproto_pds") and is_safe:
            return said
    return account.host


def _kept(text: str | None, account: Account) -> Session | None:
    """Return the session that is kept, if it is this account's and of this version's making."""
    try:
        session = Session(**json.loads(text or "{}"))
    except (TypeError, ValueError):
        return None
    return session if session.owner == _owner(account) else None


def _owner(account: Account) -> str:
    return f"{account.identifier} {account.host}"


def _ends_soon(session: Session, now: datetime) -> bool:
    """Say whether a session ends within minutes; one that doesn't say when is used until it is refused."""
    try:
        claims = session.access.split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return datetime.fromtimestamp(said["exp"], UTC) < now + EARLY
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, OSError, RecursionError):
        return False

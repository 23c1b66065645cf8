"""When a token of LinkedIn's ends, which is said only when it is given: it is noted beside whose it is."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from publisher.senders.events import within, word
from publisher.senders.exchange import or_put_off
from publisher.senders.vault import Vault, put

KEPT_AS = "token"


def keep_end(vault: Vault, token: str, ends_at: datetime | None) -> None:
    """Note when a token ends; None: nobody said."""
    said = json.dumps({"of": _digest(token), "ends_at": ends_at.isoformat() if ends_at else ""})
    put(vault, KEPT_AS, said, _end)


def end_of(token: str, vault: Vault) -> datetime | None:
    """Return when a token ends; None where nobody knows."""
    kept = vault.read(KEPT_AS)
    return _end(kept) if kept and _of(kept) == _digest(token) else None


@or_put_off
def forget_another(token: str, vault: Vault) -> None:
    """Forget the end of a token in whose place an editor has written another: of that one nobody said."""
    kept = vault.read(KEPT_AS)
    if kept and _of(kept) != _digest(token):
        keep_end(vault, token, None)


def _of(kept: str) -> str:
    """Return of which token something is kept; empty where a sender kept it that the channel had before."""
    try:
        return word(within(json.loads(kept), "of"))
    except ValueError:
        return ""


def _end(kept: str) -> datetime | None:
    ends_at = json.loads(kept)["ends_at"]
    return datetime.fromisoformat(ends_at) if ends_at else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:16]

"""Erasing a person from all that a project keeps: the practice inbox beside it, then the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from publisher.audience import erasing
from publisher.errors import PublisherError
from publisher.model.staff import May
from publisher.store import Store, subscribers
from publisher.store.erasures import Receipt
from publisher.store.permission import allowed

INBOX = "inbox"  # the folder of what practice sends


@allowed(May.OPERATE)
def erase_for(folder: Path, store: Store, subscriber_id: int, **how: Any) -> Receipt | None:
    """Forget a person for good, as `erase` does, on an operator's word."""
    return erase(folder, store, subscriber_id, **how)


def erase(
    folder: Path,
    store: Store,
    subscriber_id: int,
    *,
    hash_of: Callable[[str], str],
    why: str,
    now: datetime,
    actor: str,
) -> Receipt | None:
    """Forget a person for good, as `erasing.erase` does, and what practice sent them.

    :raises PublisherError: a message of practice can't be deleted: then nobody was erased.
    """
    with store.read() as conn:
        person = subscribers.get(conn, subscriber_id)
        addresses = erasing.addresses_of(conn, person.id, person.email) if person else []
    if person is None:
        return None
    besides = {INBOX: _forget_practice(folder / INBOX, addresses)}
    return erasing.erase(store, subscriber_id, hash_of=hash_of, why=why, now=now, actor=actor, besides=besides)


def _forget_practice(folder: Path, addresses: Iterable[str]) -> int:
    """Delete the messages of practice that name an address; return how many."""
    wanted = [form for each in addresses for form in {each.casefold(), json.dumps(each)[1:-1].casefold()}]
    try:
        there = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
        named = [path for path in there if _names(path, wanted)]
        for path in named:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise PublisherError(
            f"what practice sent them can't be deleted: {error.strerror}",
            where=str(folder),
            remedy="Nobody was erased yet. Give this user write access to it, then erase them again",
        ) from error
    return len(named)


def _names(path: Path, wanted: Iterable[str]) -> bool:
    try:
        said = path.read_text(encoding="utf-8", errors="replace").casefold()
    except FileNotFoundError:  # the newest thousand are kept, and it was not one of them any more
        return False
    return any(each in said for each in wanted)

"""The vault of a channel in the ledger: encrypted with a key of keys.json, renewed by one process at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import structlog

from publisher.app import sealing
from publisher.clock import steady
from publisher.config.keys import KeyRing
from publisher.errors import StoreError
from publisher.senders.vault import Ends, never
from publisher.store import Store, credentials
from publisher.store.credentials import Kept, Sealed

log = structlog.get_logger()

LONGEST = timedelta(minutes=4)  # of asking for a new one, a few requests; who died meanwhile is waited for no longer
PATIENCE = timedelta(seconds=20)  # how long we wait for whoever is asking
LOOK = 0.1  # seconds between two looks
KEEP_AGAIN = 0.5  # seconds between tries to keep a new one


class StoreVault:
    """Keeps the credentials of one channel in the ledger: a copy of the database without keys.json tells nobody."""

    def __init__(self, store: Store, keys: KeyRing, channel: str) -> None:
        self._store = store
        self._keys = keys
        self._channel = channel

    def read(self, name: str) -> str | None:
        with self._store.read() as conn:
            return self._opened(name, credentials.get(conn, self._channel, name))

    def renew(self, name: str, seen: str | None, make: Callable[[], str | None], ends: Ends = never) -> str | None:
        """As the seam says. No transaction is open while the provider is asked."""
        kept = self._take_turn(name, seen)
        if not isinstance(kept, Kept):
            return kept
        made = None
        try:
            made = make()
        finally:
            now_kept = self._end_turn(name, kept, made, ends) if made is None else self._keep(name, kept, made, ends)
        return now_kept

    def _take_turn(self, name: str, seen: str | None) -> Kept | str | None:
        """Wait for our turn and return what is to be renewed; text where somebody has renewed it meanwhile."""
        give_up_at = steady() + PATIENCE.total_seconds()
        while True:
            with self._store.write() as conn:
                kept, now = credentials.lock(conn, self._channel, name), self._store.now(conn)
                found = self._opened(name, kept.sealed)
                if found != seen and found is not None:
                    return found
                if kept.renewing_until is None or not now < kept.renewing_until <= now + LONGEST:
                    credentials.begin(conn, self._channel, name, now + LONGEST)
                    return replace(kept, renewing_until=now + LONGEST)
            if steady() > give_up_at:
                return None
            time.sleep(LOOK)

    def _keep(self, name: str, seen: Kept, made: str, ends: Ends) -> str | None:
        """Keep what was made, waiting for a database that is full, busy or away: a provider may give it only once.

        Written twice it is kept once: the version tells.
        """
        give_up_at = steady() + LONGEST.total_seconds()
        while True:
            try:
                return self._end_turn(name, seen, made, ends)
            except StoreError as error:
                if steady() > give_up_at:
                    raise
                log.error("credential_waits", channel=self._channel, name=name, error=str(error))
            time.sleep(KEEP_AGAIN)

    def _end_turn(self, name: str, seen: Kept, made: str | None, ends: Ends) -> str | None:
        """Keep what was made, unless another got one because we took too long: then theirs is the one that counts."""
        with self._store.write() as conn:
            kept = credentials.lock(conn, self._channel, name)
            if kept.version != seen.version:
                return self._opened(name, kept.sealed)
            if made is None:
                if kept.renewing_until == seen.renewing_until:  # else it is somebody else's turn by now
                    credentials.leave(conn, self._channel, name)
                return None
            sealed = self._sealed(name, made)
            now = self._store.now(conn)
            credentials.keep(conn, self._channel, name, sealed, now=now, ends_at=ends(made))
            return made

    def _sealed(self, name: str, value: str) -> Sealed:
        return sealing.seal(self._keys, self._place(name), value)

    def _opened(self, name: str, sealed: Sealed | None) -> str | None:
        if sealed is None:
            return None
        found = sealing.opened(self._keys, self._place(name), sealed)
        if found is None:
            log.warning("credential_unreadable", channel=self._channel, name=name)  # it is asked for anew
        return found

    def _place(self, name: str) -> str:
        """Return what a value is bound to: it opens nowhere else."""
        return f"{self._channel}\n{name}"

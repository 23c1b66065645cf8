"""Where a sender keeps what its provider gave it for a while, a session or a token: one for all who use the account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import Protocol

Ends = Callable[[str], datetime | None]


def never(_: str) -> None:
    """Say of a credential that no person need ever do anything about its end."""


def put(vault: Vault, name: str, value: str, ends: Ends = never) -> None:
    """Keep a value in the place of whatever is kept; where somebody has just put another there, that one stays."""
    vault.renew(name, vault.read(name), lambda: value, ends)


class Vault(Protocol):
    """Keeps the credentials of one channel, out of sight. Values are text; names are the sender's own."""

    def read(self, name: str) -> str | None:
        """Return what is kept; None where nothing is, or where it can't be read any more."""

    def renew(self, name: str, seen: str | None, make: Callable[[], str | None], ends: Ends = never) -> str | None:
        """Put a new one in the place of the one that was seen, and return what is kept now.

        Of many who find the same one worn out, in whatever process, one at a time makes a new one; the others wait, and
        are given what it got.

        :param seen: what :meth:`read` said, and turned out to be worn out.
        :param make: asks the provider for a new one; None where it gave none, and what is kept stays.
        :param ends: reads from a new one when it ends so that a person has to get another: they are told a week before.
        :return: None where none was made, or somebody has been at it for too long: it may be tried again later.
        """


class MemoryVault:
    """A vault that forgets when the process ends: for tests, and for a sender without a ledger."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}
        self._one_at_a_time = Lock()

    def read(self, name: str) -> str | None:
        return self._kept.get(name)

    def renew(self, name: str, seen: str | None, make: Callable[[], str | None], ends: Ends = never) -> str | None:
        with self._one_at_a_time:
            kept = self._kept.get(name)
            if kept is not None and kept != seen:
                return kept
            made = make()
            if made is not None:
                self._kept[name] = made
            return made

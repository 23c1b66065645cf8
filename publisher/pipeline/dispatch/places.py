"""How many requests of a channel are under way at once, and how many threads it takes to keep it so."""

from __future__ import annotations

from threading import Condition, Lock

from publisher.clock import steady

MOVES = 0.25  # seconds: where a request has ended so lately, another one soon will
SPARE = 8  # places for which one more thread is at the ledger


def staff(at_once: int) -> int:
    """Return how many threads a channel has: while one is at the ledger, another speaks in its place."""
    return at_once + at_once // SPARE


class Places:
    """The places of a channel: a request under way takes one.

    :param number: of places.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._taken = 0
        self._ended_at = -MOVES  # by `steady`
        self._change = Condition(Lock())

    def may_claim(self, *, ahead: bool) -> bool:
        """Say whether a call that is claimed now finds a place.

        :param ahead: one that soon will be free is good enough: the call costs little should it be put back.
        """
        return self._taken < self.number or (ahead and steady() - self._ended_at < MOVES)

    def enter(self) -> bool:
        """Take a place, waiting a moment for one: nothing may begin long after it was claimed."""
        with self._change:
            is_free = self._change.wait_for(lambda: self._taken < self.number, MOVES)
            self._taken += is_free
            return is_free

    def leave(self) -> None:
        """Give the place back."""
        with self._change:
            self._taken -= 1
            self._ended_at = steady()
            self._change.notify()


class Halls:
    """The places of every channel of a process, as many as its file says by now."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_channel: dict[str, Places] = {}

    def of(self, channel: str, number: int) -> Places:
        """Return a channel's places; where their number has changed, those of before end with their requests."""
        found = self._by_channel.get(channel)
        if found is not None and found.number == number:
            return found
        with self._lock:
            found = self._by_channel.get(channel)
            if found is None or found.number != number:
                found = self._by_channel[channel] = Places(number)
            return found

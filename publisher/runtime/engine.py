"""The port behind which work is carried on: threads of one process now, a task queue of many machines elsewhere.

Correctness never depends on an engine: whatever it forgets is found at its door by the next look into the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Protocol

from publisher.clock import Clock
from publisher.store import Connection


@dataclass(frozen=True, slots=True)
class Duties:
    """The verbs, wired: what an engine drives without knowing what they do."""

    advance: Callable[[], None]  # produce, address, settle whatever waits at their doors
    channels: Callable[[], Mapping[str, int]]  # and how many calls of each may be under way at the same time
    dispatch: Callable[[str], bool]  # one call of a channel; False when nothing is due
    free_at: Callable[[str], datetime | None]  # when a limit that stopped the channel lets it go on
    recover: Callable[[], object]  # take over what dead processes left
    clock: Clock
    ending: Event  # set when this process is to end: nothing more is claimed


class Engine(Protocol):
    """What carries the verbs from door to door."""

    def enqueue(self, conn: Connection, channel: str) -> None:
        """Say in the caller's transaction that a channel has work: heard if it commits, and not before."""

    def start(self) -> None:
        """Begin to work; returns at once."""

    def stop(self) -> bool:
        """Claim nothing more and wait for the calls under way; False if some did not end in time."""

    def recover(self) -> None:
        """Take over what dead processes left."""

"""How long a call may take, and when what it left open is looked at again. Settings, with sound defaults."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Timing:
    """Spans of a call's life.

    A process that froze may wake and act late, so a request begins, and leaves whole, only while its call's lease
    outlasts the answer: ``lease`` must be more than ``reserve``.
    """

    lease: timedelta = timedelta(minutes=3)  # a claim of a process that can't be proved dead ends after this
    connect_timeout: timedelta = timedelta(seconds=10)
    read_timeout: timedelta = timedelta(seconds=60)  # of a whole answer, and before that of a request until it has left
    margin: timedelta = timedelta(seconds=10)
    unknown_retry: timedelta = timedelta(seconds=30)  # before an unknown call is said again under its key
    ask_after: timedelta = timedelta(minutes=15)  # before a provider is asked what became of an unknown call

    def __post_init__(self) -> None:
        if self.lease <= self.reserve:
            raise ValueError("the lease is not longer than the read timeout and the margin together")

    @property
    def leaving(self) -> timedelta:
        """How long a request may take until all of it has left, connecting included."""
        return self.read_timeout + self.connect_timeout

    @property
    def reserve(self) -> timedelta:
        """How much of a lease must be left when a request has left: it is answered, and clocks differ."""
        return self.read_timeout + self.margin

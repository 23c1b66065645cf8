"""What the work at hand is about: each line of the log that is written meanwhile has its ids, and so has its span.

They are set where the work is done and handed down to nobody: `with Step("freeze", send=12) as step: …`. Whoever writes
log lines asks `at_hand`; whoever traces is told of each step that came to something, once it is over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from types import MappingProxyType

Ids = Mapping[str, object]
# A step's name and ids, and when it began and ended, in nanoseconds since 1970.
Tracer = Callable[[str, Ids, int, int], None]

NOTHING: Ids = MappingProxyType({})
_at_hand: ContextVar[Ids] = ContextVar("at_hand", default=NOTHING)
_tracer: Tracer | None = None


def at_hand() -> Ids:
    """Return the ids of what this thread is at work on: ``edition``, ``send``, ``call``, ``channel`` and so on."""
    return _at_hand.get()


def trace_by(tracer: Tracer | None) -> None:
    """Tell every step that is done to whoever traces; None: to nobody."""
    global _tracer
    _tracer = tracer


class Step:
    """A step of the work, from slot to answer. What is said within has its ids, besides those of the step around it.

    :param since: when it really began, in nanoseconds since 1970; 0: now.
    """

    __slots__ = ("_before", "_ids", "_is_done", "_name", "_since")

    def __init__(self, name: str, since: int = 0, /, **ids: object) -> None:
        self._name = name
        self._since = since
        self._is_done = False
        self._ids: dict[str, object] = ids
        self._before: Token[Ids] | None = None

    def __enter__(self) -> Step:
        if _tracer is not None and not self._since:
            self._since = time.time_ns()
        around = _at_hand.get()
        self._ids = {**around, **self._ids} if around else self._ids
        self._before = _at_hand.set(self._ids)
        return self

    def done(self, **ids: object) -> None:
        """Say that the step came to something, and what is known by now: what comes to nothing is not traced."""
        self._is_done = True
        self._ids.update(ids)

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            _at_hand.reset(self._before)
        if self._is_done and _tracer is not None:
            _tracer(self._name, self._ids, self._since, time.time_ns())


@contextmanager
def of_several() -> Iterator[None]:
    """Let what is said within be about nothing: one thread does here what several wanted."""
    before = _at_hand.set(NOTHING)
    try:
        yield
    finally:
        _at_hand.reset(before)

"""Wishes of many threads, carried out together by whichever of them comes first: one transaction for all of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Generic, TypeVar

from publisher.errors import BooksError, StoreError
from publisher.steps import of_several

W = TypeVar("W")
R = TypeVar("R")

MOST = 64  # wishes carried out at once


class _Wish:
    """What a thread wants, and what came of it. Its gate opens when it is done, or when it is its turn to lead."""

    __slots__ = ("error", "gate", "is_done", "result", "wanted")

    def __init__(self, wanted: Any) -> None:
        self.wanted = wanted
        self.is_done = False
        self.result: Any = None
        self.error: BaseException | None = None
        self.gate = Lock()  # far lighter than an Event
        self.gate.acquire()


@dataclass(slots=True)
class _Queue:
    waiting: list[_Wish] = field(default_factory=list)
    is_led: bool = False


class Together(Generic[W, R]):
    """Gathers wishes of one kind. Who comes while others are carried out waits, and goes with the next."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._queues: dict[Hashable, _Queue] = {}

    def ask(self, name: Hashable, wanted: W, carry_out: Callable[[Sequence[W]], Sequence[R]]) -> R:
        """Carry out a wish, with others under the same name that wait; return what came of it.

        :param carry_out: returns a result for each wish, in order. Where one of several is at fault, each is carried
            out by itself, so that what fails fails alone. Trouble of the ledger is everybody's: nothing is carried out
            a second time that may have been written.
        """
        wish = _Wish(wanted)
        with self._lock:
            queue = self._queues.setdefault(name, _Queue())
            queue.waiting.append(wish)
            has_to_wait, queue.is_led = queue.is_led, True
        if has_to_wait:
            wish.gate.acquire()
        if not wish.is_done:
            self._lead(queue, carry_out)
        if wish.error is not None:
            raise wish.error
        result: R = wish.result
        return result

    def _lead(self, queue: _Queue, carry_out: Callable[[Sequence[W]], Sequence[R]]) -> None:
        """Carry out what waits, with our own wish first, and let the next one lead."""
        with self._lock:
            group, queue.waiting = queue.waiting[:MOST], queue.waiting[MOST:]
        try:
            _carry_out(group, carry_out)
        finally:
            with self._lock:
                leader = queue.waiting[0] if queue.waiting else None
                queue.is_led = leader is not None
            if leader is not None:
                leader.gate.release()  # first: the others have nothing to hurry for but their own work
            for wish in group:
                wish.gate.release()


def _carry_out(group: list[_Wish], carry_out: Callable[[Sequence[Any]], Sequence[Any]]) -> None:
    try:
        with of_several():
            results = carry_out([wish.wanted for wish in group])
        for wish, result in zip(group, results, strict=True):
            wish.result = result
    except BaseException as error:  # noqa: BLE001 -- told to everybody whose wish it was
        if len(group) > 1 and _is_of_one(error):
            for wish in group:
                _carry_out([wish], carry_out)
        else:
            for wish in group:
                wish.error = error
    for wish in group:
        wish.is_done = True


def _is_of_one(error: BaseException) -> bool:
    """Say whether one wish is at fault, and not the ledger that all of them need."""
    return isinstance(error, BooksError) or (isinstance(error, Exception) and not isinstance(error, StoreError))

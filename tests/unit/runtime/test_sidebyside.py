"""Many names at once: bounded, each once at a time, and the slow among themselves."""

from __future__ import annotations

import threading
from concurrent.futures import wait

import pytest

from publisher.runtime.sidebyside import SideBySide

PATIENCE = 10.0


class Begun(list):
    """Names in the order in which their work was begun."""

    def __init__(self) -> None:
        super().__init__()
        self.one = threading.Event()

    def append(self, name: str) -> None:
        super().append(name)
        self.one.set()


def test_each_name_gets_its_own_answer():
    together = SideBySide(str.upper)
    asked = [together.ask(name) for name in ("site", "desk")]
    assert [future.result(PATIENCE) for future in asked] == ["SITE", "DESK"]


def test_a_name_under_way_is_not_begun_again_but_waited_for():
    go, begun = threading.Event(), []
    together = SideBySide(lambda name: begun.append(name) or go.wait(PATIENCE))
    first, second = together.ask("site"), together.ask("site")
    go.set()
    wait([first, second], PATIENCE)
    assert begun == ["site"]
    assert together.ask("site").result(PATIENCE)
    assert begun == ["site", "site"]


def test_no_more_threads_work_than_there_may():
    busy, most, lock = 0, 0, threading.Lock()

    def work(name: str) -> None:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        threading.Event().wait(0.005)
        with lock:
            busy -= 1

    together = SideBySide(work, threads=3)
    wait([together.ask(str(number)) for number in range(30)], PATIENCE)
    assert most == 3


def test_many_that_never_answer_keep_none_of_the_others_waiting():
    go = threading.Event()
    # Whoever takes any time at all counts as slow from then on.
    together = SideBySide(lambda name: name.startswith("dead") and go.wait(PATIENCE), threads=2, apart=1, slow=0.0)
    go.set()
    wait([together.ask(f"dead{number}") for number in range(5)], PATIENCE)
    go.clear()
    dead = [together.ask(f"dead{number}") for number in range(5)]
    assert together.ask("well").result(PATIENCE) is False
    assert not any(future.done() for future in dead)
    go.set()
    wait(dead, PATIENCE)


def test_what_is_expected_to_be_slow_has_threads_of_its_own():
    go = threading.Event()
    together = SideBySide(lambda name: name.startswith("dead") and go.wait(PATIENCE), threads=1, apart=1)
    dead = [together.ask(f"dead{number}", apart=True) for number in range(3)]
    assert together.ask("well").result(PATIENCE) is False
    go.set()
    wait(dead, PATIENCE)


def test_what_is_urgent_comes_before_all_that_is_not_begun():
    go, begun = threading.Event(), Begun()
    together = SideBySide(lambda name: begun.append(name) or go.wait(PATIENCE), threads=1)
    asked = [together.ask(name) for name in ("first", "second", "third")]
    assert begun.one.wait(PATIENCE)
    asked.append(together.ask("third", urgent=True))
    go.set()
    wait(asked, PATIENCE)
    assert begun == ["first", "third", "second"]


def test_trouble_is_told_to_whoever_asked_and_the_next_goes_on():
    together = SideBySide(lambda name: 1 // len(name), threads=1)
    bad, good = together.ask(""), together.ask("a")
    with pytest.raises(ZeroDivisionError):
        bad.result(PATIENCE)
    assert good.result(PATIENCE) == 1


def test_at_the_end_nothing_more_is_begun():
    go, begun = threading.Event(), Begun()
    together = SideBySide(lambda name: begun.append(name) or go.wait(PATIENCE), threads=1)
    first, second = together.ask("first"), together.ask("second")
    assert begun.one.wait(PATIENCE)
    together.end()
    go.set()
    assert first.result(PATIENCE)
    assert second.cancelled()
    assert begun == ["first"]

"""The embedded engine's end: however its threads stand when they are told to stop, none is left waiting."""

from __future__ import annotations

import time
from threading import Event

from publisher.clock import now
from publisher.runtime.embedded import Embedded
from publisher.runtime.engine import Duties


def duties(dispatch):
    def nothing(*_):
        return None

    return Duties(nothing, lambda: {"letters": 8, "mastodon": 8}, dispatch, nothing, nothing, now, Event())


def test_it_ends_at_once_also_when_it_is_told_to_while_its_threads_look_for_work():
    def look(_):
        time.sleep(0.003)
        return False

    begun = time.monotonic()
    for _ in range(20):
        engine = Embedded(duties(look))
        engine.start()
        time.sleep(0.001)
        assert engine.stop()
    assert time.monotonic() - begun < 15  # one thread that misses the word is waited for 30 s


def test_one_that_was_never_started_ends_too():
    assert Embedded(duties(lambda _: False)).stop()

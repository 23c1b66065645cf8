"""A person who connects a channel, as a terminal or a page would lead them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from publisher.app import App
from publisher.app.connecting import Connecting, noted
from publisher.senders.connecting import Grant, Step
from tests.ledger import Clock
from tests.project import ProjectDir
from tests.unit.app.project import EVENING

Answer = str | Callable[[Step], str]


def connecting(
    folder: Path, base_url: str, channel: dict[str, str], secrets: str = "", clock: Clock | None = None
) -> Connecting:
    """Make a project with one channel, `letters`, that is to be connected."""
    made = ProjectDir(folder, base_url, channel=channel, secrets=secrets)
    return Connecting(App.open(made.folder, clock or Clock(EVENING)), "letters")


def walk(chosen: Connecting, way: str = "", **answers: Answer) -> Grant:
    """Go a way to its end, giving these answers; each must be asked for, in its form."""
    given: dict[str, str] = {}
    going = next(each for each in chosen.ways if each.name == way)
    for number in range(len(going.moves)):
        step = chosen.step(going, number, given)
        if isinstance(step, Grant):
            assert not answers, f"nobody asked for {sorted(answers)}"
            return step
        said = [(ask, answers.pop(ask.name, "")) for ask in step.asks]
        told = [(ask, said(step) if callable(said) else said) for ask, said in said]
        assert [problem for ask, answer in told if (problem := chosen.problem(ask, answer))] == []
        given = noted(given, step, [(ask.name, answer) for ask, answer in told])
    raise AssertionError("it ended without a grant")


def written(folder: Path) -> str:
    return (folder / ".env").read_text()


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep everybody else from writing a project's `.env`."""
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)

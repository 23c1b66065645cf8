"""Who is at work on the ledger, and which part of it is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.store import Store, processes

RUN = "publisher run"


@dataclass(frozen=True, slots=True)
class Process:
    command: str
    pid: int
    host: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Missing:
    """A part that is not at work, and what to type."""

    command: str
    is_scheduler: bool  # else who sends what is due

    @property
    def what(self) -> str:
        return "Nobody runs the schedules" if self.is_scheduler else "Nobody sends what is due"

    def __str__(self) -> str:
        return f"{self.what}: {self.command}"


def at_work(store: Store) -> list[Process]:
    """Return the processes that are alive; a lock that is free means dead."""
    found = processes.living(store)
    return [Process(row["command"], row["pid"], row["host"], row["started_at"]) for row in found]


def is_running(store: Store) -> bool:
    """Say whether somebody runs the schedules: a `publisher run`, or a scheduler of many machines."""
    return runs_schedules(at_work(store))


def runs_schedules(alive: Sequence[Process]) -> bool:
    return any(each.command in processes.FIRING for each in alive)


def sends_what_is_due(alive: Sequence[Process]) -> bool:
    return any(each.command in processes.SENDING for each in alive)


def missing(alive: Sequence[Process]) -> Missing | None:
    """Return the part that is missing, the scheduler first; None where editions are made and go out."""
    if not runs_schedules(alive):
        is_of_many = any(each.command == "worker" for each in alive)
        return Missing("publisher scheduler" if is_of_many else RUN, is_scheduler=True)
    return None if sends_what_is_due(alive) else Missing("publisher worker", is_scheduler=False)

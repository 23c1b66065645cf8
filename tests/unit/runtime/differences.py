"""Compare the slots of a zone's transitions with the oracle's, in one go and taken up again at every slot."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from publisher.model.project import When
from publisher.runtime.slots import slots_after, slots_between
from tests.unit.runtime import oracle

AROUND = timedelta(hours=26)
RESTARTS = 60  # a rhythm is taken up again at some of its slots only, else a run takes minutes


def differences(zone: ZoneInfo) -> tuple[int, int, list[str]]:
    """Return how many transitions and comparisons there were, and every difference in words."""
    found: list[str] = []
    compared = 0
    jumps = oracle.transitions(zone)
    for jump in jumps:
        since, until = jump.at - AROUND, jump.at + AROUND
        minutes = oracle.readings(zone, since, until)
        for when, rule, matches in oracle.cases(jump):
            expected = rule(minutes, matches)
            for way in (_at_once, _taken_up_again):
                compared += 1
                got = way(when, zone, since, until - oracle.MINUTE)
                if got != expected:
                    found.append(f"{zone.key} {jump.at} {when.at or when.cron}: {got} instead of {expected}")
    return len(jumps), compared, found


def _at_once(when: When, zone: ZoneInfo, since: datetime, until: datetime) -> list[tuple[str, datetime]]:
    return [(slot.key, slot.due_at) for slot in slots_between(when, zone, since, until)]


def _taken_up_again(when: When, zone: ZoneInfo, since: datetime, until: datetime) -> list[tuple[str, datetime]]:
    """As a scheduler goes that is restarted after every slot."""
    found: list[tuple[str, datetime]] = []
    while len(found) < RESTARTS:
        slot = next(slots_after(when, zone, since), None)
        if slot is None or slot.due_at > until:
            return found
        found.append((slot.key, slot.due_at))
        since = slot.due_at
    rest = takewhile(lambda slot: slot.due_at <= until, slots_after(when, zone, since))
    return found + [(slot.key, slot.due_at) for slot in rest]

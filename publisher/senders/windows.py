"""How networks count our requests: answers say how many are left of a window, and when the next one begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.model.call import Rest
from publisher.senders.verdicts import LONGEST_WAIT, retry_at, stated

DOUBTED_FOR = timedelta(hours=1)  # what is not believed is waited for as long, then the network is asked again


@dataclass(frozen=True, slots=True)
class Window:
    """The headers that tell of one window."""

    left: str  # how many requests
    resets: tuple[str, ...]  # when there are more, in any form that `stated` reads; the first that says so


Waits = tuple[str | Window, ...]  # headers that say when to try again; those of a window stand on every answer


def again_at(
    status: int, headers: Mapping[str, str], waits: Waits, rest: Rest | None, now: datetime
) -> datetime | None:
    """Return when an answer wants to be asked again, where it says so.

    Headers that count stand on every answer, a 503 as well: only a 429 means that they are why.
    """
    if status != 429:
        return retry_at(headers, ("Retry-After",), now)
    names = (name for each in waits for name in (each.resets if isinstance(each, Window) else (each,)))
    said = retry_at(headers, ("Retry-After", *names), now)
    return max(said or rest.until, rest.until) if rest else said


def rest_in(headers: Mapping[str, str], waits: Waits, now: datetime) -> Rest | None:
    """Return until when an answer leaves us nothing: the longest of its windows; None where it leaves something."""
    spent = (each for each in waits if isinstance(each, Window) and _is_spent(headers.get(each.left, "")))
    return Rest.latest(*(believed(_reset(headers, window.resets, now), now) for window in spent))


def believed(said: datetime | None, now: datetime) -> Rest | None:
    """Return the rest until a moment that a network names. No window is known that lasts for more than a day."""
    if said is None or said <= now:
        return None
    if said <= now + LONGEST_WAIT:
        return Rest(said)
    why = f"the network says that it takes nothing more until {said:%Y-%m-%d}, which is not believed"
    return Rest(now + DOUBTED_FOR, f"{why}: it is asked again after an hour")


def _reset(headers: Mapping[str, str], names: Iterable[str], now: datetime) -> datetime | None:
    return next((found for name in names if (found := stated(headers.get(name, "").strip(), now))), None)


def _is_spent(left: str) -> bool:
    try:
        return float(left) <= 0
    except ValueError:
        return False

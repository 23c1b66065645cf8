"""Whether the clock can be believed, and since when someone has been watching the slots without a break."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

BREAK = timedelta(minutes=1)  # longer between two looks, and nobody was watching
BACK_AT_MOST = timedelta(minutes=5)  # a clock that is set right goes back by less
AHEAD_AT_MOST = timedelta(days=1)  # more, while the machine itself counted less, is no suspended laptop
AWAY_AT_MOST = timedelta(days=30)  # a longer rest of the whole ledger is asked about


class ClockWatch:
    """Looks at the clock at every wake-up.

    :param seconds: `clock.steady`; None where the clock is not this machine's.

    ``awake_since``: slots due before it (by more than `BREAK`) passed while nobody was watching.
    """

    def __init__(self, seconds: Callable[[], float] | None) -> None:
        self._seconds = seconds
        self._last: tuple[datetime, float] | None = None
        self._is_believed = False  # a person says that this machine's clock is right, whatever the ledger's says
        self._stepped = ""  # how the clock was seen to jump ahead, until it is back or a person says that it is right
        self.awake_since: datetime | None = None

    def look(self, now: datetime) -> None:
        """Note that someone is watching; after a break the watch begins anew."""
        counted = self._seconds() if self._seconds else 0.0
        if self._last is None or not timedelta() <= now - self._last[0] <= BREAK:
            self.awake_since = now
        if self._last is not None and self._seconds:
            passed, ran = now - self._last[0], timedelta(seconds=counted - self._last[1])
            if passed - ran > AHEAD_AT_MOST:
                self._stepped = f"the clock went from {_said(self._last[0])} to {_said(now)} within {ran.seconds} s"
            elif ran - passed > AHEAD_AT_MOST:
                self._stepped = ""  # set back again
        self._last = now, counted

    def begin_anew(self, now: datetime) -> None:
        """Let every slot until now count as missed that did not fire: something else kept them."""
        self.awake_since = now

    def doubt(self, now: datetime, awake_until: datetime | None, shared: datetime | None = None) -> str:
        """Say why the clock can't be believed; empty where it can.

        :param awake_until: when the slots of this ledger were last watched, by any process.
        :param shared: what the clock of a ledger that machines share says now.
        """
        if shared is not None and abs(now - shared) > BACK_AT_MOST and not self._is_believed:
            return f"this machine's clock says {_said(now)}, and the database's {_said(shared)}"
        if self._stepped:
            return self._stepped
        if awake_until is None:
            return ""
        if awake_until - now > BACK_AT_MOST:
            return f"the clock says {_said(now)}, and this ledger was at work at {_said(awake_until)} already"
        if now - awake_until > AWAY_AT_MOST:
            days = (now - awake_until).days
            return f"the clock says {_said(now)}, {days:,} days after the last sign of life ({_said(awake_until)})"
        return ""

    def believe(self) -> None:
        """A person says that the clock is right."""
        self._stepped, self._is_believed = "", True

    def was_missed(self, due_at: datetime) -> bool:
        """Say whether nobody was watching when a slot came, rather than that we are busy."""
        return self.awake_since is not None and due_at < self.awake_since - BREAK


def _said(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"

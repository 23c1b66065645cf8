"""Alerts of one machine: on a ledger that machines share its disk and its clock are its own trouble, told by its name.

Machines may share a name, as containers of one host do, while their clocks differ. So an alert is of the process that
raised it: that one ends it, or whoever fires slots on this machine once it is dead. A machine has one of a kind open.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from publisher.store import processes

if TYPE_CHECKING:
    from publisher.app.core import App

KINDS = ("clock", "disk")
# Seconds without any of them before an alert of their machine is over: a machine that begins anew, or is upgraded, is
# back sooner, and its trouble isn't told twice. No longer, for it is counted in memory, and whoever counts ends too.
RETIRED_AFTER = 3600.0


class Cause(NamedTuple):
    """What an alert of one machine is about, and whose it is; as text ``disk:web-1:17``."""

    kind: str
    host: str
    process_id: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.host}:{self.process_id}"


def begin(app: App, kind: str, *, what: str, affected: str, command: str, urgent: bool = True) -> None:
    """Tell people once of a trouble of this machine, by its name where there are several."""
    words = {"affected": affected, "command": command}
    if not app.is_shared:
        app.alert(kind, what=what, **words, urgent=urgent)
        return
    own = Cause(kind, socket.gethostname(), app.process_id)
    if not any((each.kind, each.host) == own[:2] for each in _open(app)):
        app.alert(str(own), what=f"{own.host}: {what}", **words, urgent=urgent)


def end(app: App, kind: str) -> None:
    """Say that a trouble of this machine is over, where we said that it began, or nobody who did lives."""
    if not app.is_shared:
        app.all_clear(kind)
        return
    own = Cause(kind, socket.gethostname(), app.process_id)
    for each in _open(app):
        if each == own or (each[:2] == own[:2] and not processes.is_alive(app.store, each.process_id)):
            app.all_clear(str(each))


class Retired:
    """Ends the alerts of machines on which nobody fires slots any more: no process of theirs comes to do it."""

    def __init__(self, app: App, steady: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._steady = steady
        self._gone_since: dict[str, float] = {}

    def look(self) -> None:
        """Look once."""
        found = _open(self._app)
        living = processes.living(self._app.store) if found else []
        alive = {row["host"] for row in living if row["command"] in processes.FIRING}
        now = self._steady()
        self._gone_since = {each.host: self._gone_since.get(each.host, now) for each in found if each.host not in alive}
        for each in found:
            if now - self._gone_since.get(each.host, now) >= RETIRED_AFTER:
                self._app.all_clear(str(each))


def _open(app: App) -> list[Cause]:
    """Return the alerts of single machines that are open now."""
    found = (cause.split(":") for cause in app.open_causes())
    return [Cause(kind, host, int(number)) for kind, host, number in (f for f in found if len(f) == 3) if kind in KINDS]

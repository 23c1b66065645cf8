"""What systemd is told of a service that is of `Type=notify`: it is ready, it lives, it ends (sd_notify(3)).

A datagram to the socket that systemd names is all there is to it. Without such a socket nothing is said.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import structlog

from publisher.runtime.duty import Duty

log = structlog.get_logger()

SOCKET, WATCHDOG, WATCHDOG_PID = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"
LIVES_PER_SPAN = 3  # how often it is said within the time after which systemd would kill us

Sign = tuple[str, Callable[[], bool]]  # what of us it is, and whether that lives


class Notifier:
    """Speaks to systemd, where it listens.

    :ivar every: how often it wants to hear that we live; None: not at all.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = environ.get(SOCKET, "")
        mine = environ.get(WATCHDOG_PID, "") in ("", str(os.getpid()))
        span = environ.get(WATCHDOG, "") if self._address and mine else ""
        self.every = timedelta(microseconds=int(span)) / LIVES_PER_SPAN if span.isdecimal() and int(span) else None

    def ready(self, status: str = "") -> None:
        """Say that all is begun."""
        self._say("READY=1", f"STATUS={status}")

    def ending(self) -> None:
        """Say that nothing more is begun."""
        self._say("STOPPING=1", "STATUS=calls under way are finished")

    def watch(self, signs: Sequence[Sign]) -> Duty | None:
        """Return the duty that says that we live, for as long as each part does; None where nobody wants to know it."""
        if self.every is None:
            return None
        every = self.every
        return Duty("watchdog", lambda: self.look(signs), lambda: every)

    def look(self, signs: Sequence[Sign]) -> None:
        """Say that we live, if that is true of every part."""
        dead = [name for name, is_alive in signs if not is_alive()]
        if dead:
            log.error(
                "part_stands_still", parts=", ".join(dead), remedy="systemd ends this process, and begins it anew"
            )
            self._say(f"STATUS=stands still: {', '.join(dead)}")
        else:
            self._say("WATCHDOG=1")

    def _say(self, *lines: str) -> None:
        if not self._address:
            return
        # In the kernel's own name space an address begins with NUL, which the environment can't hold: it says @.
        place = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaking:
                speaking.connect(place)
                speaking.sendall("\n".join(lines).encode())
        except OSError as error:  # nobody hears: it kills us, or doesn't care
            log.warning("service_manager_not_told", error=error.strerror)

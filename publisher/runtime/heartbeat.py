"""The heartbeat: a watchdog elsewhere hears from us for as long as the scheduler is alive, and misses us after.

Its address is a secret: whoever knows it can feign that all is well. It never stands whole in the log.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import requests
import structlog

import publisher

log = structlog.get_logger()

TIMEOUTS = (5.0, 10.0)  # seconds to connect, and to read


class Heartbeat:
    """Calls an address, once each time it is asked, while the scheduler is alive.

    :param address: asked each time; empty: nobody waits for us.
    """

    def __init__(self, address: Callable[[], str], is_alive: Callable[[], bool]) -> None:
        self._address = address
        self._is_alive = is_alive
        self._was_alive = True

    def __call__(self) -> None:
        """Call once. Whatever happens is said and never raised."""
        alive = self._is_alive()
        if alive != self._was_alive:
            log.error("scheduler_stalls") if not alive else log.warning("scheduler_goes_on")
            self._was_alive = alive
        address = self._address()
        if alive and address:
            trouble = _call(address)
            if trouble:
                log.warning("heartbeat_failed", host=urlsplit(address).hostname, trouble=trouble)


def _call(address: str) -> str:
    """Return what went wrong; empty: it was heard. Never followed elsewhere, and the words hold no address."""
    headers = {"User-Agent": f"Publisher/{publisher.__version__}"}
    try:
        with requests.Session() as session:
            session.trust_env = False  # nobody's proxy is told
            reply = session.get(address, headers=headers, timeout=TIMEOUTS, allow_redirects=False, stream=True)
            reply.close()
    except (requests.RequestException, ValueError) as error:
        return type(error).__name__
    if 300 <= reply.status_code < 400:
        return f"HTTP {reply.status_code}: it leads elsewhere; write the address that it leads to"
    return "" if reply.ok else f"HTTP {reply.status_code}"

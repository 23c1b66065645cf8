"""What providers tell us afterwards: is it they who speak, which delivery do they mean, and how much was refused."""

from __future__ import annotations

from collections import Counter, defaultdict
from threading import Lock
from typing import TYPE_CHECKING

import structlog

from publisher.clock import steady
from publisher.errors import PublisherError
from publisher.model.tokens import read_wire_id
from publisher.pipeline import hear
from publisher.store import facts

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.senders.events import Incoming

log = structlog.get_logger()

KEEP_EVERY = 10.0  # seconds between two writes of the counts: a flood of forgeries must not become a flood of writes


class Hearing:
    """One process's ears. Used by many threads."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = Lock()
        self._counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._kept_at = 0.0  # by `steady`

    def take(self, channel: str, incoming: Incoming) -> tuple[int, str]:
        """Write down what a provider says to a channel; return the HTTP status that answers it, and why.

        A word that is known or not about us is answered like any other: the provider would only say it again.
        """
        from publisher.senders.events import NotBelieved

        if channel not in self._app.project.channels:
            return 404, "there is no such channel"
        try:
            said = self._app.sending.sender(channel).hear(incoming)
        except NotBelieved as refusal:
            self._count(channel, Counter(refused=1))
            return refusal.status, str(refusal)
        except PublisherError as error:
            log.error("channel_cannot_hear", channel=channel, error=str(error))
            return 503, "this channel is not ready"
        keys = self._app.keys.all_of("wire")
        meant = [(read_wire_id("d", event.reference, keys), event) for event in said]
        met = hear.record(self._app.store, channel, meant, now=self._app.store.now())
        self._count(channel, met)
        is_replay = met["forged"] > 0 and not met["new"] and not met["repeated"]
        return (401, "this was said before, and meant something else") if is_replay else (200, "")

    def keep(self) -> None:
        """Write down what was counted since the last time."""
        with self._lock:
            counted, self._counted = self._counted, defaultdict(Counter)
            self._kept_at = steady()
        if counted:
            with self._app.store.write() as conn:
                for channel, tally in counted.items():
                    facts.add_heard(conn, channel, tally)

    def _count(self, channel: str, met: Counter[str]) -> None:
        with self._lock:
            first = met["refused"] and not self._counted[channel]["refused"]
            self._counted[channel] += met
            is_time = steady() - self._kept_at > KEEP_EVERY
        if first:  # once in a while, not for each one of a flood
            log.warning("webhook_refused", channel=channel)
        if is_time:
            self.keep()

"""What providers tell us afterwards: is it they who speak, which delivery do they mean, and how much was refused."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
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
    from publisher.model.event import Event
    from publisher.senders.events import Incoming

    Meant = tuple[int | None, Event]  # of which delivery; None: not ours

Reply = tuple[int, str]  # the HTTP status, and why
log = structlog.get_logger()

KEEP_EVERY = 10.0  # seconds between two writes of the counts: a flood of forgeries must not become a flood of writes


class Hearing:
    """One process's ears. Used by many threads."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = Lock()
        self._counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._kept_at = 0.0  # by `steady`

    def take(self, channel: str, said: Sequence[Incoming]) -> list[Reply]:
        """Write down what a provider says to a channel, in few commits however much; return the answer to each request.

        A word that is known or not about us is answered like any other: the provider would only say it again.

        :raises StoreError: the ledger takes nothing now; each may be said again.
        """
        from publisher.senders.events import NotBelieved

        replies: list[Reply] = [(200, "")] * len(said)
        meant: list[tuple[int, Meant]] = []  # with the request's place
        for place, incoming in enumerate(said):
            try:
                meant += [(place, each) for each in self._heard(channel, incoming)]
            except NotBelieved as refusal:
                replies[place] = refusal.status, str(refusal)
        store, said_of = self._app.store, [each for _, each in meant]
        met = hear.record(store, channel, said_of, now=store.now(), hash_of=self._app.hash_of)
        by_place: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for (place, _), word in zip(meant, met, strict=True):
            by_place[place][word] += 1
        for place, tally in by_place.items():
            replies[place] = self._answer(channel, tally)
        return replies

    def _heard(self, channel: str, incoming: Incoming) -> list[Meant]:
        """Return what a request says of which delivery.

        :raises NotBelieved: nothing that could be taken.
        """
        from publisher.senders.events import NotBelieved

        if channel not in self._app.project.channels:
            raise NotBelieved("there is no such channel", 404)
        try:
            said = self._app.senders.of(channel).hear(incoming)
        except NotBelieved:
            self._count(channel, Counter(refused=1))
            raise
        except PublisherError as error:
            log.error("channel_cannot_hear", channel=channel, error=str(error))
            raise NotBelieved("this channel is not ready", 503) from error
        keys = self._app.keys.all_of("wire")
        return [(read_wire_id("d", event.reference, keys), event) for event in said]

    def _answer(self, channel: str, met: Counter[str]) -> Reply:
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

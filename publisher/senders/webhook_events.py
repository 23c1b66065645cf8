"""What a receiver of the generic webhook says afterwards: our own contract, in our own words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from publisher.model.event import Event, EventKind
from publisher.senders.events import Incoming, key_of, objects_in, reason, when, word
from publisher.senders.standard_webhooks import verify

KINDS = {kind.value: kind for kind in EventKind}


def hear(incoming: Incoming, secrets: Sequence[str], now: datetime) -> list[Event]:
    """Believe whoever signed with the channel's secret, and read one event or a list of them.

    :raises NotBelieved: nobody did, or it is no JSON.
    """
    message_id = verify(incoming, secrets, now)
    return [
        Event(
            KINDS[kind],
            word(said.get("id"))[:200] or key_of(message_id, place),
            when(said.get("at"), now),
            reference=word(said.get("reference")),
            address=word(said.get("email")),
            words=reason(said.get("reason")),
        )
        for place, said in enumerate(objects_in(incoming.body))
        if (kind := word(said.get("type"))) in KINDS
    ]

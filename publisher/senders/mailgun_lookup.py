"""Asks Mailgun's list of events whether a request arrived whose answer never came."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode

from publisher.model.call import Recipient, Verdict
from publisher.senders.events import within, word
from publisher.senders.http import Reply
from publisher.senders.mailgun_events import message_id_of
from publisher.senders.mailgun_payload import REFERENCE, in_punycode
from publisher.senders.verdicts import deferred, sent, unknown

LISTED = 300  # events in one answer, the most there are
WHOLE_AFTER = timedelta(
    hours=1
)  # events come in late, by half an hour as Mailgun says; later than this none is missing
SKEW = timedelta(minutes=10)  # between its clock and ours


def query_for(reader: Recipient, spoke_at: datetime) -> str:
    """Ask for what became of letters to one reader since then."""
    return urlencode(
        {
            "begin": int((spoke_at - SKEW).timestamp()),
            "ascending": "yes",
            "limit": LISTED,
            "event": "accepted OR rejected OR delivered OR failed",
            "recipient": in_punycode(reader.address),
        }
    )


def found_in(reply: Reply, reader: Recipient, age: timedelta) -> Verdict:
    """Read the events of one reader since the request: ours is among them, certainly not, or it can't be told."""
    events = within(reply.json, "items") if reply.trouble is None else None
    if not isinstance(events, list):
        return unknown(reply.trouble.reason if reply.trouble else "Mailgun's list of events can't be read")
    names = [word(within(event, "user-variables", REFERENCE)) for event in events]
    if reader.reference in names:
        return sent(message_id_of(events[names.index(reader.reference)]))
    if age < WHOLE_AFTER or len(events) >= LISTED or "" in names:
        return unknown("Mailgun has no event of it yet")
    return deferred("Mailgun has no event of it, so it never came")

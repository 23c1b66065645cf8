"""What is said beside the ledger of deliveries, as alerts are: within the rests and limits of who speaks for a channel.

A network bans whoever goes on asking, whatever it was for.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from publisher.model.call import Answer
from publisher.model.project import Channel
from publisher.pipeline.dispatch import breaker, limits, rests
from publisher.store import Connection, channels


def take_leave(
    conn: Connection, rules: Channel, counted_as: str, zone: ZoneInfo, now: datetime, *, is_urgent: bool
) -> datetime | None:
    """Charge the channel's limits for one message; return until when it has to wait instead, and nothing is charged.

    :param counted_as: the account whose requests the network counts; empty: it counts nobody's.
    :param is_urgent: neither the number of a day nor quiet hours keep it, and it isn't counted by the day.
    """
    rest = channels.look(conn, rules.name, now).open_until
    ends = [end for end in (rest, rests.until(conn, counted_as, now)) if end is not None and end > now]
    if ends:
        return max(ends)
    free, later = limits.leeway(conn, rules, zone, 1, 1, now, is_urgent=is_urgent)
    if not free:
        return later
    limits.spend_all(conn, rules, zone, 1, 1, now, is_urgent=is_urgent)
    return None


def hear(conn: Connection, channel: str, counted_as: str, answer: Answer, now: datetime) -> None:
    """Write down the rest that an answer asks for. That nobody was reached is for deliveries to find out."""
    if counted_as and answer.rest is not None:
        rests.note(conn, counted_as, channel, answer.rest, now)
    elif breaker.asks_to_wait(answer):
        breaker.note(conn, channel, answer, now, is_counted=False)

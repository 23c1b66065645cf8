"""What is said beside the ledger of deliveries, as alerts are: within the rests and limits of who speaks for a channel.

A network bans whoever goes on asking, whatever it was for.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from publisher.model.call import Answer
from publisher.model.hours import end_of_quiet, is_quiet
from publisher.model.project import Channel
from publisher.pipeline.dispatch import breaker, limits, rests
from publisher.store import Connection, channels


def take_leave(
    conn: Connection, rules: Channel, counted_as: str, zone: ZoneInfo, now: datetime, *, is_urgent: bool
) -> datetime | None:
    """Charge the channel's rates for one message; return until when it has to wait instead, and nothing is charged.

    It goes before what the channel sends, which takes each unit of a rate as soon as there is one, and each number of a
    day at midnight: beside that it would wait without end. The day, and what warms up, is for readers alone.

    :param counted_as: the account whose requests the network counts; empty: it counts nobody's.
    :param is_urgent: quiet hours don't keep it.
    """
    ends = [channels.look(conn, rules.name, now).open_until, rests.until(conn, counted_as, now)]
    if rules.quiet is not None and not is_urgent and is_quiet(rules.quiet, now, zone):
        ends.append(end_of_quiet(rules.quiet, now, zone))
    to_come = [end for end in ends if end is not None and end > now]
    return max(to_come) if to_come else limits.borrow(conn, rules, now)


def hear(conn: Connection, channel: str, counted_as: str, answer: Answer, now: datetime) -> None:
    """Write down the rest that an answer asks for. That nobody was reached is for deliveries to find out."""
    if counted_as and answer.rest is not None:
        rests.note(conn, counted_as, channel, answer.rest, now)
    elif breaker.asks_to_wait(answer):
        breaker.note(conn, channel, answer, now, is_counted=False)

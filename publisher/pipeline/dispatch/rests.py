"""Accounts whose network takes nothing more for now: no process begins a call to one before its rest ends.

A rest is a row of the limits, named by the account: channels that speak for the same one share it, and so does whoever
starts later. It is the only one that is written: the channel itself rests where nobody counts (`breaker`).
"""

from __future__ import annotations

from datetime import datetime

import structlog

from publisher.model.call import Rest
from publisher.pipeline.dispatch.limits import CLOCKS_DIFFER
from publisher.senders.verdicts import LONGEST_WAIT
from publisher.store import Connection, limits

log = structlog.get_logger()


def note(
    conn: Connection, counted_as: str, channel: str, rest: Rest, now: datetime, *, is_removal: bool = False
) -> None:
    """Write down that an account rests.

    :param is_removal: an answer to a withdrawal says so. Networks count deletions by themselves.
    """
    name = limits.removals(counted_as) if is_removal else limits.account(counted_as)
    limits.rest(conn, name, rest.until, unless_after=_end_of_belief(now))
    until = rest.until.isoformat(timespec="seconds")
    if rest.why:
        log.warning("limit_not_believed", channel=channel, why=rest.why, until=until)
    else:
        log.info("account_rests", channel=channel, until=until)


def until(conn: Connection, counted_as: str, now: datetime, *, is_removal: bool = False) -> datetime | None:
    """Return until when an account rests; None: it doesn't, or a clock that was ahead wrote that it does.

    :param is_removal: a withdrawal is to be said, which waits for no limit of posting. A post waits for either.
    """
    if not counted_as:
        return None
    names = [limits.removals(counted_as)] if is_removal else [limits.account(counted_as), limits.removals(counted_as)]
    ends = [limits.free_at(conn, name, lock=False) for name in names]
    return max((end for end in ends if end is not None and now < end <= _end_of_belief(now)), default=None)


def of_accounts(conn: Connection, now: datetime, *, is_removal: bool = False) -> dict[str, datetime]:
    """Return until when accounts rest, by what they are counted as.

    :param is_removal: for withdrawals, as in `until`.
    """
    found = limits.resting_accounts(conn, now, is_removal=is_removal)
    return {account: ends_at for account, ends_at in found.items() if ends_at <= _end_of_belief(now)}


def _end_of_belief(now: datetime) -> datetime:
    return now + LONGEST_WAIT + CLOCKS_DIFFER

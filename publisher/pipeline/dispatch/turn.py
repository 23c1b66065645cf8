"""A thread's turn at the ledger: what it has ended is written down and its next call claimed, both in one commit."""

from __future__ import annotations

from collections.abc import Sequence

from publisher.model.call import Answer
from publisher.pipeline.dispatch.answer import settle_plain
from publisher.pipeline.dispatch.claim import Wanted, next_due, open_calls
from publisher.pipeline.dispatch.desk import Claimed, Desk
from publisher.store import Connection, Store, sends

Ended = tuple[Claimed, Answer]


def claim(store: Store, desk: Desk, channel: str, limit: int, only: Sequence[int] | None = None) -> Claimed | None:
    """Take up to `limit` due deliveries of one message under a new call. Whoever left since then gets nothing.

    :param only: claim among these deliveries, due or not: the halves of a call that was refused whole.
    """
    if only is not None:
        return _take(store, desk, Wanted(channel, limit, only=only), [None])[0]
    return take_turn(store, desk, channel, limit, None)


def take_turn(store: Store, desk: Desk, channel: str, limit: int, ended: Ended | None) -> Claimed | None:
    """Write a plain answer down, if there is one, and claim the next call.

    Threads that come to a channel's ledger at the same moment share one transaction.

    :raises NotPlain: the call or some delivery is no longer as it was left; nothing was written.
    """

    def take(turns: Sequence[Ended | None]) -> list[Claimed | None]:
        return _take(store, desk, Wanted(channel, limit, len(turns)), turns)

    claimed: Claimed | None = desk.turns.ask((channel, limit), ended, take)
    return claimed


def _take(store: Store, desk: Desk, wanted: Wanted, turns: Sequence[Ended | None]) -> list[Claimed | None]:
    """Take these turns in one transaction; the last ones get no call where there is no more to do."""
    ended = [turn for turn in turns if turn is not None]

    def work(conn: Connection) -> list[Claimed]:
        found = next_due(conn, desk, wanted)
        touched = {claimed.send_id for claimed, _ in ended} | ({found.due.send_id} if found else set())
        for send_id in sorted(touched):  # in this order, so that nobody waits in a circle
            sends.hold(conn, send_id)
        if ended:
            settle_plain(conn, ended, desk.clock())
        return open_calls(conn, desk, wanted, found) if found else []

    try:
        made: list[Claimed | None] = [*store.submit(work, turn=wanted.channel)]
    except BaseException:
        # Perhaps it was written all the same: then nobody carries it on, and it is taken over.
        desk.under_way.difference_update(wanted.opened)
        raise
    return made + [None] * (len(turns) - len(made))

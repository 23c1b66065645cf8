"""A thread's turn at the ledger: what it has ended is written down and its next call claimed, both in one commit."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from publisher.errors import MaybeWrittenError
from publisher.model.call import Answer
from publisher.pipeline.dispatch.answer import CUT, keep_answer, post, reserve, settle_plain
from publisher.pipeline.dispatch.beginning import begin_calls, give_back_ours
from publisher.pipeline.dispatch.claim import Wanted, next_due, open_calls
from publisher.pipeline.dispatch.desk import Claimed, Desk
from publisher.store import Connection, Store

log = structlog.get_logger()

Ended = tuple[Claimed, Answer]


def claim(
    store: Store, desk: Desk, channel: str, limit: int, only: Sequence[int] | None = None, *, counted_as: str = ""
) -> Claimed | None:
    """Take up to `limit` due deliveries of one message under a new call. Whoever left since then gets nothing.

    :param only: claim among these deliveries, due or not: the halves of a call that was refused whole.
    :param counted_as: the account whose requests the network counts; empty: it counts nobody's.
    """
    return _take(store, desk, Wanted(channel, limit, only=only, counted_as=counted_as), [None])[0]


def take_turn(
    store: Store, desk: Desk, channel: str, limit: int, ended: Ended | None = None, *, counted_as: str = ""
) -> Claimed | None:
    """Write a plain answer down, if there is one, and claim the next call.

    Threads that come to a channel's ledger at the same moment share one transaction. A call of a single letter is begun
    in it too: it is said within milliseconds, and a commit of its own would cost as much as the letter.

    :raises NotPlain: the call or some delivery is no longer as it was left; nothing was written.
    """

    def take(turns: Sequence[Ended | None]) -> list[Claimed | None]:
        return _take(store, desk, Wanted(channel, limit, len(turns), begins=limit == 1, counted_as=counted_as), turns)

    claimed: Claimed | None = desk.turns.ask((channel, limit), ended, take)
    return claimed


def _take(store: Store, desk: Desk, wanted: Wanted, turns: Sequence[Ended | None]) -> list[Claimed | None]:
    """Take these turns in one transaction; the last ones get no call where there is no more to do."""
    ended = [turn for turn in turns if turn is not None]
    made: list[Claimed] = []

    def work(conn: Connection) -> None:
        found = next_due(conn, desk, wanted)
        touched = {claimed.send_id for claimed, _ in ended} | ({found.due.send_id} if found else set())
        held = reserve(conn, touched)
        moved = settle_plain(conn, ended, desk.clock()) if ended else {}
        made[:] = open_calls(conn, desk, wanted, found, held[found.due.send_id], moved) if found else []
        post(conn, moved, ended, desk.clock())
        if wanted.begins:
            made[:] = _begun(conn, desk, made)

    try:
        store.submit(work, turn=wanted.channel)
    except BaseException as error:
        # Perhaps it was written all the same: then nobody carries it on, and it is taken over.
        desk.under_way.difference_update(wanted.opened)
        if isinstance(error, MaybeWrittenError):
            _unsay(store, desk, [claimed for claimed in made if claimed.is_begun and claimed.call.recipients])
        raise
    # Given back at once, or of an earlier attempt at this transaction.
    desk.under_way.difference_update(set(wanted.opened) - {claimed.call.id for claimed in made})
    return [*made, *[None] * (len(turns) - len(made))]


def _begun(conn: Connection, desk: Desk, made: Sequence[Claimed]) -> list[Claimed]:
    """Begin calls in the transaction that opened them; what may not speak was given back.

    Calls whose readers have all left are among those returned: where they are many, there is more to do after them.
    """
    to_say = [claimed for claimed in made if claimed.call.recipients]
    begun = begin_calls(conn, desk, to_say) if to_say else set()
    for claimed in to_say:
        if claimed.call.id not in begun:
            give_back_ours(conn, desk, claimed)
    return [claimed for claimed in made if claimed.call.id in begun or not claimed.call.recipients]


def _unsay(store: Store, desk: Desk, begun: Sequence[Claimed]) -> None:
    """Put back calls that perhaps stand there as if we had spoken. Nobody but us knows that we did not."""
    for claimed in begun:
        log.error("begin_was_cut", call=claimed.call.id)
        keep_answer(store, desk, claimed, CUT, put_back=True)

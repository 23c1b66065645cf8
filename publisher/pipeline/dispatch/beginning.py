"""Begin: what says that the first bytes of a call are about to leave, committed before they do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from publisher.model.states import CallState
from publisher.pipeline.dispatch.desk import Claimed, Desk
from publisher.pipeline.dispatch.orphans import give_back
from publisher.store import Connection, Store, calls, sends


def begin(store: Store, desk: Desk, claimed: Claimed) -> bool:
    """Commit that we are about to speak; False when the call is no longer ours, or its send was held meanwhile."""
    return claimed.is_begun or desk.begins.ask("begin", claimed, partial(_begin, store, desk))


def _begin(store: Store, desk: Desk, some: Sequence[Claimed]) -> list[bool]:
    begun = store.submit(lambda conn: begin_calls(conn, desk, some))
    for claimed in some:
        if claimed.call.id not in begun:  # by itself: its send is to be locked before any call is
            store.submit(partial(give_back_ours, desk=desk, claimed=claimed))
    return [claimed.call.id in begun for claimed in some]


def begin_calls(conn: Connection, desk: Desk, some: Sequence[Claimed]) -> set[int]:
    """Begin calls, and return those that may speak."""
    ids = [each.call.id for each in some]
    return calls.begin(conn, ids, now=desk.clock(), lease_left=desk.timing.reserve)


def give_back_ours(conn: Connection, desk: Desk, claimed: Claimed) -> None:
    """Give a call back that may not speak, as far as it is ours."""
    sends.share(conn, claimed.send_id)
    call = calls.get(conn, claimed.call.id)
    if call["state"] == CallState.CLAIMED and call["process_id"] == desk.process_id:
        give_back(conn, call, desk.clock())

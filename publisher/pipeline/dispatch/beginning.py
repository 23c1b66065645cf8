"""Begin: what says that the first bytes of a call are about to leave, committed before they do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from publisher.model.states import CallState
from publisher.pipeline.dispatch.desk import Claimed, Desk
from publisher.pipeline.dispatch.orphans import give_back
from publisher.store import Connection, Store, calls, sends


def begin(store: Store, desk: Desk, claimed: Claimed) -> bool:
    """Commit that we are about to speak; False when the call is no longer ours, or its send was held meanwhile."""
    return claimed.is_begun or desk.begins.ask("begin", claimed, partial(_begin, store, desk))


def _begin(store: Store, desk: Desk, some: Sequence[Claimed]) -> list[bool]:
    return store.submit(lambda conn: begin_calls(conn, desk, some))


def begin_calls(conn: Connection, desk: Desk, some: Sequence[Claimed]) -> list[bool]:
    """Begin calls, and say for each whether it may speak; what may not is given back, as far as it is ours."""
    now = desk.clock()
    begun = calls.begin(conn, [each.call.id for each in some], now=now, lease_left=desk.timing.reserve)
    for claimed in sorted(some, key=lambda each: each.send_id):
        if claimed.call.id not in begun:
            _give_back_ours(conn, desk, claimed, now)
    return [claimed.call.id in begun for claimed in some]


def _give_back_ours(conn: Connection, desk: Desk, claimed: Claimed, now: datetime) -> None:
    sends.share(conn, claimed.send_id)
    call = calls.get(conn, claimed.call.id)
    if call["state"] == CallState.CLAIMED and call["process_id"] == desk.process_id:
        give_back(conn, call, now)

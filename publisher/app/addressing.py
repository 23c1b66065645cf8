"""Freezing the audience of what is ready: at once, or, in a queue, when its turn has come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from publisher.app import approved
from publisher.pipeline import address, queues

if TYPE_CHECKING:
    from publisher.app.core import App

Guard = Callable[[Callable[[], object]], None]  # carries out one duty; whatever is wrong with it, the others go on


def address_ready(app: App, guarded: Guard) -> None:
    """Address the sends that are ready; what is wrong with a queue keeps nothing waiting that is in none."""
    for send_id in queues.in_none(app.store, app.project):
        guarded(partial(approved.hold_late, app, send_id))
        guarded(partial(_address, app, send_id, app.store.now()))
    guarded(partial(_give_turns, app, guarded))


def _give_turns(app: App, guarded: Guard) -> None:
    """Address what has its turn.

    By one moment: what becomes due in between is looked at the next time, behind what has its turn now.
    """
    now = app.store.now()
    for send_id in queues.give_turns(app.store, app.project, now=now):
        guarded(partial(_address, app, send_id, now))


def _address(app: App, send_id: int, now: datetime) -> None:
    address.record(app.store, send_id, now=now, enqueue=app.sending.enqueue)

"""Webhooks, as they are told: whoever is due is said what waits, side by side, so that one that hangs delays no other.

A message is taken under a lease, said without a transaction open, and what came of it is written down. Who dies in
between leaves it to the next look, which says it again under the same id: at least once, and never silently twice.
Leases and rests go by the ledger's clock, which all machines share.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from pydantic import SecretStr

from publisher.app import sealing
from publisher.app.hooks import place_of
from publisher.model.hook import FAILS_FOR, MessageState, next_try, rest
from publisher.runtime.sidebyside import SideBySide
from publisher.senders.hook import GONE, TOTAL, Heard, Saying, say
from publisher.senders.standard_webhooks import keys_of
from publisher.store import Connection, hook_messages, hooks
from publisher.store.hook_messages import Try, Waiting
from publisher.store.hooks import Hook
from publisher.wire import Gate

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()
S = MessageState

LANES = 4  # that say something to one webhook at the same time, while it takes all of it
BATCH = 4  # messages that are taken at once
LEASE = timedelta(seconds=BATCH * TOTAL + 30)
KEPT = timedelta(days=30)
MOST = 1_000_000  # messages that may wait for one webhook
NEVER = datetime.max.replace(tzinfo=UTC)
UNREADABLE = "its secret can't be read: keys.json is another one"


class Speaker:
    """One process's voice.

    :param gate: where webhooks may stand that are not allowed to be in the own network.
    """

    def __init__(self, app: App, gate: Gate = Gate()) -> None:  # noqa: B008 -- frozen
        self._app = app
        self._gate = gate
        self._lanes = SideBySide(self._carry)

    def speak(self) -> None:
        """Begin to say what is due; waits for nobody."""
        now = self._app.store.now()
        with self._app.store.read() as conn:
            waiting = [(hook, hook_messages.waiting(conn, hook.id, LANES * BATCH)) for hook in hooks.due(conn, now)]
        for hook, count in waiting:
            wanted = -(-count // BATCH) if hook.failing_since is None else min(count, 1)
            for lane in range(wanted):
                self._lanes.ask(f"{hook.id}:{lane}", apart=hook.failing_since is not None)

    def end(self) -> None:
        """Begin nothing more."""
        self._lanes.end()

    @property
    def is_busy(self) -> bool:
        return self._lanes.is_busy

    def _carry(self, lane: str) -> None:
        """Say what is due of one webhook, until nothing is, or it does not take something."""
        hook_id = int(lane.partition(":")[0])
        try:
            while self._say_some(hook_id):
                pass
        except Exception:
            log.exception("webhook_failed", hook=hook_id)

    def _say_some(self, hook_id: int) -> bool:
        """Say the next few messages; say whether all were taken and there may be more."""
        now = self._app.store.now()
        with self._app.store.write() as conn:
            hook = next((each for each in hooks.due(conn, now) if each.id == hook_id), None)
            limit = 1 if hook is not None and hook.failing_since is not None else BATCH
            taken = hook_messages.claim(conn, hook_id, now=now, lease=LEASE, limit=limit) if hook is not None else []
        if hook is None or not taken:
            return False
        keys = self._keys(hook, now)
        came = [self._say(hook, keys, message) for message in taken]  # all of them: their lease is ours
        return all(came)

    def _say(self, hook: Hook, keys: list[bytes], message: Waiting) -> bool:
        """Say one message and write down what came of it; say whether it was taken."""
        if keys:
            said = Saying(hook.address, message.key, body_of(message), keys, hook.allow_private)
            heard = say(said, self._app.clock(), self._gate)
        else:
            heard = Heard(None, UNREADABLE, "", 0.0)
        now = self._app.store.now()
        with self._app.store.write() as conn:
            state, due_at = _left(message, heard, now)
            came = Try(heard.status, heard.trouble, heard.words, timedelta(seconds=heard.took))
            hook_messages.note(conn, message, came, state, due_at, now)
            if heard.trouble:
                _note_failed(conn, hook.id, heard, now)
            else:
                hooks.note_taken(conn, hook.id, now)
        if heard.trouble:  # not the receiver's words, and not its address: either may hold a secret
            log.warning("webhook_not_taken", hook=hook.id, message=message.id, tries=message.tries, why=heard.trouble)
        return not heard.trouble

    def _keys(self, hook: Hook, now: datetime) -> list[bytes]:
        """Return what signs: the secret, and for a while the one before it; nothing where they can't be read."""
        newest, old = hook.secrets
        is_old_good = hook.old_until is not None and now < hook.old_until
        sealed = [each for each in (newest, old if is_old_good else None) if each is not None]
        found = [sealing.opened(self._app.keys, place_of(hook.id), each) for each in sealed]
        return [key for each in found if each is not None for key in keys_of(SecretStr(each))]


def body_of(message: Waiting) -> bytes:
    """Return the very bytes that are said on each try."""
    head = json.dumps({"type": message.kind, "timestamp": message.made_at.isoformat()}, separators=(",", ":"))
    return f'{head[:-1]},"data":{message.data}}}'.encode()


def pause_far_behind(app: App) -> None:
    """Pause a webhook for which more waits than it will ever get: the ledger is no store for others."""
    with app.store.read() as conn:
        behind = [each.id for each in hooks.due(conn, NEVER) if hook_messages.waiting(conn, each.id, MOST + 1) > MOST]
    for hook_id in behind:
        with app.store.write() as conn:
            hooks.pause(conn, hook_id, by=hooks.ITSELF, why=f"more than {MOST:,} messages wait for it", now=app.clock())
        log.warning("webhook_paused", hook=hook_id)


def forget(app: App) -> int:
    """Drop what was written down long ago, a few at a time; return how many."""
    before, dropped = app.clock() - KEPT, 0
    while True:
        with app.store.write() as conn:
            count = hook_messages.forget(conn, before)
        dropped += count
        if not count:
            return dropped


def _left(message: Waiting, heard: Heard, now: datetime) -> tuple[S, datetime | None]:
    """Return where a try leaves its message, and when it is said again."""
    if not heard.trouble:
        return S.SAID, None
    again_at = next_try(message.tries, now, heard.again_at)
    return (S.GIVEN_UP, None) if again_at is None else (S.WAITING, again_at)


def _note_failed(conn: Connection, hook_id: int, heard: Heard, now: datetime) -> None:
    """Let a webhook rest that does not take something, pause it where that lasts, end it where it asks for that."""
    hook = hooks.lock(conn, hook_id)
    if hook is None:
        return
    failures = hook.failures + 1
    hooks.note_failed(conn, hook_id, failures, rest(failures, now, heard.again_at), now)
    if heard.status == GONE:
        hooks.end(conn, hook_id, by=hooks.ITSELF, why="it answered 410 Gone: it wants nothing any more", now=now)
        log.warning("webhook_ended", hook=hook_id)
    elif hook.failing_since is not None and now - hook.failing_since >= FAILS_FOR:
        why = f"it has taken nothing for {FAILS_FOR.days} days; the last time: {heard.trouble}"
        if hooks.pause(conn, hook_id, by=hooks.ITSELF, why=why, now=now):
            log.warning("webhook_paused", hook=hook_id)

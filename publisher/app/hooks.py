"""Webhooks, as an operator has them: added with a secret that is shown once, tried, paused, ended."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from datetime import timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from publisher.app import sealing
from publisher.errors import MissingError, UsageError
from publisher.model.hook import TO_CHOOSE, HookKind
from publisher.model.staff import May
from publisher.senders import hook as senders
from publisher.store import Connection, hook_messages, hooks, outbox, staff
from publisher.store.hooks import Hook
from publisher.store.permission import allowed

if TYPE_CHECKING:
    from publisher.app.core import App

SECRET_BYTES = 32  # Standard Webhooks: 24 to 64
BOTH_FOR = timedelta(days=1)  # the secret before a rotation signs too
MOST = 50  # webhooks that haven't ended
LONGEST = 200  # characters of a description
OWN_NETWORK = "it stands in this machine's own network"


@allowed(May.OPERATE)
def add(
    app: App, address: str, kinds: Iterable[HookKind] = (), *, description: str = "", allow_private: bool = False
) -> tuple[int, str]:
    """Tell an address from now on; return the webhook's number and its secret, which nobody can ask for again.

    :param kinds: what it wants to hear of; none: all there is.
    :param allow_private: it may stand in the own network.
    :raises UsageError: it can't be such an address, or there are too many.
    """
    address, description = address.strip(), " ".join(description.split())
    _require_good(address, description, allow_private=allow_private)
    now, secret = app.clock(), new_secret()
    with app.store.write() as conn:
        if hooks.count(conn) >= MOST:
            raise UsageError(f"there are {MOST} webhooks already", remedy="End one: publisher hooks end NUMBER")
        hook_id = hooks.add(
            conn,
            address=address,
            description=description,
            kinds=kinds,
            allow_private=allow_private,
            actor=app.actor,
            now=now,
        )
        hooks.keep_secret(conn, hook_id, sealing.seal(app.keys, place_of(hook_id), secret), None, None)
        _write_down(app, conn, hook_id, f"added webhook {hook_id}, to {urlsplit(address).hostname}")
    return hook_id, secret


def _require_good(address: str, description: str, *, allow_private: bool) -> None:
    if fault := senders.fault_in(address):
        raise UsageError(f"the address {fault}", remedy="Such as https://news.example/hooks/publisher")
    if address.startswith("http:") and not allow_private:
        raise UsageError(OWN_NETWORK, remedy="If that is meant, allow it: --allow-private, or the box in the form")
    if len(description) > LONGEST:
        raise UsageError(f"the description is longer than {LONGEST} characters")


@allowed(May.OPERATE)
def rotate(app: App, hook_id: int) -> str:
    """Give a webhook another secret, and return it; for a day the one before it signs too.

    :raises UsageError: there is no such webhook, or it has ended.
    """
    now, secret = app.clock(), new_secret()
    with app.store.write() as conn:
        hook = _open(hook_id, hooks.lock(conn, hook_id))
        sealed = sealing.seal(app.keys, place_of(hook_id), secret)
        hooks.keep_secret(conn, hook_id, sealed, hook.secrets[0], now + BOTH_FOR)
        _write_down(app, conn, hook_id, f"gave webhook {hook_id} another secret")
    return secret


@allowed(May.OPERATE)
def test(app: App, hook_id: int) -> int:
    """Let a webhook be told that it is tried, soon; return the message's number.

    :raises UsageError: there is no such webhook, it has ended, or it is paused.
    """
    now = app.clock()
    with app.store.write() as conn:
        hook = _open(hook_id, hooks.get(conn, hook_id))
        if hook.paused_at is not None:
            raise UsageError(f"webhook {hook_id} is paused", remedy=f"First: publisher hooks resume {hook_id}")
        data = outbox.as_json({"hook": hook_id, "by": app.actor})
        return hook_messages.add(conn, hook_id, outbox.new_key(), HookKind.TEST, data, now)


@allowed(May.OPERATE)
def pause(app: App, hook_id: int, why: str = "") -> None:
    """Say nothing to a webhook, and write nothing down for it, until it is resumed.

    :raises UsageError: there is no such webhook, it has ended, or it is paused already.
    """
    with app.store.write() as conn:
        _open(hook_id, hooks.get(conn, hook_id))
        if not hooks.pause(conn, hook_id, by=app.actor, why=" ".join(why.split())[:LONGEST], now=app.clock()):
            raise UsageError(f"webhook {hook_id} is paused already")
        _write_down(app, conn, hook_id, f"paused webhook {hook_id}")


@allowed(May.OPERATE)
def resume(app: App, hook_id: int) -> None:
    """Tell a webhook again: first what waits.

    :raises UsageError: there is no such webhook, it has ended, or it isn't paused.
    """
    with app.store.write() as conn:
        _open(hook_id, hooks.get(conn, hook_id))
        if not hooks.resume(conn, hook_id):
            raise UsageError(f"webhook {hook_id} is not paused")
        _write_down(app, conn, hook_id, f"resumed webhook {hook_id}")


@allowed(May.OPERATE)
def end(app: App, hook_id: int) -> None:
    """Tell a webhook nothing any more, for good.

    :raises UsageError: there is no such webhook, or it has ended already.
    """
    with app.store.write() as conn:
        _open(hook_id, hooks.get(conn, hook_id))
        hooks.end(conn, hook_id, by=app.actor, why="", now=app.clock())
        _write_down(app, conn, hook_id, f"ended webhook {hook_id}")


@allowed(May.OPERATE)
def again(app: App, hook_id: int, message_id: int | None = None) -> int:
    """Say a message again, or all that were given up; return how many.

    :raises UsageError: there is no such webhook or message, it has ended, or the message waits anyway.
    """
    with app.store.write() as conn:
        _open(hook_id, hooks.get(conn, hook_id))
        count = hook_messages.again(conn, hook_id, app.clock(), message_id)
        if not count and message_id is not None:
            is_there = hook_messages.get(conn, hook_id, message_id) is not None
            if not is_there:
                raise MissingError(f"webhook {hook_id} has no message {message_id}")
            raise UsageError(f"message {message_id} of webhook {hook_id} waits to be said anyway")
        if count:
            what = (
                "said again all that was given up of" if message_id is None else f"said message {message_id} again to"
            )
            _write_down(app, conn, hook_id, f"{what} webhook {hook_id}")
    return count


def kinds_named(words: Iterable[str]) -> list[HookKind]:
    """Return what may be heard of, by name.

    :raises UsageError: there is nothing of that name.
    """
    known = {kind.value: kind for kind in TO_CHOOSE}
    wanted = list(words)
    if unknown := next((word for word in wanted if word not in known), None):
        near = get_close_matches(unknown, known, 1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(f"there is no event {unknown!r}", remedy=f"{hint}Events: {', '.join(known)}")
    return [known[word] for word in wanted]


def require(hook_id: int, hook: Hook | None) -> Hook:
    """Return a webhook that is there.

    :raises UsageError: it isn't.
    """
    if hook is None:
        raise MissingError(f"there is no webhook {hook_id}", remedy="Those there are: publisher hooks list")
    return hook


def _open(hook_id: int, hook: Hook | None) -> Hook:
    found = require(hook_id, hook)
    if found.ended_at is not None:
        raise UsageError(f"webhook {hook_id} has ended", remedy="Add it anew: publisher hooks add")
    return found


def _write_down(app: App, conn: Connection, hook_id: int, what: str) -> None:
    staff.write_down(conn, app.actor, what, about=f"hook:{hook_id}", now=app.clock())


def new_secret() -> str:
    """Return a secret as Standard Webhooks writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def place_of(hook_id: int) -> str:
    """Return what a webhook's secrets are bound to. No channel's credential has such a place."""
    return f"\nhook\n{hook_id}"

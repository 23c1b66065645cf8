"""The link by which a doctor asks our own addresses how they look from outside: nobody else can make one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from publisher.model.tokens import link_token, read_link_token

if TYPE_CHECKING:
    from publisher.app.core import App

PATH = "mirror"
PURPOSE = "mirror"
LASTS = timedelta(minutes=10)  # clocks differ, and that is one thing that is looked at
BEATS, BEAT = 4, 0.25  # of the stream: how many, and seconds between two


def token(app: App) -> str:
    """Return what a link of now ends in."""
    key_id, key = app.keys.current("link")
    return link_token(PURPOSE, [int(app.store.now().timestamp())], key_id, key)


def is_genuine(app: App, said: str) -> bool:
    """Say whether a link is ours, and of now."""
    found = read_link_token(PURPOSE, 1, said, app.link_key)
    return found is not None and abs(app.store.now() - datetime.fromtimestamp(found[0], UTC)) <= LASTS

"""Webhooks in a ledger, and what they are to be told."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from publisher.model.hook import HookKind
from publisher.store import Store, hooks
from publisher.store.tables import hook_messages
from tests.ledger import NOW


def add_hook(store: Store, *kinds: HookKind, address: str = "https://news.example/hook") -> int:
    said = {"address": address, "description": "", "kinds": kinds, "allow_private": True}
    with store.write() as conn:
        return hooks.add(conn, **said, actor="test", now=NOW)


def told(store: Store) -> list[tuple[str, dict[str, Any]]]:
    """Return what is to be told, or was: kinds and data, in order."""
    with store.read() as conn:
        rows = conn.execute(select(hook_messages).order_by(hook_messages.c.id)).mappings()
        return [(row["kind"], json.loads(row["data"])) for row in rows]

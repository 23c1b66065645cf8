"""Wiring: the only room that knows which store, engine, sources and senders are in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from publisher.app.core import DATABASE, App

__all__ = ["DATABASE", "App"]


def __getattr__(name: str) -> Any:
    """Load the App when it is asked for: what needs only its neighbours, as `publisher status`, starts faster."""
    if name in __all__:
        from publisher.app import core

        return getattr(core, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

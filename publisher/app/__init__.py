"""Wiring: the only room that knows which store, engine, sources and senders are in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from publisher.app.core import App

__all__ = ["App"]


def __getattr__(name: str) -> Any:
    """Load the App when it is asked for: what needs only its neighbours, as `publisher status`, starts faster."""
    if name == "App":
        from publisher.app.core import App

        return App
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

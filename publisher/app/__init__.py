"""Wiring: the only room that knows which store, engine, sources and senders are in use."""

from publisher.app.core import DATABASE, App

__all__ = ["DATABASE", "App"]

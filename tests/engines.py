"""The engines by name, and a ledger on which each works: what is promised of one is promised of both.

On PostgreSQL `publisher run` is the distributed engine, and on a file the embedded one.
"""

from __future__ import annotations

import pytest

from tests.stores import PostgreSQL

ENGINES = ("embedded", "distributed")


def server_of(engine: str, request: pytest.FixtureRequest) -> PostgreSQL | None:
    """Return the server that an engine needs; None: it works on a file."""
    return request.getfixturevalue("postgresql") if engine == "distributed" else None


def part_of(name: str, engine: str) -> str:
    """Return how a part of a long test is called with an engine."""
    return name if engine == "embedded" else f"{name}, {engine}"

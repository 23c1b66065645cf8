"""Writes that a person waits for: what the database gives up, because others hold what we need, is asked for again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from publisher.errors import NotWrittenError
from publisher.store.database import Store

T = TypeVar("T")

PATIENCE = 60.0  # seconds: an audience of millions is frozen in less
PAUSE = 0.1


def write_patiently(store: Store, work: Callable[[Connection], T], patience: float = PATIENCE) -> T:
    """Run a write and return what it returned, trying again for as long as it certainly left nothing behind.

    :param work: may be run several times, so it does nothing but read and write this connection.
    :raises NotWrittenError: it could not be written in all that time.
    """
    end = time.monotonic() + patience
    while True:
        try:
            with store.write() as conn:
                return work(conn)
        except NotWrittenError:
            if time.monotonic() >= end:
                raise
            time.sleep(PAUSE)

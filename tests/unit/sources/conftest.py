"""A site that a test writes, and a fetcher that may read it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from publisher.sources.fetch import Fetcher
from tests.site import Site, serving

__all__ = ["Site"]


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher("Publisher tests", timeout=2.0, allow_private=True, total=4.0)

"""What several suites of the ledger stand on."""

from __future__ import annotations

import pytest

from publisher.store import Store


@pytest.fixture
def stores(postgresql_url):
    """One ledger on PostgreSQL, as two processes have it."""
    both = [Store.open(postgresql_url) for _ in range(2)]
    yield both
    for store in both:
        store.close()

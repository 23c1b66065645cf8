"""A name server of the tests' own, and whoever asks it."""

from __future__ import annotations

import pytest

from publisher.app.doctor.dns import Names
from tests.names import answering


@pytest.fixture(scope="module")
def server():
    with answering({}) as known:
        yield known


@pytest.fixture
def ask(server):
    """Return who asks for a zone: ``ask({"harbor.example": {"TXT": [...]}})``."""

    def make(zone) -> Names:
        server.zone, server.asked = zone, []
        return Names(server.resolver, patience=0.3)

    return make

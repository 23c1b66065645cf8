"""A project with one edition, served on this machine."""

from __future__ import annotations

from hashlib import sha256

import pytest

from tests.unit.web.ledger import fill, open_project, served


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Read only: tests that change something make a project of their own."""
    folder = tmp_path_factory.mktemp("project")
    with served(open_project(folder), folder) as site:
        fill(site)
        yield site


@pytest.fixture
def own_site(tmp_path):
    with served(open_project(tmp_path), tmp_path) as site:
        fill(site)
        yield site


@pytest.fixture
def ada(request) -> str:
    """An address of the test's own: the readers of a module share a project."""
    return f"ada-{sha256(request.node.nodeid.encode()).hexdigest()[:12]}@example.org"

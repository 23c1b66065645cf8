"""A project with one edition, served on this machine."""

from __future__ import annotations

from hashlib import sha256

import pytest

from publisher.app import App
from publisher.model.staff import Role
from tests.ledger import NOW, Clock
from tests.unit.app.project import open_app
from tests.unit.web.browsers import Browser, quick_passwords, signed_in
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


@pytest.fixture
def app(tmp_path) -> App:
    """A project with nothing in its ledger yet."""
    return open_app(tmp_path, Clock(NOW))


@pytest.fixture(autouse=True)
def passwords_cost_little(monkeypatch):
    quick_passwords(monkeypatch)


@pytest.fixture
def member_of(own_site):
    """Return what lets somebody work at `own_site`, and gives their browser: ``member_of(Role.EDITOR)``."""
    browsers = []

    def join(role: Role = Role.ADMIN, name: str = "") -> Browser:
        browsers.append(signed_in(own_site.app, own_site.url, role, name))
        return browsers[-1]

    yield join
    for browser in browsers:
        browser.close()

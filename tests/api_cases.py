"""schemathesis before a running console: cases for every operation of its OpenAPI, and what holds of every answer.

It runs in this process, so that an operation that ends the very token by which it is asked ends no walk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from publisher.app import staff, tokens
from publisher.model.staff import May, Role
from publisher.store import staff as ledger
from publisher.web import api, door
from tests.unit.app.test_staff import join
from tests.unit.web.browsers import quick_passwords
from tests.unit.web.ledger import Site, fill
from tests.unit.web.test_api import TOKEN, open_site
from tests.unit.web.test_server import VALUES

ADMIN, OTHER = "walker", "ben"
KNOWN = {**VALUES, "name": OTHER}  # what is there: made-up numbers find nothing
HOLDS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.allow_header_conformance,
]


@contextmanager
def walked(folder: Path) -> Iterator[Walk]:
    """Serve a project with an edition in its ledger, to whom an admin's token asks as often as it likes."""
    with pytest.MonkeyPatch.context() as patch, open_site(folder) as site:
        quick_passwords(patch)
        for gate in (api, door):
            patch.setattr(gate, "PER_MINUTE", 10**6)
        patch.setattr(tokens, "MOST", 10**6)
        fill(site)
        join(site.app, OTHER, Role.EDITOR)
        yield Walk(site)


class Walk:
    """Asks case after case; counts the answers by status."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._session = requests.Session()
        self.statuses: Counter[int] = Counter()
        described = self._session.get(f"{site.url}/api/openapi.json", timeout=30).json()
        self._schema = schemathesis.openapi.from_dict(described)
        self.operations = [found.ok() for found in self._schema.get_all_operations()]
        self._token = ""
        self._come_in()

    def all(self, number: int) -> None:
        """Ask so many cases at least, as many of each operation."""
        each = -(-number // (3 * len(self.operations)))
        for operation in self.operations:
            for strategy in _strategies(operation):
                self._ask(strategy, each)

    def _ask(self, strategy, number: int) -> None:
        @seed(10)
        @settings(
            max_examples=number,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def asked(case):
            self._one(case)

        asked()

    def _one(self, case) -> None:
        bearer = TOKEN if case.operation.path.startswith("/api/articles") else self._token
        headers = {"Authorization": f"Bearer {bearer}"}
        answer = case.call(base_url=self._site.url, session=self._session, headers=headers, timeout=30)
        self.statuses[answer.status_code] += 1
        case.validate_response(answer, checks=HOLDS)
        assert answer.status_code < 400 or isinstance(answer.json()["error"], str)
        if answer.status_code == 401 and tokens.who(self._site.app, self._token) is None:
            self._come_in()

    def _come_in(self) -> None:
        """Make a token that may everything: the one before may have ended by what it asked for."""
        app = self._site.app
        with app.store.read() as conn:
            member = ledger.find(conn, ADMIN)
        if member is None or member.ended_at is not None:
            join(app, ADMIN, Role.ADMIN)
        elif member.role is not Role.ADMIN:
            staff.set_role(app, ADMIN, Role.ADMIN, "cli:test")
        self._token = tokens.add(app, ADMIN, "walk", list(May))


def _strategies(operation):
    """Return cases that the description allows, those that it doesn't, and those of things that are there."""
    known = {each.name: KNOWN[each.name] for each in operation.path_parameters if each.name in KNOWN}
    yield operation.as_strategy(GenerationMode.POSITIVE)
    yield operation.as_strategy(GenerationMode.NEGATIVE)
    yield operation.as_strategy(GenerationMode.POSITIVE, path_parameters=known or None)

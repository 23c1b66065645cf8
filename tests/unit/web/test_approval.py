"""The page of somebody who is asked to approve: looking changes nothing, the button approves exactly what it shows."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
import requests

from publisher.app import approving, asking, desk
from tests.unit.app.project import found
from tests.unit.app.test_approving import drafted, sends_of
from tests.unit.web.ledger import Site, served

PUBLIC = {"Host": "letters.harbor.example"}
RULE = "{by: 2, ask: [anna@example.org, ben@example.org]}"


@dataclass
class Approver:
    site: Site
    path: str

    def get(self, more: str = "") -> requests.Response:
        return requests.get(self.site.url + self.path + more, headers=PUBLIC, timeout=10)

    def press(self, version: str, **headers: str) -> requests.Response:
        data = {"version": version}
        return requests.post(self.site.url + self.path, data, headers={**PUBLIC, **headers}, timeout=10)


@pytest.fixture
def approvers(tmp_path):
    app, _ = drafted(tmp_path, RULE)
    with served(app, tmp_path) as site:
        base = app.public_url
        yield [
            Approver(site, asking.link(app, 1, f"{name}@example.org").removeprefix(base)) for name in ("anna", "ben")
        ]


def version_on(page: requests.Response) -> str:
    [version] = re.findall(r'name="version" value="([0-9a-f]{10})"', page.text)
    return version


def test_the_page_shows_each_message_and_whoever_only_looks_changes_nothing(approvers):
    anna, _ = approvers
    page = anna.get()
    version = version_on(page)
    assert page.status_code == 200
    assert "The mail to daily" in page.text and "Story 3: quay &amp; harbour" in page.text
    assert '<meta name="robots" content="noindex">' in page.text
    assert page.headers["X-Robots-Tag"] == "noindex" and "script" not in page.text
    frame = anna.get(f"/{version}/0")
    assert "Story 3" in frame.text and frame.headers["Content-Security-Policy"].startswith("sandbox;")
    assert requests.head(anna.site.url + anna.path, headers=PUBLIC, timeout=10).status_code == 200
    assert found(anna.site.app) == [("2026-11-24T07:00", "draft")]


def test_the_button_approves_the_version_of_the_page_and_each_counts_once(approvers):
    anna, ben = approvers
    version = version_on(anna.get())
    assert "1 of 2 agreed: mail:anna@example.org" in anna.press(version).text
    assert "You have approved this version." in anna.press(version).text
    assert [send["state"] for send in sends_of(anna.site.app, 1)] == ["waiting"]
    assert version_on(ben.get()) == version
    assert "2 of 2 agreed" in ben.press(version).text
    assert [send["state"] for send in sends_of(anna.site.app, 1)] == ["ready"]
    assert "There is nothing here to approve now" in ben.get().text


def test_what_has_changed_since_is_said_and_not_approved(approvers):
    anna, _ = approvers
    version = version_on(anna.get())
    desk.change(anna.site.app, 1, lambda changes: changes.drop(2, "cli:ben"), "dropped 2")
    page = anna.press(version)
    assert page.status_code == 409
    assert "Not approved:" in page.text and "dropped 2" in page.text
    assert version_on(page) == approving.look(anna.site.app, 1).version != version
    assert found(anna.site.app) == [("2026-11-24T07:00", "draft")]
    assert "works no more" in anna.get(f"/{version}/9").text


def test_a_link_that_is_nobodys_tells_nothing_and_no_other_site_presses_the_button(approvers):
    anna, _ = approvers
    version = version_on(anna.get())
    made_up = Approver(anna.site, anna.path[:-3])
    for page in (made_up.get(), made_up.get(f"/{version}/0"), made_up.press(version)):
        assert "This link works no more" in page.text and "Story" not in page.text
    assert anna.press(version, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert found(anna.site.app) == [("2026-11-24T07:00", "draft")]

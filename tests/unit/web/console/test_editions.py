"""Editions listed by day and by key, and shown to programs."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import requests
from sqlalchemy import update

from publisher.app import tokens
from publisher.model.staff import May, Role
from publisher.store.tables import editions as table
from tests.ledger import add_edition
from tests.unit.app.test_staff import join
from tests.unit.web.console.conftest import Room
from tests.unit.web.ledger import HOSTILE, NOW


@pytest.fixture
def asks(own_site):
    join(own_site.app, "anna", Role.EDITOR)
    token = tokens.add(own_site.app, "anna", "test", [May.LOOK, May.EDIT])

    def ask(path: str, **json):
        how = {"headers": {"Authorization": f"Bearer {token}"}, "timeout": 30}
        url = f"{own_site.url}/api/v1{path}"
        return requests.post(url, json=json, **how) if json else requests.get(url, **how)

    return ask


def add(site, count: int) -> None:
    """Add editions, two of which are due at each moment."""
    for number in range(count):
        made = add_edition(site.app.store, f"2026-12-{number}", "evening", (1,))
        with site.app.store.write() as conn:
            due = NOW + timedelta(hours=7 * (number // 2))
            conn.execute(update(table).where(table.c.id == made).values(due_at=due))


def test_the_list_is_paged_by_key_to_its_end_and_stands_by_day(own_site):
    add(own_site, 60)
    seen, path = [], "/editions?schedule=evening"
    while path:
        text = requests.get(own_site.url + path, timeout=30).text
        seen += [int(number) for number in re.findall(r'<th scope="row"><a href="/editions/(\d+)"', text)]
        older = re.search(r'href="([^"]+)">Older', text)
        path = older[1].replace("&amp;", "&") if older else ""
    assert seen == sorted(seen, reverse=True) and len(seen) == len(set(seen)) == 60
    assert '<time datetime="2026-11-24">Tue 24 Nov 2026</time>' in text


@pytest.mark.parametrize(
    ("query", "status"),
    [("?state=locked", 200), ("?state=<b>", 400), ("?after=99999", 400), ("?after=0", 400), (f"?after={2**63}", 400)],
)
def test_the_list_is_asked_for_what_there_is(site, query, status):
    answer = requests.get(f"{site.url}/editions{query}", timeout=10)
    assert (answer.status_code, "<b>" in answer.text) == (status, False)


def test_a_program_pages_through_them_and_sees_one_whole(own_site, asks):
    add(own_site, 3)
    first = asks("/editions?limit=2").json()
    second = asks(f"/editions?limit=2&after={first['after']}").json()
    ids = [each["id"] for each in first["items"] + second["items"]]
    assert len(set(ids)) == 4 and second["after"] == ""
    one = asks("/editions/1").json()
    assert one["articles"][0]["title"] == HOSTILE and one["articles"][1]["position"] is None
    mail = one["sends"][0]
    books = ("pending", "taken", "sent", "failed", "unknown", "suppressed", "excluded", "cancelled")
    assert (sum(mail[name] for name in books), mail["to"]) == (mail["candidates"], ["daily"])
    said = asks("/editions/1/messages").json()["items"]
    assert [(each["kind"], bool(each["html"]), len(each["parts"])) for each in said] == [
        ("mail", True, 0),
        ("post", False, 1),
    ]
    for path in ("/editions/99999", "/editions/99999/messages", f"/editions/{2**63}", "/deliveries?edition=99999"):
        assert asks(path).status_code == 404
    assert asks("/editions?limit=201").status_code == 422
    assert asks("/editions/1/drop", article=1).status_code == 400
    assert asks("/editions/99999/drop", article=1).status_code == 404


def test_a_program_sees_a_draft_as_it_would_go_and_changes_it(room: Room):
    room.member(Role.EDITOR, "anna")
    token = tokens.add(room.app, "anna", "test", [May.LOOK, May.EDIT])
    how = {"headers": {"Authorization": f"Bearer {token}"}}
    browser = room.browsers[0]
    (mail,) = browser.get("/api/v1/editions/1/messages", **how).json()["items"]
    assert (mail["people"], mail["send"], mail["subject"]) == (2, None, "Story 3: quay & harbour")
    said = {"article": 3, "seen": 0}
    assert browser.post("/api/v1/editions/1/drop", json=said, **how).json()["said"] == "Dropped article 3."
    assert browser.post("/api/v1/editions/1/drop", json={**said, "article": 2}, **how).status_code == 409
    one = browser.get("/api/v1/editions/1", **how).json()
    assert (one["version"], one["changes"][0]["actor"]) == (1, "console:anna")

"""Lists of the interface: all are asked for in one way, answer in one shape, and end."""

from __future__ import annotations

import pytest
import requests

from publisher.app import hooks, tokens
from publisher.model.staff import May, Role
from publisher.web import door
from publisher.web.console.paging import LONGEST, MOST, PAGE, pack
from tests.unit.app.test_staff import join
from tests.unit.web.browsers import quick_passwords
from tests.unit.web.ledger import Site, fill, open_project, served

# Series, as long as the time that is asked for: they have no pages.
SERIES = {"/api/v1/figures/bounces", "/api/v1/figures/delays"}
PLACES = {"name": "boss", "hook_id": 1, "edition_id": 1}
ASKED = {"/api/v1/slots": {"from": "2026-11-23", "to": "2026-12-01"}}
NO_MARKS = ("x", pack(1, 2), pack(None), pack([]), pack("\0"), pack(2**64))


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Return what asks the interface of a newsroom with a little of everything, by an admin's token."""
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch, served(open_project(folder), folder) as site:
        quick_passwords(patch)
        patch.setattr(door, "PER_MINUTE", 10**6)
        token = _furnish(site)
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {token}"
            yield lambda path, **said: session.get(f"{site.url}{path}", params=said, timeout=60)


def _furnish(site: Site) -> str:
    fill(site)
    for name in ("boss", "ben", "zoe"):
        join(site.app, name, Role.ADMIN)
        tokens.add(site.app, name, "first", [May.LOOK])
    for _ in range(3):
        hooks.test(site.app, hooks.add(site.app, "https://news.example/hook")[0])
        hooks.test(site.app, 1)
    return tokens.add(site.app, "boss", "second", list(May))


@pytest.fixture(scope="module")
def described(ask):
    return ask("/api/openapi.json").json()


@pytest.fixture(scope="module")
def lists(described) -> dict[str, list[dict]]:
    """Return the addresses that answer a page, each with what may be asked of it."""
    shapes = described["components"]["schemas"]
    found = {}
    for path, each in described["paths"].items():
        shape = _shape(each["get"]) if "get" in each else {}
        if {"items", "after"} <= shapes.get(shape.get("$ref", "").rpartition("/")[2], {}).get("properties", {}).keys():
            found[path] = each["get"]["parameters"]
    return found


def _shape(operation: dict) -> dict:
    return operation["responses"]["200"]["content"]["application/json"]["schema"]


def test_every_list_is_a_page_and_is_asked_for_in_one_way(described, lists):
    bare = {path for path, each in described["paths"].items() if "get" in each and _shape(each["get"]).get("type")}
    assert bare == SERIES
    assert len(lists) > 15
    ways = [{each["name"]: each for each in asked if each["name"] in ("after", "limit")} for asked in lists.values()]
    assert all(way == ways[0] for way in ways)
    assert ways[0]["limit"]["schema"] | {"title": ""} == {
        "type": "integer",
        "minimum": 1,
        "maximum": MOST,
        "default": PAGE,
        "title": "",
        "description": ways[0]["limit"]["description"],
    }


def test_pages_of_one_make_the_whole_list(ask, lists):
    several = 0
    for path in lists:
        said, at = ASKED.get(path, {}), path.format_map(PLACES)
        whole = ask(at, limit=MOST, **said).json()
        assert whole["after"] == "", path
        found, after = [], ""
        for _ in range(len(whole["items"]) + 1):
            page = ask(at, limit=1, after=after, **said).json()
            found, after = found + page["items"], page["after"]
            if not after:
                break
        assert (found, after) == (whole["items"], ""), path
        several += len(found) > 1
    assert several > 8


def test_a_mark_that_is_none_of_ours_is_answered_in_one_way(ask, lists):
    for path in lists:
        said, at = ASKED.get(path, {}), path.format_map(PLACES)
        for mark in NO_MARKS:
            answer = ask(at, after=mark, **said)
            assert answer.status_code == 400, f"{path} {mark}: {answer.text}"
            assert "this list has no such page. Begin at its first page" in answer.json()["error"], path
        for wrong in ({"limit": 0}, {"limit": MOST + 1}, {"after": "x" * (LONGEST + 1)}):
            assert ask(at, **said, **wrong).status_code == 422, path

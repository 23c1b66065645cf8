"""The audit: everything that people did, each once, newest first."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
import requests

from publisher.app import tokens
from publisher.model.staff import May, Role
from publisher.model.states import EditionState
from publisher.store import approvals, desk, editions, staff
from tests.unit.web.ledger import HOSTILE, NOW, fill, open_project, served


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """A project in which much was done, all at different moments, and much that nobody did."""
    folder = tmp_path_factory.mktemp("busy")
    with served(open_project(folder), folder) as site:
        fill(site)
        _do_much(site)
        yield site


def _do_much(site) -> None:
    with site.app.store.write() as conn:
        strangers = ('channel:"><script>alert(1)</script>', "subscriber:1", "sending", "")
        for about, what in zip(strangers, ("x", "y", "=cmd()", "z"), strict=True):
            staff.write_down(conn, "cli:carl", what, about=about, now=NOW - timedelta(hours=1))
        for number in range(70):
            about, at = f"staff:p{number % 3}", NOW + timedelta(minutes=number)
            staff.write_down(conn, "console:anna" if number % 2 else "cli:ben", f"did {number}", about=about, now=at)
        for number in range(60):
            at = NOW + timedelta(minutes=number, seconds=30)
            approvals.add(conn, site.edition, f"v{number}", "console:anna", at)
        desk.write_note(conn, "morning", "Hello", language="", actor="console:anna", now=NOW)
        what, at = f"paused morning: {HOSTILE}", NOW + timedelta(hours=3)
        staff.write_down(conn, "cli:ben", what, about="schedule:morning", now=at)
        by_hand = (("manual:1", "console:anna"), (f"{editions.TEST}1", "cli:ben"), ("2026-11-25T07:00", "schedule"))
        made = [_add_edition(conn, slot, actor) for slot, actor in by_hand]
        about, at = f"edition:{made[-1]}", NOW + timedelta(hours=4)
        staff.write_down(conn, "console:anna", "held it: it waits", about=about, now=at)


def _add_edition(conn, slot: str, actor: str) -> int:
    own = {"schedule": "morning", "language": "en", "due_at": NOW, "now": NOW, "reason": "", "version_id": 1}
    return editions.add(conn, slot=slot, actor=actor, state=EditionState.LOCKED, places=[], **own)


def told(site, path: str) -> list[tuple[str, str]]:
    """Return who did what, of all pages from this one on."""
    found = []
    while path:
        text = requests.get(site.url + path, timeout=10).text
        found += re.findall(r'data-label="Who" class="wraps">([^<]*)</td><td data-label="What"[^>]*>([^<]*)</td>', text)
        older = re.search(r'href="([^"]+)" rel="next"', text)
        path = older[1].replace("&amp;", "&") if older else ""
    return found


def test_everything_is_told_once_newest_first_to_its_end(busy):
    found = told(busy, "/audit")
    assert found[0] == ("console:anna", "held it: it waits")
    assert found[1][1].startswith("paused morning: &lt;script&gt;")
    assert found[2] == ("console:anna", "did 69")
    assert len(found) == len(set(found)) == 2 + 70 + 60 + 1 + 1 + 2 + 4  # a note, the version of the file, editions
    where = [found.index(("console:anna", f"agreed to version v{number}")) for number in range(60)]
    assert where == sorted(where, reverse=True)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("who=ben", 37),
        ("who=cli:ben", 37),
        ("who=console:ben", 0),
        ("who=anna&about=staff", 35),
        ("about=staff:p1", 23),
        ("about=edition", 63),
        ("about=edition:1", 60),
        ("about=edition:4", 1),
        ("about=schedule:morning", 2),
        ("about=version:1", 1),
        ("about=edition:nope", 0),
        ("about=edition:0", 0),
        ("about=sending", 1),
        (f"about=edition:{2**70}", 0),
        ("about=channel", 1),
        ("about=%25", 0),
        ("who=%25", 0),
    ],
)
def test_it_is_filtered_by_person_and_by_what_it_is_about(busy, query, count):
    assert len(told(busy, f"/audit?{query}")) == count


def test_a_line_leads_to_what_it_is_about(busy):
    text = requests.get(f"{busy.url}/audit?who=carl", timeout=10).text
    assert "&#34;&gt;&lt;script&gt;alert(1)" in text and "<script>alert" not in text
    there = re.search(r'href="(/subscribers/reader1-[0-9a-f]+)"', text)
    assert there and requests.get(busy.url + there[1], timeout=10).status_code == 200
    assert 'href="/editions/4">edition 4</a>' in requests.get(f"{busy.url}/audit", timeout=10).text


def test_editions_and_tests_that_people_made_are_told_and_those_of_slots_are_not(busy):
    found = told(busy, "/audit?about=edition")
    assert ("console:anna", "made an edition of morning") in found and ("cli:ben", "sent a test of morning") in found
    assert not [who for who, _ in found if who == "schedule"]


def test_an_operator_takes_it_as_a_file_that_runs_nothing(own_site, member_of):
    with own_site.app.store.write() as conn:
        staff.write_down(conn, "cli:carl", "=cmd()", about="", now=NOW)
    assert member_of(Role.EDITOR).get("/audit.csv").status_code == 403
    answer = member_of(Role.OPERATOR).get("/audit.csv?who=carl")
    assert list(csv.reader(io.StringIO(answer.text)))[1][2] == "'=cmd()"
    token = tokens.add(own_site.app, "editor", "looks", [May.LOOK])
    asked = {"headers": {"Authorization": f"Bearer {token}"}, "timeout": 10}
    api = f"{own_site.url}/api/v1/audit"
    whole = requests.get(f"{api}?limit=100", **asked).json()
    half = requests.get(f"{api}?limit=2", **asked).json()
    rest = requests.get(f"{api}?limit=200&after={half['after']}", **asked).json()
    assert len(half["items"]) == 2 and half["items"] + rest["items"] == whole["items"] and whole["after"] == ""
    assert {"at", "who", "what", "about", "where"} == set(whole["items"][0])


@pytest.mark.parametrize("mark", ["x", "W10", "W1stMV1d", "W1sxLDIsM11d", "WzFd"])
def test_a_mark_that_is_none_of_ours_is_refused(site, mark):
    assert requests.get(f"{site.url}/audit?after={mark}", timeout=10).status_code == 400

"""What people tell the newsroom, done on the page of a subscriber; and whom nobody writes to."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import requests

from publisher.app import tokens
from publisher.model.staff import May, Role
from publisher.store import readership, staff, subscribers, suppressions
from publisher.web.console.subscribers import READER as KIND
from tests.unit.web.browsers import signed_in
from tests.unit.web.ledger import HOSTILE, NOW, add_reader, open_project, served, subscription

FIRST, SECOND, THIRD = (f"reader{number}@example.org" for number in (1, 2, 3))


def at(site, address: str = FIRST) -> str:
    with site.app.store.read() as conn:
        person = subscribers.find(conn, site.app.hash_of(address))
    assert person is not None, address
    return f"/subscribers/{site.app.wire_name(KIND, person.id)}"


def deeds(site) -> list[str]:
    with site.app.store.read() as conn:
        return [row["what"] for row in staff.done(conn) if row["about"].startswith("subscriber:")]


def blocks(site, address: str) -> list[str]:
    with site.app.store.read() as conn:
        return [row["scope"] for row in suppressions.of(conn, site.app.hash_of(address))]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A project whose people are changed, each by one test alone."""
    folder = tmp_path_factory.mktemp("town")
    with served(open_project(folder), folder) as site:
        for number in range(1, 10):
            add_reader(site.app, f"reader{number}@example.org", f"Reader{number} Writer")
        yield site


@pytest.fixture(scope="module")
def operator(town):
    with signed_in(town.app, town.url, Role.OPERATOR) as browser:
        yield browser


def test_somebody_is_taken_off_a_list_and_it_is_kept_who_did(town, operator):
    text = operator.said(f"{at(town)}/unsubscribe", list="daily", why="she rang <b>twice</b>")
    assert "They have left daily" in text and "left: she rang &lt;b&gt;twice&lt;/b&gt;" in text
    assert subscription(town.app) == "left"
    assert deeds(town)[0] == "took a subscriber off daily"
    assert "on any list" in operator.said(f"{at(town)}/unsubscribe", why="again")


def test_quiet_lasts_until_a_day_begins_and_ends_by_hand(town, operator):
    here = at(town, SECOND)
    day = (NOW + timedelta(days=10)).date()
    assert f"They have quiet until {day:%a} {day.day} {day:%b %Y}, 00:00 " in operator.said(
        f"{here}/quiet", until=str(day)
    )
    with town.app.store.read() as conn:
        paused = subscribers.find(conn, town.app.hash_of(SECOND)).paused_until
    assert paused.astimezone(town.app.zone).isoformat() == f"{day}T00:00:00+00:00"
    assert "Letters to them go on." in operator.said(f"{here}/quiet")
    for wrong in ("2020-01-01", "2999-01-01", "soon"):
        assert 'role="alert"' in operator.said(f"{here}/quiet", until=wrong)


def test_an_address_is_suppressed_and_that_is_lifted(town, operator):
    here = at(town, THIRD)
    assert "Nobody writes to them any more." in operator.said(f"{here}/suppress", why=HOSTILE)
    assert blocks(town, THIRD) == ["all"]
    assert "suppressed already, by console:operator" in operator.said(f"{here}/suppress", why="again")
    text = operator.said(f"{here}/lift", why="it was somebody else")
    assert "It may be written to again." in text and "<script>alert" not in text
    assert blocks(town, THIRD)[0].startswith("lifted: all")
    assert "isn’t suppressed" in operator.said(f"{here}/lift", why="again")


def test_a_complaint_is_lifted_only_if_that_is_said(town, operator):
    email = "reader4@example.org"
    with town.app.store.write() as conn:
        suppressions.add(
            conn, town.app.hash_of(email), "all", reason="complained: spam", now=NOW, actor="channel:letters"
        )
    assert "called a letter spam" in operator.said(f"{at(town, email)}/lift", why="by mistake")
    text = operator.said(f"{at(town, email)}/lift", why="by mistake", even_complaints="true")
    assert "It may be written to again." in text


def test_somebody_gets_another_address(town, operator):
    here = at(town, "reader5@example.org")
    assert "They have another address now." in operator.said(f"{here}/move", address="Five@new.example", why="wrote us")
    assert "Five@new.example" in operator.get(here).text
    assert "That is the address that they have" in operator.said(f"{here}/move", address="Five@new.example", why="x")
    assert "@-sign" in operator.said(f"{here}/move", address="nothing", why="x")


def test_nobody_is_erased_before_their_address_is_typed_once_more(town, operator):
    email = "reader6@example.org"
    here = at(town, email)
    assert "They are on 1 list." in operator.get(here).text
    assert "isn’t their address" in operator.said(f"{here}/erase", address=FIRST, why="a letter")
    assert "say something here" in operator.said(f"{here}/erase", address=email)
    done = operator.do(f"{here}/erase", address=email, why="a letter")
    assert done.headers["location"] == "/subscribers"
    assert operator.get(here).status_code == 404
    assert blocks(town, email) == ["erased"] and deeds(town)[0] == "erased a subscriber (receipt 1)"
    assert operator.do(f"{here}/erase", address=email, why="a letter").status_code == 404
    assert "was erased because they wanted it" in operator.do(
        "/subscribers/add", address=email, list="daily"
    ).text.replace("&#39;", "'")


def test_a_record_is_handed_out_as_a_file_and_that_is_kept(town, operator):
    answer = operator.do(f"{at(town, 'reader7@example.org')}/record")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.json()["email"] == "reader7@example.org"
    assert deeds(town)[0] == "took a subscriber’s record"


def test_somebody_is_put_on_a_list_by_hand(town, operator):
    text = operator.said("/subscribers/add", address="new@harbor.example", name="New & Old", list="daily")
    assert "new@harbor.example is on daily" in text and "New &amp; Old" in text
    wrong = operator.do("/subscribers/add", address="no-address", name="Kept", list="daily")
    assert wrong.status_code == 400 and 'value="Kept"' in wrong.text and 'role="alert"' in wrong.text
    assert operator.do("/subscribers/add", address="a@b.example", list="nope").status_code == 404


@pytest.mark.parametrize("role", [Role.EDITOR, Role.APPROVER])
def test_whoever_is_no_operator_sees_and_changes_nothing(town, role):
    here, said = at(town, "reader8@example.org"), {"address": "reader8@example.org", "why": "x"}
    with signed_in(town.app, town.url, role) as browser:
        assert "Erase them" not in browser.get(here).text
        for verb in ("unsubscribe", "suppress", "lift", "quiet", "move", "erase", "record"):
            assert browser.do(f"{here}/{verb}", **said).status_code == 403, verb
        for path in ("/subscribers/add", "/suppressions/add", "/suppressions/lift"):
            assert browser.do(path, **said, list="daily").status_code == 403, path
    assert subscription(town.app, "reader8@example.org") == "confirmed"
    assert requests.post(f"{town.url}{here}/erase", data=said, timeout=10).status_code == 401


def test_a_name_that_nobody_gave_out_changes_nothing(operator):
    for name in ("reader1", "reader1-00000000000000000000", "1", "x" * 200):
        assert operator.do(f"/subscribers/{name}/unsubscribe", why="x").status_code == 404


def test_a_program_finds_a_person_and_no_address_stands_in_a_url(town, operator):
    token = tokens.add(town.app, "operator", "test", [May.OPERATE])
    asked = {"headers": {"Authorization": f"Bearer {token}"}, "timeout": 10}
    api = f"{town.url}/api/v1"
    found = requests.post(f"{api}/subscribers/find", json={"address": "reader9@example.org"}, **asked).json()
    record = requests.get(f"{api}/subscribers/{found['reader']}", **asked).json()
    assert record["email"] == "reader9@example.org" and record["lists"][0]["list"] == "daily"
    assert requests.post(f"{api}/subscribers/find", json={"address": "nobody@example.org"}, **asked).status_code == 404
    done = requests.post(f"{api}/subscribers/{found['reader']}/suppress", json={"why": "asked"}, **asked)
    assert done.json()["said"] == "Nobody writes to them any more."
    lines = requests.get(f"{api}/suppressions?scope=all&limit=1", **asked).json()["items"]
    assert [(each["email"], each["by"]) for each in lines] == [("reader9@example.org", "console:operator")]
    (numbers,) = requests.get(f"{api}/lists", **asked).json()["items"]
    assert numbers["name"] == "daily" and numbers["states"]["confirmed"] >= 5


def test_a_list_too_long_to_be_counted_says_so_until_it_is_asked_for(operator, monkeypatch):
    monkeypatch.setattr(readership, "AT_MOST", 3)
    assert "more than 3 in all" in operator.get("/subscribers").text
    assert "more than" not in operator.get("/subscribers/all-counted").text


def test_suppressions_are_paged_to_their_end_and_filtered(town, operator):
    with town.app.store.write() as conn:
        for number in range(120):
            reason = "hard bounce: gone" if number % 2 else "complained"
            key, who = f"{number:064x}", "channel:letters"
            suppressions.add(conn, key, "list:weekly", reason=reason, now=NOW - timedelta(days=number // 60), actor=who)
    seen, path = 0, "/suppressions?scope=list:weekly&reason=hard+bounce&channel=letters"
    while path:
        text = operator.get(path).text
        seen += text.count("(a keyed hash alone)")
        older = re.search(r'href="([^"]+)" rel="next"', text)
        path = older[1].replace("&amp;", "&") if older else ""
    assert seen == 60


def test_a_typed_address_is_looked_up_and_suppressed_though_nobody_is_known_by_it(operator):
    said = {"address": "stranger@example.org"}
    assert "This address isn’t suppressed." in operator.do("/suppressions/look", **said).text
    assert "Nobody writes to this address any more." in operator.said("/suppressions/add", **said, why="a lawyer")
    answer = operator.do("/suppressions/look", **said)
    assert "Suppressed everywhere" in answer.text and "stranger" not in answer.url
    assert "It may be written to again." in operator.said("/suppressions/lift", **said, why="settled")
    assert operator.do("/suppressions/look", address="x").status_code == 400


@pytest.mark.parametrize(
    "mark", ["x", "W10", "WzEsMiwzXQ", "A" * 500, "WzEwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAsIngiLCJ4Il0"]
)
def test_a_mark_that_is_none_of_ours_is_refused(operator, mark):
    assert operator.get(f"/suppressions?after={mark}").status_code == 400

"""The send log in a browser and for programs: filters, pages, evidence, and what leaves the house as a file."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta

import pytest
import requests
from sqlalchemy import text

from publisher.app import send_log, tokens
from publisher.app.evidence import readable
from publisher.model.event import Event, EventKind
from publisher.model.staff import May, Role
from publisher.store import calls, events, log, staff, tries
from tests.unit.web.ledger import HOSTILE_WORDS, NOW, OUR_SCRIPT, add_reader

LINE = '<th scope="row">'
SCRIPT = "<script>alert(1)</script>"


def page(site, path: str) -> str:
    return requests.get(site.url + path, timeout=10).text


@pytest.fixture
def programs(own_site, member_of):
    """Return what asks the interface for somebody with a role."""

    def asks(method: str, path: str, role: Role = Role.EDITOR, **how) -> requests.Response:
        member_of(role).close()
        token = tokens.add(own_site.app, role.value, "test", [May.LOOK])
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(method, f"{own_site.url}/api/v1{path}", headers=headers, timeout=10, **how)

    return asks


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?domain=example.org", 3),
        ("?domain=EXAMPLE.org&state=failed", 1),
        ("?domain=example.com", 0),
        ("?since=2026-11-24&until=2026-11-24", 4),
        ("?since=2026-11-24T07:00&until=2026-11-24T07:01&channel=letters", 3),
        ("?until=2026-11-23", 0),
        ("?since=2026-11-25", 0),
        ("?since=0001-01-01&until=9999-12-30", 4),
        ("?edition=1&send=1", 3),
        ("?send=2&state=pending", 1),
        ("?send=9223372036854775807", 0),
        ("?after=1.1&channel=letters", 2),
        ("?after=9223372036854775807.9223372036854775807", 4),
    ],
)
def test_the_log_is_filtered_by_more(site, query, found):
    assert page(site, f"/log{query}").count(LINE) == found


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?state=lost", "there is no state"),
        ("?domain=%25", "is no domain of addresses"),
        ("?domain=a*.org", "is no domain of addresses"),
        ("?since=soon", "is no time"),
        ("?since=0000-01-01", "is no time"),
        ("?until=9999-12-31", "is no time"),
        ("?since=0001-01-01T00:00%2B23:00", "is no time"),
        ("?edition=9223372036854775808", "there is no edition 9223372036854775808"),
        ("?send=9223372036854775808", "there is no send"),
        ("?after=1.2.3", "this list has no such page"),
        ("?after=9223372036854775808", "this list has no such page"),
        (f"?domain={SCRIPT}", "is no domain of addresses"),
    ],
)
def test_what_cant_be_meant_is_said_in_words(site, query, words):
    answer = requests.get(f"{site.url}/log{query}", timeout=10)
    assert (answer.status_code, LINE in answer.text) == (200, False)
    assert words in answer.text.lower()
    assert "<script" not in answer.text.replace(OUR_SCRIPT, "")


def test_without_a_scope_the_last_seven_days_are_shown_and_the_page_says_so(site):
    assert "sends of the last seven days" in page(site, "/log?state=failed")
    for scope in ("edition=1", "since=2026-11-24", "send=1"):
        assert "sends of the last seven days" not in page(site, f"/log?{scope}")


def test_the_books_of_an_edition_lead_to_what_they_count(site):
    shown = page(site, f"/log?edition={site.edition}")
    leads = re.findall(r'<a class="count" href="([^"]+)">', shown)
    assert [page(site, each.replace("&amp;", "&")).count(LINE) for each in leads] == [1, 1, 1, 1]
    assert "<strong>3</strong> candidates" in shown


def test_a_page_that_had_no_time_leads_on(site, monkeypatch):
    monkeypatch.setattr("publisher.web.console.log.PATIENCE", -1)
    shown = page(site, "/log?state=sent")
    assert "Look further" in shown and "No delivery like this" not in shown


def test_a_delivery_tells_what_was_said_later_in_order_of_time(own_site):
    number = own_site.delivery("sent")
    told = [(EventKind.COMPLAINED, 2, f"{SCRIPT}\x1b[2J\u202e"), (EventKind.DELIVERED, 1, "")]
    with own_site.app.store.write() as conn:
        for kind, minutes, words in told:
            at = NOW + timedelta(minutes=minutes)
            event = Event(kind=kind, key=f"k{minutes}", happened_at=at, reference=f"d{number}")
            events.add(conn, "letters", event, number, words=words, now=at)
    shown = page(own_site, f"/deliveries/{number}")
    assert shown.index("<strong>delivered</strong>") < shown.index("<strong>complained</strong>")
    assert "&lt;script&gt;" in shown and "\x1b" not in shown and "\u202e" not in shown
    for word in ("key-of-this-call", "&lt;msg-1@example.org&gt;", "daily", f"/messages/{own_site.mail_send}/html"):
        assert word in shown
    assert requests.get(f"{own_site.url}/messages/{own_site.mail_send}/html", timeout=10).status_code == 200


@pytest.mark.parametrize("number", ["0", "-1", str(2**63), "999", "x"])
def test_a_delivery_that_there_is_not(site, number):
    assert requests.get(f"{site.url}/deliveries/{number}", timeout=10).status_code == 404


def test_long_words_of_a_provider_are_cut_and_their_control_characters_shown():
    assert readable("x" * 5_000) == "x" * 4_000 + " …"
    assert readable("a\0\x1b[31mb\r\nc\x85\u2066") == "a\ufffd\ufffd[31mb\nc\ufffd\ufffd"


def exported(browser, form: str, **asked) -> str:
    answer = browser.do("/log/export", **{"as": form}, **asked)
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    return answer.content.decode()


def test_an_operator_takes_all_that_is_found_as_a_file_which_is_written_down(own_site, member_of, monkeypatch):
    monkeypatch.setattr(send_log, "BATCH", 2)
    for number in range(5):
        add_reader(own_site.app, f"more{number}@example.org")
    with own_site.app.store.write() as conn:
        conn.execute(text("UPDATE outcomes SET reason = '=1+1'"))
    operator = member_of(Role.OPERATOR)
    rows = list(csv.DictReader(io.StringIO(exported(operator, "csv", channel="letters"))))
    assert [row["to"] for row in rows] == [f"reader{number}@example.org" for number in (1, 2, 3)]
    assert [row["reason"] for row in rows] == ["", "'=1+1", "'=1+1"]
    lines = [json.loads(line) for line in exported(operator, "json", state="sent", edition="1").splitlines()]
    assert [(line["to"], line["state"], line["edition"]) for line in lines] == [("reader1@example.org", "sent", 1)]
    with own_site.app.store.read() as conn:
        taken = [row for row in staff.done(conn) if "exported" in row["what"]]
    assert [row["about"] for row in taken] == ["edition 1, state sent", "channel letters"]
    assert {row["actor"] for row in taken} == {"console:operator"} and "@" not in str(taken)
    assert 'action="/log/export"' in operator.get("/log").text


@pytest.mark.parametrize("role", [Role.EDITOR, Role.APPROVER])
def test_nobody_else_takes_addresses_out_of_the_house(own_site, member_of, role):
    browser = member_of(role)
    assert browser.do("/log/export", **{"as": "csv"}).status_code == 403
    assert 'action="/log/export"' not in browser.get("/log").text
    with own_site.app.store.read() as conn:
        assert not [row for row in staff.done(conn) if "exported" in row["what"]]


def test_an_export_is_asked_for_by_a_form_of_ours_that_says_what_can_be(member_of):
    operator = member_of(Role.OPERATOR)
    assert operator.post("/log/export", data={"as": "csv", "csrf_token": "made up"}).status_code == 403
    for wrong in ({"as": "xml"}, {"as": "csv", "state": "lost"}):
        assert operator.do("/log/export", **wrong).status_code == 400
    assert operator.do("/log/export", **{"as": "csv", "reader": "made-up"}).status_code == 404


def test_a_program_reads_the_log_page_by_page(programs):
    first = programs("GET", "/deliveries?channel=letters&limit=2").json()
    assert [each["state"] for each in first["items"]] == ["sent", "failed"]
    assert (first["is_cut_short"], first["since"]) == (False, "2026-11-17T07:00:00Z")
    after = first["after"]
    second = programs("GET", f"/deliveries?channel=letters&limit=2&after={after}", Role.APPROVER).json()
    assert ([each["state"] for each in second["items"]], second["after"]) == (["unknown"], "")


def test_a_program_is_told_what_cant_be(own_site, member_of):
    member_of(Role.EDITOR)
    headers = {"Authorization": f"Bearer {tokens.add(own_site.app, 'editor', 'test', [May.LOOK])}"}
    wrong = {
        422: ["?limit=201", "?limit=0", "?state=lost", "?send=9223372036854775808", f"?domain={'x' * 201}"],
        400: ["?since=0000", "?after=x", "?domain=%25"],
        404: ["?edition=nope", "/9223372036854775808", "/999"],
    }
    for status, queries in wrong.items():
        for query in queries:
            answer = requests.get(f"{own_site.url}/api/v1/deliveries{query}", headers=headers, timeout=10)
            assert (answer.status_code, list(answer.json())) == (status, ["error"]), query


def test_a_program_looks_up_an_address_that_stands_in_no_address_of_a_page(programs):
    found = programs("POST", "/deliveries/search", json={"to": "READER2@example.org", "state": "failed"}).json()
    assert [each["to"] for each in found["items"]] == ["reader2@example.org"]
    assert programs("POST", "/deliveries/search", Role.ADMIN, json={"to": "x@example.org"}).json()["items"] == []
    assert programs("POST", "/deliveries/search", Role.OPERATOR, json={"to": "<"}).status_code == 400


def test_a_program_gets_a_delivery_with_its_evidence(own_site, programs):
    found = programs("GET", f"/deliveries/{own_site.delivery('failed')}").json()
    (tried,) = found["tried"]
    assert (found["to"], found["list"], found["later"]) == ("reader2@example.org", "daily", [])
    assert tried["key"] == f"key-of-this-call-{own_site.mail_send}"
    assert (tried["status"], tried["outcome"]) == (200, "refused")
    assert (tried["words"], tried["opened_at"]) == (HOSTILE_WORDS, "2026-11-24T07:00:00Z")


def test_each_try_of_a_call_stands_in_the_evidence(own_site):
    number = own_site.delivery("sent")
    with own_site.app.store.write() as conn:
        row = log.get(conn, number)
        call = calls.get(conn, row["call_id"])
        first = {**call, "outcome": "unknown", "status": 500, "words": "try later", "tries": None}
        tries.begin(conn, first, 2, "repeat", NOW + timedelta(minutes=2))
        tries.close(conn, call["id"], 2, call)
    shown = page(own_site, f"/deliveries/{number}")
    lines = re.findall(r'<tr><th scope="row">.*?</tr>', shown)
    assert len(lines) == 2 and "500" in lines[0] and "try later" in lines[0] and "2 times" in shown
    assert "<dt>Tries</dt><dd>2</dd>" in shown
    listed = page(own_site, "/log?state=sent")
    assert '<th scope="col">Calls</th>' in listed and '<td class="number" data-label="Calls">1</td>' in listed


def test_the_log_names_the_edition_and_marks_practice_and_addresses_break_at_their_dots(own_site):
    with own_site.app.store.write() as conn:
        conn.execute(text("UPDATE editions SET practice = 'practice' WHERE id = 1"))
    number = own_site.delivery("sent")
    shown = page(own_site, "/log?edition=1")
    assert shown.count("<strong>practice</strong>") == shown.count(LINE) > 0
    assert 'href="/editions/1"' in shown.partition(LINE)[2] and "@<wbr>example<wbr>.org" in shown
    assert "<strong>practice</strong>" in page(own_site, f"/deliveries/{number}")


def test_failed_claims_no_refusal(site):
    shown = page(site, "/log?edition=1&state=failed")
    assert "not delivered" in shown and '<span class="soft">refused' not in shown

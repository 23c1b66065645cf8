"""The first page: what needs a person with the button that mends it, what comes, and the frame around every page."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urljoin

import pytest
import requests
from sqlalchemy import update

from publisher.app import tokens
from publisher.app.trouble import Trouble
from publisher.model.project import Approve
from publisher.model.staff import May, Role
from publisher.model.states import EditionState
from publisher.store import facts, processes, staff
from publisher.store.tables import editions
from publisher.web.acts import Acts, Done, Id
from publisher.web.console.mending import Mending
from publisher.web.console.today import Coming
from publisher.web.pages import Pages
from tests.ledger import add_edition, add_send, subscribe
from tests.unit.web.browsers import Browser
from tests.unit.web.ledger import HOSTILE_WORDS, NOW, served

BUDGET = 100_000  # bytes of the first page with all that it needs


def page(site, path: str = "/") -> str:
    return requests.get(site.url + path, timeout=10).text


def section(text: str, name: str) -> str:
    """Return one part of the first page."""
    start = text.index(f'<section id="today-{name}"')
    return text[start : text.index('<section id="today-', start + 1)] if name != "gone" else text[start:]


def held(site) -> bool:
    with site.app.store.read() as conn:
        return facts.held(conn) is not None


def test_the_first_page_is_small_and_asks_nobody_else(site):
    text = page(site)
    named = re.findall(r'<(?:link|script|img|iframe)\b[^>]*?(?:href|src)="([^"]+)"', text)
    urls = {urljoin(f"{site.url}/", each) for each in named}
    assert {each.rpartition("/")[2] for each in urls} == {"style.css", "console.css", "console.js", "icon.svg"}
    assert all(each.startswith(f"{site.url}/") for each in urls)
    files = [requests.get(each, timeout=10).content for each in urls]
    assert not [each for each in files if re.search(rb"https?://(?!www\.w3\.org/)", each)]
    assert len(text.encode()) + sum(map(len, files)) <= BUDGET


def test_an_operator_holds_everything_and_lets_it_go_on(own_site, member_of):
    browser = member_of(Role.OPERATOR)
    assert 'action="/sending/hold"' in browser.get("/").text
    text = browser.said("/sending/hold", why=HOSTILE_WORDS)
    assert held(own_site) and "All sending is held: no call begins any more." in text
    assert "by console:operator" in section(text, "person") and "<img src=x" not in text
    assert 'action="/sending/hold"' not in text
    button = re.search(r'<form method="post" action="/sending/release">.*?</form>', text)
    assert f'value="{browser.form_token}"' in button[0]
    assert "Sending goes on." in browser.said("/sending/release")
    assert not held(own_site)
    assert "Nothing was held." in browser.said("/sending/release")
    with own_site.app.store.read() as conn:
        done = [(row["actor"], row["what"]) for row in staff.done(conn)][:2]
    assert done == [
        ("console:operator", "let all sending go on"),
        ("console:operator", f"held all sending: {HOSTILE_WORDS}"),
    ]


@pytest.mark.parametrize("role", [Role.EDITOR, Role.APPROVER])
def test_who_may_not_is_offered_the_command_and_refused(own_site, member_of, role):
    browser = member_of(role)
    for address in ("/sending/hold", "/sending/release"):
        assert browser.do(address).status_code == 403
    assert not held(own_site)
    with own_site.app.store.write() as conn:
        facts.hold_everything(conn, actor="cli:ada", why="storm", now=NOW)
    text = browser.get("/").text
    assert "action=" not in section(text, "person")
    assert 'To do: <a href="/">“Let sending go on” on Today</a>' in section(text, "person")


def test_a_form_of_another_session_holds_nothing(own_site, member_of):
    browser, other = member_of(Role.ADMIN), member_of(Role.OPERATOR)
    assert browser.post("/sending/hold", data={"csrf_token": other.form_token}).status_code == 403
    assert browser.do("/sending/hold", why="x" * 501).status_code == 303
    assert not held(own_site)


def test_a_program_holds_everything_too(own_site, member_of):
    member_of(Role.OPERATOR)
    headers = {"Authorization": f"Bearer {tokens.add(own_site.app, 'operator', 'test', [May.OPERATE])}"}
    url = f"{own_site.url}/api/v1/sending"
    assert requests.post(f"{url}/hold", json={"why": "storm"}, headers=headers, timeout=10).status_code == 200
    assert held(own_site)
    answer = requests.post(f"{url}/release", headers=headers, timeout=10)
    assert answer.json()["said"] == "Sending goes on."


def test_a_draft_of_a_schedule_that_asks_for_approval_waits_for_it(own_site):
    app = own_site.app
    project = app.project
    asks = replace(project.schedules["morning"], approve=Approve())
    app.project = replace(project, schedules={**project.schedules, "morning": asks})
    number = add_edition(app.store, "2026-11-25T07:00")
    with app.store.write() as conn:
        draft = {"state": EditionState.DRAFT.value, "due_at": NOW + timedelta(days=1)}
        conn.execute(update(editions).where(editions.c.id == number).values(draft))
    text = page(own_site)
    assert "Its draft waits for approval." in section(text, "person")
    assert f"<code>publisher approve {number}</code>" in section(text, "person")
    assert f'<a href="/editions/{number}">morning {number}</a>, draft' in section(text, "next")
    assert "/schedules/morning/preview" in section(text, "next")  # of the slots after it
    assert f"/editions/{number}" not in section(text, "gone")


def test_what_is_wrong_leads_to_the_page_where_it_is_mended(own_site):
    acts = Acts(own_site.app, Pages(own_site.app))

    @acts.post("/editions/{edition_id}/release", may=May.APPROVE)
    def release(edition_id: Id) -> Done:
        raise AssertionError(edition_id)

    mending = Mending(acts)
    found = mending.button("publisher release 12")
    assert (found.address, found.may) == ("/editions/12/release", May.APPROVE)
    assert mending.button("publisher release --channel letters") is None  # nothing of the console does that here
    assert mending.button("publisher cancel 12") is None
    troubles = {"channel:letters": "/channels", "source:site": "/sources", "clock": "", "article:site": "/articles"}
    for cause, address in troubles.items():
        assert mending.page(Trouble(cause, "", "", "", False)) == address
    assert mending.page(Trouble("failed:3", "", "", "", True, edition_id=12)) == "/editions/12"


def test_what_is_said_of_a_send_stands_with_it_and_once(own_site):
    text = section(page(own_site), "person")
    assert text.count("may or may not have arrived") == 1
    assert 'href="/editions/1"' in text


def test_where_a_scheduler_is_alone_the_part_that_sends_is_named(own_site):
    store = own_site.app.store
    subscribe(store, 3)
    add_send(store, add_edition(store, "2026-11-25T07:00"))
    with processes.at_work(store, "scheduler", NOW):
        said = section(page(own_site), "person")
    assert "nobody sends them" in said
    assert "<code>publisher worker</code>" in said


def test_slots_that_come_are_worked_out_once_and_move_on(own_site):
    app, coming = own_site.app, Coming()
    schedule = app.project.schedules["morning"]
    first = coming.of([schedule], app, NOW)
    assert [slot.key for _, slot in first] == ["2026-11-25T07:00", "2026-11-26T07:00", "2026-11-27T07:00"]
    assert coming.of([schedule], app, NOW + timedelta(hours=2))[0][1] is first[0][1]
    assert coming.of([schedule], app, NOW + timedelta(days=1))[0][1].key == "2026-11-26T07:00"
    assert coming.of([schedule], app, NOW)[0][1].key == "2026-11-25T07:00"  # the clock went back
    assert coming.has(schedule)


def test_the_frame_is_there_for_who_is_in_and_for_nobody_else(own_site, member_of):
    browser = member_of(Role.EDITOR)
    inside, outside = browser.get("/").text, requests.get(f"{own_site.url}/sign-in", timeout=10).text
    assert inside.count("<nav ") == 2 and "<details><summary>Pages</summary>" in inside
    assert "editor, editor" in inside and "/hooks" not in inside
    assert 'data-live="today"' in inside and 'data-zone="Europe/Lisbon"' in inside
    assert 'data-key="t" aria-current="page"' in inside
    for absent in ("<nav", "<script", "<dialog", "data-live"):
        assert absent not in outside


def test_the_inbox_alone_has_its_one_page(tmp_path):
    with served(None, tmp_path) as site, Browser(site.url) as browser:
        text = browser.get("/inbox").text
    assert text.count("<nav ") == 1 and 'href="/inbox" aria-current="page"' in text and 'href="/editions"' not in text


def test_what_is_approved_says_when_it_goes_out_and_what_is_cancelled_does_not_come(own_site):
    store, number = own_site.app.store, add_edition(own_site.app.store, "2026-11-25T07:00")
    with store.write() as conn:
        conn.execute(update(editions).where(editions.c.id == number).values(due_at=NOW + timedelta(days=1)))
    goes = 'approved; goes out at <time datetime="2026-11-25T07:00:00+00:00">Wed 25 Nov 2026, 07:00 WET</time>'
    assert goes in section(page(own_site), "next")
    assert goes in page(own_site, "/editions") and goes in page(own_site, f"/editions/{number}")
    with store.write() as conn:
        conn.execute(update(editions).where(editions.c.id == number).values(state=EditionState.CANCELLED.value))
    coming = section(page(own_site), "next")
    assert f"/editions/{number}" not in coming and "Wed 25 Nov 2026" not in coming and "Thu 26 Nov 2026" in coming


def test_who_may_not_edit_sources_is_told_who_may(own_site, member_of):
    for role, words in (
        (Role.EDITOR, "Sources are an operator’s to change"),
        (Role.OPERATOR, "push: true</code></pre>"),
    ):
        browser = member_of(role)
        answer = browser.get("/articles/new")
        text = answer.text or browser.get(answer.headers["location"]).text
        assert words in text and ("<pre><code>sources:" in text) == (role is Role.OPERATOR)

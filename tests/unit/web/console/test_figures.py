"""The page of the figures: charts with words and tables, or words where there is nothing; and the same as JSON."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests
from lxml import html

from publisher.app import tokens
from publisher.model.staff import May, Role
from publisher.store.tables import events, insert_row
from publisher.web.inbox import Inbox
from publisher.web.server import Server, make_app
from tests.unit.app.test_staff import join
from tests.unit.web.ledger import NOW

CHARTS = ["deliveries-title", "complaints-title", "bounces-title", "lists-title", "delays-title"]


def page(site, path: str = "/figures") -> html.HtmlElement:
    answer = requests.get(site.url + path, timeout=10)
    assert answer.status_code == 200, path
    return html.fromstring(answer.text)


@pytest.fixture
def told_site(own_site):
    """Whose one letter was called spam, by a reader whose name is no name of a list."""
    with own_site.app.store.write() as conn:
        conn.exec_driver_sql("UPDATE lists SET name = '<b>daily</b> & co'")
        values = {"channel": "letters", "event_key": "1", "type": "complained", "words": "", "counts": True}
        insert_row(conn, events, **values, delivery_id=own_site.mail_send, happened_at=NOW, received_at=NOW)
    return own_site


def test_each_chart_has_words_that_name_its_figures_and_a_table(told_site):
    shown = page(told_site)
    assert [each.get("aria-labelledby") for each in shown.iter("svg")] == CHARTS
    says = {each.get("id"): each.text for each in shown.iter("desc")}
    assert says["deliveries-says"] == "1 sent, 0 put off, 1 unknown, 1 refused."
    assert says["complaints-says"] == "One complaint about 1 mail: 100.00 %. On 1 day they were above 0.1 %."
    assert says["lists-says"] == "<b>daily</b> & co: 3 now, 0 at the beginning."
    rows = [[cell.text_content() for cell in row.iter("th", "td")] for row in shown.xpath("//tbody/tr")]
    assert ["Tue 24 Nov 2026, 07:00 WET", "1", "0", "1", "1"] in rows
    assert ["Tue 24 Nov 2026", "1", "1", "100.00 %", "0", "0.00 %"] in rows
    assert ["2026-11-24", "3"] in rows


def test_the_page_holds_nothing_that_its_policy_forbids(told_site):
    text = requests.get(f"{told_site.url}/figures?hours=week&days=year", timeout=10).text
    assert "<style" not in text and " style=" not in text and text.count("<script") == 1
    assert "<b>daily" not in text


@pytest.mark.parametrize("said", ["", "?hours=week", "?days=year&hours=day", "?hours=9&days=9223372036854775808"])
def test_other_times_are_a_link_away_and_nonsense_shows_the_usual_ones(site, said):
    chosen = page(site, f"/figures{said}").xpath("//nav[contains(@class,'choice')]//a[@aria-current]")
    assert [each.text for each in chosen] == {
        "?hours=week": ["A week", "30 days"],
        "?days=year&hours=day": ["A day", "A year"],
    }.get(said, ["Two days", "30 days"])


def test_an_empty_ledger_shows_words_and_no_empty_axes(app, tmp_path):
    server = Server(make_app(app, Inbox(tmp_path / "inbox")))
    server.start()
    try:
        text = requests.get(f"{server.url}/figures", timeout=10).text
    finally:
        server.stop()
    assert "<svg" not in text
    for words in ("Nothing left in this time.", "No mail was sent", "no list with readers yet", "no mail left"):
        assert words in text


def test_a_program_gets_the_same(told_site):
    join(told_site.app, "bot", Role.EDITOR)
    token = tokens.add(told_site.app, "bot", "figures", [May.LOOK])

    def ask(path: str, status: int = 200):
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.get(f"{told_site.url}/api/v1/figures/{path}", headers=headers, timeout=10)
        assert answer.status_code == status
        return answer.json()

    hours = ask("deliveries?back=day")
    assert (hours["zone"], hours["each"], len(hours["hours"])) == ("Europe/Lisbon", 1, 24)
    assert hours["hours"][-1] == {"at": "2026-11-24T07:00:00Z", "sent": 1, "refused": 1, "deferred": 0, "unknown": 1}
    assert ask("bounces")[-1] == {
        "day": "2026-11-24",
        "accepted": 1,
        "bounced": 0,
        "complained": 1,
        "bounce_rate": 0.0,
        "complaint_rate": 100.0,
    }
    assert len(ask("bounces?back=year")) == 366
    lists = ask("lists?back=quarter")
    assert (len(lists["days"]), lists["lists"][0]["readers"][-2:]) == (90, [0, 3])
    assert ask("delays")[-1]["letters"] == 1
    assert ask("deliveries?back=century", 422)["error"]


def test_figures_of_a_send_that_ended_long_ago_are_not_read(site):
    """A page looks no further back than it says."""
    later = site.app.clock
    site.app.clock = lambda: NOW + timedelta(days=400)
    try:
        assert "Nothing left in this time." in requests.get(f"{site.url}/figures", timeout=10).text
    finally:
        site.app.clock = later

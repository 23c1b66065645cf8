"""Counted links: they lead to where they lead and nowhere else, readers are counted, and nobody is known."""

from __future__ import annotations

import pytest
import requests

from publisher.audience.clicks import TOO_EARLY
from publisher.model.message import Slot
from publisher.store import clicks, messages
from publisher.web.showcase import write_out
from tests.unit.web.past import MEASURED, address, links, paper, send_out
from tests.unit.web.test_archive import mutations

READER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
STORY = "https://harbor.example/1"


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    """A newspaper with one edition whose links are counted; it began long ago."""
    with paper(tmp_path_factory.mktemp("paper"), MEASURED) as site:
        site.app.sent = send_out(site.app)
        with site.app.store.read() as conn:
            site.app.edition_id = conn.exec_driver_sql("SELECT max(id) FROM editions").scalar_one()
        site.app.clock.advance(2 * TOO_EARLY)
        yield site


def follow(site, path: str, method: str = "GET", network: str = "192.0.2.1", **headers: str) -> requests.Response:
    said = {"Host": "letters.harbor.example", "User-Agent": READER, "X-Forwarded-For": network, **headers}
    return requests.request(method, site.url + path, headers=said, allow_redirects=False, timeout=5)


def counted(site) -> dict[str, int]:
    with site.app.store.read() as conn:
        return {each.url: each.count for each in clicks.of_edition(conn, site.app.edition_id)}


def test_a_link_leads_to_its_story_and_is_counted(past):
    before = counted(past)[STORY]
    answer = follow(past, links(past.app, past.app.sent)[STORY], network="198.51.100.1")
    assert (answer.status_code, answer.headers["Location"]) == (302, STORY)
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers
    assert counted(past)[STORY] == before + 1


MACHINES = [
    {"method": "HEAD"},
    {"User-Agent": ""},
    {"User-Agent": "Mozilla/5.0 (compatible; bingbot/2.0)"},
    {"User-Agent": "Mozilla/5.0 BingPreview/1.0b"},
    {"User-Agent": "curl/8.14"},
    {"User-Agent": "WhatsApp/2.23"},
    {"User-Agent": "Mozilla/5.0 HeadlessChrome/140"},
    {"Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"X-Moz": "prefetch"},
]


@pytest.mark.parametrize("request_", MACHINES)
def test_a_machine_that_says_so_is_led_on_and_not_counted(past, request_):
    before = counted(past)
    answer = follow(past, links(past.app, past.app.sent)[STORY], network="203.0.113.9", **request_)
    assert (answer.status_code, answer.headers["Location"]) == (302, STORY)
    assert counted(past) == before


def test_a_network_that_opens_all_links_at_once_counts_for_a_few(tmp_path):
    with paper(tmp_path, MEASURED) as site:
        site.app.edition_id, send_id = 1, send_out(site.app)
        doors = links(site.app, send_id)
        for path in doors.values():
            follow(site, path)
        assert sum(counted(site).values()) == 0  # the first letter left a moment ago
        site.app.clock.advance(2 * TOO_EARLY)
        for _ in range(10):
            for path in doors.values():
                follow(site, path)
        assert 0 < sum(counted(site).values()) <= 3 * len(doors)


def test_a_name_that_we_did_not_give_leads_nowhere_in_words(past):
    good = links(past.app, past.app.sent)[STORY].rpartition("/")[2]
    for made in mutations(good):
        answer = follow(past, f"/l/{made}")
        assert answer.status_code in (400, 404, 414), made
        assert "Location" not in answer.headers, made
    answer = follow(past, "/l/nothing")
    assert "This link leads nowhere" in answer.text and 'href="https://harbor.example"' in answer.text


def test_the_mail_counts_its_stories_and_never_the_ways_out_of_it(past):
    with past.app.store.read() as conn:
        _, mail = messages.of_send(conn, past.app.sent)
    doors = links(past.app, past.app.sent)
    assert {f"https://harbor.example/{number}" for number in (1, 2, 3)} <= set(doors)
    assert not [url for url in doors if url.startswith("https://letters.harbor.example")]
    for text in (mail.html, mail.text):
        said = "".join(part if isinstance(part, str) else f"[{part.field}]" for part in text)
        assert f"https://letters.harbor.example{doors[STORY]}" in said
        assert f"{STORY}\n" not in said and f'"{STORY}"' not in said
        assert f"https://letters.harbor.example{address(past.app, past.app.sent)}" in said
    assert Slot("unsubscribe_url", "url") in mail.html


def test_whoever_looks_at_the_mail_elsewhere_is_not_counted(past, tmp_path):
    pages = [f"{address(past.app, past.app.sent)}/mail", f"/messages/{past.app.sent}/html", "/editions/1"]
    for path in pages:
        page = requests.get(past.url + path, timeout=5).text
        assert "/l/l" not in page, path
    assert f'href="{STORY}"' in requests.get(past.url + pages[0], timeout=5).text
    write_out(past.app, past.app.edition_id, tmp_path)
    assert "/l/l" not in (tmp_path / "index.html").read_text()


def test_the_console_says_how_often_each_link_was_followed(past):
    page = requests.get(f"{past.url}/editions/1", timeout=5).text
    assert "Links that were followed" in page and STORY in page


def test_without_measure_nothing_is_counted_and_no_link_is_changed(tmp_path):
    with paper(tmp_path) as site:
        send_id = send_out(site.app)
        assert links(site.app, send_id) == {}
        with site.app.store.read() as conn:
            _, mail = messages.of_send(conn, send_id)
        assert "/l/" not in "".join(part for part in (*mail.html, *mail.text) if isinstance(part, str))


def test_what_is_kept_of_a_click_is_a_link_an_hour_and_a_number(past):
    follow(past, links(past.app, past.app.sent)[STORY], network="198.51.100.77")
    with past.app.store.read() as conn:
        rows = conn.exec_driver_sql("SELECT * FROM clicks").mappings().all()
    assert rows and {tuple(row) for row in rows} == {("link_id", "hour", "count")}
    assert all(row["hour"] % 3_600_000_000 == 0 for row in rows)

"""The console's form for an article of one's own."""

from __future__ import annotations

import html
import re

import pytest
import requests

from publisher.config.schedules import parse_project
from publisher.store import articles
from tests.unit.web.ledger import HOSTILE, PROJECT, open_project, served

DESK = "  site: {feed: feed/feed.xml}\n  desk: {push: true}\n"


@pytest.fixture
def site(tmp_path):
    app = open_project(tmp_path)
    app.project = parse_project(PROJECT.replace("  site: {feed: feed/feed.xml}\n", DESK))
    with served(app, tmp_path) as site:
        yield site


def form(site, *names: str) -> dict[str, str]:
    page = requests.get(f"{site.url}/articles/new", timeout=5).text
    return {name: re.search(f'name="{name}" value="([^"]*)"', page)[1] for name in names or ("key", "seal", "source")}


def press(site, fields: dict[str, str], **headers: str):
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.post(f"{site.url}/articles/new", data=fields, headers=sent, timeout=5)


def kept(site) -> list:
    with site.app.store.read() as conn:
        return articles.latest(conn, limit=10)


def test_what_an_editor_writes_is_an_article(site):
    fields = {
        "title": "Bridge opens",
        "text": "It opened.\n\nAt last.",
        "authors": "Ann Lee, Bo Day",
        "categories": "News",
    }
    answer = press(site, {**form(site), **fields, "url": "https://harbor.example/bridge"})
    (article,) = kept(site)
    assert answer.status_code == 200
    assert f'<a href="/articles/{article.id}">Article {article.id}</a> is in the ledger' in answer.text
    assert (article.source, article.standing) == ("desk", "new")
    assert article.article.authors == ("Ann Lee", "Bo Day")
    assert article.article.html == "<p>It opened.</p>\n<p>At last.</p>"


def test_the_form_keeps_the_source_that_was_chosen(site):
    site.app.project = parse_project(PROJECT.replace("  site:", "  desk: {push: true}\n  wire: {push: true}\n  site:"))
    chosen = {**form(site, "key", "seal"), "source": "wire"}
    for title in ("", "Bridge opens"):  # refused, then taken
        answer = press(site, {**chosen, "title": title})
        assert "<option>desk</option><option selected>wire</option>" in answer.text


def test_when_and_to_whom_an_article_may_go_is_said_once_it_is_there(site):
    schedules = PROJECT.replace("  site: {feed: feed/feed.xml}\n", DESK).replace("[site]", "[desk]")
    sport = "  sport:\n    when: {at: '09:00'}\n    pick: {categories: [Sport]}\n    send: [{via: mastodon}]\n"
    night = "  night:\n    when: {new: article, between: '22:00-06:00'}\n    send: [{via: mastodon}]\n"
    lost = "  lost:\n    when: {new: article, between: '22:00-06:00', outside: drop}\n    send: [{via: mastodon}]\n"
    site.app.project = parse_project(schedules + sport + night + lost)
    answer = press(site, {**form(site), "title": "Bridge opens", "text": "It opened."})
    said = re.sub(r"<[^>]+>", "", answer.text)
    assert "morning: Wed 25 Nov 2026, 07:00 WET at the earliest, to daily by letters; mastodon" in said
    assert "as-it-happens: Tue 24 Nov 2026, 07:05 WET at the earliest, to mastodon" in said
    assert "night: Tue 24 Nov 2026, 22:00 WET at the earliest, to mastodon" in said
    assert "lost: not to mastodon: it came outside the schedule's hours (outside: drop)" in html.unescape(said)
    assert "sport: not to mastodon: in none of the categories Sport" in said
    assert "publisher articles discard 1" in said


def test_that_an_article_goes_nowhere_is_said_too(site):
    answer = press(site, {**form(site), "title": "Bridge opens", "text": "It opened."})
    assert "It goes out with nothing as things stand" in answer.text


def test_a_second_press_makes_no_second_article_and_a_mended_word_is_a_revision(site):
    fields = {**form(site), "title": "Bridge opens", "text": "It opened."}
    for title in ("Bridge opens", "Bridge opens", "Bridge opened"):
        press(site, {**fields, "title": title})
    (article,) = kept(site)
    assert (article.article.title, article.revision) == ("Bridge opened", 2)


def test_what_is_wrong_is_said_and_what_was_written_stays(site):
    fields = {**form(site), "title": "", "text": HOSTILE, "url": "javascript:alert(1)"}
    answer = press(site, fields)
    assert answer.status_code == 400
    assert "Headline: is empty" in answer.text
    assert "&lt;script&gt;" in answer.text
    assert HOSTILE not in answer.text
    assert kept(site) == []


@pytest.mark.parametrize("key", ["", "cms-4711", "desk:", 'desk:"><script>x</script>'])
def test_a_key_in_the_address_that_was_not_ours_is_not_taken_over(site, key):
    page = requests.get(f"{site.url}/articles/new", params={"key": key}, timeout=5)
    (own,) = re.findall(r'name="key" value="([^"]*)"', page.text)
    assert re.fullmatch(r"desk:[\w-]{16}", own)
    assert page.url == f"{site.url}/articles/new?key={own}"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": "bridge"}, "Address on the site: is no web address"),
        ({"image": "b.jpg"}, "Address of a picture: is no web address"),
        ({"image": "https://harbor.example/b.jpg", "caption": "x" * 2_001}, "Caption: is longer than 2,000"),
        ({"authors": f"Ann, {'x' * 201}"}, "Authors: is longer than 200"),
    ],
)
def test_what_is_wrong_is_called_as_the_form_calls_it(site, fields, words):
    answer = press(site, {**form(site), "title": "Bridge opens", "text": "It opened.", **fields})
    assert words in answer.text
    assert f">{words.partition(':')[0]}</label>" in answer.text


@pytest.mark.parametrize("changes", [{"seal": "x"}, {"seal": ""}, {"key": "another"}, {"key": "é", "seal": "é"}])
def test_a_form_that_was_not_ours_adds_nothing(site, changes):
    answer = press(site, {**form(site), "title": "Bridge opens", "text": "It opened.", **changes})
    assert answer.status_code == 403
    assert "Nothing was added" in answer.text
    assert kept(site) == []


@pytest.mark.parametrize(
    "headers", [{"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Origin": "https://evil.example"}]
)
def test_a_page_of_another_site_adds_nothing(site, headers):
    answer = press(site, {**form(site), "title": "Bridge opens", "text": "It opened."}, **headers)
    assert answer.status_code == 403
    assert kept(site) == []


@pytest.mark.parametrize("origin", ["null", "OWN"])
def test_the_consoles_own_page_is_believed(site, origin):
    headers = {"Origin": origin.replace("OWN", site.url)}
    assert press(site, {**form(site), "title": "T", "text": "Words."}, **headers).status_code == 200


def test_without_a_source_for_it_the_page_says_what_to_write(own_site):
    page = requests.get(f"{own_site.url}/articles/new", timeout=5).text
    assert "push: true" in page
    assert 'method="post"' not in page

"""An editor writes an article into the console, in a real browser."""

from __future__ import annotations

import pytest

from publisher.config.schedules import parse_project
from publisher.store import articles
from tests.unit.web.ledger import PROJECT, open_project, served

pytestmark = pytest.mark.browser

SOURCES = "  site: {feed: feed/feed.xml}\n  desk: {push: true}\n  culture: {push: true}\n"
WORDS = {
    "Headline": "Bridge “opens” <early> & wet",
    "Text": "It opened.\n\nPeople crossed it in the rain.",
    "Authors": "Ann Lee, Bo Day",
    "Categories": "News, Transport",
    "Address on the site": "https://harbor.example/bridge",
}


@pytest.fixture
def site(tmp_path):
    app = open_project(tmp_path)
    app.project = parse_project(PROJECT.replace("  site: {feed: feed/feed.xml}\n", SOURCES))
    with served(app, tmp_path) as site:
        yield site
    app.store.close()


@pytest.fixture
def page(chromium, site):
    context = chromium.new_context()
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto(f"{site.url}/articles/new")
    yield page
    context.close()


def fill(page, **more: str) -> None:
    page.get_by_label("Source").select_option("culture")
    for label, words in {**WORDS, **more}.items():
        page.get_by_label(label, exact=True).fill(words)


def press(page) -> None:
    page.get_by_role("button", name="Add this article").click()


def kept(site) -> list:
    with site.app.store.read() as conn:
        return articles.latest(conn, limit=10)


def test_what_is_written_into_the_form_is_an_article_that_can_be_looked_at(site, page):
    fill(page)
    press(page)
    assert "is in the ledger" in page.get_by_role("status").inner_text()
    page.get_by_role("status").get_by_role("link").click()
    page.wait_for_url("**/articles/1")
    assert page.get_by_role("heading", level=1).inner_text() == WORDS["Headline"]
    (only,) = kept(site)
    assert (only.source, only.article.authors, only.article.categories) == (
        "culture",
        ("Ann Lee", "Bo Day"),
        ("News", "Transport"),
    )
    assert only.article.text == WORDS["Text"]


def test_a_double_click_and_a_press_after_going_back_add_one_article(site, page):
    fill(page, **{"Address on the site": ""})  # by which it would be known anyway
    page.get_by_role("button", name="Add this article").dblclick()
    page.get_by_role("status").wait_for()
    page.go_back()  # what was typed is still there, on a page that was asked for anew
    assert page.get_by_label("Headline").input_value() == WORDS["Headline"]
    press(page)
    page.get_by_role("status").wait_for()
    assert [(each.article.title, each.revision) for each in kept(site)] == [(WORDS["Headline"], 1)]


def test_whoever_goes_back_and_mends_a_word_changes_the_article(site, page):
    fill(page, **{"Address on the site": ""})
    press(page)
    page.get_by_role("status").wait_for()
    page.go_back()
    page.get_by_label("Headline").fill("Bridge closes")
    press(page)
    page.get_by_role("status").wait_for()
    assert [(each.article.title, each.revision) for each in kept(site)] == [("Bridge closes", 2)]


def test_the_next_article_begins_with_an_empty_form(site, page):
    fill(page)
    press(page)
    page.get_by_role("status").wait_for()
    assert page.get_by_label("Headline").input_value() == ""
    fill(page, Headline="Market moves", Text="It moved.", **{"Address on the site": ""})
    press(page)
    page.get_by_role("status").wait_for()
    assert {each.article.title for each in kept(site)} == {WORDS["Headline"], "Market moves"}


def test_what_is_wrong_is_said_and_what_was_typed_is_still_there_to_be_mended(site, page):
    wrong = {"Address on the site": "javascript:alert(1)"}
    fill(page, **wrong)
    press(page)
    assert page.get_by_role("alert").inner_text() == "Address on the site: is no web address (https://…)."
    assert page.get_by_label("Source").input_value() == "culture"
    for label, words in {**WORDS, **wrong}.items():
        assert page.get_by_label(label, exact=True).input_value() == words
    assert kept(site) == []
    page.get_by_label("Address on the site").fill(WORDS["Address on the site"])
    press(page)
    page.get_by_role("status").wait_for()
    assert [each.article.url for each in kept(site)] == [WORDS["Address on the site"]]


def test_an_article_without_a_headline_is_not_sent_off(site, page):
    fill(page, Headline="")
    press(page)
    assert page.get_by_label("Headline").evaluate("field => field.validity.valueMissing")
    assert page.get_by_label("Text").input_value() == WORDS["Text"]
    assert kept(site) == []

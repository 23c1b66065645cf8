"""Past editions in a real browser: without scripts, by keyboard, on a phone, in the dark, right to left."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import requests

from tests.judges import markup, tools
from tests.unit.web.past import address, paper, send_out

pytestmark = pytest.mark.browser
ARABIC = ("archive: public}", "archive: public, language: ar}")
AXE = tools.MODULES / "axe-core" / "axe.min.js"
ASK = """async () => (await axe.run(document, {iframes: false})).violations
    .flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 120)}`))"""


@pytest.fixture(scope="module", params=["en", "ar"])
def site(request, tmp_path_factory):
    changes = (ARABIC,) if request.param == "ar" else ()
    with paper(tmp_path_factory.mktemp("paper"), *changes) as site:
        site.app.sent = [send_out(site.app) for _ in range(2)]
        site.app.language = request.param
        yield site


def paths(site) -> list[str]:
    return ["/archive", "/archive/daily", address(site.app, site.app.sent[0]), "/archive/daily/gone", "/l/unknown"]


@pytest.fixture
def open_page(chromium):
    contexts = []

    def opened(**options):
        contexts.append(chromium.new_context(**options))
        page = contexts[-1].new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        return page

    yield opened
    for each in contexts:
        each.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_pages_fit_the_screen_and_ask_nobody_else(site, open_page, width, scheme):
    page = open_page(viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=False)
    for path in paths(site):
        page.goto(site.url + path)
        wide = page.locator("html").evaluate("page => page.scrollWidth")
        assert wide <= width, path
    assert [url for url in page.asked if not url.startswith(site.url)] == []


def test_a_reader_goes_from_list_to_edition_to_the_next_and_to_a_story(site, open_page):
    page = open_page(java_script_enabled=False)
    stories = "https://harbor.example/**"
    page.route(stories, lambda route: route.fulfill(body="<h1>The story</h1>", content_type="text/html"))
    page.goto(f"{site.url}/archive/daily")
    page.locator(".past a").last.click()
    mail = page.frame_locator("iframe.issue")
    assert "Morning briefing" in mail.locator("h1").first.inner_text()
    page.locator('a[rel="next"]').click()
    page.locator('a[rel="prev"]').focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address(site.app, site.app.sent[0])}")
    page.frame_locator("iframe.issue").get_by_role("link", name="Story 1").first.click()
    page.wait_for_url(stories)
    assert page.locator("h1").inner_text() == "The story"


def test_a_page_runs_the_way_that_its_language_does(site, open_page):
    page = open_page()
    page.goto(f"{site.url}/archive/daily")
    way = page.locator(".past a").first.evaluate("link => getComputedStyle(link).direction")
    assert way == {"en": "ltr", "ar": "rtl"}[site.app.language]


@pytest.mark.web
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing(site, open_page, width, scheme):
    page = open_page(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
    for path in paths(site):
        page.goto(site.url + path)
        page.add_script_tag(path=str(AXE))
        assert page.evaluate(ASK) == [], path


@pytest.mark.web
@pytest.mark.parametrize("judge", [markup.HTML_VALIDATE, markup.NU], ids=lambda judge: judge.name)
def test_the_pages_are_correct_html(site, judge):
    pages = {f"page-{number}": requests.get(site.url + path, timeout=5).text for number, path in enumerate(paths(site))}
    verdicts = judge.hear({name: SimpleNamespace(html=html) for name, html in pages.items()})
    assert {name: verdict.faults for name, verdict in verdicts.items() if verdict.faults} == {}

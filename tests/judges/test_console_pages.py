"""The judges of markup and of access over every page of the console: none that the application lists is left out."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.responses import HTMLResponse

from publisher.web.door import COOKIE
from tests import browser as machine
from tests.judges import tools
from tests.judges.markup import HTML_VALIDATE, NU
from tests.judges.newsroom import Newsroom, newsroom
from tests.judges.visits import NO_PAGES, OF_READERS, Visit, looked_at, pressed
from tests.unit.web.browsers import quick_passwords
from tests.unit.web.test_server import routes

pytestmark = pytest.mark.web
AXE = tools.MODULES / "axe-core" / "axe.min.js"
# A frame is a mail, which is judged by itself (test_judges.py).
HOW = '{ iframes: false, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }'
ASK = f"async () => (await axe.run(document, {HOW})).violations.map((rule) => `${{rule.id}} ${{rule.nodes[0].html}}`)"
TOO_WIDE = "document.scrollingElement.scrollWidth - innerWidth"
WIDTHS = (390, 800, 1300)
SCHEMES = {390: "dark", 1300: "light"}  # at which width each is looked at


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> Iterator[Newsroom]:
    with pytest.MonkeyPatch.context() as patch:
        quick_passwords(patch)
        with newsroom(tmp_path_factory.mktemp("console")) as found:
            yield found


@pytest.fixture(scope="module")
def pages(room) -> dict[str, tuple[Visit, Any]]:
    """Return each visit with the answer to it, by its name."""
    return {visit.name: (visit, visit.ask(room)) for each in (looked_at, pressed) for visit in each(room)}


def test_every_page_that_the_application_lists_is_visited(room, pages):
    listed = {
        route.path
        for route in routes(room.app, room.site.inbox)
        if route.methods & {"GET"} and route.response_class is HTMLResponse
    }
    visited = {visit.route for visit, _ in pages.values() if visit.fields is None and visit.status == 200}
    assert listed - visited == {*NO_PAGES, *OF_READERS}
    assert visited <= listed


def test_every_visit_finds_its_page(pages):
    said = {name: (visit.status, answer.status_code) for name, (visit, answer) in pages.items()}
    assert {name: statuses for name, statuses in said.items() if len(set(statuses)) > 1} == {}
    assert [name for name, (_, answer) in pages.items() if "<!doctype html>" not in answer.text[:99].lower()] == []


@pytest.mark.parametrize("judge", [HTML_VALIDATE, NU], ids=lambda judge: judge.name)
def test_every_page_is_correct(pages, judge):
    if missing := judge.lacks():
        pytest.skip(missing)
    said = judge.hear({name: SimpleNamespace(html=answer.text) for name, (_, answer) in pages.items()})
    assert {name: verdict.faults for name, verdict in said.items() if verdict.faults} == {}


@pytest.fixture(scope="module")
def page(room) -> Iterator[Any]:
    """Return a browser's page of the admin."""
    if missing := tools.package("axe-core") or ("" if machine.find() else machine.MISSING):
        pytest.skip(missing)
    with machine.opened() as browser:
        context = browser.new_context(viewport={"width": WIDTHS[0], "height": 900})
        context.add_cookies([{"name": COOKIE, "value": room.admin.cookies[COOKIE], "url": room.site.url}])
        context.set_default_timeout(120_000)
        yield context.new_page()


def shown(page: Any, room: Newsroom, visit: Visit, answer: Any) -> None:
    """Show what was answered at its own address, under its own policy."""
    url = room.site.url + visit.path
    kept = {name: answer.headers[name] for name in ("Content-Type", "Content-Security-Policy")}
    page.route(url, lambda route: route.fulfill(body=answer.text, headers=kept))
    page.goto(url)
    page.unroute(url)


@pytest.mark.timeout(900)  # a hundred pages in two schemes and three widths, on machines that do other things too
def test_every_page_is_open_to_everybody_and_as_wide_as_the_window(pages, page, room):
    faults: dict[str, list[str]] = {}
    axe = AXE.read_text("utf-8")
    for name, (visit, answer) in pages.items():
        shown(page, room, visit, answer)
        page.evaluate(axe)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if (wide := page.evaluate(TOO_WIDE)) > 0:
                faults.setdefault(name, []).append(f"{width} px: {wide} px too wide")
            if scheme := SCHEMES.get(width):
                page.emulate_media(color_scheme=scheme)
                faults.setdefault(name, []).extend(f"{scheme}, {width} px: {said}" for said in page.evaluate(ASK))
    assert {name: said for name, said in faults.items() if said} == {}

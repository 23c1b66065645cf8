"""A reader's whole way in a real browser: join, confirm, choose, leave, undo, move, erase; by keyboard too."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime

import pytest

from publisher.web.wording import words_of
from tests.unit.web.ledger import NOW
from tests.unit.web.readers import chosen, eventually, link, list_id, person, site_of, with_lists

pytestmark = pytest.mark.browser
ZONE = "Europe/Lisbon"
ADA, NEW = "ada@example.org", "ada@new.example"
# A scanner that opens a link, presses nothing, but runs scripts and asks for all that the page names.
SCAN = """
async () => {
    const named = [...document.querySelectorAll("a[href], form[action], link[href]")];
    const urls = named.map((each) => each.href || each.action).concat(location.href);
    for (const url of new Set(urls))
        for (const method of ["GET", "HEAD", "OPTIONS"]) await fetch(url, { method }).catch(() => 0);
    return urls.length;
}
"""


def in_language(language: str):
    return lambda text: with_lists(text).replace("  language: en\n", f"  language: {language}\n")


@contextmanager
def tab(chromium, **options):
    """A page without scripts that remembers whom it asked."""
    context = chromium.new_context(**{"java_script_enabled": False, **options})
    page = context.new_page()
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    yield page
    context.close()


class Reader:
    """Somebody at a browser, who sees the words of a language and presses what they name."""

    def __init__(self, site, page, language: str, *, keyboard: bool) -> None:
        self.site, self.page, self.say = site, page, words_of(language, ZONE)
        self._keyboard = keyboard

    def goes_to(self, path: str) -> None:
        self.page.goto(self.site.url + path)

    def press(self, name: str, *values: str, role: str = "button") -> None:
        found = self.page.get_by_role(role, name=self.say(name, *values), exact=True)
        if not self._keyboard:
            found.click()
            return
        self._tab_to(found)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def tick(self, label: str) -> None:
        box = self.page.get_by_role("checkbox", name=label)
        if not self._keyboard:
            box.click()
            return
        self._tab_to(box)
        self.page.keyboard.press("Space")

    def types(self, name: str, text: str) -> None:
        field = self.page.get_by_label(self.say(name), exact=True)
        if not self._keyboard:
            field.fill(text)
            return
        self._tab_to(field)
        self.page.keyboard.type(text)

    def _tab_to(self, wanted) -> None:
        for _ in range(40):
            self.page.keyboard.press("Tab")
            if wanted.evaluate("each => each === document.activeElement"):
                return
        raise AssertionError("nothing of that name is reached by the keyboard")

    @property
    def title(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text()

    def letter(self, purpose: str, email: str, about: int = 0, made_at: datetime = NOW) -> str:
        """Return the path of the link that a letter brings."""
        start = {"confirm": "c", "access": "a", "move": "m"}[purpose]
        return f"/{start}/{link(self.site.app, purpose, person(self.site.app, email).id, about, made_at)}"


WAYS = {
    "in English on a desktop": ("en", False, {"viewport": {"width": 1280, "height": 900}}),
    "in Arabic on a dark phone": ("ar", False, {"viewport": {"width": 360, "height": 700}, "color_scheme": "dark"}),
    "by keyboard alone": ("en", True, {"viewport": {"width": 800, "height": 700}}),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_reader_joins_confirms_chooses_leaves_undoes_moves_and_is_erased(tmp_path, chromium, way):
    language, keyboard, options = WAYS[way]
    with site_of(tmp_path, in_language(language)) as site, tab(chromium, **options) as page:
        reader = Reader(site, page, language, keyboard=keyboard)
        joins(reader)
        chooses(reader)
        leaves(reader)
        moves(reader)
        is_erased(reader)
        assert {url for url in page.asked if not url.startswith(site.url)} == set()
        assert page.context.cookies() == []


def looks_right(reader: Reader) -> None:
    """The page is in the reader's language and direction, and nothing is beyond the edge."""
    page = reader.page
    root = page.locator("html")
    assert (root.get_attribute("lang"), root.get_attribute("dir")) == (reader.say.language, reader.say.direction)
    main, width = page.locator("main").bounding_box(), page.viewport_size["width"]
    assert main["x"] >= 0 and main["x"] + main["width"] <= width
    for each in page.query_selector_all("main button, main a, main input:not([type=hidden]), main select, main h1"):
        box = each.bounding_box()
        if box and box["width"] > 1:
            assert box["x"] >= 0 and box["x"] + box["width"] <= width


def joins(reader: Reader) -> None:
    app = reader.site.app
    reader.goes_to("/subscribe")
    looks_right(reader)
    reader.tick("Morning briefing")
    reader.types("join_email", ADA)
    reader.press("join")
    assert reader.title == reader.say("joined_title")
    eventually(lambda: chosen(app, ADA) == {"daily": "unconfirmed"})
    reader.goes_to(reader.letter("confirm", ADA, list_id(app, "daily")))
    looks_right(reader)
    assert chosen(app, ADA) == {"daily": "unconfirmed"}
    reader.press("confirm")
    assert reader.title == reader.say("confirmed_title", "Morning briefing")
    assert chosen(app, ADA) == {"daily": "confirmed"}


def chooses(reader: Reader) -> None:
    reader.press("choices", role="link")
    looks_right(reader)
    reader.tick("The week")
    reader.press("save")
    assert reader.page.get_by_role("status").inner_text() == reader.say("saved")
    assert chosen(reader.site.app, ADA) == {"daily": "confirmed", "weekly": "confirmed"}


def leaves(reader: Reader) -> None:
    app = reader.site.app
    reader.page.goto(reader.page.url.removesuffix("/choices"))
    looks_right(reader)
    reader.press("leave", "Morning briefing")
    assert reader.title == reader.say("left_title", "Morning briefing")
    assert chosen(app, ADA)["daily"] == "left"
    reader.press("undo")
    assert reader.title == reader.say("back_title", "Morning briefing")
    assert chosen(app, ADA)["daily"] == "confirmed"


def moves(reader: Reader) -> None:
    app = reader.site.app
    number = person(app, ADA).id
    reader.goes_to("/my")
    looks_right(reader)
    reader.types("join_email", ADA)
    reader.press("my_send")
    assert reader.title == reader.say("sent_title")
    reader.goes_to(reader.letter("access", ADA))
    looks_right(reader)
    reader.types("move_email", NEW)
    reader.press("move_send")
    eventually(lambda: person(app, NEW) is not None)
    reader.goes_to(reader.letter("move", NEW, number))
    looks_right(reader)
    assert person(app, ADA) is not None
    reader.press("move_yes")
    assert reader.title == reader.say("moved_title")
    assert (person(app, ADA), person(app, NEW).id) == (None, number)


def is_erased(reader: Reader) -> None:
    reader.goes_to(reader.letter("access", NEW, made_at=NOW))
    reader.press("erase_ask", role="link")
    looks_right(reader)
    assert person(reader.site.app, NEW) is not None
    reader.press("erase_yes")
    assert reader.title == reader.say("erased_title")
    assert person(reader.site.app, NEW) is None


def test_a_scanner_that_runs_the_scripts_of_every_link_changes_nothing(tmp_path, chromium):
    with site_of(tmp_path) as site, tab(chromium, java_script_enabled=True, bypass_csp=True) as page:
        reader = Reader(site, page, "en", keyboard=False)
        reader.goes_to("/subscribe/daily")
        reader.types("join_email", ADA)
        reader.press("join")
        eventually(lambda: chosen(site.app, ADA) == {"daily": "unconfirmed"})
        for path in links_of(reader):
            reader.goes_to(path)
            assert page.evaluate(SCAN) > 1
        assert chosen(site.app, ADA) == {"daily": "unconfirmed"}
        assert person(site.app, ADA).paused_until is None


def links_of(reader: Reader) -> list[str]:
    """Return the paths of all links that letters to a reader bring."""
    from publisher.model.tokens import leaving_token

    app, number = reader.site.app, person(reader.site.app, ADA).id
    key_id, key = app.keys.current("link")
    leaving = f"/u/{leaving_token(number, list_id(app, 'daily'), key_id, key)}"
    asked = [reader.letter("confirm", ADA, list_id(app, "daily")), reader.letter("access", ADA)]
    return [*asked, leaving, f"{leaving}/choices", f"/a/{asked[1].rpartition('/')[2]}/erase"]

"""The judges of markup and of access over every page that readers see, in two languages, and over a reader's file."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from publisher.model.subscriber import SubscriptionState
from publisher.model.tokens import leaving_token
from publisher.store import consents, subscribers, suppressions
from tests import browser as machine
from tests.judges import tools
from tests.judges.markup import HTML_VALIDATE, NU
from tests.judges.screens import VIEWS
from tests.unit.web.ledger import NOW
from tests.unit.web.readers import PUBLIC, asked, link, list_id, put, site_of, with_lists

pytestmark = pytest.mark.web
AXE = tools.MODULES / "axe-core" / "axe.min.js"
RULES = '{ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }'
ASK = f"async () => (await axe.run(document, {RULES})).violations.map((rule) => rule.id + rule.nodes[0].html)"


class Pages:
    """Every page that readers see, of a project in one language."""

    def __init__(self, site, language: str) -> None:
        self.site, self.language = site, language
        on, left = SubscriptionState.CONFIRMED, SubscriptionState.LEFT
        self.asking = put(site.app, "asking@example.org", "daily", SubscriptionState.UNCONFIRMED)
        self.reader = put(site.app, "reader@example.org", "daily", on)
        self.gone = put(site.app, "gone@example.org", "daily", left)
        self.new = put(site.app, "new@example.org", "weekly", on)

    def leaving(self, number: int) -> str:
        key_id, key = self.site.app.keys.current("link")
        return f"/u/{leaving_token(number, list_id(self.site.app, 'daily'), key_id, key)}"

    def link(self, purpose: str, number: int, about: int = 0) -> str:
        return f"/{purpose[0]}/{link(self.site.app, purpose, number, about)}"

    def looked_at(self) -> dict[str, str]:
        """Return the path of each page that is only looked at."""
        daily = list_id(self.site.app, "daily")
        leaving, own = self.leaving(self.reader), self.link("access", self.reader)
        return {
            "join": "/subscribe",
            "join one": "/subscribe/daily",
            "closed": "/subscribe/house",
            "confirm": self.link("confirm", self.asking, daily),
            "ended": self.link("confirm", self.gone, daily),
            "dead": "/u/x",
            "leave": leaving,
            "off": self.leaving(self.gone),
            "choices": f"{leaving}/choices",
            "my": "/my",
            "owner": own,
            "erase": f"{own}/erase",
            "move": self.link("move", self.new, self.reader),
            "no page": "/subscribe/daily/nothing",
        }

    def html(self) -> Iterator[tuple[str, str]]:
        """Yield each page, with what it is called; those that answer a press last, since they change something."""
        paths = self.looked_at()
        for name, path in paths.items():
            yield name, requests.get(self.site.url + path, headers=PUBLIC, timeout=30).text
        yield from self.console()
        words = asked(requests.get(f"{self.site.url}/subscribe/daily", timeout=30).text)
        choices = {"pause": "2", "language": self.language}
        for name, path, fields in (
            ("joined", "/subscribe/daily", {"asked": words, "email": "ada@example.org"}),
            ("bad", "/subscribe/daily", {"asked": words, "email": "<x>", "name": '"Ada"'}),
            ("confirmed", paths["confirm"], {}),
            ("left", paths["leave"], {}),
            ("back", paths["leave"], {"undo": "1"}),
            ("saved", paths["choices"], choices),
            ("bad day", paths["owner"], {"pause": "day"}),
            ("sent", "/my", {"email": "ada@example.org"}),
            ("moved", paths["move"], {}),
            ("erased", self.link("access", self.new) + "/erase", {}),
        ):
            yield name, requests.post(self.site.url + path, data=fields, headers=PUBLIC, timeout=30).text

    def console(self) -> Iterator[tuple[str, str]]:
        """Yield the console's pages of subscribers, with what each is called."""
        with self.site.app.store.write() as conn:
            wording_id = consents.wording(conn, "Yes, send it.", "en", NOW)
            said = {"basis": "sign-up page", "now": NOW, "actor": "subscriber", "wording_id": wording_id}
            on, address_hash = SubscriptionState.CONFIRMED, self.site.app.hash_of("reader@example.org")
            subscribers.set_subscription(conn, self.reader, subscribers.ensure_list(conn, "daily"), on, **said)
            suppressions.add(conn, address_hash, "list:weekly", reason="she rang", now=NOW, actor="cli:ada")
        for name, typed in (("file", "reader@example.org"), ("nobody", "who@example.org"), ("no address", "<x>")):
            yield name, requests.post(f"{self.site.url}/subscribers", data={"address": typed}, timeout=30).text
        yield "subscribers", requests.get(f"{self.site.url}/subscribers", timeout=30).text


@pytest.fixture(scope="module", params=["en", "ar"])
def pages(request, tmp_path_factory) -> Iterator[tuple[Pages, dict[str, str]]]:
    language = request.param

    def change(text: str) -> str:
        return with_lists(text).replace("  language: en\n", f"  language: {language}\n")

    with site_of(tmp_path_factory.mktemp("pages"), change) as site:
        found = Pages(site, language)
        yield found, dict(found.html())


@pytest.mark.parametrize("judge", [HTML_VALIDATE, NU], ids=lambda judge: judge.name)
def test_every_page_is_correct(pages, judge):
    if missing := judge.lacks():
        pytest.skip(missing)
    _, html = pages
    said = judge.hear({name.replace(" ", "-"): SimpleNamespace(html=each) for name, each in html.items()})
    assert {name: verdict.faults for name, verdict in said.items() if verdict.faults} == {}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    if missing := tools.package("axe-core") or ("" if machine.find() else machine.MISSING):
        pytest.skip(missing)
    with machine.opened() as browser:
        yield browser


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_every_page_is_open_to_everybody(pages, chromium, scheme, width):
    found, html = pages
    faults = {}
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    shown = {}
    page.route("**/shown", lambda route: route.fulfill(body=shown["html"], content_type="text/html; charset=utf-8"))
    for name, shown["html"] in html.items():
        page.goto(f"{found.site.url}/shown")
        page.evaluate(AXE.read_text("utf-8"))
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if said := page.evaluate(ASK) + ([f"{wide} px too wide"] if wide > 0 else []):
            faults[name] = said
    context.close()
    assert faults == {}

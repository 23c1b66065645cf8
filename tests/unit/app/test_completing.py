"""A feed that gives only a part of each text: pages are read once, and nothing looks like an edit."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.app import App
from publisher.store import articles
from tests.ledger import Clock
from tests.project import ProjectDir
from tests.unit.app.project import EVENING, edit
from tests.unit.sources.conftest import Site, site

__all__ = ["site"]  # the fixture

PROSE = "<p>The bridge opened on Monday, and everybody who had waited for it crossed it in the rain.</p>" * 12
ITEM = "<item><title>{0} opens</title><link>{1}/{0}</link><guid>{0}</guid><description>{0} […]</description></item>"
FEED = "<rss version='2.0'><channel><title>Harbor Gazette</title><link>{}</link>{}</channel></rss>"


class Town:
    """A site whose feed gives the first words of its stories, and the app that reads it."""

    def __init__(self, folder, site: Site) -> None:
        ProjectDir(folder, "http://127.0.0.1:9", backfill=0)
        edit(folder, ("feed: feed.xml", f"feed: {site.url('/feed')}\n    allow_private: true"))
        self.app = App.open(folder, Clock(EVENING))
        self.site, self.names = site, []

    def publish(self, name: str) -> None:
        self.names.insert(0, name)
        self.serve(name)
        self.list()

    def serve(self, name: str) -> None:
        page = f"<html><head><title>{name} opens</title></head><body><article>{PROSE}</article></body></html>"
        self.site.put(f"/{name}", page, "text/html")

    def list(self, teaser: str = "", **headers: str) -> None:
        items = "".join(ITEM.format(each, self.site.address) for each in self.names)
        self.site.put("/feed", FEED.format(self.site.address, items.replace(" […]", f"{teaser} […]")), **headers)

    def poll(self):
        found = self.app.poll(self.app.project.sources["site"])
        assert not found.error
        return found

    def asked(self, name: str) -> int:
        return [path for path, _ in self.site.asked].count(f"/{name}")

    def text(self, name: str) -> str:
        with self.app.store.read() as conn:
            return next(each.article.text for each in articles.latest(conn, limit=9) if name in each.article.title)


@pytest.fixture
def town(tmp_path, site) -> Town:
    return Town(tmp_path, site)


def test_a_new_article_is_completed_once_and_never_looks_edited(town):
    town.publish("Market")
    town.poll()
    town.publish("Bridge")
    assert town.poll().new == 1
    assert town.text("Bridge").count("crossed it") == 12
    for _ in range(2):
        found = town.poll()
        assert (found.new, found.changed, town.asked("Bridge")) == (0, 0, 1)


def test_the_pictures_of_a_text_are_measured_once_for_each_revision(town, tmp_path):
    picture = town.site.put("/quay.gif", b"GIF89a\x80\x02\xe0\x01\x80\x00\x00", "image/gif")
    town.publish("Market")
    town.poll()
    words = f"<![CDATA[{PROSE}<p><img src='{picture}'></p>{{}}]]>"
    for more, outcome in (("", (1, 0)), ("", (0, 0)), ("<p>Mended.</p>", (0, 1)), ("<p>Mended.</p>", (0, 0))):
        item = ITEM.format("Bridge", town.site.address).replace("Bridge […]", words.format(more))
        town.site.put("/feed", FEED.format(town.site.address, item))
        found = town.poll()
        assert (found.new, found.changed) == outcome
    assert town.asked("quay.gif") == 2
    with town.app.store.read() as conn:
        assert 'width="640" height="480"' in articles.latest(conn, limit=1)[0].article.html


def test_what_was_there_before_us_is_not_asked_for(town):
    town.publish("Market")
    town.poll()
    town.poll()
    assert town.asked("Market") == 0
    assert town.text("Market") == "Market […]"


def test_never_means_that_no_page_is_read(town, tmp_path):
    edit(tmp_path, ("    every: 1m", "    every: 1m\n    full_text: never"))
    town.app = App.open(tmp_path, Clock(EVENING))
    town.publish("Market")
    town.poll()
    town.publish("Bridge")
    assert town.poll().new == 1
    assert town.asked("Bridge") == 0


def test_a_page_that_cannot_be_read_for_now_is_asked_for_again_and_its_text_is_no_edit(town):
    town.publish("Market")
    town.poll()
    town.publish("Bridge")
    town.list(ETag='"1"')
    town.site.status("/Bridge", 503)
    for outcome in ((1, 0), (0, 0)):
        found = town.poll()
        assert (found.new, found.changed) == outcome
        assert town.text("Bridge") == "Bridge […]"
    town.serve("Bridge")
    assert town.poll().changed == 0
    assert town.text("Bridge").count("crossed it") == 12
    assert [headers.get("If-None-Match") for path, headers in town.site.asked if path == "/feed"][1:] == [None] * 3
    assert (town.poll().changed, town.asked("Bridge")) == (0, 3)
    assert town.site.asked[-1][1]["If-None-Match"] == '"1"'
    with town.app.store.read() as conn:
        (bridge,) = articles.latest(conn, limit=1)
        assert bridge.revision == 1
        assert [line["event"] for line in articles.history(conn, [bridge.id])[bridge.id]] == ["taken", "completed"]


def test_a_page_is_asked_for_again_for_a_day(town):
    town.publish("Market")
    town.poll()
    town.publish("Bridge")
    town.site.status("/Bridge", 503)
    for _ in range(4):
        town.poll()
        town.app.clock.advance(timedelta(hours=9))
    assert town.asked("Bridge") == 3
    assert town.text("Bridge") == "Bridge […]"


def test_an_edited_article_keeps_its_whole_text_while_its_page_cannot_be_read(town):
    town.publish("Market")
    town.poll()
    town.publish("Bridge")
    town.poll()
    town.site.status("/Bridge", 503)
    town.list(" at noon")
    assert town.poll().changed == 2  # Market's words too
    assert town.text("Bridge").count("crossed it") == 12
    town.serve("Bridge")
    assert (town.poll().changed, town.asked("Bridge")) == (0, 3)

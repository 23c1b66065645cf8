"""An article that was taken back between its poll and the moment when its edition is locked does not go out."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from publisher.app import App, composing, presence
from publisher.app.articles import fire_new_articles
from publisher.model.article import LedgerArticle
from publisher.store import articles
from tests.unit.app.project import edit, reading, stories
from tests.unit.sources.conftest import Site, site
from tests.unit.sources.wordpress_site import wordpress_site

__all__ = ["site"]  # the fixture
MINUTE = timedelta(minutes=1)


def poll(app: App) -> None:
    assert app.poll(app.project.sources["site"]).error == ""


def lock(app: App) -> list[int]:
    """Lock an edition of what the ledger knows; return what it carries."""
    app.clock.advance(MINUTE)  # each has a slot of its own
    slot = composing.manual_slot(app)
    edition = composing.compose_known(app, app.schedule("morning"), slot, actor="test").edition_id
    return stories(app, edition)


def by_title(app: App) -> dict[str, LedgerArticle]:
    with app.store.read() as conn:
        return {each.article.title: each for each in articles.latest(conn, limit=50)}


def history(app: App, title: str) -> list[tuple[str, str]]:
    article = by_title(app)[title].id
    with app.store.read() as conn:
        return [(row["event"], row["reason"]) for row in articles.history(conn, [article])[article]]


class Blog:
    """A WordPress with a post from before, and two new ones that the app has read."""

    def __init__(self, app: App, site) -> None:
        self.app, self.site = app, site
        site.post(1)
        poll(app)
        for number in (2, 3):
            site.post(number, modified="2026-11-23T19:00:00")
        poll(app)
        self.ids = {title: each.id for title, each in by_title(app).items()}


@pytest.fixture
def blog(tmp_path) -> Iterator[Blog]:
    with wordpress_site() as served, reading(tmp_path, f"wordpress: {served.address}") as app:
        yield Blog(app, served)


def test_a_post_that_was_unpublished_since_its_poll_stays_out(blog):
    blog.site.posts[2]["status"] = "draft"
    assert lock(blog.app) == [blog.ids["Story 3"]]
    assert history(blog.app, "Story 2")[-1] == ("gone", "gone from the source: the site does not publish it any more")


def test_what_is_published_again_is_a_candidate_again(blog):
    blog.site.posts[2]["status"] = "draft"
    lock(blog.app)
    blog.site.posts[2] |= {"status": "publish", "modified_gmt": "2026-11-23T19:30:00"}
    poll(blog.app)
    assert lock(blog.app) == [blog.ids["Story 2"]]


def test_the_next_candidate_takes_the_place_of_what_is_gone(blog, tmp_path):
    edit(tmp_path, ("at_most: 8", "at_most: 1"))
    blog.app = App.open(tmp_path, blog.app.clock)
    newest = max(blog.ids["Story 2"], blog.ids["Story 3"])
    (number,) = [number for number in (2, 3) if blog.ids[f"Story {number}"] == newest]
    del blog.site.posts[number]
    assert lock(blog.app) == [blog.ids[f"Story {5 - number}"]]


@pytest.mark.parametrize("trouble", [{"status": 500}, {"is_html": True}, {"login": ("ann", "secret")}])
def test_a_blog_that_does_not_answer_takes_nothing_back_and_is_left_alone_for_a_while(blog, trouble):
    del blog.site.posts[2]
    for name, value in trouble.items():
        setattr(blog.site, name, value)
    assert len(lock(blog.app)) == 2
    assert "site" in blog.app.intake.silent


def test_a_draft_asks_nothing(blog):
    asked = len(blog.site.asked)
    app = blog.app
    slot = composing.manual_slot(app)
    composing.compose_known(app, app.schedule("morning"), slot, actor="test", as_draft=True)
    assert len(blog.site.asked) == asked


def test_each_new_article_is_asked_for_before_it_fires(tmp_path):
    with wordpress_site() as served, reading(tmp_path, f"wordpress: {served.address}", "new: article") as app:
        blog = Blog(app, served)
        del served.posts[3]
        (edition,) = fire_new_articles(app, app.schedule("morning"), actor="test")
        assert stories(app, edition) == [blog.ids["Story 2"]]


def test_an_edition_waits_for_a_silent_source_only_so_long(blog, monkeypatch):
    monkeypatch.setattr(presence, "PATIENCE", 0.5)
    blog.site.before_page = lambda number: time.sleep(2)
    begun = time.monotonic()
    assert len(lock(blog.app)) == 2
    assert time.monotonic() - begun < 1.5


def test_a_source_whose_name_is_looked_up_for_ever_is_not_waited_for(blog, monkeypatch):
    monkeypatch.setattr(presence, "PATIENCE", 0.3)
    is_over = threading.Event()

    def look_up(*asked, **options):  # the system's own, which knows no timeout
        is_over.wait(5)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    del blog.site.posts[2]
    begun = time.monotonic()
    try:
        assert len(lock(blog.app)) == 2
    finally:
        is_over.set()
    assert time.monotonic() - begun < 1.5
    assert "site" in blog.app.intake.silent


def page(site: Site, number: int) -> None:
    head = f'<meta property="og:type" content="article"><title>Story {number}</title>'
    site.put(f"/news/{number}", f"<html><head>{head}</head><h1>Story {number}</h1><p>Words.</p>", "text/html")
    links = "".join(f'<a href="/news/{each}">x</a>' for each in range(number, 0, -1))
    site.put("/news/", links, "text/html")


def test_an_article_of_a_listing_whose_page_is_gone_stays_out(tmp_path, site):
    with reading(tmp_path, f"page: {site.url('/news/')}") as app:
        page(site, 1)
        poll(app)
        for number in (2, 3, 4):
            page(site, number)
        poll(app)
        ids = {title: each.id for title, each in by_title(app).items()}
        site.status("/news/2", 404)
        site.status("/news/3", 503)
        assert lock(app) == sorted([ids["Story 3"], ids["Story 4"]])
        assert history(app, "Story 2")[-1][1] == "gone from the source: there is nothing at its address any more"
        assert app.intake.silent == {}  # a page in trouble says nothing of the others

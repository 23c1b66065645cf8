"""A correction on a page of a listing is a revision in the ledger, whether the listing has changed or not."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from publisher.pipeline import collect
from publisher.store import articles, sources
from tests.unit.app.project import reading
from tests.unit.sources.conftest import Site, site

__all__ = ["site"]  # the fixture
HOUR = timedelta(hours=1)
HEAD = '<html><head><meta property="og:type" content="article"><title>{0}</title></head><h1>{0}</h1>'


class Town:
    """A listing that knows ETag, and the app that reads it."""

    def __init__(self, app, site: Site) -> None:
        self.app, self.site = app, site
        self.page(1)
        self.listing(1)
        self.poll()
        self.page(2)
        self.listing(2, 1)
        self.poll()

    def page(self, number: int, title: str = "", text: str = "Words.") -> None:
        head = HEAD.format(title or f"Story {number}")
        self.site.put(f"/news/{number}", f"{head}<p>{text}</p></html>", "text/html")

    def listing(self, *numbers: int) -> None:
        """Put a listing that is a 304 to whoever knows it."""
        body = "".join(f'<a href="/news/{number}">x</a>' for number in numbers).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:8]}"'
        self.site.put("/whole", body, "text/html", ETag=etag)
        self.site.status("/same", 304)

        def choose(request) -> str:
            return "/same" if request.headers.get("If-None-Match") == etag else "/whole"

        self.site.pages["/news/"] = lambda request: self.site.pages[choose(request)](request)

    def poll(self):
        self.app.clock.advance(HOUR)
        found = self.app.poll(self.app.project.sources["site"])
        assert found.error == ""
        return found

    @property
    def newest(self):
        with self.app.store.read() as conn:
            return articles.latest(conn, limit=1)[0]

    def validators(self) -> tuple[str | None, str | None]:
        with self.app.store.read() as conn:
            row = sources.find(conn, "site")
        return row["etag"], row["last_modified"]


@pytest.fixture
def town(tmp_path, site):
    with reading(tmp_path, f"page: {site.url('/news/')}") as app:
        yield Town(app, site)


def test_a_corrected_page_is_a_revision_though_its_listing_is_the_same(town):
    before = town.validators()
    town.page(2, "Story 2, corrected", "Other words.")
    assert (town.poll().changed, town.site.statuses[-3:]) == (1, [304, 200, 200])
    assert (town.newest.article.title, town.newest.revision) == ("Story 2, corrected", 2)
    assert town.validators() == before
    assert town.poll().changed == 0


def test_a_corrected_page_is_a_revision_beside_what_is_new(town):
    town.page(2, "Story 2, corrected")
    town.page(3)
    town.listing(3, 2, 1)
    found = town.poll()
    assert (found.new, found.changed) == (1, 1)


def test_what_was_there_before_us_is_not_looked_at_again(town):
    town.page(1, "Story 1, corrected")
    assert town.poll().changed == 0
    assert "/news/1" not in [path for path, _ in town.site.asked]


def test_a_page_that_was_gone_and_is_there_again_is_a_candidate_again(town):
    collect.record_gone(town.app.store, {town.newest.id: "there was nothing at its address"}, town.app.clock())
    town.poll()
    assert town.newest.gone_at is None

"""The newest pages of a listing are looked at once more, ever more rarely, and only what stays corrected counts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta

import pytest

from publisher.model.article import Article, LedgerArticle, Standing
from publisher.sources import again
from publisher.sources.again import Visits, corrected
from publisher.sources.fetch import Fetcher
from publisher.sources.page import read_page
from tests.ledger import NOW, Clock
from tests.unit.sources.conftest import Site

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TEXT = "<p>The bridge opened on Monday, and everybody who had waited for it crossed it in the rain.</p>" * 4


def html(title: str = "Bridge opens", more: str = "") -> bytes:
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{TEXT}{more}</body></html>".encode()


class Town:
    """A page that was taken two hours ago, and who looks at it."""

    def __init__(self, site: Site, fetcher: Fetcher) -> None:
        self.site, self.fetcher, self.clock = site, fetcher, Clock()
        self.visits = Visits(self.clock)
        self.put()
        (self.article,) = read_page(html(), site.url("/bridge")).articles

    def put(self, *args: str, path: str = "/bridge", **headers: str) -> None:
        self.site.put(path, html(*args), "text/html", **headers)

    def taken(self, **changes: object) -> LedgerArticle:
        first = {"first_seen_at": NOW - 2 * HOUR, "standing": Standing.NEW} | changes
        return LedgerArticle(812, "site", first.pop("article", self.article), reason="new", **first)

    def look(self, *taken: LedgerArticle) -> list[Article]:
        self.site.asked.clear()
        return corrected(self.fetcher, self.visits, taken or (self.taken(),))

    @property
    def asked(self) -> list[str]:
        return [path for path, _ in self.site.asked]


@pytest.fixture
def town(site: Site, fetcher: Fetcher) -> Town:
    return Town(site, fetcher)


def titles(found: Sequence[Article]) -> list[str]:
    return [each.title for each in found]


def test_a_corrected_page_says_what_it_says_now(town: Town) -> None:
    town.put("Bridge closes")
    assert titles(town.look()) == ["Bridge closes"]


def test_a_page_that_says_the_same_is_no_news(town: Town) -> None:
    assert town.look() == []
    assert town.asked == ["/bridge"]


def test_other_things_than_words_are_no_news(town: Town) -> None:
    town.put("Bridge opens", "<img src='/new.jpg'>")
    assert town.look() == []


def test_a_page_that_says_something_else_each_time_was_not_corrected(town: Town) -> None:
    town.site.pages["/bridge"] = lambda request: (
        town.site.put(
            "/x", html("Bridge opens", f"<p>Read {time.monotonic_ns()} times since it was published.</p>"), "text/html"
        )
        and town.site.pages["/x"](request)
    )
    assert town.look() == []
    assert town.asked == ["/bridge", "/bridge"]


def test_it_is_asked_for_what_changed(town: Town) -> None:
    town.put(ETag='"1"', Last_Modified="Mon, 23 Nov 2026 20:00:00 GMT")
    town.look()
    town.clock.advance(HOUR)
    town.look()
    said = town.site.asked[0][1]
    assert (said["If-None-Match"], said["If-Modified-Since"]) == ('"1"', "Mon, 23 Nov 2026 20:00:00 GMT")
    town.site.status("/bridge", 304)
    town.clock.advance(4 * HOUR)
    assert town.look() == []


def test_the_older_a_page_is_the_more_rarely_it_is_looked_at(town: Town) -> None:
    looked = []
    for minutes in range(0, 48 * 60, 10):
        town.clock.moment = NOW - 2 * HOUR + minutes * MINUTE
        if town.look() == [] and town.asked:
            looked.append(minutes)
    assert looked[:5] == [10, 20, 30, 50, 80]
    assert 10 < len(looked) < 25
    assert looked[-1] - looked[-2] > 6 * 60


@pytest.mark.parametrize(
    "changes",
    [
        {"first_seen_at": NOW - again.NEWEST},
        {"standing": Standing.BASELINE},
        {"standing": Standing.DISCARDED},
    ],
)
def test_what_is_old_or_goes_to_nobody_is_not_looked_at(town: Town, changes: dict) -> None:
    assert town.look(town.taken(**changes)) == []
    assert town.asked == []


def test_a_page_that_was_gone_and_is_there_again_is_told_though_it_says_the_same(town: Town) -> None:
    town.put(ETag='"1"')
    town.look()
    town.clock.advance(2 * HOUR)
    assert titles(town.look(town.taken(gone_at=NOW))) == ["Bridge opens"]
    assert "If-None-Match" not in town.site.asked[0][1]


def test_a_page_that_leads_elsewhere_is_not_its_article(town: Town) -> None:
    town.put("Do you agree?", path="/consent")
    town.site.status("/bridge", 302, Location="/consent")
    assert town.look() == []


def test_a_date_that_the_listing_gave_stays(town: Town) -> None:
    town.put("Bridge closes")
    dated = Article("Bridge opens", town.article.url, text="It opened.", published_at=NOW)
    assert town.look(town.taken(article=dated))[0].published_at == NOW


@pytest.mark.parametrize("code", [404, 410, 500])
def test_a_page_that_cannot_be_read_is_left_for_a_while_as_any_other(town: Town, code: int) -> None:
    town.site.status("/bridge", code)
    assert town.look() == []
    assert town.look() == []
    assert town.asked == []


def test_a_site_that_refuses_three_times_is_left_in_peace(town: Town) -> None:
    taken = [
        LedgerArticle(number, "site", Article("x", town.site.url(f"/{number}")), NOW - HOUR, Standing.NEW, "new")
        for number in range(9)
    ]
    assert town.look(*taken) == []
    assert len(town.asked) == 3


def test_slow_pages_keep_no_edition_waiting(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "BUDGET", 0.3)
    town.site.trickle("/bridge", b"<html>" * 100)
    begun = time.monotonic()
    assert town.look() == []
    assert time.monotonic() - begun < 1.5

"""A WordPress read through its REST API: what its posts say, what is asked of it, and every way in which it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from publisher.errors import SourceError
from publisher.model.article import Image, Reading
from publisher.model.project import Source
from publisher.sources.base import Memory, open_source
from publisher.sources.fetch import Fetcher
from tests.unit.sources.wordpress_site import WordPress, wordpress_site

YESTERDAY = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
PASSWORD = "abcd EFGH 1234 ijkl"


@pytest.fixture
def site() -> Iterator[WordPress]:
    with wordpress_site() as served:
        yield served


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher("Publisher tests", timeout=2.0, allow_private=True, total=4.0)


def look(site: WordPress, fetcher: Fetcher, since: datetime | None = None, **options: object) -> Reading:
    source = Source("site", "wordpress", site.address, **options)
    return open_source(source, site.address, fetcher, None, Memory(since)).read()


def refusal(site: WordPress, fetcher: Fetcher, **options: object) -> str:
    with pytest.raises(SourceError) as caught:
        look(site, fetcher, **options)
    return str(caught.value).replace(site.address, "SITE")


EMBEDDED = {
    "author": [{"id": 3, "name": "Ann Lee"}],
    "wp:featuredmedia": [
        {
            "source_url": "https://harbor.example/bridge.jpg",
            "alt_text": "The bridge at night",
            "caption": {"rendered": "<p>It took six years. Photo: Bo</p>"},
            "media_details": {"width": 1600, "height": 900},
        }
    ],
    "wp:term": [
        [{"name": "News", "taxonomy": "category"}, {"name": "R&amp;D", "taxonomy": "category"}],
        [{"name": "bridges", "taxonomy": "post_tag"}],
    ],
}


def test_a_post_gives_everything_that_it_says(site: WordPress, fetcher: Fetcher) -> None:
    site.post(
        812,
        "Bridge &#038; tunnel",
        date="2026-11-23T06:00:00",
        content={"rendered": "<p>It opened on Monday. People crossed it.</p><script>x()</script>", "protected": False},
        excerpt={"rendered": "<p>It opened at last.</p>"},
        _embedded=EMBEDDED,
    )
    reading = look(site, fetcher)
    (article,) = reading.articles
    assert (reading.title, reading.site_url, reading.problems) == ("Harbor & Gazette", site.address, ())
    assert (article.title, article.guid, article.url) == ("Bridge & tunnel", "wp:812", f"{site.address}/story-812/")
    assert article.published_at == datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    assert article.authors == ("Ann Lee",)
    assert article.categories == ("News", "R&D", "bridges")
    assert (article.summary, article.html) == (
        "It opened at last.",
        "<p>It opened on Monday. People crossed it.</p>",
    )
    assert article.image == Image(
        "https://harbor.example/bridge.jpg", "The bridge at night", "It took six years.", "Bo", 1600, 900
    )
    assert article.notes == ()


def test_a_site_that_hides_its_users_and_media_is_read_by_what_its_plugins_say(
    site: WordPress, fetcher: Fetcher
) -> None:
    refused = {"code": "rest_user_cannot_view", "message": "No.", "data": {"status": 401}}
    yoast = {"author": "Ann Lee", "og_image": [{"url": "https://harbor.example/og.jpg", "width": 1200}]}
    site.post(1, _embedded={"author": [refused], "wp:featuredmedia": [refused]}, yoast_head_json=yoast)
    (article,) = look(site, fetcher).articles
    assert article.authors == ("Ann Lee",)
    assert article.image is not None
    assert article.image.url == "https://harbor.example/og.jpg"


def test_co_authors_are_named_together(site: WordPress, fetcher: Fetcher) -> None:
    people = [{"name": name, "taxonomy": "author"} for name in ("Ann Lee", "Bo Day")]
    site.post(1, _embedded={"author": [{"name": "admin"}], "wp:term": [people]})
    (article,) = look(site, fetcher).articles
    assert (article.authors, article.categories) == (("Ann Lee", "Bo Day"), ())


def test_the_first_look_knows_the_whole_archive_and_fetches_only_the_newest_whole(
    site: WordPress, fetcher: Fetcher
) -> None:
    for number in range(1, 251):
        site.post(number, date=f"2025-{number // 28 + 1:02d}-{number % 28 + 1:02d}T07:00:00")
    reading = look(site, fetcher)
    assert {article.guid for article in reading.articles} == {f"wp:{number}" for number in range(1, 251)}
    assert sum(bool(article.text) for article in reading.articles) == 100
    assert reading.scope == "window"
    assert [query["page"] for query in site.asked] == ["1", "1", "2", "3"]


def test_a_later_look_asks_for_what_is_new_and_what_has_changed(site: WordPress, fetcher: Fetcher) -> None:
    for number in range(1, 20):
        site.post(number)
    site.post(1, "Corrected", modified="2026-11-23T08:00:00")
    reading = look(site, fetcher, YESTERDAY)
    assert reading.scope == "some"
    assert {article.title for article in reading.articles if article.guid == "wp:1"} == {"Corrected"}
    assert "wp:10" not in {article.guid for article in reading.articles}
    assert [query["orderby"] for query in site.asked] == ["date", "modified"]
    assert site.asked[0]["after"] == site.asked[1]["modified_after"] == "2026-11-20T06:00:00Z"


def test_a_scheduled_post_is_found_though_its_last_edit_is_long_ago(site: WordPress, fetcher: Fetcher) -> None:
    site.post(7, date="2026-11-22T07:00:00", modified="2026-10-01T12:00:00")
    assert [article.guid for article in look(site, fetcher, YESTERDAY).articles] == ["wp:7"]


def test_a_wordpress_older_than_5_7_is_not_read_to_its_end(site: WordPress, fetcher: Fetcher) -> None:
    site.knows_modified_after = False
    for number in range(1, 401):
        site.post(number, date="2024-01-01T07:00:00")
    site.post(1, "Corrected", date="2024-01-01T07:00:00", modified="2026-11-23T08:00:00")
    reading = look(site, fetcher, YESTERDAY)
    assert "wp:1" in {article.guid for article in reading.articles}
    assert len(site.asked) == 2


def test_totals_that_a_proxy_took_away_are_not_needed(site: WordPress, fetcher: Fetcher) -> None:
    site.tells_totals = False
    for number in range(1, 201):  # the third page is one beyond the end: 400
        site.post(number)
    assert len(look(site, fetcher).articles) == 200


def test_a_site_that_gives_the_same_page_again_and_again_is_left(site: WordPress, fetcher: Fetcher) -> None:
    site.ignores_pages, site.tells_totals = True, False
    for number in range(1, 151):
        site.post(number)
    assert len(look(site, fetcher).articles) == 100
    assert len(site.asked) == 3


def test_a_post_that_slips_by_while_the_site_is_paged_is_found_all_the_same(site: WordPress, fetcher: Fetcher) -> None:
    for number in range(1, 301):
        site.post(number, date=f"2025-{number // 28 + 1:02d}-{number % 28 + 1:02d}T07:00:00")
    gone = iter([300, 299])

    def before(page: int) -> None:
        if page == 2 and (newest := next(gone, None)):
            del site.posts[newest]

    site.before_page = before
    reading = look(site, fetcher)
    assert {f"wp:{number}" for number in range(1, 299)} <= {article.guid for article in reading.articles}
    assert reading.problems == ()


def test_a_site_that_never_stands_still_says_so_and_gives_what_was_found(site: WordPress, fetcher: Fetcher) -> None:
    for number in range(1, 301):
        site.post(number, date=f"2025-{number // 28 + 1:02d}-{number % 28 + 1:02d}T07:00:00")

    def before(page: int) -> None:
        del site.posts[max(site.posts)]

    site.before_page = before
    reading = look(site, fetcher)
    assert len(reading.articles) > 290
    assert reading.problems == (
        "it changed again and again while it was read: what is missing comes with the next look",
    )


def test_posts_that_come_while_the_site_is_paged_do_no_harm(site: WordPress, fetcher: Fetcher) -> None:
    for number in range(1, 251):
        site.post(number, date="2025-01-01T07:00:00")
    site.before_page = lambda page: site.post(1_000 + len(site.posts), date="2026-11-23T07:00:00")
    reading = look(site, fetcher)
    assert {f"wp:{number}" for number in range(1, 251)} <= {article.guid for article in reading.articles}
    assert reading.problems == ()


def test_plain_addresses_are_found(site: WordPress, fetcher: Fetcher) -> None:
    site.has_pretty_addresses = False
    site.post(1)
    assert len(look(site, fetcher).articles) == 1


def test_a_post_behind_a_password_is_left_out_by_name(site: WordPress, fetcher: Fetcher) -> None:
    site.post(1, "Members", content={"rendered": "", "protected": True})
    site.post(2)
    reading = look(site, fetcher)
    assert [article.guid for article in reading.articles] == ["wp:2"]
    assert reading.problems == ("“Members” asks readers for a password and was left out",)


@pytest.mark.parametrize("odd", [None, 7, "post", {"id": "x"}, []])
def test_what_is_no_post_is_left_out_and_counted(site: WordPress, fetcher: Fetcher, odd: object) -> None:
    site.post(1)
    site.answer = lambda *asked: (
        200,
        {"Content-Type": "application/json"},
        json.dumps([odd, site.posts[1]]).encode(),
    )
    reading = look(site, fetcher)
    assert [article.guid for article in reading.articles] == ["wp:1"]
    assert reading.problems == ("1 of its posts are none and were left out",)


def test_a_post_whose_parts_are_missing_or_of_another_kind_is_read_as_far_as_it_goes(
    site: WordPress, fetcher: Fetcher
) -> None:
    site.post(1, excerpt=None, _embedded={"author": None, "wp:term": [None, 3], "wp:featuredmedia": [None]})
    site.post(2, "Bare", content={"rendered": None}, excerpt=[], date_gmt="0000-00-00T00:00:00")
    site.post(3, title=None, content=None, excerpt=None, link=None)
    site.posts[3]["title"] = None
    reading = look(site, fetcher)
    bare = next(article for article in reading.articles if article.guid == "wp:2")
    assert (len(reading.articles), bare.title, bare.published_at) == (2, "Bare", None)
    assert reading.problems == ("post 3 has neither headline nor text and was left out",)


def test_a_login_shows_what_only_a_user_sees(site: WordPress, fetcher: Fetcher) -> None:
    site.login = ("ann@desk", PASSWORD)
    site.post(1, status="private")
    site.post(2, status="draft", date_gmt=None, modified_gmt="2026-11-23T08:00:00")
    site.post(3)
    wanted = {"user": "ann@desk", "password": PASSWORD, "statuses": ("publish", "private")}
    assert {article.guid for article in look(site, fetcher, **wanted).articles} == {"wp:1", "wp:3"}
    assert {article.guid for article in look(site, fetcher, user="ann@desk", password=PASSWORD).articles} == {"wp:3"}


def test_a_site_that_answers_with_a_web_page_says_what_to_write_instead(site: WordPress, fetcher: Fetcher) -> None:
    site.is_html = True
    assert refusal(site, fetcher) == (
        "site: SITE answers with a web page where its REST API should be. "
        "Use `feed: SITE/feed/` instead of `wordpress:`, or have the REST API switched on"
    )


def test_a_site_without_rest_says_what_to_write_instead(site: WordPress, fetcher: Fetcher) -> None:
    site.is_html, site.status = True, 404
    assert refusal(site, fetcher) == (
        "site: SITE has no REST API (404). "
        "Use `feed: SITE/feed/` instead of `wordpress:`, or have the REST API switched on"
    )


@pytest.mark.parametrize("status", [401, 403])
def test_a_site_that_asks_for_a_login_says_how_to_give_one(site: WordPress, fetcher: Fetcher, status: int) -> None:
    site.status = status
    assert refusal(site, fetcher) == (
        f"site: SITE lets nobody read its REST API without a login ({status}). Add `user:` and `password:` "
        "(an application password: Users, Profile in WordPress), or use `feed: SITE/feed/`"
    )


def test_a_wrong_password_is_said_and_never_shown(site: WordPress, fetcher: Fetcher) -> None:
    site.login = ("ann", PASSWORD)
    said = refusal(site, fetcher, user="ann", password="wrong secret")
    assert said == (
        "site: SITE does not accept this user and application password (401). "
        "Make a new application password in WordPress (Users, Profile) and write it into .env"
    )


def test_a_user_who_may_not_see_drafts_is_told_apart(site: WordPress, fetcher: Fetcher) -> None:
    site.status = 400
    said = refusal(site, fetcher, user="ann", password=PASSWORD, statuses=("draft",))
    assert "this user may not see posts in every state of `status:`. Take `status:` out" in said


def test_a_site_in_trouble_is_tried_again(site: WordPress, fetcher: Fetcher) -> None:
    site.status = 503
    assert "is in trouble at the moment (503)" in refusal(site, fetcher)


def test_a_later_look_at_an_empty_site_finds_nothing_and_is_no_trouble(site: WordPress, fetcher: Fetcher) -> None:
    assert look(site, fetcher, YESTERDAY) == Reading(site_url=site.address, scope="some")

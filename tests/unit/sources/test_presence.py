"""Whether articles are still at their source: a plain no counts, everything else means nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from publisher.model.project import Source
from publisher.sources.fetch import Fetcher
from publisher.sources.presence import NO_PAGE, UNPUBLISHED, Asked, Told, ask
from tests.unit.sources.conftest import Site
from tests.unit.sources.wordpress_site import WordPress, wordpress_site


@pytest.fixture
def blog() -> Iterator[WordPress]:
    with wordpress_site() as served:
        yield served


def ask_blog(blog: WordPress, fetcher: Fetcher, *asked: Asked, **options: object) -> Told:
    source = Source("site", "wordpress", blog.address, **options)
    return ask(source, blog.address, fetcher, asked, time.monotonic() + 4)


def ask_pages(site: Site, fetcher: Fetcher, *paths: str, seconds: float = 4) -> Told:
    asked = [Asked(number, site.url(path)) for number, path in enumerate(paths, start=1)]
    return ask(Source("site", "page", site.url("/")), site.url("/"), fetcher, asked, time.monotonic() + seconds)


def post(number: int) -> Asked:
    return Asked(number, f"https://harbor.example/{number}", (f"wp:{number}",))


def test_a_post_that_is_no_longer_published_is_gone(blog: WordPress, fetcher: Fetcher) -> None:
    blog.post(1)
    blog.post(2, status="draft")
    assert ask_blog(blog, fetcher, post(1), post(2), post(3)) == Told({2: UNPUBLISHED, 3: UNPUBLISHED})
    assert [query["include"] for query in blog.asked] == ["1,2,3"]


def test_a_post_that_got_a_password_is_gone(blog: WordPress, fetcher: Fetcher) -> None:
    blog.post(1, content={"rendered": "", "protected": True})
    assert ask_blog(blog, fetcher, post(1)).gone == {1: UNPUBLISHED}


def test_a_post_that_was_made_anew_under_another_number_is_there(blog: WordPress, fetcher: Fetcher) -> None:
    blog.post(2)
    assert ask_blog(blog, fetcher, Asked(1, None, ("wp:1", "wp:2"))) == Told()


def test_more_posts_than_one_answer_holds_are_asked_for_in_parts(blog: WordPress, fetcher: Fetcher) -> None:
    for number in range(1, 151):
        blog.post(number)
    assert ask_blog(blog, fetcher, *map(post, range(1, 152))).gone == {151: UNPUBLISHED}
    assert len(blog.asked) == 2


def test_a_private_post_is_there_for_whoever_may_see_it(blog: WordPress, fetcher: Fetcher) -> None:
    blog.login = ("ann", "secret")
    blog.post(1, status="private")
    login = {"user": "ann", "password": "secret"}
    assert ask_blog(blog, fetcher, post(1), statuses=("publish", "private"), **login) == Told()
    assert ask_blog(blog, fetcher, post(1), **login).gone == {1: UNPUBLISHED}


def test_an_article_without_a_number_is_not_asked_for(blog: WordPress, fetcher: Fetcher) -> None:
    assert ask_blog(blog, fetcher, Asked(1, "https://harbor.example/1", ("tag:1",))) == Told()
    assert blog.asked == []


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 500},
        {"status": 404},
        {"status": 403},
        {"is_html": True},
        {"knows_include": False},  # something before it takes the question away, and all newest posts come
    ],
)
def test_a_blog_that_does_not_answer_the_question_takes_nothing_back(
    blog: WordPress, fetcher: Fetcher, trouble: dict
) -> None:
    blog.post(9)
    for name, value in trouble.items():
        setattr(blog, name, value)
    told = ask_blog(blog, fetcher, post(1))
    assert told.gone == {}
    assert told.error


def test_an_article_whose_address_has_nothing_any_more_is_gone(site: Site, fetcher: Fetcher) -> None:
    site.put("/1", "<p>x</p>", "text/html")
    site.status("/3", 410)
    assert ask_pages(site, fetcher, "/1", "/2", "/3") == Told({2: NO_PAGE, 3: NO_PAGE})


@pytest.mark.parametrize("code", [401, 403, 429, 500, 503])
def test_any_other_refusal_of_a_page_takes_nothing_back(site: Site, fetcher: Fetcher, code: int) -> None:
    site.status("/1", code)
    told = ask_pages(site, fetcher, "/1")
    assert told.gone == {}
    assert f"({code})" in told.error or str(code) in told.error


def test_a_page_is_looked_for_and_not_read(site: Site, fetcher: Fetcher) -> None:
    site.trickle("/1", b"x" * 1_000)  # would take longer than there is time
    assert ask_pages(site, fetcher, "/1") == Told()


def test_a_site_that_refuses_three_times_is_left_in_peace(site: Site, fetcher: Fetcher) -> None:
    paths = [site.status(f"/{number}", 500).removeprefix(site.address) for number in range(9)]
    assert ask_pages(site, fetcher, *paths).gone == {}
    assert len(site.asked) == 3


def test_one_page_in_trouble_silences_no_site_and_a_host_that_wants_rest_does(site: Site, fetcher: Fetcher) -> None:
    site.status("/1", 503)
    site.put("/3", "<p>x</p>", "text/html")
    told = ask_pages(site, fetcher, "/1", "/2", "/3")
    assert (told.gone, told.is_silent) == ({2: NO_PAGE}, False)
    assert not ask_pages(site, fetcher, "/1").is_silent
    site.status("/4", 503, Retry_After="90")
    told = ask_pages(site, fetcher, "/4", "/2")
    assert (told.gone, told.is_silent, told.rest.total_seconds()) == ({}, True, 90)
    site.status("/5", 429)
    assert ask_pages(site, fetcher, "/5", "/2").is_silent


def test_a_slow_site_is_asked_only_for_as_long_as_there_is(site: Site, fetcher: Fetcher) -> None:
    for number in range(3):
        site.pages[f"/{number}"] = lambda request: time.sleep(0.5)
    begun = time.monotonic()
    assert ask_pages(site, fetcher, "/0", "/1", "/2", seconds=0.2).gone == {}
    assert time.monotonic() - begun < 1


def test_when_there_is_no_time_left_nothing_is_asked(site: Site, fetcher: Fetcher) -> None:
    assert ask_pages(site, fetcher, "/0", seconds=0) == Told()
    assert site.asked == []

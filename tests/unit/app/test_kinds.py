"""Sources of each kind, polled through the ledger as `publisher run` does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from publisher.app import App
from publisher.config.schedules import parse_project
from publisher.store import articles
from tests.unit.sources.conftest import Site, site  # noqa: F401 -- a fixture
from tests.unit.sources.wordpress_site import wordpress_site
from tests.unit.web.ledger import PROJECT, open_project

PASSWORD = "abcd EFGH 1234 ijkl"


@contextmanager
def project(folder: Path, source: str) -> Iterator[App]:
    app = open_project(folder)
    app.project = parse_project(PROJECT.replace("{feed: feed/feed.xml}", source))
    yield app
    app.store.close()


def standings(app: App) -> dict[str, str]:
    with app.store.read() as conn:
        return {each.article.title: each.standing.value for each in articles.latest(conn, limit=100)}


def poll(app: App) -> str:
    collected = app.poll(app.project.sources["site"])
    return collected.error


def story(site: Site, number: int) -> str:  # noqa: F811 -- the fixture imported above
    head = f'<meta property="og:type" content="article"><title>Story {number}</title>'
    return site.put(f"/news/{number}", f"<html><head>{head}</head><h1>Story {number}</h1><p>Words.</p>", "text/html")


def listing(site: Site, *numbers: int) -> None:  # noqa: F811 -- the fixture imported above
    site.put("/news/", "".join(f'<a href="/news/{number}">x</a>' for number in numbers), "text/html")


def test_a_listing_has_a_baseline_and_each_page_after_it_is_fetched_once(tmp_path, site):  # noqa: F811 -- the fixture imported above
    for number in (1, 2, 3):
        story(site, number)
    with project(tmp_path, f"{{page: {site.url('/news/')}, allow_private: true, backfill: 1}}") as app:
        listing(site, 2, 1)
        assert poll(app) == ""
        assert standings(app) == {"Story 2": "new"}
        for _ in range(2):
            listing(site, 3, 2, 1)
            assert poll(app) == ""
    assert [path for path, _ in site.asked].count("/news/3") == 1
    assert "/news/1" not in [path for path, _ in site.asked]


def test_wordpress_is_read_with_a_password_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("WORDPRESS_PASSWORD", PASSWORD)
    with wordpress_site() as blog:
        blog.login = ("ann", PASSWORD)
        blog.post(1)
        options = "user: ann, password: '${WORDPRESS_PASSWORD}', status: 'publish, private', allow_private: true"
        with project(tmp_path, f"{{wordpress: '{blog.address}', {options}}}") as app:
            assert poll(app) == ""
            blog.post(2, status="private", modified=f"{app.clock():%Y-%m-%dT%H:%M:%S}")
            assert poll(app) == ""
            assert standings(app) == {"Story 1": "baseline", "Story 2": "new"}
            blog.login = ("ann", "another")
            assert "does not accept this user and application password (401)" in poll(app)


def test_a_password_that_is_not_set_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("WORDPRESS_PASSWORD", raising=False)
    options = "user: ann, password: '${WORDPRESS_PASSWORD}'"
    with project(tmp_path, f"{{wordpress: 'https://harbor.example', {options}}}") as app:
        assert "${WORDPRESS_PASSWORD} is not set" in poll(app)

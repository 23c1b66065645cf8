"""Which reader a source of schedules.yaml gets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from publisher.errors import SourceError
from publisher.model.project import Source
from publisher.sources.base import open_source
from publisher.sources.fetch import Fetcher
from tests.unit.sources.conftest import Site
from tests.unit.sources.samples import rss

FEED = rss("<title>Bridge opens</title>")


def test_a_feed_is_read_from_the_web_or_from_the_projects_directory(
    site: Site, fetcher: Fetcher, tmp_path: Path
) -> None:
    (tmp_path / "feed.xml").write_bytes(FEED)
    for location in (site.put("/feed", FEED), "feed.xml", str(tmp_path / "feed.xml")):
        source = Source("site", "feed", location)
        assert open_source(source, location, fetcher, tmp_path).read().articles[0].title == "Bridge opens"


def test_a_folder_is_read_from_the_projects_directory(fetcher: Fetcher, tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "a.md").write_text("# A\n\nText.")
    (tmp_path / "desk" / "b.md").write_text("# B\n\nHalf a te")
    os.utime(tmp_path / "desk" / "a.md", (0, 0))
    reading = open_source(Source("desk", "folder", "desk"), "desk", fetcher, tmp_path).read()
    assert [article.title for article in reading.articles] == ["A"]
    assert reading.problems == ("b.md: it is still being written, and left for the next look",)


def test_the_own_network_is_read_only_where_the_source_says_so(site: Site, tmp_path: Path) -> None:
    url = site.put("/feed", FEED)
    careful = Fetcher("t")
    with pytest.raises(SourceError, match="own network") as caught:
        open_source(Source("site", "feed", url), url, careful, tmp_path).read()
    assert str(caught.value).startswith("site: ")
    assert open_source(Source("site", "feed", url), url, careful.allowing_private(), tmp_path).read().articles

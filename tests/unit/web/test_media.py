"""Pictures of a local feed, and nothing else of this machine."""

from __future__ import annotations

import pytest

from publisher.model.article import Article, Image
from publisher.store import sources
from publisher.web import media
from publisher.web.places import digest
from tests.ledger import add_article
from tests.unit.web.ledger import open_project, png


@pytest.fixture
def app(tmp_path):
    return open_project(tmp_path)


def know(app, path) -> str:
    """Put an article with this picture into the ledger; return the name under which it is asked for."""
    url = path if isinstance(path, str) else path.as_uri()
    with app.store.write() as conn:
        source = sources.ensure(conn, "site")["id"]
        add_article(conn, source, Article(url, image=Image(url)))
    return digest(url)


def test_a_picture_below_the_feeds_folder_is_found(app, tmp_path):
    picture = tmp_path / "feed" / "images" / "the quay.PNG"
    picture.parent.mkdir()
    picture.write_bytes(png())
    assert media.find(app, know(app, picture)) == picture


def test_a_picture_that_no_article_has_is_not_found(app, tmp_path):
    picture = tmp_path / "feed" / "other.png"
    picture.write_bytes(png())
    assert media.find(app, digest(picture.as_uri())) is None


@pytest.mark.parametrize("name", ["keys.json", "feed/../schedules.yaml", "feed/page.html", "feed/drawing.svg", "a.png"])
def test_what_is_no_picture_or_lies_elsewhere_is_not_found(app, tmp_path, name):
    path = tmp_path / name
    if not path.exists():
        path.write_bytes(png())
    assert media.find(app, know(app, f"file://{tmp_path}/{name}")) is None


def test_a_link_that_leads_out_of_the_folder_is_not_followed(app, tmp_path):
    (tmp_path / "feed" / "innocent.png").symlink_to("/etc/passwd")
    assert media.find(app, know(app, tmp_path / "feed" / "innocent.png")) is None


@pytest.mark.parametrize("url", ["file:", "file:///", "file://host/x.png", "file:///%00.png"])
def test_an_address_that_leads_nowhere_is_not_found(app, url):
    assert media.find(app, know(app, url)) is None

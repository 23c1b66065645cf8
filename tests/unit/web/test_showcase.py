"""What `try --out` leaves: files for programs, and pages that open from disk."""

from __future__ import annotations

import json
import re
from datetime import datetime

import pytest

from publisher.errors import UsageError
from publisher.model.states import EditionState
from publisher.store import editions, media, project_versions
from publisher.web.folder import Folder
from publisher.web.places import Lying, Served
from publisher.web.showcase import _copy_picture, write_files, write_out
from tests.unit.web.ledger import HOSTILE, NOW, open_project, png


def read(path):
    return json.loads(path.read_text("utf-8"))


@pytest.fixture(scope="module")
def out(site, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    return folder, write_out(site.app, site.edition, folder)


def test_every_file_that_is_named_is_there(out):
    folder, written = out
    names = {str(path.relative_to(folder)) for path in written}
    expected = {"edition.json", "email.html", "email.txt", "email.json", "posts/mastodon.txt", "log.json"}
    assert expected | {"index.html", "style.css"} <= names
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == names


def test_the_edition_names_its_articles_and_why(out):
    edition = read(out[0] / "edition.json")
    [article] = edition["articles"]
    assert article["title"] == HOSTILE
    assert article["url"] == "https://harbor.example/ferry"
    assert datetime.fromisoformat(article["published_at"]) == NOW
    assert article["image"]["alt"] == "The quay"
    assert article["reason"] == "new at the source"
    assert [left["reason"] for left in edition["left_out"]] == ["more than 1 (at_most)"]
    assert (edition["mail"], edition["mail_missing_because"]) == ("email.html", "")


def test_the_mail_is_as_its_first_reader_gets_it(out, site):
    mail = (out[0] / "email.html").read_text("utf-8")
    assert "Good morning Reader1" in mail
    assert f"{site.url}/u/" in mail
    assert site.picture in mail  # what was dispatched stays as it is
    about = read(out[0] / "email.json")
    assert (about["subject"], about["from"]) == ("Morning, Reader1", "Harbor Gazette <news@harbor.example>")
    assert about["headers"]["List-Unsubscribe"].startswith("<http")
    assert "Good morning Reader1" in (out[0] / "email.txt").read_text("utf-8")


def test_posts_are_plain_text(out):
    assert (out[0] / "posts/mastodon.txt").read_text("utf-8") == f"{HOSTILE}\nhttps://harbor.example/ferry\n"


def test_the_log_lists_every_recipient(out):
    rows = read(out[0] / "log.json")
    assert [(row["to"], row["state"], row["attempts"]) for row in rows] == [
        ("reader1@example.org", "sent", 1),
        ("reader2@example.org", "failed", 1),
        ("reader3@example.org", "unknown", 1),
        ("mastodon", "pending", 0),
    ]
    assert {row["edition"] for row in rows} == {1}
    assert {row["channel"] for row in rows} == {"letters", "mastodon"}


def test_the_page_refers_only_to_files_beside_it(out):
    folder, _ = out
    for page in folder.glob("*.html"):
        if page.name == "email.html":
            continue
        text = page.read_text("utf-8")
        assert "<script" not in text
        assert "127.0.0.1" not in text
        assert "file:" not in text.replace("img-src * file:", "")
        for said in re.findall(r'(?:src|href)="([^"#]+)"', text):
            if not said.startswith(("https://", "http://")):
                assert (folder / said).is_file(), said
    pictures = list((folder / "pictures").iterdir())
    assert [picture.read_bytes() for picture in pictures] == [png()]


def test_the_pages_can_be_left_alone(site, tmp_path):
    written = write_files(site.app, site.edition, tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b" / "index.html") in written


def test_writing_again_replaces_what_was_there(site, tmp_path):
    assert write_out(site.app, site.edition, tmp_path) == write_out(site.app, site.edition, tmp_path)


def test_an_edition_that_was_skipped_says_that_there_is_no_mail_and_why(tmp_path):
    app = open_project(tmp_path)
    with app.store.write() as conn:
        version = project_versions.accept(conn, "digest", "text", NOW, "test")
        common = {"language": "en", "due_at": NOW, "now": NOW, "version_id": version, "actor": "test"}
        skipped = editions.add(
            conn, schedule="morning", slot="s", state=EditionState.SKIPPED, reason="nothing new", places=[], **common
        )
    write_out(app, skipped, tmp_path / "out")
    edition = read(tmp_path / "out" / "edition.json")
    assert (edition["mail"], edition["mail_missing_because"], edition["articles"]) == (None, "nothing new", [])
    assert not (tmp_path / "out" / "email.html").exists()
    assert "nothing new" in (tmp_path / "out" / "index.html").read_text("utf-8")
    assert read(tmp_path / "out" / "log.json") == []


def test_an_edition_that_is_not_there_is_said_in_words(site, tmp_path):
    with pytest.raises(UsageError, match="there is no edition 99"):
        write_out(site.app, 99, tmp_path)


def test_a_folder_that_cannot_be_written_is_an_error_of_the_system(site, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        write_out(site.app, site.edition, tmp_path / "file")


def test_a_card_of_ours_is_shown_from_here_before_the_world_can_fetch_it(site, tmp_path):
    with site.app.store.write() as conn:
        card = media.keep(conn, media.Kept("image/png", png()), now=NOW)
    public = "https://letters.harbor.example"
    lying = Lying(lambda url: _copy_picture(site.app, url, Folder(tmp_path)), public)
    for url in (f"{public}/media/{card}.png", f"/media/{card}.png"):
        assert Served(f"{public}/").picture(url) == f"/media/{card}.png"
        assert (tmp_path / lying.picture(url)).read_bytes() == png()
    elsewhere = f"https://harbor.example/media/{card}.png"
    assert Served(public).picture(elsewhere) == lying.picture(elsewhere) == elsewhere
    assert lying.picture(f"{public}/media/{'0' * 64}.png") == ""

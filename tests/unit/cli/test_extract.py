"""`publisher extract` shows what a page would give."""

from __future__ import annotations

import json

import pytest
import typer

from publisher.cli.extract import extract
from publisher.errors import UsageError
from publisher.sources.folder import read_file
from tests.site import rss, serving

PAGE = """<html><head><title>Bridge opens | Harbor Gazette</title><meta name="author" content="Ann Lee">
<meta property="article:published_time" content="2026-11-23T06:00Z"><meta property="article:section" content="News">
<meta property="og:image" content="/b.jpg"></head><body><article><h1>Bridge opens</h1>
<figure><img src="/b.jpg" width="900"><figcaption>The bridge</figcaption></figure>{}</article></body></html>"""
PROSE = "<p>The bridge opened on Monday, and everybody who had waited for it crossed it in the rain.</p>" * 6


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "bridge.html"
    path.write_text(PAGE.format(PROSE), encoding="utf-8")
    return str(path)


def test_each_page_is_one_line_of_json(saved, capsys):
    extract([saved], url="https://harbor.example/bridge?utm_source=x", as_json=True)
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert found["page"] == saved
    assert (found["title"], found["authors"], found["categories"]) == ("Bridge opens", ["Ann Lee"], ["News"])
    assert found["published_at"] == "2026-11-23T06:00:00+00:00"
    assert found["image"]["url"] == "https://harbor.example/b.jpg"
    assert found["image"]["caption"] == "The bridge"
    assert (found["language"], found["reading_minutes"]) == ("en", 1)
    assert found["text"].startswith("The bridge opened")
    assert found["html"].startswith("<figure>")


def test_a_page_that_gives_nothing_is_named_and_the_others_are_shown(saved, tmp_path, capsys):
    empty = tmp_path / "empty.html"
    empty.write_text("<html></html>")
    with pytest.raises(typer.Exit):
        extract([str(empty), saved, str(tmp_path / "none.html")], as_json=True)
    shown = capsys.readouterr()
    assert [json.loads(line).get("title") for line in shown.out.splitlines()] == [None, "Bridge opens", None]
    assert "there is no article on this page" in shown.err
    assert "there is no file" in json.loads(shown.out.splitlines()[2])["error"]


def test_people_see_facts_and_text(saved, capsys):
    extract([saved])
    shown = capsys.readouterr().out
    assert shown.startswith("Bridge opens\n")
    assert "by: Ann Lee" in shown


def test_what_is_relative_is_said_where_no_address_is_given(tmp_path, saved, capsys):
    extract([saved])
    assert capsys.readouterr().err == (
        f"{saved}: 1 picture with a relative address left out. Give --url, where the page stood.\n"
    )
    more = tmp_path / "more.html"
    more.write_text(PAGE.format(PROSE + '<p>It says <a href="/a">this</a> and <a href="b">that</a>.</p>'))
    (tmp_path / "b.jpg").write_bytes(b"x")
    extract([str(more)])
    assert "2 links and 1 picture with a relative" in capsys.readouterr().err
    extract([str(more)], url="https://harbor.example/bridge")
    assert capsys.readouterr().err == ""


def test_what_is_no_text_is_refused(tmp_path, capsys):
    picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 20
    (tmp_path / "b.png").write_bytes(picture)
    (tmp_path / "a.html").write_bytes(b"%PDF-1.7\n" + b"words " * 2_000)
    with serving() as site:
        plain = site.put("/words", "words " * 200, "image/png")
        for place in (str(tmp_path / "b.png"), str(tmp_path / "a.html"), site.put("/b", picture, "text/html"), plain):
            with pytest.raises(typer.Exit):
                extract([place], allow_private=True)
            shown = capsys.readouterr()
            assert (shown.out, shown.err.count("\n")) == ("", 1)
            assert f"{place}: this is a picture or another file, not a page" in shown.err


@pytest.mark.parametrize("name", ["bridge.txt", "bridge.md"])
def test_a_text_is_read_as_a_folder_reads_it(tmp_path, capsys, name):
    (tmp_path / name).write_text("# The bridge opens\n\nBy Ann Lee\n\nEverybody crossed it, <in> the rain.\n")
    extract([str(tmp_path / name)], as_json=True)
    found = json.loads(capsys.readouterr().out)
    article = read_file(tmp_path / name, name)
    assert (found["title"], found["text"], found["authors"]) == (article.title, article.text, list(article.authors))


def test_an_address_of_the_own_network_is_refused_unless_it_is_allowed(capsys):
    address = "http://127.0.0.1:9/x"
    with pytest.raises(typer.Exit):
        extract([address])
    refused = capsys.readouterr().err
    assert refused.startswith(f"{address} is inside this machine's own network")
    assert refused.count(address) == 1
    assert refused.endswith("If that is meant, give --allow-private.\n")
    with pytest.raises(typer.Exit):
        extract([address], allow_private=True)
    assert capsys.readouterr().err.startswith(f"{address} can't be reached")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (rss("One", "Two"), "this is a feed, not an article. Give the address of one article; to see what the feed"),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": []}', "this is a feed, not an article"),
        ('[{"title": "One", "text": "It opened."}]', "this is JSON, not a page. Give the address"),
        ("<urlset><url><loc>https://harbor.example/1</loc></url></urlset>", "this is a sitemap, not an article"),
    ],
)
def test_what_lists_articles_is_no_article(tmp_path, capsys, document, said):
    saved = tmp_path / "list.xml"
    saved.write_text(document)
    with serving() as site:
        for place in (str(saved), site.put("/list", document)):
            with pytest.raises(typer.Exit):
                extract([place], allow_private=True)
            shown = capsys.readouterr()
            assert shown.out == ""
            assert shown.err.startswith(f"{place}: {said}")


def test_one_address_cannot_be_that_of_two_pages(saved):
    with pytest.raises(UsageError):
        extract([saved, saved], url="https://harbor.example/")

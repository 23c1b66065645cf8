"""`publisher extract` shows what a page would give."""

from __future__ import annotations

import json

import pytest
import typer

from publisher.cli.extract import extract
from publisher.errors import UsageError
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

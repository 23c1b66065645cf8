"""`publisher extract` shows what a page would give."""

from __future__ import annotations

import json

import pytest
import typer

from publisher.cli.extract import extract
from publisher.errors import UsageError

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
    with pytest.raises(typer.Exit):
        extract(["http://127.0.0.1:9/x"])
    assert "own network" in capsys.readouterr().err


def test_one_address_cannot_be_that_of_two_pages(saved):
    with pytest.raises(UsageError):
        extract([saved, saved], url="https://harbor.example/")

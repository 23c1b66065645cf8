"""Folders of Markdown, pages and plain text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from publisher.errors import SourceError
from publisher.model.article import Article, Image, Reading
from publisher.sources.folder import FolderReader

MARKDOWN = """---
title: "Bridge opens: at last"
url: https://harbor.example/bridge
date: 2026-11-23T07:00:00+01:00
authors: [Ann Lee, Bob Day]
categories: News
image: bridge.png
caption: At dawn
credit: Rui
summary: It opened.
language: en
id: b-1
---
The **bridge** opened on [Monday](https://harbor.example/monday).

| Boat | Hour |
|------|------|
| One  | 7    |

<script>alert(1)</script>
"""


def read(folder: Path, **files: str | bytes) -> Reading:
    for name, text in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return FolderReader(folder, name="desk").read()


def one(folder: Path, **files: str | bytes) -> Article:
    (article,) = read(folder, **files).articles
    return article


def test_markdown_with_front_matter_gives_everything(tmp_path: Path) -> None:
    article = one(tmp_path, bridge__md=MARKDOWN, bridge__png=b"png")
    assert (article.title, article.url, article.guid) == (
        "Bridge opens: at last",
        "https://harbor.example/bridge",
        "b-1",
    )
    assert article.published_at is not None
    assert article.published_at.isoformat() == "2026-11-23T06:00:00+00:00"
    assert (article.authors, article.categories) == (("Ann Lee", "Bob Day"), ("News",))
    assert article.image == Image((tmp_path / "bridge.png").as_uri(), "At dawn", "At dawn", "Rui")
    assert (article.summary, article.language) == ("It opened.", "en")
    assert "<strong>bridge</strong>" in article.html
    assert "<table>" in article.html
    assert "script" not in article.html


def test_a_picture_that_is_not_there_is_noted_and_its_words_dropped(tmp_path: Path) -> None:
    article = one(tmp_path, bridge__md=MARKDOWN)
    assert article.image is None
    assert article.notes == (
        "its picture bridge.png was not found",
        "caption “At dawn” and credit “Rui” dropped: there is no picture",
    )


@pytest.mark.parametrize(
    "text", ["# Bridge opens\n\nText.", "Bridge opens\n\nText.", "---\nurl: x\n---\n## Bridge opens\nText."]
)
def test_a_file_without_title_has_its_first_line(tmp_path: Path, text: str) -> None:
    article = one(tmp_path, note__md=text)
    assert (article.title, article.text) == ("Bridge opens", "Text.")


def test_markdown_that_is_one_paragraph_keeps_it(tmp_path: Path) -> None:
    article = one(tmp_path, note__md="The bridge opened.")
    assert (article.title, article.text) == ("The bridge opened.", "The bridge opened.")


def test_the_path_is_the_id_where_there_is_no_other(tmp_path: Path) -> None:
    (tmp_path / "2026").mkdir()
    (tmp_path / "2026" / "note.md").write_text("# A\n\nText.")
    assert one(tmp_path).guid == "2026/note.md"


def test_a_saved_page_as_text_is_an_article(tmp_path: Path) -> None:
    text = (
        "AnalysisFeatures\n\nBridge opens\n\nPhoto: Dawn. Credit: Rui\n\nIt opened.\n\nIt rained.\n\nBack to top button"
    )
    article = one(tmp_path, bridge__txt=text)
    assert (article.title, article.categories) == ("Bridge opens", ("Analysis", "Features"))
    assert article.text == "It opened.\n\nIt rained."
    assert article.notes == ("caption “Dawn” and credit “Rui” dropped: there is no picture",)


def test_a_texts_picture_may_lie_beside_it(tmp_path: Path) -> None:
    article = one(tmp_path, bridge__txt="Bridge opens\n\nPhoto: Dawn. Credit: Rui\n\nIt opened.", bridge__jpg=b"jpg")
    assert article.image == Image((tmp_path / "bridge.jpg").as_uri(), "Dawn", "Dawn", "Rui")


def test_plain_text_may_have_front_matter(tmp_path: Path) -> None:
    article = one(tmp_path, a__txt="---\ntitle: Bridge opens\nauthor: Ann Lee\n---\nBridge opens\n\nIt opened.")
    assert (article.title, article.text, article.authors) == ("Bridge opens", "It opened.", ("Ann Lee",))


def test_a_web_page_is_an_article(tmp_path: Path) -> None:
    page = """<html lang="pt"><head><title>Ponte abre – Gazeta</title><meta property="og:image" content="ponte.png">
    <link rel="canonical" href="https://harbor.example/ponte"></head><body><nav>Menu</nav><h1>Ponte abre</h1>
    <p>A ponte abriu.</p></body></html>"""
    article = one(tmp_path, ponte__html=page, ponte__png=b"png")
    assert (article.title, article.text) == ("Ponte abre", "A ponte abriu.")
    assert (article.url, article.language) == ("https://harbor.example/ponte", "pt")
    assert article.image == Image((tmp_path / "ponte.png").as_uri())


def test_a_bad_file_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    reading = read(
        tmp_path,
        a__md="---\ntitle: Bridge: opens\n---\nText.",
        b__txt=b"\x00\x01\x02",
        c__md="",
        d__md="---\ndraft: true\ntitle: No\n---\nNot yet.",
        e__md="# Good\n\nText.",
    )
    assert [article.title for article in reading.articles] == ["Good"]
    a, b, c = reading.problems
    (d,) = reading.remarks
    assert a.startswith("a.md: line 2 of its front matter can't be read")
    assert b == "b.txt: this is no text. Save it as UTF-8 text."
    assert c.startswith("c.md: it has neither headline nor text")
    assert d.startswith("d.md: it is marked as a draft")


@pytest.mark.skipif(os.geteuid() == 0, reason="does not apply: root may read everything")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\nText.")
    (tmp_path / "a.md").chmod(0)
    assert "permission denied" in read(tmp_path).problems[0]


def test_a_file_that_is_not_utf_8_is_read_all_the_same(tmp_path: Path) -> None:
    assert one(tmp_path, a__txt="Café opens\n\nText.".encode("cp1252")).title == "Café opens"


def test_an_id_that_stands_in_two_files_is_used_for_neither(tmp_path: Path) -> None:
    reading = read(tmp_path, a__md="---\nid: x\n---\n# A\n\nText.", b__md="---\nid: x\n---\n# B\n\nText.")
    assert [article.guid for article in reading.articles] == [None, None]
    assert "stands on 2 different items" in reading.problems[0]


def test_hidden_files_and_links_out_of_the_folder_are_passed_over(tmp_path: Path) -> None:
    inside = tmp_path / "desk"
    inside.mkdir()
    (tmp_path / "secret.md").write_text("# Secret\n\nText.")
    (inside / "link.md").symlink_to(tmp_path / "secret.md")
    assert read(inside, __hidden__md="# H\n\nText.").articles == ()


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    reading = read(tmp_path)
    assert (reading.problems, reading.remarks) == ((), ("the folder holds no .md, .html or .txt file",))


def test_a_folder_says_what_is_gone_only_where_every_file_could_be_read(tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text("# One\n\nIt sails.")
    assert FolderReader(tmp_path).read().scope == "all"
    (tmp_path / "two.md").write_text("---\ntitle: Two\ndraft: true\n---\nWords.")
    assert FolderReader(tmp_path).read().scope == "all"  # it says itself that it is withdrawn
    (tmp_path / "two.md").write_text("---\ntitle: [\n---\nWords.")
    assert FolderReader(tmp_path).read().scope == "some"
    assert FolderReader(tmp_path, quiet=60).read().scope == "some"
    for file in tmp_path.glob("*.md"):
        file.unlink()
    assert FolderReader(tmp_path).read().scope == "some"


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no folder") as caught:
        FolderReader(tmp_path / "nowhere", name="desk").read()
    assert caught.value.where == "desk"


def test_one_file_will_do(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\nText.")
    (tmp_path / "b.md").write_text("# B\n\nText.")
    reading = FolderReader(tmp_path / "b.md").read()
    assert [(article.title, article.guid) for article in reading.articles] == [("B", "b.md")]


@pytest.mark.parametrize(
    "text", ["---\n- a\n- b\n---\nText here.", "---\n&a [*a]\n---\nText here.", "---\nnot closed\n\nText."]
)
def test_odd_front_matter_breaks_nothing(tmp_path: Path, text: str) -> None:
    reading = read(tmp_path, a__md=text)
    assert len(reading.articles) + len(reading.problems) + len(reading.remarks) == 1


def test_values_of_odd_types_are_passed_over(tmp_path: Path) -> None:
    article = one(
        tmp_path, a__md="---\ntitle: 2026\ndate: soon\nauthors: {a: b}\ncategories: [1, [2], null]\nurl: 7\n---\nText."
    )
    assert (article.title, article.published_at, article.categories) == ("2026", None, ("1",))
    assert "its date “soon” can't be read" in " ".join(article.notes)

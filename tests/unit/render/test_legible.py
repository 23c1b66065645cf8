"""What can't be read in a finished mail, whatever its template says of colours."""

from __future__ import annotations

import pytest

from publisher.render.legible import texts

DARK = "@media (prefers-color-scheme: dark) { body { background-color: #000 } .a { color: #eee !important } }"


def read(body: str, sheet: str = "", attributes: str = "") -> list[tuple[str, str, str, str]]:
    page = f"<!DOCTYPE html><html><head><style>{sheet}</style></head><body {attributes}>{body}</body></html>"
    return [(text.words, text.scheme, text.colour, text.paper) for text in texts(page)]


@pytest.mark.parametrize(
    ("body", "colour", "paper"),
    [
        ("<p>Words</p>", "#000000", "#ffffff"),
        ('<p style="color: #ABC">Words</p>', "#aabbcc", "#ffffff"),
        ('<p style="margin:0; color: rgb(1, 2, 3)">Words</p>', "#010203", "#ffffff"),
        ('<table bgcolor="navy"><tr><td style="color:white">Words</td></tr></table>', "#ffffff", "#000080"),
        (
            '<div style="color:#123456;background:#eeeeee"><a style="color:inherit">Words</a></div>',
            "#123456",
            "#eeeeee",
        ),
        ('<div style="background-color:#eeeeee !important"><b>Words</b></div>', "#000000", "#eeeeee"),
        ('<font color="#dddddd">Words</font>', "#dddddd", "#ffffff"),
        ('<div style="background:transparent"><b>Words</b></div>', "#000000", "#ffffff"),
        ('<p style="color:rgba(0, 0, 0, 0.4)">Words</p>', "#999999", "#ffffff"),
        ('<p style="color:#00000066">Words</p>', "#999999", "#ffffff"),
        ('<p style="color:#0006">Words</p>', "#999999", "#ffffff"),
        ('<p style="color:rgb(0 0 0 / 40%)">Words</p>', "#999999", "#ffffff"),
        ('<p style="color:rgb(1 2 3)">Words</p>', "#010203", "#ffffff"),
        ('<p style="color:hsl(120, 100%, 25%)">Words</p>', "#008000", "#ffffff"),
        ('<p style="color:hsl(.5turn 100% 50% / .5)">Words</p>', "#80ffff", "#ffffff"),
        ('<div style="background:rgba(0,0,0,.5)"><b style="color:#fff">Words</b></div>', "#ffffff", "#808080"),
        ('<div style="color:rgba(0,0,0,.5)"><p style="background:#ff0000">Words</p></div>', "#800000", "#ff0000"),
        ('<div style="opacity:.4"><b>Words</b></div>', "#999999", "#ffffff"),
        ('<div style="opacity:50%;background:#000;color:#fff">Words</div>', "#ffffff", "#808080"),
        ('<div style="opacity:.5"><p style="opacity:.5">Words</p></div>', "#c0c0c0", "#ffffff"),
        ('<div style="opacity:nonsense">Words</div>', "#000000", "#ffffff"),
    ],
)
def test_a_text_has_the_colours_that_hold_where_it_stands(body: str, colour: str, paper: str) -> None:
    assert read(body) == [("Words", "light", colour, paper)]


@pytest.mark.parametrize(
    "body",
    [
        '<div style="background:url(x.png) #fff">Words</div>',
        '<div style="background:linear-gradient(red, blue)">Words</div>',
        '<div style="color:rgba(0, 0, 0, 50, 50)">Words</div>',
        '<div style="color:hsl(red 1 2)">Words</div>',
        '<div style="color:#12345">Words</div>',
        '<div style="background:url(x.png)"><p style="background:rgba(0,0,0,.5)">Words</p></div>',
        '<div style="background:url(x.png)"><p style="background:#fff;opacity:.5">Words</p></div>',
        '<div style="opacity:0">Words</div>',
        '<div style="color:transparent">Words</div>',
        '<div style="color:var(--ink)">Words</div>',
        '<div style="display:none">Words</div>',
        "<!-- Words -->",
        "<p> \n </p>",
    ],
)
def test_what_is_not_seen_or_can_not_be_told_is_left_out(body: str) -> None:
    assert read(body) == []


def test_a_sheet_gives_way_to_the_element_but_for_what_is_important() -> None:
    sheet = "p { color: #111 } .b { color: #222 !important } p::before { color: #333 } b:hover { color: #444 }"
    own = '<p>1</p><p style="color:#555">2</p><p class="b" style="color:#555">3</p>'
    own += '<p class="b" style="color:#666 !important">4</p>'
    assert [each[2] for each in read(own, sheet)] == ["#111111", "#555555", "#222222", "#666666"]


def test_the_more_particular_rule_holds_and_of_equals_the_later() -> None:
    assert read('<p class="b">1</p>', ".b { color: #222 } p { color: #111 } .b { color: #333 }")[0][2] == "#333333"


def test_a_mail_with_a_dark_scheme_is_read_in_both() -> None:
    assert read('<p class="a" style="color:#000">1</p>', DARK, 'bgcolor="#fff"') == [
        ("1", "light", "#000000", "#ffffff"),
        ("1", "dark", "#eeeeee", "#000000"),
    ]


def test_a_sheet_says_colours_in_every_way_that_an_element_does() -> None:
    sheet = "#face { color: #000c } i { color: hsl(0deg 0% 0% / 80%); opacity: 0.5 } b { color: rgb(0 0 0 / .8) }"
    own = '<p id="face">1</p><b>2</b><i>3</i>'
    assert [each[2] for each in read(own, sheet)] == ["#333333", "#333333", "#999999"]

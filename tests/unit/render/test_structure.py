"""What a template's own markup would do in mail programs holds the mail, with words for what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.render.engine import default_theme
from publisher.render.renderer import Renderer
from tests.unit.render.samples import brief

OURS = ("stray-in-table", "no-unsubscribe-link", "active-content", "broken-picture", "template-picture")
ROW = "<tr><td>{}</td></tr>"


def said(folder: Path, part: str, source: str) -> list[str]:
    """Return what is found in a mail with this partial, blocking ones with an exclamation mark."""
    (folder / "partials").mkdir(exist_ok=True)
    (folder / "partials" / part).write_text(source)
    renderer = Renderer([folder, default_theme()])
    found = [each for each in renderer.check(renderer.mail(brief()), brief()) if each.check in OURS]
    return [f"{'!' if each.blocks else ''}{each.check}: {each.what}. {each.remedy}" for each in found]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>Hello from the desk</p>", "“Hello from the desk” stands in a table, but in no cell of it"),
        ("Hello from the desk", "“Hello from the desk” stands in a table"),
        ("<tr>Hello<td>x</td></tr>", "“Hello” stands in a table"),
        ("<tr><div></div><td>x</td></tr>", "<div> stands in a table"),
    ],
)
def test_a_part_that_is_no_row_is_named_since_it_would_stand_above_the_mail(tmp_path: Path, source, words) -> None:
    (found,) = said(tmp_path, "note.html", source)
    assert found.startswith(f"!stray-in-table: {words}")
    assert "Make the part a row: <tr><td>…</td></tr>" in found


@pytest.mark.parametrize(
    "link",
    [
        '<a href="{{ unsubscribe_url }}"></a>',
        '<a href="{{ unsubscribe_url }}"> <img src="https://h.example/x.png" width="9" alt=""></a>',
        '<span style="display: none"><a href="{{ unsubscribe_url }}">Leave</a></span>',
        '<a hidden href="{{ unsubscribe_url }}">Leave</a>',
        '<a style="font-size:0" href="{{ unsubscribe_url }}">Leave</a>',
    ],
)
def test_a_link_to_leave_that_nobody_sees_is_none(tmp_path: Path, link: str) -> None:
    found = said(tmp_path, "footer.html", f"<tr><td>{link} {{{{ publication.address }}}}</td></tr>")
    assert found[0].startswith("!no-unsubscribe-link: nobody can unsubscribe: the link in the html has no words")


@pytest.mark.parametrize(
    "link",
    [
        '<a href="{{ unsubscribe_url }}">Leave</a>',
        '<a href="{{ unsubscribe_url }}"><img src="https://h.example/x.png" width="9" height="9" alt="Leave"></a>',
        '<a style="font-size:0.9em" href="{{ unsubscribe_url }}">Leave</a>',
    ],
)
def test_a_link_to_leave_that_is_seen_is_one(tmp_path: Path, link: str) -> None:
    assert said(tmp_path, "footer.html", f"<tr><td>{link} {{{{ publication.address }}}}</td></tr>") == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("<script>alert(1)</script>", ["<script>"]),
        ('<iframe src="https://h.example"></iframe><form><input></form>', ["<iframe>", "<form>", "<input>"]),
        ('<a href="https://h.example" onclick="x()">x</a>', ["onclick="]),
    ],
)
def test_what_runs_or_asks_has_no_place_in_a_mail(tmp_path: Path, source: str, names: list[str]) -> None:
    found = said(tmp_path, "note.html", ROW.format(source))
    assert [each.split(" stands")[0] for each in found] == [f"!active-content: {name}" for name in names]


@pytest.mark.parametrize(
    ("picture", "finds"),
    [
        (
            '<img src="logo.png" width="9" alt="x">',
            ["!broken-picture: the picture 'logo.png' of a template is never"],
        ),
        (
            '<img src="https://h.example/p.png" width="2000" height="9" alt="">',
            ["!broken-picture: the picture 'https://h.example/p.png' of a template is 2000 pixels wide"],
        ),
        (
            '<img src="https://h.example/p.png">',
            [
                "template-picture: the picture 'https://h.example/p.png' of a template has no width",
                "template-picture: ",
            ],
        ),
        ('<img src="https://h.example/p.png" width="600" alt="">', []),
    ],
)
def test_pictures_of_a_template_are_looked_at_too(tmp_path: Path, picture: str, finds: list[str]) -> None:
    found = said(tmp_path, "note.html", ROW.format(picture))
    assert len(found) == len(finds)
    assert all(each.startswith(expected) for each, expected in zip(found, finds, strict=True))

"""A project's templates among themselves: what nobody uses, and which line gives a text its colour."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.model.message import Mail
from publisher.render import Renderer, default_theme
from tests.unit.render.samples import FERRY, brief


def renderer_with(folder: Path, **files: str) -> Renderer:
    """Lay files into a project's templates; a name's `__` stands for `/`, its last `_` for the dot."""
    for name, words in files.items():
        path = folder / ".".join(name.replace("__", "/").rsplit("_", 1))
        path.parent.mkdir(exist_ok=True)
        path.write_text(words)
    return Renderer([folder, default_theme()])


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("partials__foter_html", "partials/footer.html"),
        ("partial__footer_html", "partials/footer.html"),
        ("partials__footer_htm", "partials/footer.html"),
        ("footer_html", "partials/footer.html"),
        ("email__digets_html", "email/digest.html"),
        ("email__weekand_html", "email/weekend.html"),
        ("partials__mine_html", ""),
    ],
)
def test_a_template_that_nobody_uses_is_named_with_the_name_that_was_meant(
    tmp_path: Path, name: str, meant: str
) -> None:
    found = renderer_with(tmp_path, **{name: "x"}).idle({"email/weekend.html"})
    assert found == [(".".join(name.replace("__", "/").rsplit("_", 1)), meant)]


def test_what_the_theme_a_line_or_another_template_names_is_used(tmp_path: Path) -> None:
    files = {
        "partials__footer_html": '{% include ["partials/mine.html", "partials/other.html"] %}',
        "partials__mine_html": '{% from "partials/macros.html" import one %}',
        "partials__macros_html": '{% broken "partials/last.html"',
        "partials__last_html": "",
        "email__weekend_html": "",
        "notes_md": "",
    }
    assert renderer_with(tmp_path, **files).idle({"email/weekend.html"}) == []


def test_nothing_is_said_where_a_name_is_computed(tmp_path: Path) -> None:
    files = {"partials__footer_html": '{% include "partials/" ~ language ~ ".html" %}', "partials__foter_html": ""}
    assert renderer_with(tmp_path, **files).idle(()) == []


def faint(renderer: Renderer) -> list[str]:
    briefing = brief(FERRY)
    mail: Mail = renderer.mail(briefing)
    return [f"{found.what}. {found.remedy}" for found in renderer.check(mail, briefing) if found.check == "contrast"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            '<p style="color:#000A">x</p>\n<p style="color: #999">Faint</p>',
            "templates/partials/note.html:3: #999999 on #ffffff has a contrast of 2.84:1 in the light scheme; "
            "text needs 4.5:1. Write #757575 there, the nearest that passes",
        ),
        (
            '<p style="color:rgba(0,0,0,.4)">Faint</p>',
            "templates/partials/note.html:2: rgba(0,0,0,.4), seen as #999999, on #ffffff",
        ),
        (
            '<p style="color:#000;opacity:.4">Faint</p>',
            "templates/partials/note.html:2: #000 at opacity 0.4, seen as #999999, on #ffffff",
        ),
        (
            '<p style="color:{{ theme.line }}">Faint</p>',
            "templates/partials/note.html:2 (theme.line): #cfcbc1 on #ffffff",
        ),
        (
            '<div style="background-color:#1f1e1c">Faint</div>',
            "templates/partials/note.html:2: #1f1e1c on #1f1e1c",
        ),
        ('{% set grey = "#ccc" %}<p style="color:{{ grey }}">Faint</p>', "email/article.html: “Faint”: #cccccc on"),
    ],
)
def test_a_text_that_is_too_faint_is_named_with_the_line_that_colours_it(tmp_path: Path, line: str, says: str) -> None:
    said = faint(renderer_with(tmp_path, partials__note_html=f"<tr><td>\n{line}</td></tr>"))
    assert says in said[0]


@pytest.mark.parametrize("name", ["email__digest.pt_html", "email__weekend.pt-BR_html", "social__post.pt_txt"])
def test_a_page_for_a_language_that_messages_are_in_is_used(tmp_path: Path, name: str) -> None:
    renderer = renderer_with(tmp_path, **{name: "x"})
    assert renderer.idle({"email/weekend.html"}, {"en", "pt-BR"}) == []
    assert len(renderer.idle({"email/weekend.html"}, {"en"})) == 1


def test_a_part_for_a_language_is_used_only_where_a_page_takes_it_in(tmp_path: Path) -> None:
    renderer = renderer_with(tmp_path, **{"partials__footer.pt_html": "x"})
    assert renderer.idle((), {"pt"}) == [("partials/footer.pt.html", "partials/footer.html")]

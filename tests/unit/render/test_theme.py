"""Themes: what is not chosen is derived so that it can be read, and what is chosen is where readers see it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as markup

from publisher.model.message import Brief, Finding, Mail, fill
from publisher.model.theme import Logo, Palette, Theme
from publisher.render import Renderer, default_theme
from publisher.render.colour import contrast
from publisher.render.theme import palettes, theme_dict, unreadable
from tests.unit.render.samples import FERRY, READER, STORIES, brief

RENDERER = Renderer([default_theme()])
LOGO = Logo("https://harbor.example/logo.png", 240, 48)
COLOURS = st.just("") | st.integers(0, 0xFFFFFF).map("#{:06x}".format)


def html_of(theme: Theme, *articles: Any, **more: Any) -> str:
    return fill(RENDERER.mail(brief(*articles, theme=theme, **more)).html, READER)


def contrasts(mail: Mail, briefing: Brief) -> list[Finding]:
    return [finding for finding in RENDERER.check(mail, briefing) if finding.check == "contrast"]


@settings(deadline=None)
@given(COLOURS, COLOURS)
def test_what_nobody_chose_can_be_read_on_any_paper(light: str, dark: str) -> None:
    theme = Theme(Palette(paper=light), Palette(paper=dark))
    assert unreadable(theme) == []
    for colours in palettes(theme):
        assert contrast(colours["muted"], colours["paper"]) >= 4.5


@settings(deadline=None)
@given(st.builds(Palette, COLOURS, COLOURS, COLOURS, COLOURS))
def test_a_derived_dark_scheme_can_be_read_where_the_light_one_can(palette: Palette) -> None:
    assert {faint.scheme for faint in unreadable(Theme(palette))} <= {"light"}


@settings(deadline=None)
@given(st.builds(Theme, *[st.builds(Palette, COLOURS, COLOURS, COLOURS, COLOURS)] * 2))
def test_the_words_of_a_picture_that_is_not_loaded_can_be_read(theme: Theme) -> None:
    """They stand on its blank, in the colour of the text around it or of a link."""
    for colours in palettes(theme):
        for name in ("text", "accent"):
            on_blank, on_paper = (contrast(colours[name], colours[ground]) for ground in ("blank", "paper"))
            assert on_blank >= min(4.5, on_paper)


def test_text_on_a_dark_paper_is_light_and_not_only_just_readable() -> None:
    light, _ = palettes(Theme(Palette(paper="#202020")))
    _, dark = palettes(Theme(Palette(text="#2a1024"), Palette(paper="#f4f4f4")))
    assert (light["text"], dark["text"]) == ("#eceae4", "#1f1e1c")


def test_a_dark_counterpart_keeps_the_hue_and_a_written_one_is_kept() -> None:
    _, dark = palettes(Theme(Palette(accent="#b3122e", paper="#fff8e7")))
    assert (dark["accent"], dark["paper"]) == ("#e74e57", "#211c12")
    _, dark = palettes(Theme(Palette(accent="#b3122e"), Palette(accent="#ff8a9a")))
    assert dark["accent"] == "#ff8a9a"


def test_colours_fonts_and_width_are_where_readers_see_them() -> None:
    theme = Theme(Palette("#b3122e", "#232221", "#fffdf5", "#f0e0d0"), Palette(accent="#ff8a9a"), width=680)
    html = html_of(Theme(theme.light, theme.dark, None, '"Source Serif", serif', "Verdana, sans-serif", 680), FERRY)
    for part in (
        '<body bgcolor="#f0e0d0"',
        'bgcolor="#fffdf5"',
        "color:#232221",
        "color:#b3122e",
        "double #b3122e",
        "max-width:680px",
        '<table role="presentation" width="680"',
        "Verdana, sans-serif",
        "{ font: 16px/24px Verdana, sans-serif; }",
        "h1, h2, h3, h4, .lead { font-family: Georgia, serif !important; }",
        ".top { border-color: #ff8a9a !important; }",
        'width="640"',
    ):
        assert part in html


def test_every_link_has_a_colour_of_the_theme_in_both_schemes() -> None:
    linked = replace(FERRY, html='<p><a href="https://harbor.example/a">A</a></p>')
    html = html_of(Theme(), linked, updates=(STORIES[1],), note='<p><a href="https://harbor.example/n">N</a></p>')
    links = markup.document_fromstring(html).iter("a")
    for link in links:
        assert re.search(r"color:(#0b4f8a|inherit)", link.get("style", "")), markup.tostring(link)
        is_known_in_the_dark = link.get("class") or {"body", "story note"} & {
            each.get("class") for each in link.iterancestors()
        }
        assert is_known_in_the_dark, markup.tostring(link)


def test_a_logo_stands_for_the_name_with_its_words_and_size() -> None:
    for html in (html_of(Theme(logo=LOGO), FERRY), html_of(Theme(logo=LOGO)), html_of(Theme(logo=LOGO), list_title="")):
        (image,) = [part for part in html.split("<img")[1:] if "logo.png" in part]
        assert 'width="240" height="48" alt="Harbor Gazette"' in image
        assert "background-color:#fff" in image
        assert "color:#1f1e1c" in image  # its words on that ground, on dark screens too
        assert html.count("<h1") == 1


def test_a_logo_for_the_dark_takes_the_others_place_there() -> None:
    html = html_of(Theme(logo=Logo(LOGO.image, 240, 48, "The Gazette", "https://harbor.example/dark.png")))
    assert '<!--[if !mso]><!--><img class="logo night" style="display:none' in html.replace("; ", ";")
    assert ".night { display: block !important; }" in html


def test_a_logo_is_no_wider_than_the_mail() -> None:
    logo = theme_dict(Theme(logo=Logo(LOGO.image, 660, 100), width=480), "Gazette")["logo"]
    assert (logo["width"], logo["height"]) == (440, 67)


@pytest.mark.parametrize(
    ("theme", "what", "remedy"),
    [
        (
            Theme(Palette(accent="#ffcc00")),
            "theme.accent: #ffcc00 on #ffffff has a contrast of 1.51:1 in the light scheme; text needs 4.5:1",
            'Write `accent: "#8f720e"`, the nearest that passes',
        ),
        (
            Theme(dark=Palette(text="#777777", places={"text": "schedules.yaml:12:18"})),
            "schedules.yaml:12:18: theme.dark.text: #777777 on #1d1d1b has a contrast of 3.77:1 in the dark scheme; "
            "text needs 4.5:1",
            'Write `text: "#848484"`, the nearest that passes',
        ),
    ],
)
def test_what_can_hardly_be_read_holds_the_mail_and_names_the_nearest_that_can(
    theme: Theme, what: str, remedy: str
) -> None:
    briefing = brief(theme=theme)
    (finding,) = contrasts(RENDERER.mail(briefing), briefing)
    assert (finding.blocks, finding.what, finding.remedy) == (True, what, remedy)


def test_templates_of_an_editor_see_the_theme_as_plain_data(tmp_path: Path) -> None:
    (tmp_path / "social").mkdir()
    (tmp_path / "email").mkdir()
    (tmp_path / "email" / "digest.txt").write_text(
        "{{ theme.accent }} {{ theme.dark.accent }} {{ theme.fonts.text }} {{ theme.width }} {{ theme.logo.alt }}"
    )
    mail = Renderer([tmp_path, default_theme()]).mail(brief(theme=Theme(Palette("#b3122e"), logo=LOGO)))
    text = fill(mail.text, READER)
    assert text.startswith("#b3122e #e74e57 -apple-system")
    assert text.strip().endswith("600 Harbor Gazette")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'class="brand"',
            'class="brand" style="color:#999"',
            "#999999 on #ffffff has a contrast of 2.84:1 in the light scheme; text needs 4.5:1",
        ),
        (
            'class="brand"',
            'class="brand" style="background-color:#ddd"',
            "#eceae4 on #dddddd has a contrast of 1.12:1 in the dark scheme; text needs 4.5:1",
        ),
    ],
)
def test_a_templates_own_colours_are_held_to_the_same(tmp_path, old: str, new: str, said: str) -> None:
    part = tmp_path / "partials" / "header.html"
    part.parent.mkdir()
    part.write_text((default_theme() / "partials" / "header.html").read_text().replace(old, new))
    renderer = Renderer([tmp_path, default_theme()])
    found = [each for each in renderer.check(renderer.mail(brief()), brief()) if each.check == "contrast"]
    assert f"templates/partials/header.html:4: {said}" in [each.what for each in found]
    assert all(each.blocks for each in found)
    assert all(("screens.css" in each.remedy) is ("dark scheme" in each.what) for each in found)

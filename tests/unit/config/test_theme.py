"""``theme:``: what is read, and what to write instead of what can't be."""

import pytest

from publisher.config.schedules import parse_project
from publisher.model.theme import Logo, Palette, Theme
from tests.unit.config.project_text import BASE, problems_of, with_line

WHOLE = """\
  timezone: Europe/Lisbon
  theme:
    accent: "#B3122E"
    paper: "#fff"
    dark: {accent: "#ff8a9a"}
    logo: {image: https://harbor.example/logo.png, width: 240, height: 48, alt: The Gazette}
    fonts: {heading: "Source Serif, 'Georgia' ,serif", text: "Verdana, sans-serif"}
    width: 640
"""


def themed(line: str) -> str:
    return with_line("  timezone: Europe/Lisbon\n", f"  timezone: Europe/Lisbon\n  theme:\n    {line}\n")


def test_a_theme_is_read():
    theme = parse_project(with_line("  timezone: Europe/Lisbon\n", WHOLE)).publication.theme
    assert theme == Theme(
        Palette(accent="#b3122e", paper="#ffffff"),
        Palette(accent="#ff8a9a"),
        Logo("https://harbor.example/logo.png", 240, 48, "The Gazette"),
        '"Source Serif", Georgia, serif',
        "Verdana, sans-serif",
        640,
    )
    assert theme.light.places == {"accent": "schedules.yaml:7:13", "paper": "schedules.yaml:8:12"}
    assert theme.dark.places == {"accent": "schedules.yaml:9:20"}
    assert parse_project(BASE).publication.theme == Theme()


def test_a_send_may_look_otherwise():
    project = parse_project(with_line("to: daily}", 'to: daily, theme: {accent: "#064"}}'))
    theme = project.schedules["morning"].send[0].theme
    assert theme == Theme(Palette(accent="#006644"))
    assert list(theme.light.places) == ["accent"]
    assert project.notes == ()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('accent: "b3122e"', '7:13: `accent: b3122e` is not a colour. Write `"#b3122e"`'),
        ("accent: red", '7:13: `accent: red` is not a colour. Write one such as `"#0b4f8a"`, in quotes'),
        ("accent: #b3122e", "7:5: `accent:` has no value. A text that begins with `#` needs quotes"),
        ('accent: "#fff;}"', '7:13: `accent: #fff;}` is not a colour. Write one such as `"#0b4f8a"`, in quotes'),
        ('acent: "#fff"', "7:5: `acent:` is not a key here. Did you mean `accent:`?"),
        ("width: 900", "7:12: `width: 900` is too large. Write 700 or less"),
        ("width: 320", "7:12: `width: 320` is too small. Write 480 or more"),
        (
            "fonts: {text: Georgia}",
            "7:19: `text: Georgia` does not end with what every reader has. Write `Georgia, sans-serif`, or `serif`",
        ),
        (
            'fonts: {text: "Lora;} x, serif"}',
            "7:19: `text: Lora;} x, serif` holds 'Lora;} x', which is no font. "
            "Write names with commas: `Lora, Georgia, serif`",
        ),
        (
            "fonts: {text: 'inherit, serif'}",
            "7:19: `text: inherit, serif` holds 'inherit', which is no font. "
            "Write names with commas: `Lora, Georgia, serif`",
        ),
        (
            "logo: {image: https://harbor.example/our logo.png, width: 240, height: 48}",
            "7:19: `image: https://harbor.example/our logo.png` is not a web address. "
            "Write `%20` in the place of the space",
        ),
        (
            "logo: {image: 'https://harbor.example/{l}.png', width: 240, height: 48}",
            "7:19: `image: https://harbor.example/{l}.png` holds a sign that a mail can't keep. "
            "Write it as a browser's address bar does: `%7B` for `{`",
        ),
        (
            "logo: {image: https://ada:pw@harbor.example/l.png, width: 240, height: 48}",
            "7:19: `image: https://…@harbor.example/l.png` tells every reader a name and password. "
            "Put the picture where everybody may fetch it",
        ),
        (
            "logo: {width: 240, height: 48}",
            "7:5: `logo:` has no `image:`. Add `image: https://harbor.example/logo.png`",
        ),
        (
            "logo: {image: http://harbor.example/l.png, width: 240, height: 48}",
            "7:19: `image:` is not an https address, and many mail programs load no other. "
            "Put it where https reaches it; http will do in practice only",
        ),
        (
            "logo: {image: /l.png, width: 240, height: 48}",
            "7:19: `image: /l.png` is not a web address. Write it whole, with `https://`",
        ),
        (
            "logo: {image: https://harbor.example/l.png, width: 24em, height: 48}",
            "7:56: `width: 24em` is not a whole number. Write digits alone",
        ),
    ],
)
def test_what_is_wrong_is_said_with_what_to_write(line, problem):
    assert problems_of(themed(line)) == (problem,)


def test_a_logo_over_http_will_do_in_practice_and_not_for_readers():
    logo = "logo: {image: https://h.example/l.png, dark: http://h.example/d.png, width: 240, height: 48}"
    (problem,) = problems_of(themed(logo))
    assert "`dark:` is not an https address" in problem
    assert problems_of("practice: true\n" + themed(logo)) == ()
    (problem,) = problems_of("practice: false\n" + themed(logo))
    assert "http will do in practice only" in problem


def test_a_theme_at_the_top_of_the_file_is_told_where_it_belongs():
    (problem,) = problems_of('theme: {accent: "#036"}\n' + BASE)
    assert problem == "1:1: `theme:` is not a key here. It belongs under `publication:` or `send:`"

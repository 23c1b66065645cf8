"""What is typed, as the console says it: no command that a button does is left in a sentence."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from publisher.web.pressing import LINK, begun, dated, pressed

ROOMS = Path(__file__).parents[3] / "publisher"
LISBON = ZoneInfo("Europe/Lisbon")
# What only a terminal does: files of the machine, processes, and what is looked at with a provider.
AT_THE_TERMINAL = (
    "run|check|init|doctor|verify|scheduler|media|try|subscribers import|status|connect CHANNEL|articles --why"
)
LEFT = re.compile(
    rf"\bpublisher (?!{AT_THE_TERMINAL})[a-z]+ (?:[\dA-Z-]|list)|--(?:add|title|summary|name|to|via|for|clear)\b"
)


def sentences() -> list[tuple[str, str]]:
    """Return the sentences of the verbs that name a command or an option, with a number in each place."""
    paths = [*sorted(ROOMS.joinpath("app").rglob("*.py")), *sorted(ROOMS.joinpath("pipeline").rglob("*.py"))]
    return [(path.name, text) for path in paths for text in texts(ast.parse(path.read_text("utf-8")))]


def texts(tree: ast.Module) -> Iterator[str]:
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    parts |= {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and is_docstring(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(each.value if isinstance(each, ast.Constant) else "12" for each in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value


def is_docstring(node) -> bool:
    return bool(node.body) and isinstance(node.body[0], ast.Expr)


def test_the_console_says_what_to_press_in_every_sentence_that_names_a_command():
    found = sentences()
    assert len([text for _, text in found if LEFT.search(text)]) > 40
    assert [(name, text) for name, text in found if LEFT.search(pressed(text))] == []


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("there is no edition 5. See them: publisher editions.", "there is no edition 5. See them: Editions."),
        ("it isn't in it. To take it in: --add 13.", "it isn't in it. To take it in: “Take it in” with the number 13."),
        (
            "Let it go with `publisher release 12`, or `publisher cancel 12`",
            "Let it go with “Release” on the page of edition 12, or “Cancel…” on the page of edition 12",
        ),
        (
            "mend it, then: publisher release --channel letters; or: publisher cancel 3",
            "mend it, then: “It is mended: let it go on” on the page of channel letters; "
            "or: “Cancel…” on the page of edition 3",
        ),
        ("take `practice: true` out of schedules.yaml", "take `practice: true` out of schedules.yaml"),
        ("Nobody runs the schedules: publisher run.", "Nobody runs the schedules: publisher run."),
    ],
)
def test_a_command_becomes_a_button_and_its_page(typed, shown):
    assert pressed(typed) == shown


def test_buttons_are_named_as_the_page_of_a_language_has_them():
    said = "mend it, then: publisher release --channel letters; or: publisher cancel 3"
    assert pressed(said, "de") == (
        "mend it, then: „Behoben: fortsetzen“ auf der Seite des Kanals letters; "
        "or: „Absagen …“ auf der Seite der Ausgabe 3"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "edition 1 (morning 2026-11-24T07:00): cancelled",
            "edition 1 (morning Tue 24 Nov 2026, 07:00 WET): cancelled",
        ),
        ("since 2026-11-24T07:00:05Z", "since Tue 24 Nov 2026, 07:00:05 WET"),
        ("at 2026-11-24 07:00 WET.", "at Tue 24 Nov 2026, 07:00 WET."),
        ("dated 2026-11-24 23:30 UTC: waits until then", "dated Tue 24 Nov 2026, 23:30 WET: waits until then"),
        ("from 2026-11-24 on", "from 2026-11-24 on"),
        ("it is morning@2026-11-24T07:00", "it is morning@2026-11-24T07:00"),
        ("number 2026-99-99T07:00", "number 2026-99-99T07:00"),
        ("until 9999-12-31T23:59-05:00", "until 9999-12-31T23:59-05:00"),
    ],
)
def test_times_in_sentences_are_shown_as_pages_show_them(text, shown):
    assert dated(text, LISBON) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nothing was held", "Nothing was held"),
        ("edition 1 (morning): cancelled", "Edition 1 (morning): cancelled"),
        ("schedules.yaml: it was changed", "schedules.yaml: it was changed"),
        ("morning: it is paused", "morning: it is paused"),
    ],
)
def test_sentences_begin_with_a_capital_letter_and_names_stay(text, shown):
    assert begun(text) == shown


@pytest.mark.timeout(20)
def test_no_word_of_others_makes_it_think_for_long():
    for head in ("articles discard ", "articles release ", "log --edition ", "subscribers show ", "staff link "):
        pressed(f"`publisher {head}{'1' * 20_000}x")
        pressed(f"`publisher {head}{'1 ' * 10_000}x")


def test_each_article_that_is_named_is_a_link_and_a_strangers_words_are_none():
    linked = pressed("publisher articles discard 10 9", linked=True)
    assert re.findall(LINK, linked) == [("/articles/10", "10"), ("/articles/9", "9")]
    assert not re.findall(LINK, pressed("\ue000javascript:x\ue001here\ue002", linked=True))
    assert pressed("publisher articles discard 10 9").endswith("on the page of article 10, 9")

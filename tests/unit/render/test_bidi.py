"""The order in which letters of both directions are seen; Chromium is the judge of it."""

from __future__ import annotations

import random

import pytest

from publisher.render.bidi import levels_of, without_embeddings
from publisher.render.conventions import Direction
from publisher.render.glyphs import runs_of

SIGNS = 'אבגסabc12٤+-.,:%$₪()[] "/&°'
ORDER = """lines => lines.map(([text, direction]) => {
    const line = document.createElement("div");
    line.style.cssText = `font: 40px sans-serif; white-space: pre; direction: ${direction}`;
    line.textContent = text;
    document.body.append(line);
    const middles = [...text].map((_, at) => {
        const range = document.createRange();
        range.setStart(line.firstChild, at);
        range.setEnd(line.firstChild, at + 1);
        const box = range.getBoundingClientRect();
        return [box.left + box.right, at];
    });
    line.remove();
    return middles.sort((one, other) => one[0] - other[0]).map(([_, at]) => text[at]).join("");
})"""


def seen(text: str, direction: Direction) -> str:
    """Return a line's signs from left to right."""
    return "".join(run.text[::-1] if run.direction == "rtl" else run.text for run in runs_of(text, direction))


@pytest.mark.parametrize(
    ("text", "as_seen"),
    [
        ("תוצאה 3-1", "3-1 האצות"),
        ("نتيجة 3-1", "1-3 ةجيتن"),  # between Arabic letters a range runs from the right
        ("שעה 17:30-18:45", "17:30-18:45 העש"),
        ("טל' 03-1234567", "03-1234567 'לט"),
        ("מחיר 5$", "5$ ריחמ"),
        ("ارتفع 45%", "%45 عفترا"),
        ("אב Hello (world) גד", "דג Hello (world) בא"),
    ],
)
def test_scores_times_prices_and_names_read_as_everywhere(text: str, as_seen: str) -> None:
    assert seen(text, "rtl") == as_seen


def test_a_line_without_letters_runs_as_its_language_does() -> None:
    assert levels_of("", "rtl") == []
    assert levels_of(" !", "rtl") == [1, 1]
    assert levels_of("12 !", "ltr") == [0, 0, 0, 0]


def test_a_text_is_not_turned_round_by_signs_that_nobody_sees() -> None:
    assert without_embeddings("\u202egnp.exe\u202c \u2066x\u2069") == "gnp.exe x"


@pytest.mark.browser
def test_any_line_is_ordered_as_chromium_orders_it(chromium) -> None:
    dice = random.Random(9)
    lines = ["".join(dice.choices(SIGNS, k=dice.randint(1, 14))).strip() or "א" for _ in range(150)]
    asked = [(line, direction) for line in lines for direction in ("ltr", "rtl")]
    page = chromium.new_page()
    for (line, direction), expected in zip(asked, page.evaluate(ORDER, asked), strict=True):
        assert seen(line, direction) == expected, (line, direction)
    page.close()

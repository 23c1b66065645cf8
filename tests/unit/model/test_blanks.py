"""No-break blanks stay where typography wants them, and change no article."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.blanks import alike, typeset


@pytest.mark.parametrize(
    "kept",
    [
        "Pourquoi\u00a0?", "Vite\u202f!", "« Oui\u00a0; non\u202f» dit-il", "«\u00a0Oui\u00a0»", "12\u00a0%",
        "5\u00a0$", "Prix\u00a0: 1\u202f000\u00a0€",
    ],
)  # fmt: skip
def test_a_blank_that_holds_a_line_together_stays(kept: str) -> None:
    assert typeset(f" {kept}\n") == kept


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("the\u00a0bridge", "the bridge"),
        ("word \u00a0?", "word ?"),
        ("12\u00a0km", "12 km"),
        ("\u00a0? so\u00a0", "? so"),
        ("«\u00a0", "«"),
    ],
)
def test_any_other_is_a_plain_one(text: str, line: str) -> None:
    assert typeset(text) == line


@given(st.text("a1?«» \u00a0\u202f\n€"))
def test_both_spellings_are_alike(text: str) -> None:
    assert alike(typeset(text)) == " ".join(text.split())
    assert typeset(typeset(text)) == typeset(text)

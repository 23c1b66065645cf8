from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.render.words import clean, cut, excerpt, fold, shorten, units_of, wrap


@given(st.text())
def test_units_joined_again_are_the_text(text: str) -> None:
    assert "".join(units_of(fold(text))) == fold(text)


@pytest.mark.parametrize("text", ["http://", "see https:// now", "http://https://", "東http://京"])
def test_half_an_address_loses_no_letter(text: str) -> None:
    assert "".join(units_of(text)) == text


def test_what_no_mail_can_carry_is_taken_out() -> None:
    assert clean("a\x00b\x02c\ud800d\ufffee\tf") == "abcde\tf"
    assert fold(" a\r\n b\u2028c ") == "a b c"


def test_a_text_is_shortened_at_the_end_of_a_word() -> None:
    assert shorten("One two three", 13) == "One two three"
    assert shorten("One two three", 12) == "One two…"
    assert shorten("Donaudampfschiff fährt", 5) == "Donaudampfschiff…"
    assert shorten("", 5) == ""


def test_a_text_of_one_word_that_is_too_long_stays_whole() -> None:
    address = "https://harbor.example/" + "long-" * 40
    assert shorten(address, 140) == address


def test_nothing_kept_is_nothing_without_an_ellipsis() -> None:
    assert cut(["one ", "two"], 0) == ""


def test_lines_are_wrapped_but_urls_are_not() -> None:
    url = "https://harbor.example/" + "long-" * 30
    assert wrap(f"Read it at {url} today") == f"Read it at\n{url}\ntoday"


def test_an_excerpt_is_whole_sentences_and_else_ends_at_a_word() -> None:
    assert excerpt("The bridge opened. Everybody crossed it in the rain.", 30) == "The bridge opened."
    assert excerpt("The bridge opened and everybody crossed it", 20) == "The bridge opened…"

"""Texts are cut at sentences, and their reading time is known."""

from __future__ import annotations

import pytest

from publisher.model.sentences import reading_minutes, whole_sentences


def test_as_many_sentences_are_kept_as_fit():
    line = "Dr. Lee came at 10. She saw it! “Really?” asked Jo. And then much more happened."
    assert whole_sentences(line, 55) == "Dr. Lee came at 10. She saw it! “Really?” asked Jo."
    assert whole_sentences(line, 500) == line


def test_nothing_is_kept_where_no_sentence_ends_in_time():
    assert whole_sentences("word " * 40, 50) == ""


@pytest.mark.parametrize(
    ("text", "minutes"), [("", 0), ("word", 1), ("word " * 230, 1), ("word " * 231, 2), ("橋" * 1_000, 2)]
)
def test_reading_takes_whole_minutes(text, minutes):
    assert reading_minutes(text) == minutes

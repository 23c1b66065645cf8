"""The words of the pages for readers: whole in every language, with values that can't turn them round."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from publisher.web.wording import catalogue, words_of

ZONE = "Europe/Lisbon"
OURS = ("de", "fr", "es", "it", "pt", "nl", "ar", "he")


def places(text: object) -> int:
    return sum(each.count("{}") for each in text.values()) if isinstance(text, dict) else str(text).count("{}")


@pytest.mark.parametrize("language", OURS)
def test_a_language_has_every_word_with_as_many_places_as_english(language):
    english, words = catalogue()["en"], catalogue()[language]
    assert list(words) == list(english)
    for name, text in english.items():
        each_form = len(words[name]) if isinstance(text, dict) else places(text)
        assert places(words[name]) == each_form, name
        assert words[name] != text or name in ("lists", "pause", "past_feed"), name


@pytest.mark.parametrize(
    ("asked", "language", "direction"),
    [
        ("ar", "ar", "rtl"),
        ("ar-EG", "ar-EG", "rtl"),
        ("pt-BR", "pt-BR", "ltr"),
        ("fi", "en", "ltr"),
        ("he", "he", "rtl"),
    ],
)
def test_a_page_says_in_which_language_and_direction_it_is(asked, language, direction):
    words = words_of(asked, ZONE)
    assert (words.language, words.direction) == (language, direction)


def test_what_runs_the_other_way_stands_apart():
    assert words_of("ar", ZONE)("leave", "Morning") == "إلغاء «\u2068Morning\u2069»"
    assert words_of("en", ZONE)("leave", "Morning") == "Leave “Morning”"
    assert words_of("en", ZONE)("leave", "gnp\u202eexe") == "Leave “gnpexe”"


def test_a_value_is_put_in_as_it_is():
    assert words_of("en", ZONE)("move_ask", "{}", "b") == "From now on our mails will go to {} and no longer to b."
    with pytest.raises(ValueError):
        words_of("en", ZONE)("leave")


def test_numbers_and_days_are_written_as_the_language_does():
    assert words_of("en", ZONE).plural("pause_weeks", 1) == "Nothing for 1 week"
    assert words_of("de", ZONE).plural("pause_weeks", 4) == "4 Wochen lang nichts"
    assert words_of("de", ZONE).day(datetime(2026, 12, 1, tzinfo=UTC)) == "1. Dezember 2026"

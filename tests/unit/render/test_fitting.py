from __future__ import annotations

import pytest

from publisher.model.message import PostRules
from publisher.model.post_size import length
from publisher.render.fitting import drops, fit, hashtags, shrinks

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


def rules(limit: int) -> PostRules:
    return PostRules("mastodon", limit, url_length=23)


def post(title: str, summary: str, tags: str = "", url: str = "https://a.example/1") -> str:
    return f"{shrinks(title, 3)}\n\n{shrinks(summary, 1, 3)}\n\n{url}\n\n{drops(tags, 2)}\n"


def test_what_fits_is_left_as_it_is() -> None:
    assert fit(post("Title", "Summary.", "#A #B"), rules(500)) == "Title\n\nSummary.\n\nhttps://a.example/1\n\n#A #B"


def test_the_summary_gives_way_first_then_the_tags_then_the_headline() -> None:
    whole = post("One two three four", "Alpha beta gamma delta epsilon", "#A #B")
    assert fit(whole, rules(75)) == "One two three four\n\nAlpha beta gamma delta…\n\nhttps://a.example/1\n\n#A #B"
    assert fit(whole, rules(60)) == "One two three four\n\nhttps://a.example/1\n\n#A #B"
    assert fit(whole, rules(47)) == "One two three four\n\nhttps://a.example/1\n\n#A"
    assert fit(whole, rules(40)) == "One two three…\n\nhttps://a.example/1"


def test_too_few_words_of_a_summary_are_none() -> None:
    assert fit(post("Title", "Alpha beta gamma delta"), rules(42)) == "Title\n\nhttps://a.example/1"


def test_an_emoji_a_url_and_a_word_are_never_cut() -> None:
    text = f"See https://b.example/long-long-path {FAMILY}{FAMILY} Donaudampfschifffahrt"
    for limit in range(4, 70):
        fitted = fit(shrinks(text), rules(limit))
        for word in fitted.rstrip("…").split():
            assert word in text.split()


def test_a_headline_in_ideographs_is_cut_between_them() -> None:
    assert fit(shrinks("東京で新しい図書館が開館"), rules(6)) == "東京で新し…"


def test_an_ellipsis_follows_the_word_and_not_its_comma() -> None:
    assert fit(shrinks("One, two, three"), rules(9)) == "One, two…"


def test_what_cannot_be_made_to_fit_stays_too_long() -> None:
    assert length(fit("Fixed words of the template", rules(10)), rules(10)) > 10


def test_a_headline_of_one_endless_word_is_dropped_and_never_cut() -> None:
    assert fit(f"{shrinks('x' * 90)}\n\nhttps://a.example/1", rules(50)) == "https://a.example/1"


@pytest.mark.parametrize(
    ("categories", "tags"),
    [
        (["City council", "Sport"], ["#CityCouncil", "#Sport"]),
        (["COVID-19"], ["#COVID19"]),
        (["Süd & Ost"], ["#SüdOst"]),
        (["2026", "Uncategorized", "!"], []),
        (["sport", "Sport", "SPORT"], ["#Sport"]),
        (["a", "b", "c", "d"], ["#A", "#B", "#C"]),
        (["東京"], ["#東京"]),
        (["Angie’s List"], ["#AngiesList"]),
        (["#\u2060news"], ["#News"]),
    ],
)
def test_hashtags_come_from_categories(categories: list[str], tags: list[str]) -> None:
    assert hashtags(categories) == tags

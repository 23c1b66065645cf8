"""In which language's edition something belongs."""

import pytest

from publisher.model.languages import Languages


@pytest.mark.parametrize(
    ("stated", "every", "expected"),
    [
        ("pt", ("en", "pt"), "pt"),
        ("pt-BR", ("en", "pt"), "pt"),
        ("PT-br", ("en", "pt-BR"), "pt-BR"),
        ("pt-BR", ("en", "pt", "pt-BR"), "pt-BR"),
        ("zh-Hant-TW", ("zh-Hans", "zh-Hant"), "zh-Hant"),
        ("pt", ("en", "pt-PT", "pt-BR"), "pt-PT"),
        ("pt-AO", ("en", "pt-PT"), ""),
        ("de", ("en", "pt"), ""),
        ("pts", ("en", "pt"), ""),
        (None, ("en", "pt"), "en"),
        ("", ("en", "pt"), "en"),
    ],
)
def test_something_belongs_in_the_nearest_language_that_has_an_edition(stated, every, expected):
    assert Languages(every, own="en").of(stated) == expected


def test_an_edition_has_what_belongs_in_its_language_and_one_for_all_has_everything():
    portuguese = Languages(("en", "pt"), own="en", only="pt")
    assert [portuguese.has(each) for each in ("pt-BR", "en", None)] == [True, False, False]
    assert all(Languages().has(each) for each in ("pt-BR", "en", None))

"""The words that no editor wrote: whole in every language, in the edition's, and an editor's own before them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel import Locale

from publisher.errors import TemplateError
from publisher.model.message import fill
from publisher.render import Renderer, default_theme
from publisher.render.conventions import Conventions
from publisher.render.wording import catalogue, wording
from tests.unit.render.samples import FERRY, MASTODON, READER, brief

RENDERER = Renderer([default_theme()])
LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "pt-BR", "nl", "pl", "ar", "he", "sv", "da", "fi", "uk"]
PLURALS = ("minutes", "stories", "per_week")


def own(folder: Path, words: str) -> Renderer:
    (folder / "partials").mkdir(parents=True)
    (folder / "partials" / "words.txt").write_text(words)
    return Renderer([folder, default_theme()])


def test_there_are_these_languages() -> None:
    assert list(catalogue()) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_word_with_the_same_places(language: str) -> None:
    words = wording(language)
    for name, english in catalogue()["en"].items():
        if name not in PLURALS:
            assert words[name].count("{}") == english.count("{}"), name
        if language not in ("en", "pt-BR"):
            assert name in catalogue()[language], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_plural_that_it_tells_apart(language: str) -> None:
    wanted = Locale.parse(language, sep="-").plural_form.tags | {"other"}
    for name in PLURALS:
        assert set(wording(language)[name]) == wanted, name


@pytest.mark.parametrize(
    ("language", "number", "written"),
    [
        ("en", 1, "1 story"),
        ("en", 1200, "1,200 stories"),
        ("de", 1200, "1.200 Artikel"),
        ("fr", 0, "0 article"),
        ("es", 1_000_000, "1.000.000 de artículos"),
        ("pl", 1, "1 artykuł"),
        ("pl", 3, "3 artykuły"),
        ("pl", 12, "12 artykułów"),
        ("pl", 22, "22 artykuły"),
        ("uk", 21, "21 стаття"),
        ("uk", 25, "25 статей"),
        ("ar", 2, "مقالان"),
        ("ar", 3, "3 مقالات"),
        ("ar", 11, "11 مقالًا"),
        ("he", 2, "שתי כתבות"),
    ],
)
def test_a_number_goes_with_its_noun(language: str, number: int, written: str) -> None:
    assert Conventions(language, "UTC").plural(number, wording(language)["stories"]) == written


def test_minutes_of_reading_are_said_as_english_says_them() -> None:
    assert [Conventions("en", "UTC").plural(number, wording("en")["minutes"]) for number in (1, 4)] == [
        "1-minute read",
        "4-minute read",
    ]


def test_a_language_that_is_not_there_speaks_english_and_a_region_its_language() -> None:
    assert wording("cs") == wording("en-GB") == catalogue()["en"]
    assert wording("de-AT") == wording("de")
    assert wording("pt-BR")["unsubscribe"] == "Cancelar inscrição"
    assert wording("pt-BR")["by"] == "Por {}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_and_its_text_speak_the_editions_language(language: str) -> None:
    mail = RENDERER.mail(brief(language=language, practice=True))
    page, text = fill(mail.html, READER), fill(mail.text, READER)
    words = wording(language)
    for name in ("practice", "unsubscribe", "read"):
        assert words[name] in page
    assert words["practice"] in text
    assert f"{words['unsubscribe_at']}\n{READER['unsubscribe_url']}" in text
    direction = "rtl" if language in ("ar", "he") else "ltr"
    assert re.search(f'<html lang="{language}" dir="{direction}">', page)


def test_an_editors_words_win_one_by_one(tmp_path: Path) -> None:
    words = (
        '{% set words = {"read": "Read on"} %}{% if language == "de" %}{% set words = {"read": "Weiter"} %}{% endif %}'
    )
    renderer = own(tmp_path, words)
    page = fill(renderer.mail(brief()).html, READER)
    assert "Read on</a>" in page
    assert "Unsubscribe</a>" in page
    page = fill(renderer.mail(brief(language="de")).html, READER)
    assert "Weiter</a>" in page
    assert "Abbestellen</a>" in page


def english_words(renderer: Renderer, **more: str) -> list[str]:
    sheet = brief(**more)
    return [found.what for found in renderer.check(renderer.mail(sheet), sheet) if found.check == "english-words"]


def test_a_language_without_words_of_ours_gets_a_note_until_an_editor_wrote_them_all(tmp_path: Path) -> None:
    (said,) = english_words(RENDERER, language="ja")
    assert "none in 'ja': practice, by, photo, updates" in said
    assert [english_words(RENDERER, language=each) for each in ("de-AT", "en-GB", "pt-BR")] == [[], [], []]
    words = {name: "語" if isinstance(word, str) else {"other": "語"} for name, word in catalogue()["en"].items()}
    assert english_words(own(tmp_path, f"{{% set words = {words} %}}"), language="ja") == []


def test_a_word_that_is_misspelt_is_told_and_one_of_an_editors_own_is_not(tmp_path: Path) -> None:
    renderer, sheet = own(tmp_path, '{% set words = {"redd": "Read on", "read": "Go", "harbour_news": "x"} %}'), brief()
    found = [each for each in renderer.check(renderer.mail(sheet), sheet) if each.check == "unknown-word"]
    assert [(each.blocks, each.what, each.remedy) for each in found] == [
        (False, "templates/partials/words.txt: there is no word 'redd'", "Did you mean 'read'?")
    ]


@pytest.mark.parametrize("words", ["{% set wrods = {} %}", '{% set words = "Read" %}'])
def test_a_file_that_sets_no_words_says_so(tmp_path: Path, words: str) -> None:
    with pytest.raises(TemplateError, match="sets no words"):
        own(tmp_path, words).mail(brief())


def test_subjects_and_posts_know_the_words_too(tmp_path: Path) -> None:
    subject = "{{ lead.title }} · {{ lead.reading_minutes | plural(words.minutes) }}"
    assert fill(RENDERER.mail(brief(FERRY, subject=subject)).subject, READER).endswith("· 1-minute read")
    (tmp_path / "social").mkdir()
    (tmp_path / "social" / "post.txt").write_text("{{ words.read }}: {{ 1234567.5 | number }}")
    renderer = Renderer([tmp_path, default_theme()])
    post = renderer.post(brief(FERRY, language="de", template="social/post.txt"), MASTODON)
    assert post.text == "Artikel lesen: 1.234.567,5"


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ '1e999999999' | number }}",
        "{{ [1] | number }}",
        "{{ 1 | plural('few') }}",
        "{{ 'x' | plural(words.minutes) }}",
    ],
)
def test_what_is_no_number_is_an_error(hostile: str) -> None:
    with pytest.raises(TemplateError):
        RENDERER.mail(brief(subject=hostile))


def test_a_plural_reaches_into_nothing() -> None:
    subject = fill(RENDERER.mail(brief(subject="{{ 1 | plural({'other': '{0.__class__} {}'}) }}")).subject, READER)
    assert subject == "{0.__class__} 1"

"""A message in a language is made from the template for it, where the project has one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from publisher.model.message import Letter, Notice, fill
from publisher.render import Renderer, default_theme
from tests.unit.render.samples import FERRY, MASTODON, READER, STORIES, brief

PAGES = {
    "email/digest.html": "<!DOCTYPE html><title>all</title><p>For all</p>",
    "email/digest.pt.html": "<!DOCTYPE html><title>pt</title><p>Para todos</p>",
    "email/digest.pt.txt": "Em texto",
    "own.txt": "Own words",
    "own.pt-BR.txt": "Palavras do Brasil",
    "social/mastodon.pt.txt": "Uma mensagem",
    "email/notice.pt.html": "<!DOCTYPE html><title>pt</title><p>Um aviso</p>",
}


@pytest.fixture
def renderer(tmp_path: Path) -> Renderer:
    for name, words in PAGES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(words)
    return Renderer([tmp_path, default_theme()])


@pytest.mark.parametrize(
    ("language", "html", "text"),
    [
        ("pt", "Para todos", "Em texto"),
        ("pt-BR", "Para todos", "Em texto"),
        ("en", "For all", "Ferry"),
        ("ptx", "For all", "Ferry"),
    ],
)
def test_a_mail_is_made_from_its_languages_pages(renderer: Renderer, language: str, html: str, text: str) -> None:
    mail = renderer.mail(replace(brief(*STORIES), language=language))
    assert html in fill(mail.html, READER)
    assert text.casefold() in fill(mail.text, READER).casefold()


def test_a_post_is_made_from_its_languages_template_the_nearest_first(renderer: Renderer) -> None:
    def post(language: str, template: str = "") -> str:
        return renderer.post(replace(brief(FERRY), language=language, template=template), MASTODON).text

    assert post("pt-BR", "own.txt") == "Palavras do Brasil"
    assert post("pt", "own.txt") == "Own words"
    assert post("pt") == "Uma mensagem"
    assert "Uma mensagem" not in post("en")


def test_a_letter_is_made_from_its_languages_page_and_the_text_for_all(renderer: Renderer) -> None:
    plain = {name: getattr(brief(FERRY), name) for name in Letter.__dataclass_fields__ if name != "about"}
    letter = Letter(**{**plain, "language": "pt"}, about=Notice("A word", "<p>Words.</p>"))
    mail = renderer.letter(letter)
    assert "Um aviso" in fill(mail.html, READER)
    assert "Words." in fill(mail.text, READER)

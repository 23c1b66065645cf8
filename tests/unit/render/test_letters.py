"""Mails about a subscription: what they say, what they link, and what may stop them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html as markup

from publisher.errors import TemplateError
from publisher.model.message import Letter, Mail, Notice, Welcome, fill, slots_of
from publisher.render import Renderer, default_theme
from tests.unit.render.samples import FERRY, LETTERS, READER, brief, letter

RENDERER = Renderer([default_theme()])


def made(name: str, **more: str) -> tuple[Mail, Letter]:
    asked = letter(LETTERS[name], **more)
    return RENDERER.letter(asked), asked


def checks(mail: Mail, asked: Letter) -> set[str]:
    return {finding.check for finding in RENDERER.check(mail, asked)}


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_passes_its_checks_in_practice_and_for_real(name: str) -> None:
    mail, asked = made(name)
    assert RENDERER.check(mail, asked) == ()
    assert fill(RENDERER.letter(replace(asked, practice=True)).text, READER).startswith("*** Practice")


def test_a_confirm_mail_has_one_link_to_press_and_says_that_ignoring_is_fine() -> None:
    mail, _ = made("confirm")
    html, text = fill(mail.html, READER), fill(mail.text, READER)
    assert mail.subject == ("Please confirm: Morning briefing",)
    links = markup.document_fromstring(html).xpath("//a/@href")
    assert links == ["https://harbor.example", READER["confirm_url"]]
    assert text.splitlines().count(READER["confirm_url"]) == 1
    for words in ("On November 24, 2026 somebody, most likely you, asked for Morning briefing", "do nothing"):
        assert words in html
        assert words in " ".join(text.split())
    assert "until November 27, 2026, 7:00" in html


def test_whoever_is_asked_has_nothing_to_leave_and_no_vacation_answers() -> None:
    mail, _ = made("confirm")
    assert dict(mail.headers) == {"Auto-Submitted": ("auto-generated",), "Content-Language": ("en",)}
    assert {slot.field for slot in slots_of(mail)} == {"confirm_url"}


def test_a_welcome_says_what_comes_how_often_when_and_how_to_leave() -> None:
    mail, asked = made("welcome")
    text = " ".join(fill(mail.text, READER).split())
    for words in (
        "Welcome to Morning briefing",
        "The day’s news at seven.",
        "About 5 mails a week.",
        "The next issue comes on Wednesday, November 25, 2026 at 7:00",
        "leave at any time",
    ):
        assert words in text
    headers = [name for name, _ in mail.headers]
    assert headers[:3] == ["List-Unsubscribe", "List-Unsubscribe-Post", "List-Id"]
    assert "Auto-Submitted" in headers
    quiet = fill(RENDERER.letter(replace(asked, about=Welcome())).text, READER)
    assert "a week" not in quiet
    assert "next issue" not in quiet


def test_a_notice_says_the_same_in_both_parts_with_its_links() -> None:
    mail, _ = made("notice")
    html, text = fill(mail.html, READER), fill(mail.text, READER)
    assert "<b>letters.harbor.example</b>" in html
    assert "look here (https://harbor.example/help?a=1&b=2) first" in " ".join(text.split())
    assert READER["unsubscribe_url"] in text
    assert "Precedence" in dict(mail.headers)


@pytest.mark.parametrize(
    ("name", "check"), [("confirm", "no-answer-link"), ("move", "no-answer-link"), ("welcome", "no-unsubscribe-link")]
)
@pytest.mark.parametrize("part", ["html", "text"])
def test_a_letter_without_its_link_is_held(name: str, check: str, part: str) -> None:
    mail, asked = made(name)
    text = tuple(piece for piece in getattr(mail, part) if isinstance(piece, str))
    assert checks(replace(mail, **{part: text}), asked) == {check}  # type: ignore[arg-type]


def test_what_an_editor_writes_into_a_notice_is_checked_and_never_a_template() -> None:
    asked = letter(Notice("To {{ recipient.name }}", "<p>Dear {{ recipient.name }}</p>"))
    assert checks(RENDERER.letter(asked), asked) == {"leftover-field"}
    with pytest.raises(TemplateError, match="line break"):
        RENDERER.letter(letter(Notice("one\nBcc: all@example.org", "<p>Words</p>")))


def test_a_link_that_leads_nowhere_is_left_out_of_what_an_editor_writes_and_said() -> None:
    html = '<p><a href="www.harbor.example/help">Help</a> <a href="https://harbor.example">Home</a></p>'
    asked = letter(Notice("We move", html))
    edition = brief(FERRY, note=html)
    for mail, sheet, place in (
        (RENDERER.letter(asked), asked, "'We move'"),
        (RENDERER.mail(edition), edition, "'the note'"),
    ):
        (note,) = RENDERER.check(mail, sheet)
        assert (note.check, note.blocks) == ("bad-link", False)
        assert note.what == f"the link 'www.harbor.example/help' of {place} is left out: it is no web address"


def test_an_edition_knows_no_link_to_confirm_and_a_confirm_mail_none_to_leave(tmp_path: Path) -> None:
    (tmp_path / "email").mkdir()
    (tmp_path / "email/confirm.html").write_text("<!DOCTYPE html><p>{{ unsubscribe_url }}</p>")
    with pytest.raises(TemplateError, match="unsubscribe_url"):
        Renderer([tmp_path, default_theme()]).letter(letter(LETTERS["confirm"]))


@pytest.mark.parametrize("language", ["ar", "de", "pt-BR", "uk"])
@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_speaks_the_lists_language(name: str, language: str) -> None:
    mail, asked = made(name, language=language)
    page = markup.document_fromstring(fill(mail.html, READER))
    assert page.get("lang") == language
    assert page.get("dir") == ("rtl" if language == "ar" else "ltr")
    assert checks(mail, asked) == set()

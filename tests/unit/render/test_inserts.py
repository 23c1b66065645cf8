"""Labelled words of others in a mail: at their places, in html and text, and never lost in silence."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html as markup

from publisher.model.message import Block, Brief, Mail, fill
from publisher.render import Renderer, default_theme
from publisher.render.context import context_of, with_inserts
from publisher.render.shortening import Cut, with_cut
from tests.unit.render.samples import FERRY, INSERTS, READER, STORIES, brief

RENDERER = Renderer([default_theme()])


def mail_of(sheet: Brief, renderer: Renderer = RENDERER) -> Mail:
    return renderer.mail(sheet)


def order(mail: Mail, *words: str) -> list[str]:
    """Return words in the order in which the mail has them, the same in html and text."""
    found = []
    for text in (fill(mail.html, READER).partition("<body")[2], fill(mail.text, READER)):
        places = {each: text.rindex(each) for each in words}
        found.append(sorted(words, key=lambda each: places[each]))
    assert found[0] == found[1]
    return found[0]


def named(name: str, **more) -> Block:
    return Block(name, f"Label of {name}", f"<p>Words of {name}.</p>", **more)


def test_inserts_stand_at_their_places_and_in_their_order():
    blocks = (named("c", after=2), named("d", after=2), named("a", place="top"), named("e"), named("b", after=1))
    mail = mail_of(brief(*STORIES[:3], inserts=blocks))
    titles = [story.title for story in STORIES[:3]]
    words = [f"Words of {each}." for each in "abcde"]
    expected = [words[0], titles[0], words[1], titles[1], words[2], words[3], titles[2], words[4]]
    short = {each: each[:24] for each in expected}  # a headline is broken into lines in the text part
    assert order(mail, *short.values()) == [short[each] for each in expected]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_with_fewer_stories_an_insert_stands_after_the_last(count):
    note = {"note": "<p>Dear readers.</p>", "note_title": "Dear readers"}
    mail = mail_of(
        brief(*STORIES[:count], **({"articles": ()} if not count else {}), **note, inserts=(named("a", after=5),))
    )
    last = STORIES[count - 1].title[:24] if count else "Dear readers."
    assert order(mail, last, "Words of a.") == [last, "Words of a."]


def test_an_insert_says_what_it_is_to_eyes_and_to_screen_readers():
    page = markup.document_fromstring(fill(mail_of(brief(FERRY, inserts=INSERTS)).html, READER))
    for block in INSERTS:
        (box,) = page.xpath(f"//*[@role='note'][@aria-label='{block.label}']")
        assert block.label in box.text_content()


def test_the_picture_of_an_insert_is_as_wide_as_its_frame_and_said_in_words_in_the_text_part():
    mail = mail_of(brief(*STORIES[:2], inserts=INSERTS[:1]))
    (image,) = re.findall(r"<img[^>]*media/aa\.png[^>]*>", fill(mail.html, READER))
    assert 'width="524" height="131"' in image
    assert "Harbor Bank" in fill(mail.text, READER)


def test_a_mail_that_loses_stories_loses_no_insert():
    sheet = brief(*STORIES[:4], inserts=(named("a", after=3),))
    shown = with_inserts(with_cut(context_of(sheet), Cut(left_out=2), sheet), sheet)
    assert [[each["label"] for each in story["inserts"]] for story in shown["articles"]] == [[], ["Label of a"]]


def test_a_placeholder_in_an_insert_is_noticed_as_in_a_note():
    blocks = (replace(named("a"), html="<p>{{ recipient.x }}</p>"),)
    sheet = brief(*STORIES[:2], inserts=blocks)
    assert {each.check for each in RENDERER.check(mail_of(sheet), sheet) if each.blocks} == {"leftover-field"}


def findings(renderer: Renderer) -> list[str]:
    sheet = brief(*STORIES[:2], inserts=(named("a", after=1),))
    return [each.what for each in renderer.check(mail_of(sheet, renderer), sheet) if each.check == "insert-not-shown"]


@pytest.mark.parametrize(
    ("name", "place"), [("digest.html", "page"), ("digest.txt", "text part"), ("both", "page and the text part")]
)
def test_a_template_that_prints_no_inserts_is_named(tmp_path: Path, name: str, place: str):
    (tmp_path / "email").mkdir()
    for each in ("digest.html", "digest.txt") if name == "both" else (name,):
        source = (default_theme() / "email" / each).read_text()
        (tmp_path / "email" / each).write_text(re.sub(r"{% for insert in .*?{% endfor %}", "", source, flags=re.DOTALL))
    said = findings(Renderer([tmp_path, default_theme()]))
    assert said == [f"the insert a is not in the {place}: the template doesn't print it"]


def test_the_default_templates_show_every_insert():
    assert findings(RENDERER) == []

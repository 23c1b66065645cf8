"""The console's words in other languages: every one of them, with the places and the marks of the original."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from babel.messages import Catalog

from publisher.app.waits import Wait
from publisher.speech import languages
from publisher.web import words
from publisher.web.pages import environment

PLACES = re.compile(r"%\((\w+)\)[sd]")
MARKS = re.compile(r"<[^>]*>|&\w+;")
OTHERS = sorted(languages() - {"en"})


@pytest.fixture(scope="module")
def template():
    return words.template()


@pytest.fixture(scope="module", params=OTHERS)
def catalog(request):
    return words.read(words.SPEECH / f"{request.param}.po")


def forms(message) -> list[tuple[tuple[str, ...], str]]:
    """Return each form of a translation beside what it may be a form of: what is said of one, and of many."""
    if not message.pluralizable:
        return [((message.id,), message.string)]
    return [(message.id, form) for form in message.string]


def troubles(catalog: Catalog, template: Catalog) -> list[str]:
    """Return what is wrong with a catalogue, a line for each."""
    wanted, had = ({str(each.id) for each in of if each.id} for of in (template, catalog))
    found = [f"missing: {each}" for each in wanted - had] + [f"no page says: {each}" for each in had - wanted]
    for message in catalog:
        if message.id:
            found += [f"{trouble}: {message.id}" for trouble in troubles_of(message, catalog)]
    return found


def troubles_of(message, catalog: Catalog) -> list[str]:
    found = ["fuzzy"] if message.fuzzy else []
    said = forms(message)
    if message.pluralizable and len(said) != catalog.num_plurals:
        found += ["forms are missing"]
    if not all(form.strip() for _, form in said):
        return [*found, "not said"]
    for originals, form in said:
        marks = [sorted(MARKS.findall(original)) for original in originals]
        found += [f"marks differ in {form!r}"] if sorted(MARKS.findall(form)) not in marks else []
        found += [f"stray %, < or & in {form!r}"] if is_stray(" ".join(originals), form) else []
        found += [f"unknown place in {form!r}"] if not places(form) <= places(" ".join(originals)) else []
    originals, last = said[-1]  # the one for most numbers; those for one and two may do without the number
    return [*found, *([f"places differ in {last!r}"] if places(last) != places(originals[-1]) else [])]


def places(text: str) -> set[str]:
    return set(PLACES.findall(text))


def is_stray(original: str, form: str) -> bool:
    bare = MARKS.sub("", PLACES.sub("", form)).replace("%%", "")
    return any(sign in bare and sign not in MARKS.sub("", PLACES.sub("", original)).replace("%%", "") for sign in "%<&")


def test_every_word_is_said_with_its_places_and_marks(catalog, template):
    assert troubles(catalog, template) == []


def test_a_file_is_as_the_tool_writes_it(catalog):
    path = words.SPEECH / f"{catalog.locale}.po"
    assert path.read_bytes() == words.written(words.renewed(catalog)), "run: python -m publisher.web.words"


def test_the_template_is_as_the_tool_writes_it(template):
    assert words.TEMPLATE.read_bytes() == words.written(template), "run: python -m publisher.web.words"


def test_what_is_wrong_with_a_catalogue_is_found():
    template, catalog = Catalog(), Catalog(locale="de")
    for made in (template, catalog):
        made.add("<b>%(who)s</b> waits", "")
        made.add(("%(count)s mail", "%(count)s mails"), "")
    template.add("Today")
    catalog.add("Yesterday", "Gestern")
    catalog.get("<b>%(who)s</b> waits").string = "<i>%(wer)s</i> wartet, 5 %"
    catalog.get("%(count)s mail").string = ("eine Mail", "Mails")
    found = "\n".join(sorted(troubles(catalog, template)))
    for trouble in ("missing: Today", "no page says: Yesterday", "marks differ", "stray", "unknown place"):
        assert trouble in found
    assert "places differ in 'Mails'" in found and "'eine Mail'" not in found


@pytest.mark.parametrize("language", OTHERS)
def test_a_page_is_made_in_each_language(language):
    shown = said_in(language)
    assert f'<html lang="{language}"' in shown
    assert ('dir="rtl"' in shown) == (language in ("ar", "he"))


def said_in(language: str) -> str:
    class Places:
        is_served = True

        def style(self) -> str:
            return "/static/style.css"

    page = environment(language).get_template("preview_files.html")
    return page.render(to=Places(), spoken=language, changed=True, back="/")


def test_words_of_python_are_never_markup_or_a_pattern():
    template = environment("en").from_string("{{ words | spoken }}")
    assert template.render(words="<b>%(x)s 100 %</b>") == "&lt;b&gt;%(x)s 100 %&lt;/b&gt;"
    assert template.render(words="") == ""


def test_what_a_send_waits_for_is_said_with_times_as_the_page_has_them():
    zone = ZoneInfo("Europe/Lisbon")
    wait = Wait(1, "letters", datetime(2026, 7, 1, 6, 30, tzinfo=UTC), "letters rests: asked until 2026-07-01T06:30Z")
    page = environment("en").get_template("_live.html").module.pace(SimpleNamespace(wait=wait), zone)
    moment = "Wed 1 Jul 2026, 07:30"
    assert f"waits until {moment}:00 WEST (letters rests: asked until {moment} WEST)." in page

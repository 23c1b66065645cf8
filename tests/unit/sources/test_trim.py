"""What stands around a text and repeats what is shown elsewhere, or asks for something, is cut."""

from __future__ import annotations

import pytest

from publisher.sources.trim import trimmed

LONG = "The bridge opened on Monday, and everybody who had waited for two years crossed it in the rain. " * 3
TEXT = f"<p>{LONG}</p>"
SITE = "harbor.example"
OWN = '<a href="https://harbor.example/2">here</a>'


def cut(html: str, **given) -> str:
    return trimmed(html, SITE, **given)


@pytest.mark.parametrize(
    "line",
    [
        "Bridge opens",
        "Ann Lee",
        "By Ann Lee",
        "Von Ann Lee",
        "Erstellt von Ann am Dienstag, 24. November 2026",
        "24. November 2026 von Ann Lee",
        "Veröffentlicht unter: Hafen, Brücken",
        "Par Ann Lee | 24 novembre 2026",
        "November 24, 2026",
        "24. November 2026, 10:15 Uhr",
        "Posted on",
        "Aktualisiert am 19.02.2020",
        "5 min read",
        "Lesezeit: 3 Minuten",
        "Anzeige",
        "Filed under: News, Harbor",
        "NewsOpinion",
    ],
)
def test_what_is_shown_elsewhere_goes_from_above_the_text(line):
    assert cut(f"<p>{line}</p>{TEXT}", shown=("Bridge opens", "Ann Lee")) == TEXT


@pytest.mark.parametrize("line", ["By the numbers", "Von hier an wird es teuer", "Ann Lee sees the bridge", "In 2026"])
def test_a_short_line_above_the_text_may_be_part_of_it(line):
    assert cut(f"<p>{line}</p>{TEXT}", shown=("Bridge opens", "Ann Lee")) == f"<p>{line}</p>{TEXT}"


@pytest.mark.parametrize(
    "line",
    [
        f"Subscribe now to our {OWN} edition for the full story.",
        "For the latest news download our apps.",
        "Sign up for our newsletter today!",
        "Do you want to be informed? Sign up here",
        "Follow us on Facebook and Twitter.",
        "This article first appeared in the Gazette.",
        "Copyright 2026 Harbor Gazette. All rights reserved. No part may be published.",
        "Photo: Jo Doe",
        "Bildquelle: Jo Doe / Agentur",
        "Leave a comment",
        "Abonnieren Sie unseren Newsletter",
        "Was hältst du davon? Ich freue mich auf deinen Kommentar.",
        "Folge uns auf Instagram!",
        "Abonnez-vous à notre newsletter",
        "Suscríbete a nuestro boletín",
        "Iscriviti alla newsletter",
        "Teilen",
        "Weiterlesen: Die Mauer fällt",
        "By Ann Lee",
    ],
)
def test_furniture_goes_from_the_end_of_the_text(line):
    assert cut(f"{TEXT}<p>{line}</p>") == TEXT


@pytest.mark.parametrize(
    "line",
    [
        "The mayor asked everybody to follow her on foot.",
        "Readers could subscribe at the pier.",
        "Read the sign, she said.",
        "Shares rose by two percent.",
        "The newsletter of the port was founded in 1902.",
        "Sie wollte die Brücke teilen.",
    ],
)
def test_a_sentence_that_only_sounds_alike_stays(line):
    assert cut(f"{TEXT}<p>{line}</p>") == f"{TEXT}<p>{line}</p>"


@pytest.mark.parametrize(
    "heading",
    [
        "Related articles",
        "You may also like",
        "Das könnte dich auch interessieren",
        "Auch interessant:",
        "Mehr zum Thema auf Harbor.de",
        "À lire aussi",
        "Te puede interesar",
        "Leia também",
        "Leggi anche",
        "Lees ook",
    ],
)
def test_a_list_of_other_articles_goes_with_its_heading(heading):
    links = '<ul><li><a href="https://harbor.example/2">Wall falls</a></li><li><a href="/3">Fog lifts</a></li></ul>'
    assert cut(f"{TEXT}<h3>{heading}</h3>{links}{TEXT}") == TEXT + TEXT
    assert cut(f"{TEXT}<p><strong>{heading}</strong></p>{links}") == TEXT


def test_what_follows_such_a_list_at_the_end_goes_if_it_leads_into_the_own_house():
    links = '<h3>Related</h3><ul><li><a href="/2">Wall falls</a></li></ul>'
    assert cut(f"{TEXT * 3}{links}<h3>Jobs</h3><p>Find yours {OWN}!</p>") == TEXT * 3
    elsewhere = '<p>The study is <a href="https://study.example/">here</a>.</p>'
    assert cut(f"{TEXT * 3}{links}{elsewhere}") == TEXT * 3 + elsewhere


def test_a_heading_of_the_article_that_sounds_like_one_of_a_list_stays():
    assert cut(f"{TEXT}<h3>More</h3>{TEXT}").count(LONG) == 2
    assert "Related" in cut(f"{TEXT}<h3>Related stories</h3>{TEXT * 3}")


def test_a_pointer_to_another_article_goes_from_the_middle():
    assert cut(f'{TEXT}<p>Read also: <a href="/2">Wall falls</a></p>{TEXT}') == TEXT + TEXT


def test_comments_go_with_their_heading():
    assert cut(f"{TEXT * 3}<h3>3 thoughts on “Bridge opens”</h3><p>Nice.</p><p>{LONG}</p>") == TEXT * 3


def test_what_is_said_of_the_author_at_the_end_goes():
    assert cut(f"{TEXT}<h3>Über die Autorin</h3><p>Ann Lee wrote of ships for ten years.</p>") == TEXT
    assert cut(f"{TEXT}<h3>About the author</h3>{TEXT * 4}") == TEXT * 5


def test_a_text_that_is_all_furniture_keeps_its_first_block():
    assert cut("<p>Sign up for our newsletter today!</p>") == "<p>Sign up for our newsletter today!</p>"

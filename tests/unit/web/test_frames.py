"""The copy of a mail that a frame shows: one colour scheme, and pictures that it can reach."""

from __future__ import annotations

import pytest

from publisher.web.frames import ALWAYS, NEVER, frame
from publisher.web.places import Lying, Served

PICTURE = "file:///srv/feed/the%20quay.png?a=1&b=2"


def css_of(html: str) -> str:
    return html.partition("<style>")[2].partition("</style>")[0]


@pytest.mark.parametrize(
    "query",
    ["(prefers-color-scheme: dark)", "screen and (prefers-color-scheme:dark)", "( PREFERS-COLOR-SCHEME : dark )"],
)
def test_the_dark_rules_apply_in_the_dark_copy_and_never_in_the_light_one(query):
    mail = f"<html><head><style>@media {query} {{ p {{ color: white }} }}</style></head></html>"
    assert ALWAYS in css_of(frame(mail, Served(), dark=True))
    light = css_of(frame(mail, Served(), dark=False))
    assert NEVER in light
    assert "scheme" not in light.lower()


def test_the_schemes_that_a_mail_declares_become_the_one_that_is_shown():
    mail = '<meta name="color-scheme" content="light dark"><style>:root{color-scheme: light dark}</style>'
    assert frame(mail, Served(), dark=True) == (
        '<meta name="color-scheme" content="dark"><style>:root{color-scheme: dark}</style>'
    )


def test_an_article_about_colour_schemes_keeps_its_words():
    mail = "<p>Write @media (prefers-color-scheme: dark) and color-scheme: light dark.</p>"
    assert frame(mail, Served(), dark=True) == mail


def test_local_pictures_get_an_address_and_others_keep_theirs():
    mail = f'<img src="{PICTURE.replace("&", "&amp;")}"><img src="https://harbor.example/a.png?x=1&amp;y=2">'
    shown = frame(mail, Served(), dark=False)
    assert Served().picture(PICTURE) in shown
    assert 'src="https://harbor.example/a.png?x=1&amp;y=2"' in shown
    assert "file:" not in shown


def test_a_copy_on_disk_carries_its_policy_and_pictures_beside_it():
    asked: list[str] = []

    def copy(url: str) -> str:
        asked.append(url)
        return "pictures/1.png"

    shown = frame(f'<html><head></head><body><img src="{PICTURE}"></body></html>', Lying(copy), dark=False)
    assert 'src="pictures/1.png"' in shown
    assert "default-src 'none'" in shown.partition("</head>")[0]
    assert asked == [PICTURE]

"""A made-up morning at the Harbor Gazette: eight stories of every kind that a digest meets."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from publisher.model.article import Article, Image
from publisher.model.message import (
    About,
    Access,
    Block,
    Brief,
    Confirm,
    Letter,
    Move,
    Notice,
    PostRules,
    Sheet,
    Welcome,
)

INSERTS = (
    Block(
        "bank",
        "Sponsored",
        '<p><img src="https://letters.harbor.example/media/aa.png" alt="Harbor Bank" width="1200" height="300"></p>'
        '<h3>Save for a boat</h3><p>Now: <a href="https://bank.example/boat?a=1&amp;b=2">from one euro</a>.</p>',
        after=2,
    ),
    Block("appeal", "From the house", "<p>This letter costs us two mornings a week.</p>", place="top"),
    Block("course", "Advertisement", "<p>Learn to sail in ten evenings.</p>"),
)
MORNING = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
MASTODON = PostRules("mastodon", 500, url_length=23, threads=True)
WEBHOOK = PostRules("webhook", 1000)


def story(number: int, title: str, summary: str, **more: Any) -> Article:
    return Article(
        title,
        url=f"https://harbor.example/2026/11/{number:02}-story",
        summary=summary,
        published_at=MORNING - timedelta(hours=number),
        **more,
    )


def picture(name: str, width: int | None = 1200, height: int | None = 800, **more: str) -> Image:
    return Image(f"https://harbor.example/media/{name}.jpg", width=width, height=height, **more)


BODY = """
<p>The vote came a little after nine in the evening, and it was closer than anyone had said it would be: eleven for,
nine against, one councillor at home with a cold.</p>
<h2>What changes on Monday</h2>
<p>The first ferry leaves at <b>5:40</b>, twenty minutes earlier. The fare stays at <a
href="https://harbor.example/fares?zone=2&amp;day=any">two euros ten</a>.</p>
<ul><li>North Quay: every 15 minutes</li><li>Old Mole: every 30 minutes</li></ul>
<figure><img src="https://harbor.example/media/mole.jpg" width="1104" height="736" alt="The Old Mole at low tide">
<figcaption>The Old Mole, where the second ferry will call</figcaption></figure>
<blockquote><p>“Nobody builds a harbour to look at it,” said the harbour master.</p></blockquote>
"""
TEXT = (
    "The vote came a little after nine in the evening, and it was closer than anyone had said it would be: eleven for, "
    "nine against, one councillor at home with a cold.\n\nWhat changes on Monday\n\nThe first ferry leaves at 5:40, "
    "twenty minutes earlier. The fare stays at two euros ten.\n\n“Nobody builds a harbour to look at it,” said the "
    "harbour master."
)

FERRY = story(
    1,
    "Council votes to bring back the night ferry after eleven years",
    "From Monday two boats cross the harbour until one in the morning. The fare stays as it is, and the old landing "
    "at the Mole opens again.",
    authors=("Inês Duarte", "Tom Okafor"),
    categories=("City council", "Transport"),
    image=picture(
        "ferry", alt="A white ferry leaves the quay at dusk", caption="The Santa Clara last night", credit="R. Lima"
    ),
    html=BODY,
    text=TEXT,
)
STORIES = (
    FERRY,
    story(
        2,
        "Bakery on Rope Street wins the loaf of the year",
        "Three sisters, one oven from 1931, and a rye that takes four days. The jury asked for seconds.",
        authors=("Maud Leroy",),
        categories=("Food",),
        image=picture("bread", 900, 900, alt="Loaves on a shelf", credit="M. Leroy"),
    ),
    story(
        3,
        "Why the tide gauge at Pier 4 reads high: a scientist answers five questions",
        "The instrument is right and the pier is sinking, by about three millimetres a year.",
        categories=("Science",),
        image=picture("gauge", 800, 1400, alt="A brass gauge on a pier"),
    ),
    Article("Correction: the lighthouse was lit in 1874", summary="We wrote 1847 on Saturday. The keeper wrote to us."),
    story(
        5,
        "Rent near the station rises 7 % & nobody moves",
        "Figures from the city’s <statistics> office show the slowest market since 2009.",
        authors=("The data desk",),
        categories=("Housing", "Data"),
    ),
    story(
        6,
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen found in an attic",
        "A badge with a long name comes home, and the museum has a place for it between two models.",
        image=picture("badge", None, None),
    ),
    replace(
        story(7, "مدرسة الميناء تفتح أبوابها من جديد", "بعد عامين من الترميم يعود التلاميذ إلى القاعات القديمة."),
        language="ar",
    ),
    story(
        8,
        "Handball: Harbor win at home, 31:28",
        "Nine goals for Silva, and a goalkeeper who saved the last three.",
        authors=("Jo Brandt",),
        categories=("Sport",),
    ),
)


def brief(*articles: Article, **more: Any) -> Brief:
    plain: dict[str, Any] = {
        "publication": "Harbor Gazette",
        "site_url": "https://harbor.example",
        "from_name": "Harbor Gazette",
        "from_email": "news@harbor.example",
        "reply_to": "desk@harbor.example",
        "address": "1 Quay Street, Harbor",
        "timezone": "Europe/Lisbon",
        "language": "en",
        "schedule": "morning",
        "slot": "2026-11-24T07:00",
        "due_at": MORNING,
        "list_name": "daily",
        "list_title": "Morning briefing",
        "list_about": "The day’s news at seven.",
        "list_domain": "letters.harbor.example",
    }
    return Brief(**(plain | {"articles": articles or STORIES} | more))


READER = {
    "email": "ada@example.net",
    "name": "Ada Reader",
    "first_name": "Ada",
    "unsubscribe_url": "https://letters.harbor.example/u/abc-123",
    "preferences_url": "https://letters.harbor.example/u/abc-123",
    "joined_on": "1 March 2026",
    "joined": "You have been on this list since 1 March 2026. You signed up on our site.",
    "confirm_url": "https://letters.harbor.example/c/abc-123",
    "access_url": "https://letters.harbor.example/a/abc-123",
    "move_url": "https://letters.harbor.example/m/abc-123",
}


LETTERS: dict[str, About] = {
    "confirm": Confirm(MORNING, MORNING + timedelta(days=3)),
    "access": Access(MORNING, MORNING + timedelta(days=1)),
    "move": Move(MORNING, MORNING + timedelta(days=1)),
    "welcome": Welcome(per_week=5, next_at=MORNING + timedelta(days=1)),
    "notice": Notice(
        "We move to another address",
        "<p>From Monday our letters come from <b>letters.harbor.example</b>.</p><h2>What to do</h2>"
        "<ul><li>Nothing.</li>"
        '<li>If a letter is missing, <a href="https://harbor.example/help?a=1&amp;b=2">look here</a> first.</li></ul>',
    ),
}


def letter(about: About, **more: Any) -> Letter:
    plain = {field.name: getattr(brief(), field.name) for field in fields(Sheet)}
    return Letter(**(plain | more), about=about)

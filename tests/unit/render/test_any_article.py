"""Whatever an article says and a reader is called: the message is whole, goes out, and tells nobody's secrets."""

from __future__ import annotations

import html as escapes
import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from time import process_time

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as markup

from publisher.model.article import Article, Image
from publisher.model.message import Brief, PostRules, escape, fill
from publisher.model.post_size import fits
from publisher.render import Renderer, default_theme
from publisher.render.merge import token_of
from publisher.render.shortening import LARGE_AT, bytes_of
from publisher.render.words import authored
from tests.unit.render.samples import FERRY, LETTERS, READER, STORIES, brief, letter

RENDERER = Renderer([default_theme()])

ANY = st.characters()  # lone surrogates and controls too
# What breaks pages, mails, posts and templates when nobody thinks of it.
SHARP = st.sampled_from(
    [
        "<",
        ">",
        "&",
        '"',
        "'",
        "</style>",
        "<!--",
        "-->",
        "]]>",
        "<![endif]-->",
        "&#60;",
        "{{ x }}",
        "{% x %}",
        "%7B",
        "@a",
    ]
    + [
        "#b",
        "$C",
        "<!channel>",
        "\x00",
        "\ud800",
        "\u202e",
        "\u2028",
        "\ufeff",
        "\r\n",
        token_of("email", None),
        "@media",
    ]
    + [
        "{{ recipient.name }}",
        "https://a.example/?a=1&b={2}#c",
        "\U0001f468\u200d\U0001f469",
        "e\u0301",
        "x" * 90,
        "نص",
        "日本語",
    ]
)
TEXT = st.lists(SHARP | st.text(ANY, max_size=20), max_size=6).map("".join)
ADDRESS = st.one_of(
    st.none(),
    TEXT,
    TEXT.map(lambda text: f"https://harbor.example/{text}"),
    st.integers(1, 3_000).map(lambda length: "https://harbor.example/" + "y" * length),
)
SIDE = st.none() | st.integers(-5, 5_000)
IMAGE = st.builds(Image, url=ADDRESS.map(str), alt=TEXT, caption=TEXT, credit=TEXT, width=SIDE, height=SIDE)
HTML = st.lists(
    st.one_of(
        TEXT.map(lambda text: f"<p>{escapes.escape(text)}</p>"),
        TEXT,
        st.tuples(ADDRESS, TEXT).map(lambda pair: f'<p><a href="{escapes.escape(str(pair[0]))}">{pair[1]}</a></p>'),
        ADDRESS.map(lambda url: f'<figure><img src="{escapes.escape(str(url))}"><figcaption>x</figcaption></figure>'),
        st.integers(1, 3_000).map(lambda count: f"<ul><li>{'word ' * count}</li><li>y</li></ul>"),
    ),
    max_size=8,
).map("".join)
ARTICLE = st.builds(
    Article,
    title=TEXT,
    url=ADDRESS,
    summary=TEXT,
    html=HTML,
    text=TEXT,
    authors=st.lists(TEXT, max_size=3).map(tuple),
    categories=st.lists(TEXT, max_size=4).map(tuple),
    image=st.none() | IMAGE,
    language=st.none() | st.sampled_from(["ar", "de-AT", "xx", "", "<b>"]) | TEXT,
    published_at=st.none()
    | st.integers(2, 9_998).map(lambda year: datetime(year, 2, 28, 23, tzinfo=UTC))
    | st.sampled_from([datetime(1, 1, 1, tzinfo=UTC), datetime(9_999, 12, 31, 23, 59, tzinfo=UTC)]),
)


def squeezed(text: str) -> str:
    return "".join(text.split())


@settings(max_examples=40, deadline=None)
@given(
    articles=st.lists(ARTICLE, min_size=1, max_size=3),
    language=st.sampled_from(["en", "ar", "pl"]),
    timezone=st.sampled_from(["Asia/Tokyo", "America/Los_Angeles"]),
)
def test_a_mail_of_any_articles_goes_out_and_says_all_of_it_in_both_parts(
    articles: list[Article], language: str, timezone: str
) -> None:
    briefing = brief(*articles, language=language, timezone=timezone, updates=(articles[-1],))
    mail = RENDERER.mail(briefing)
    assert [finding for finding in RENDERER.check(mail, briefing) if finding.blocks] == []
    assert bytes_of(mail.html) <= LARGE_AT
    html, text = fill(mail.html, READER), fill(mail.text, READER)
    html.encode()
    text.encode()
    page = markup.document_fromstring(html)
    said = squeezed(page.find("body").text_content())
    for article in articles:
        for words in (article.title, article.summary if len(articles) > 1 else "", *article.authors):
            assert squeezed(authored(words)) in said
            assert squeezed(authored(words)) in squeezed(text)
    assert len(page.xpath("//h1")) == 1
    assert page.xpath("count(//script | //iframe | //link | //base | //form)") == 0
    outside = re.sub(r'alt="[^"]*"', "", html)
    assert outside.count("<!--[if") == outside.count("<![endif]")
    assert not re.search(r"[\r\n]", fill(mail.subject, READER))


NETWORKS = (
    PostRules("mastodon", 500, url_length=23, threads=True),
    PostRules("bluesky", 300, most_bytes=3_000, shows_short=True, threads=True, shows_card=True),
    PostRules("x", 280, unit="weighted", threads=True),
    PostRules("linkedin", 3_000, unit="utf16"),
    PostRules("facebook", 63_206, unit="utf16"),
    PostRules("threads", 500, unit="codepoints", emoji_as_bytes=True, threads=True),
    PostRules("telegram", 1_024, unit="utf16"),
    PostRules("webhook", 1_000),
    PostRules("tiny", 60, unit="bytes", threads=True),
)
TEMPLATES = ("", "social/digest.txt", "social/thread.txt", "social/post.txt")


@settings(max_examples=80, deadline=None)
@given(
    articles=st.lists(ARTICLE, min_size=1, max_size=3),
    rules=st.sampled_from(NETWORKS),
    template=st.sampled_from(TEMPLATES),
)
def test_a_post_of_any_articles_goes_out_and_every_part_fits(
    articles: list[Article], rules: PostRules, template: str
) -> None:
    briefing = brief(*articles, template=template, list_title="Morning")
    post = RENDERER.post(briefing, rules)
    assert all(fits(part, rules) for part in post.parts)
    assert [finding for finding in RENDERER.check(post, briefing, rules) if finding.blocks] == []
    assert not re.search(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]", post.text)
    post.text.encode()


# As the networks' own code says it, or, where nobody has it, more broadly.
LIVE = {
    "mastodon": regex.compile(r"(?<![=/\w])@(?:[a-z0-9_]+(?:[a-z0-9_.-]+[a-z0-9_]+)?)", regex.I),
    "mastodon's tags": regex.compile(r"(?<![=/)\p{Nd}\w])#(?=[\w·]*[\p{L}_])[\w·]+", regex.I),
    "bluesky": regex.compile(r"(?:^|\s|\()@[a-zA-Z0-9.-]+\b"),
    "bluesky's tags": regex.compile(r"(?:^|\s)[#＃](?!\ufe0f)[^\s\u00ad\u2060\u200a-\u200d\u20e2]*\p{L}"),
    "x": regex.compile(r"(?:^|[^a-zA-Z0-9_!#$%&*@＠]|(?:^|[^a-zA-Z0-9_+~.-])[rR][tT]:?)[@＠][a-zA-Z0-9_]{1,20}"),
    "x's tags": regex.compile(r"(?:^|[^&\p{L}\p{M}\p{Nd}_])[#＃](?!\ufe0f|\u20e3)[\p{L}\p{M}\p{Nd}_]*[\p{L}\p{M}]"),
    "x's tickers": regex.compile(r"(?:^|\s)\$[a-zA-Z]{1,6}(?:[._][a-zA-Z]{1,2})?(?=$|\s|\p{P})"),
    "telegram": regex.compile(r"(?<!\w)@[a-zA-Z]\w{3,}"),
    "discord": regex.compile(r"@(?:everyone|here)(?![\w-]*\.\w)|<@[!&]?\d+>"),
    "slack": regex.compile(r"<!(?:channel|here|everyone|subteam)|<@\w+>|<#\w+>"),
    "linkedin": regex.compile(r"@\[[^]]+\]\("),
}
CALLS = st.sampled_from(
    [
        "@mayor",
        "@everyone",
        "@here",
        "@a@b.example",
        "#fire",
        "#1a",
        "#·a",
        "$ABC",
        "<!channel>",
        "<@U12>",
        "<@&12>",
        "<#C1>",
    ]
    + [
        "@[Ada](urn:li:person:1)",
        "＠ana",
        "＃tag",
        "RT",
        "é",
        "日本",
        ".",
        " ",
        "\n",
        "(",
        "_",
        "-",
        "/",
        "x",
        "1",
        ":",
        "@@",
        "##",
    ]
)


@settings(max_examples=300, deadline=None)
@given(words=st.lists(CALLS, min_size=1, max_size=8).map("".join))
def test_nothing_in_an_articles_words_becomes_live_on_any_network(words: str) -> None:
    text = RENDERER.post(brief(Article(words, summary=words), template="social/post.txt"), NETWORKS[-2]).text
    assert {name: live[0] for name, pattern in LIVE.items() if (live := pattern.search(text))} == {}
    assert authored(words).replace("\u2060", "") in text.replace("\u2060", "")


@pytest.mark.parametrize("url", ["https://social.example/@mayor#about", "https://a.example/$ABC/#fire"])
def test_an_address_in_an_articles_words_stays_whole(url: str) -> None:
    post = RENDERER.post(brief(Article("Title", summary=f"Look at {url}, please @mayor")), NETWORKS[0])
    assert f"Look at {url}, please @\u2060mayor" in post.text


@pytest.mark.parametrize("sign", ["#", "@", ",", "(", ")", "{{ recipient"])
def test_a_text_that_repeats_one_sign_is_not_looked_through_for_each_of_them(sign: str) -> None:
    text = f"{sign * (20_000 // len(sign))}1 https://a.example/{sign * (20_000 // len(sign))} 2 3"
    briefing = brief(replace(FERRY, title=text, summary=text, text=text, html=f"<p>{escapes.escape(text)}</p>"))
    begun = process_time()
    RENDERER.check(RENDERER.post(briefing, NETWORKS[0]), briefing, NETWORKS[0])
    RENDERER.check(RENDERER.mail(briefing), briefing)
    assert process_time() - begun < 4  # squared it would be twenty


@cache
def everywhere() -> Brief:
    """Return a brief that prints a reader's values wherever they may stand."""
    said = "{{ recipient.name | default('you') }}"
    return brief(FERRY, STORIES[1], subject=f"For {said}", preheader=f"{said}: {{{{ recipient.city | default('?') }}}}")


VALUE = TEXT.filter(lambda text: text.strip())


@settings(max_examples=40, deadline=None)
@given(mine=VALUE, others=VALUE)
def test_a_reader_gets_their_own_values_escaped_and_nobody_elses(mine: str, others: str) -> None:
    for mail in (RENDERED["edition"], RENDERED["notice"]):
        parts = {"subject": mail.subject, "html": mail.html, "text": mail.text, **dict(mail.headers)}
        for place, text in parts.items():
            plain = fill(text, READER)
            first = fill(text, READER | {"name": f"ME1{mine}", "city": "M", "unsubscribe_url": "https://a.example/ME1"})
            other = fill(
                text, READER | {"name": f"YOU2{others}", "city": "Y", "unsubscribe_url": "https://a.example/YOU2"}
            )
            assert "YOU2" not in first or "YOU2" in mine
            assert "ME1" not in other or "ME1" in others
            assert fill(text, READER) == plain  # nothing stays behind
            if place == "html":
                assert first.count("<") == plain.count("<")
                assert first.count('"') == plain.count('"')
            if place in ("subject", "List-Unsubscribe"):
                assert "\n" not in first
                assert "\r" not in first


RENDERED = {"edition": RENDERER.mail(everywhere()), "notice": RENDERER.letter(letter(LETTERS["notice"]))}


@settings(max_examples=200, deadline=None)
@given(value=TEXT)
def test_a_value_stays_within_the_place_that_it_lands_in(value: str) -> None:
    assert not set(escape(value, "html")) & set("<>\"'")
    assert escape(value, "url") == "" or value.lower().startswith(("https://", "http://", "mailto:"))
    assert not set(escape(value, "url")) & set("<>\"'")
    assert "\n" not in escape(value, "header")

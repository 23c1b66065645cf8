"""One web page as one article."""

from __future__ import annotations

import json

import pytest

from publisher.errors import SourceError
from publisher.model.article import Article, Image
from publisher.sources.fetch import Fetcher
from publisher.sources.page import PageReader, read_page
from tests.unit.sources.conftest import Site

SENTENCE = "<p>Paragraph {}: the bridge opened on Monday, and everybody crossed it in the rain.</p>"
BODY = "".join(SENTENCE.format(n) for n in range(8))


def page(head: str = "", body: str = BODY) -> bytes:
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
    <title>Bridge opens | Harbor Gazette</title>{head}</head>
    <body><nav><a href="/">Home</a> <a href="/news">News</a></nav>
    <article><h1>Bridge opens</h1>{body}</article>
    <aside><h2>Related</h2><a href="/2">Wall falls</a></aside><footer>© 2025 Harbor Gazette</footer></body></html>
    """.encode()


def one(data: bytes, url: str = "https://harbor.example/bridge") -> Article:
    (article,) = read_page(data, url).articles
    return article


def test_the_text_is_found_and_what_stands_around_it_is_not() -> None:
    article = one(page())
    assert (article.title, article.url, article.language) == ("Bridge opens", "https://harbor.example/bridge", "en")
    assert article.text.startswith("Paragraph 0")
    assert article.text.endswith("in the rain.")
    for word in ("Home", "Related", "©", "Bridge opens"):
        assert word not in article.text


def test_no_date_is_guessed_from_the_text() -> None:
    assert one(page()).published_at is None


def test_the_head_says_who_when_and_what() -> None:
    head = """<meta property="og:type" content="article">
    <meta property="article:published_time" content="2026-11-23T06:00Z">
    <meta name="author" content="Ann Lee"><meta property="article:section" content="News">
    <meta property="og:description" content="It opened &amp; closed."><meta property="og:image" content="/b.jpg">
    <meta property="og:image:alt" content="The bridge"><link rel="canonical" href="/bridge-opens">"""
    article = one(page(head), "https://harbor.example/b?utm_source=x")
    assert article.published_at is not None
    assert article.published_at.isoformat() == "2026-11-23T06:00:00+00:00"
    assert (article.authors, article.categories) == (("Ann Lee",), ("News",))
    assert article.summary == "It opened & closed."
    assert article.image == Image("https://harbor.example/b.jpg", "The bridge")
    assert article.url == "https://harbor.example/bridge-opens"


@pytest.mark.parametrize(
    ("line", "people"),
    [
        ('<p class="byline">By Ann Lee</p>', ("Ann Lee",)),
        ('<div class="author">Ann Lee, Staff Writer</div>', ("Ann Lee",)),
        ('<p>By <a rel="author" href="/a">Ann Lee</a> and <a rel="author" href="/b">Bob de la Cruz</a></p>',
         ("Ann Lee", "Bob de la Cruz")),
        ("<p>By Ann Lee | 3 May 2026</p>", ("Ann Lee",)),
        ("<p>Von Anna Müller-Ohm und J. P. O’Neill</p>", ("Anna Müller-Ohm", "J. P. O’Neill")),
        ('<span itemprop="author"><span itemprop="name">Ann Lee</span></span>', ("Ann Lee",)),
        ('<p class="byline">By Staff</p>', ()),
        ('<p class="byline">By Harbor Gazette Staff</p>', ()),
        ('<p class="author">Ann Lee writes about harbors and has lived here for years.</p>', ()),
        ("<p>By Monday the bridge had opened</p>", ()),
        ('<aside><p class="byline">By Bob Day</p></aside>', ()),
        ('<div class="comments"><p class="author">Bob Day</p></div>', ()),
        ('<article><p class="byline">By Bob Day</p></article>', ()),
    ],
)  # fmt: skip
def test_a_byline_says_who_where_the_head_does_not(line: str, people: tuple[str, ...]) -> None:
    article = one(page(body=line + BODY))
    assert article.authors == people
    assert article.text.startswith("Paragraph 0") or not people
    assert one(page('<meta name="author" content="Cy Poe">', line + BODY)).authors == ("Cy Poe",)


def test_json_ld_says_who_when_and_what() -> None:
    said = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "WebSite"},
            {
                "@type": ["NewsArticle"],
                "headline": "Bridge opens at last",
                "datePublished": "2026-11-23T07:00:00+01:00",
                "author": [{"@type": "Person", "name": "Ann Lee"}, "Bob Day", "https://harbor.example/x"],
                "articleSection": ["News"],
                "image": {"url": "https://harbor.example/b.jpg"},
            },
        ],
    }
    article = one(page(f'<script type="application/ld+json">{json.dumps(said)}</script>'))
    assert article.authors == ("Ann Lee", "Bob Day")
    assert article.categories == ("News",)
    assert article.image == Image("https://harbor.example/b.jpg")
    assert article.published_at is not None


def test_the_stated_picture_has_the_caption_under_it() -> None:
    figure = (
        '<figure><img src="/b-800.jpg?w=2"><img src="/b.jpg" alt="Bridge"><figcaption>At dawn</figcaption></figure>'
    )
    head = '<meta property="og:image" content="https://harbor.example/b.jpg">'
    assert one(page(head, figure + BODY)).image == Image("https://harbor.example/b.jpg", "Bridge", "At dawn")


def test_a_small_page_is_read_whole() -> None:
    article = one(b"<h1>Bridge opens</h1><p>It opened.</p><footer>x</footer>")
    assert (article.title, article.text) == ("Bridge opens", "It opened.")


@pytest.mark.parametrize("data", [b"", b"<html></html>", b"<html><body><nav>x</nav></body></html>"])
def test_a_page_without_article_is_an_error(data: bytes) -> None:
    with pytest.raises(SourceError, match="no article on this page"):
        read_page(data, "https://harbor.example/")


@pytest.mark.parametrize("script", ["{", "[[[[", '{"@graph": {"@graph": 1}}', '{"@type": {"a": 1}}', '"x"', ""])
def test_broken_json_ld_is_passed_over(script: str) -> None:
    assert one(page(f'<script type="application/ld+json">{script}</script>')).title == "Bridge opens"


def test_a_page_in_another_encoding_is_read() -> None:
    data = page(body=f"<p>Café</p>{BODY}").replace(b"utf-8", b"windows-1252").decode().encode("cp1252")
    assert "Café" in one(data).text


def headed(head: str = "", heading: str = "") -> Article:
    return one(f"<html><head>{head}</head><body><article>{heading}{BODY}</article></body></html>".encode())


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("The <em>bridge</em><br>opens<script>alert(1)</script>", "The bridge opens"),
        ("<a href='/1'><span>Bridge</span></a>\n\t opens", "Bridge opens"),
        ("Tom &amp; Jerry &ldquo;win&rdquo; &#8212; at&nbsp;last", "Tom & Jerry “win” — at last"),
        ("Tom &amp;amp; Jerry", "Tom & Jerry"),  # escaped twice, as many systems do
        ("The &lt;main&gt; event", "The <main> event"),  # about the element
        ("If a &lt; b", "If a < b"),
        ("🎉 Bridge opens 👨\u200d👩\u200d👧 🇵🇹", "🎉 Bridge opens 👨\u200d👩\u200d👧 🇵🇹"),
        ("&#55356;&#57225; Bridge &#x1F309;", "🎉 Bridge 🌉"),
        ("Bridge\u00ad\ufeff opens\u0007 &#0;", "Bridge opens \ufffd"),
    ],
)
def test_a_headline_is_what_a_reader_sees_and_is_not_repeated_in_the_text(heading: str, title: str) -> None:
    article = headed(heading=f"<h1>{heading}</h1>")
    assert article.title == title
    assert article.text.startswith("Paragraph 0")


@pytest.mark.parametrize("heading", ["", "<h1></h1>", "<h1> &nbsp;\u200b </h1>", "<h1><img src='/x.png' alt=''></h1>"])
@pytest.mark.parametrize(
    "head",
    [
        "<title>Bridge opens</title>",
        "<title> </title><meta property='og:title' content='&lt;b&gt;Bridge&lt;/b&gt; opens'>",
        """<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Bridge <i>opens</i>"}</script>""",
        """<title>Bridge opens</title><script type="application/ld+json">{"@type": "Report", "headline": 7}</script>""",
    ],
)
def test_where_the_heading_is_empty_the_head_says_it(head: str, heading: str) -> None:
    assert headed(head, heading).title == "Bridge opens"


@pytest.mark.parametrize(
    "head", ["", "<title></title>", "<title>&#8203;</title><meta property='og:title' content='&amp;nbsp;'>"]
)
def test_a_page_without_a_headline_is_called_by_its_first_words(head: str) -> None:
    article = headed(head, "<h1>\u200b</h1>")
    assert article.title.startswith("Paragraph 0: the bridge opened on Monday")
    assert "no headline of its own" in article.notes[0]


def test_a_headline_without_end_is_cut_at_a_word() -> None:
    title = headed(heading=f"<h1>{'word ' * 2_000}</h1>").title
    assert len(title) <= 300
    assert title.endswith("word…")


def test_a_reader_fetches_its_page(site: Site, fetcher: Fetcher) -> None:
    url = site.put("/bridge", page(), "text/html")
    assert PageReader(url, fetcher).read().articles[0].url == url


@pytest.mark.parametrize("link", ['href="/"', 'href="https://harbor.example"', 'rel="home" href="/blog/"'])
@pytest.mark.parametrize(
    "title", ["Bridge opens at last", "Harbor - Gazette &raquo; Archive &raquo; Bridge opens at last"]
)
def test_a_main_heading_that_leads_to_the_front_page_is_the_sites_name(link: str, title: str) -> None:
    heads = f"<h1><a {link}>Harbor - Gazette</a></h1><h2><a href='/bridge'>Bridge opens at last</a></h2>"
    found = one(f"<html><head><title>{title}</title></head><body>{heads}{BODY}</body></html>".encode())
    assert found.title == "Bridge opens at last"


def test_a_main_heading_that_leads_elsewhere_or_holds_more_than_the_link_is_the_headline() -> None:
    for heading in ('<a href="/bridge">Bridge opens</a>', '<a href="/">Harbor</a>: bridge opens'):
        plain = "Bridge opens" if "/bridge" in heading else "Harbor: bridge opens"
        data = f"<html><head><title>{plain} today</title></head><body><h1>{heading}</h1>{BODY}</body></html>"
        assert one(data.encode()).title == plain

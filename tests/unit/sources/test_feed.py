"""Every dialect, and every way in which a feed can be bad."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.errors import SourceError
from publisher.model.article import Image
from publisher.sources.feed import FeedReader
from publisher.sources.fetch import Fetcher, Validators
from tests.unit.sources.conftest import Site
from tests.unit.sources.samples import atom, one, read, rss

BRIDGE = """
<title>Bridge opens</title><link>https://harbor.example/bridge</link><guid isPermaLink="false">b-1</guid>
<pubDate>Mon, 23 Nov 2026 07:00:00 +0100</pubDate><dc:creator>Ann Lee</dc:creator>
<category>News</category><category>Transport</category><category>NEWS</category>
<description>It opened at last.</description>
<content:encoded><![CDATA[<p>The bridge opened on Monday.</p><p>People crossed it.</p>]]></content:encoded>
"""
NIGHT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def test_rss_2_gives_everything_that_it_says() -> None:
    reading = read(rss(BRIDGE))
    (article,) = reading.articles
    assert (reading.title, reading.site_url, reading.language) == ("Harbor Gazette", "https://harbor.example/", "en")
    assert (article.title, article.url, article.guid) == ("Bridge opens", "https://harbor.example/bridge", "b-1")
    assert article.published_at == NIGHT
    assert article.authors == ("Ann Lee",)
    assert article.categories == ("News", "Transport")
    assert article.summary == "It opened at last."
    assert article.text == "The bridge opened on Monday.\n\nPeople crossed it."
    assert article.html == "<p>The bridge opened on Monday.</p><p>People crossed it.</p>"
    assert article.language == "en"
    assert reading.problems == ()
    assert article.notes == ()


def test_atom_gives_everything_that_it_says() -> None:
    entry = """<title type="html">Bridge &amp;amp; tunnel</title><id>tag:harbor.example,2026:1</id>
    <link rel="edit" href="/api/1"/><link rel="alternate" href="/bridge"/><updated>2026-11-23T08:00:00Z</updated>
    <published>2026-11-23T07:00:00+01:00</published><author><name>Ann Lee</name></author>
    <author><name>Bob Day</name></author><category term="n" label="News"/><category term="http://x.example/kind#post"/>
    <summary>It opened.</summary>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Open to all, at last.</p></div></content>"""
    article = one(atom(entry))
    assert (article.title, article.url) == ("Bridge & tunnel", "https://harbor.example/bridge")
    assert article.guid == "tag:harbor.example,2026:1"
    assert article.published_at == NIGHT
    assert article.authors == ("Ann Lee", "Bob Day")
    assert article.categories == ("News",)
    assert (article.summary, article.text) == ("It opened.", "Open to all, at last.")


def test_an_atom_entry_without_author_has_the_feeds() -> None:
    entry = "<title>T</title><id>1</id>"
    assert one(atom(entry, head="<author><name>The desk</name></author>")).authors == ("The desk",)


def test_rss_0_91_is_read() -> None:
    data = b"""<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://x.example/rss.dtd">
    <rss version="0.91"><channel><title>Old Gazette</title><link>https://old.example</link><language>en</language>
    <item><title>Caf&eacute; opens</title><link>https://old.example/1</link><description>At last.</description></item>
    </channel></rss>"""
    assert (one(data).title, one(data).url) == ("Café opens", "https://old.example/1")


def test_rdf_is_read_and_its_about_is_the_id() -> None:
    data = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/">
    <channel rdf:about="https://h.example/"><title>Gazette</title>
    <link>https://h.example/</link></channel><item rdf:about="https://h.example/1"><title>Bridge</title>
    <link>https://h.example/1</link><dc:date>2026-11-23T06:00:00Z</dc:date><dc:creator>Ann Lee</dc:creator></item>
    </rdf:RDF>"""
    article = one(data)
    assert (article.guid, article.published_at, article.authors) == ("https://h.example/1", NIGHT, ("Ann Lee",))


def test_json_feed_is_read() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Harbor Gazette",
        "home_page_url": "https://harbor.example/",
        "language": "en",
        "authors": [{"name": "The desk"}],
        "items": [
            {
                "id": 7,
                "url": "https://harbor.example/7",
                "title": "Tom & <b>Jerry</b>",
                "content_html": "<p>Hello &amp; <a href='/x'>welcome</a></p>",
                "date_published": "2026-11-23T06:00:00Z",
                "tags": ["News", 3, "news"],
                "image": "/7.jpg",
            },
            "nonsense",
            {"id": "8", "content_text": "First\n\nSecond"},
        ],
    }
    reading = read(json.dumps(feed).encode())
    first, second = reading.articles
    assert (first.guid, first.title, first.published_at) == ("7", "Tom & <b>Jerry</b>", NIGHT)
    assert first.authors == ("The desk",)
    assert first.categories == ("News",)
    assert first.image == Image("https://harbor.example/7.jpg")
    assert first.html == '<p>Hello &amp; <a href="https://harbor.example/x">welcome</a></p>'
    assert second.text == "First\n\nSecond"
    assert reading.problems == ("1 of its items are no objects and were left out",)


def test_the_raw_guid_is_kept_and_never_resolved() -> None:
    item = '<title>T</title><guid>post-1#a</guid><link xml:base="https://other.example/">/1</link>'
    assert one(rss(item)).guid == "post-1#a"
    assert one(rss(item), url="https://moved.example/feed").guid == "post-1#a"
    based = atom('<title>T</title><id>post-1</id><link href="x"/>').replace(
        b"<feed ", b'<feed xml:base="https://b.example/" '
    )
    assert (one(based).guid, one(based).url) == ("post-1", "https://b.example/x")


def test_a_guid_that_is_a_permalink_is_the_link_where_there_is_none() -> None:
    assert one(rss("<title>T</title><guid>https://harbor.example/1</guid>")).url == "https://harbor.example/1"
    assert one(rss('<title>T</title><guid isPermaLink="false">https://harbor.example/1</guid>')).url is None
    assert one(rss("<title>T</title><guid>post-1</guid>")).url is None


def test_a_feed_services_redirect_gives_way_to_the_articles_own_address() -> None:
    item = """<title>T</title><link>https://feeds.example/~r/1</link>
    <feedburner:origLink>https://harbor.example/1</feedburner:origLink>"""
    assert one(rss(item)).url == "https://harbor.example/1"


@pytest.mark.parametrize(
    ("stated", "title"),
    [
        ("AT&amp;amp;T &amp;lt;b&amp;gt;", "AT&T <b>"),
        ("AT&amp;T", "AT&T"),
        ("&lt;b&gt;Bold&lt;/b&gt; words", "Bold words"),
        ("<![CDATA[Tom &amp; <i>Jerry</i>]]>", "Tom & Jerry"),
        ("<![CDATA[It&#8217;s\n\t 5 < 6]]>", "It’s 5 < 6"),
        ("Caf&eacute; &nbsp; Lisboa", "Café Lisboa"),
        ("Tom & Jerry", "Tom & Jerry"),
        ("Vec&lt;T&gt; explained", "Vec<T> explained"),
        ("🚣 Côte d’Azur", "🚣 Côte d’Azur"),
        ("{{7*7}} ${NAME}", "{{7*7}} ${NAME}"),
    ],
)
def test_a_title_is_plain_text(stated: str, title: str) -> None:
    assert one(rss(f"<title>{stated}</title><link>https://h.example/1</link>")).title == title


def test_a_title_has_at_most_300_characters() -> None:
    title = one(rss(f"<title>{'word ' * 100}</title>")).title
    assert len(title) <= 300
    assert title.endswith("word…")


def test_atom_plain_text_titles_keep_what_looks_like_a_tag() -> None:
    assert one(atom('<title type="text">Why &lt;b&gt; is bad</title><id>1</id>')).title == "Why <b> is bad"


def test_an_unreadable_date_gives_way_to_the_next_and_is_noted() -> None:
    article = one(rss("<title>T</title><pubDate>lundi, 02 nov. 2026</pubDate><dc:date>2026-11-23T06:00:00Z</dc:date>"))
    assert article.published_at == NIGHT
    assert article.notes == ("its date “lundi, 02 nov. 2026” can't be read; the next date that it gives is used",)


def test_without_a_readable_date_there_is_none() -> None:
    article = one(rss("<title>T</title><pubDate>32 Foo</pubDate>"))
    assert article.published_at is None
    assert article.notes == ("its date “32 Foo” can't be read; the time when it was first seen stands in",)


def test_an_article_without_title_has_its_first_words() -> None:
    article = one(rss("<description>The bridge opened. It rained.</description>"))
    assert article.title == "The bridge opened. It rained."
    assert article.url is None
    assert "no headline" in article.notes[0]


def test_an_item_that_says_nothing_is_named_and_left_out() -> None:
    reading = read(rss("<link>https://harbor.example/empty?k=1</link>", BRIDGE, "<guid>only-an-id</guid>"))
    assert [article.title for article in reading.articles] == ["Bridge opens"]
    assert reading.problems == (
        "item 1 (https://harbor.example/empty?…) has neither headline nor text and was left out",
        "item 3 (only-an-id) has neither headline nor text and was left out",
    )


def test_a_thousand_problems_are_counted_not_listed() -> None:
    problems = read(rss(*["<guid>x</guid>"] * 1_000)).problems
    assert len(problems) == 21
    assert problems[-1] == "and 980 more like these"


def test_thousands_of_attributes_cost_no_time() -> None:
    began = time.monotonic()
    attributes = "".join(f'a{n}="1" ' for n in range(2_000))
    assert one(rss(f"<title {attributes}>T</title>")).title == "T"
    assert time.monotonic() - began < 1


def test_a_link_that_is_no_web_page_is_dropped_and_noted() -> None:
    article = one(rss("<title>T</title><link>javascript:alert(1)</link>"))
    assert article.url is None
    assert article.notes == ("its link “javascript:alert(1)” leads to no web page and was dropped",)


def test_one_id_on_several_items_is_used_for_none_of_them() -> None:
    items = [f"<title>Story {n}</title><link>https://harbor.example/{n}</link><guid>N/A</guid>" for n in (1, 2)]
    reading = read(rss(*items, BRIDGE))
    assert [article.guid for article in reading.articles] == [None, None, "b-1"]
    assert reading.problems == ("the id “N/A” stands on 2 different items and was not used",)
    assert "known by its link" in reading.articles[0].notes[0]


def test_an_item_that_stands_twice_is_taken_once() -> None:
    reading = read(rss(BRIDGE, BRIDGE))
    assert [article.guid for article in reading.articles] == ["b-1"]
    assert reading.problems == ()


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ("<author>noreply@harbor.example (Ann Lee)</author>", "Ann Lee"),
        ("<author>Ann Lee &lt;ann@harbor.example&gt;</author>", "Ann Lee"),
        ("<dc:creator>By Ann Lee</dc:creator>", "Ann Lee"),
        ("<dc:creator><![CDATA[Ann &amp; Bob]]></dc:creator>", "Ann & Bob"),
    ],
)
def test_an_author_is_a_name(stated: str, name: str) -> None:
    assert one(rss(f"<title>T</title>{stated}")).authors == (name,)


def test_an_address_alone_is_no_author() -> None:
    assert one(rss("<title>T</title><author>noreply@harbor.example</author>")).authors == ()


@pytest.mark.parametrize("tail", [" [&#8230;]", "&#8230;", "... Read more", " [...]"])
def test_a_summary_that_a_machine_cut_behind_a_sentence_ends_with_it(tail: str) -> None:
    words = "The bridge opens. All are welcome to our invite."
    assert one(rss(f"<title>T</title><description>{words}{tail}</description>")).summary == words


def test_a_media_picture_comes_with_its_words_and_they_are_not_the_articles() -> None:
    item = """<title>T</title><description>Short.</description>
    <media:content url="/small.jpg" medium="image" width="90"/>
    <media:content url="/bridge.jpg" medium="image" width="1200" height="630">
    <media:title>Not the headline</media:title>
    <media:description>The bridge at dawn</media:description><media:credit>Rui</media:credit></media:content>"""
    article = one(rss(item))
    assert article.image == Image("https://harbor.example/bridge.jpg", "The bridge at dawn", "", "Rui", 1200, 630)
    assert (article.title, article.summary, article.text) == ("T", "Short.", "Short.")


@pytest.mark.parametrize("credit", ["", "<media:credit>Jon Vik</media:credit>"])
def test_the_words_of_a_media_picture_that_end_in_a_credit_are_its_caption(credit: str) -> None:
    words = f"<media:description>The pier at dawn.\n Photo: Jon Vik</media:description>{credit}"
    item = f'<title>T</title><media:content url="/pier.jpg" medium="image">{words}</media:content>'
    url = "https://harbor.example/pier.jpg"
    assert one(rss(item)).image == Image(url, "The pier at dawn.", "The pier at dawn.", "Jon Vik")


def test_a_video_feed_gives_title_thumbnail_and_description() -> None:
    entry = """<id>yt:video:1</id><title>How the bridge turns</title><link rel="alternate" href="https://v.example/1"/>
    <media:group xmlns:media="http://search.yahoo.com/mrss/"><media:title>Other</media:title>
    <media:content url="https://v.example/1.swf" type="application/x-shockwave-flash"/>
    <media:thumbnail url="https://v.example/1.jpg" width="480" height="360"/>
    <media:description>It turns twice a day.</media:description></media:group>"""
    article = one(atom(entry))
    assert (article.title, article.summary) == ("How the bridge turns", "It turns twice a day.")
    assert article.image == Image("https://v.example/1.jpg", width=480, height=360)


def test_an_enclosed_picture_and_the_first_large_one_of_the_text_are_found() -> None:
    enclosed = '<title>T</title><enclosure url="https://h.example/e.jpg" type="image/jpeg" length="1"/>'
    assert one(rss(enclosed)).image == Image("https://h.example/e.jpg")
    text = """<title>T</title><description><![CDATA[<img src="/dot.gif" width="1" height="1">
    <img src="/b.jpg" alt="Bridge"
    data-caption="At dawn" data-credit="Rui"><p>Text</p>]]></description>"""
    assert one(rss(text)).image == Image("https://harbor.example/b.jpg", "Bridge", "At dawn", "Rui")


def test_relative_addresses_are_resolved_from_the_nearest_base() -> None:
    item = """<title>T</title><link>/news/1</link>
    <description><![CDATA[<p><a href='x'>x</a> <img src='y.png'></p>]]></description>"""
    assert 'href="https://harbor.example/news/x"' in one(rss(item)).html
    assert 'src="https://harbor.example/news/y.png"' in one(rss(item)).html
    entry = """<title>T</title><id>1</id>
    <content type="html" xml:base="https://b.example/d/">&lt;a href="x"&gt;x&lt;/a&gt;</content>"""
    assert 'href="https://b.example/d/x"' in one(atom(entry)).html


def test_a_local_feeds_pictures_are_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "quay.png").write_bytes(b"png")
    item = """<title>T</title><link>https://harbor.example/1</link><media:content url="images/quay.png" medium="image"/>
    <description><![CDATA[<img src="images/quay.png"><img src="../secret.png">
    <img src="file:///etc/hostname"><a href="y">y</a>]]></description>"""
    article = one(rss(item), url="", folder=tmp_path)
    quay = (tmp_path / "images" / "quay.png").as_uri()
    assert article.image == Image(quay)
    assert article.html.count("file:") == 1
    assert 'href="https://harbor.example/y"' in article.html


def test_a_feed_from_the_web_names_no_file() -> None:
    item = '<title>T</title><media:content url="file:///etc/hostname" medium="image"/>'
    assert one(rss(item)).image is None


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16", "windows-1252"])
def test_a_declared_encoding_is_read(encoding: str) -> None:
    text = rss("<title>Café – no</title>" if "8859" not in encoding else "<title>Café</title>").decode()
    article = one(text.replace('encoding="utf-8"', f'encoding="{encoding}"').encode(encoding))
    assert article.title.startswith("Café")


def test_a_wrong_encoding_is_seen_through() -> None:
    data = rss("<title>Café</title>")
    assert one(data.replace(b"utf-8", b"iso-8859-1")).title == "Café"
    assert one(data.decode().encode("cp1252")).title == "Café"


def test_a_truncated_feed_gives_its_complete_items_and_names_what_happened() -> None:
    whole = rss(BRIDGE, "<title>Second</title><link>https://harbor.example/2</link>")
    cut = whole[: whole.index(b"https://harbor.example/2")]
    reading = read(cut)
    assert [article.title for article in reading.articles] == ["Bridge opens"]
    assert reading.problems == (
        "the document breaks off before its end (no </rss>): its last item is incomplete and was left out, "
        "the 1 before it were read",
    )
    assert reading.is_broken


def test_a_feed_cut_anywhere_never_gives_half_an_article() -> None:
    whole = rss(BRIDGE, BRIDGE.replace("b-1", "b-2").replace("]]>", " Even </item> in text.]]>"))
    articles = read(whole).articles
    for end in range(0, len(whole), 7):
        try:
            reading = read(whole[:end])
        except SourceError:
            continue
        assert reading.articles == articles[: len(reading.articles)]


def test_a_feed_that_lacks_only_its_last_tag_gives_all_items() -> None:
    reading = read(rss(BRIDGE).removesuffix(b"</rss>"))
    assert len(reading.articles) == 1
    assert "every item in it is complete" in reading.problems[0]


def test_malformed_xml_is_read_as_far_as_it_can_be_understood() -> None:
    data = rss("<title>Fish & chips</title><link>https://h.example/?a=1&b=2</link><b>open", BRIDGE).replace(
        b"\x00", b""
    )
    reading = read(data)
    assert reading.articles[0].title == "Fish & chips"
    assert reading.articles[0].url == "https://h.example/?a=1&b=2"
    assert "not well-formed XML" in reading.problems[0]


def test_an_empty_feed_is_no_error_and_is_said() -> None:
    reading = read(rss())
    assert (reading.articles, reading.problems) == ((), ("the feed has no items",))


@pytest.mark.parametrize("data", [b"", b"  \n"])
def test_an_empty_document_is_an_error(data: bytes) -> None:
    with pytest.raises(SourceError, match="the document is empty"):
        read(data)


def test_a_web_page_is_no_feed_and_its_feed_is_named() -> None:
    page = b"""<!doctype html><html><head><title>x</title><link rel="alternate" type="application/rss+xml"
    href="/comments/feed" title="Comments"><link rel="alternate" type="application/rss+xml" href="/feed">
    </head></html>"""
    with pytest.raises(SourceError, match="web page, not a feed") as caught:
        read(page, url="https://harbor.example/news")
    assert caught.value.remedy == "Its feed is https://harbor.example/feed."


def test_a_feed_inside_a_web_page_is_read() -> None:
    inner = atom("<title>One</title><id>1</id>", "<title>Two</title><id>2</id>").decode()
    start = '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://x.example/x.dtd">'
    reading = read(f"{start}<html><body>{inner}</body></html>".encode())
    assert [article.title for article in reading.articles] == ["One", "Two"]
    assert reading.title == "Harbor Gazette"


@pytest.mark.parametrize(
    "data", [b"hello", b"<svg/>", b"\x89PNG\r\n\x1a\n\0\0", b"%PDF-1.7", b"[1,2]", b'{"a":1}', b"{", b"[" * 100_000]
)
def test_what_is_no_feed_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        read(data)
    assert caught.value.remedy


def test_entity_bombs_are_refused_before_they_are_parsed() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    with pytest.raises(SourceError, match="entities of its own"):
        read(bomb.encode() + rss("<title>&b;</title>").split(b"?>", 1)[1])


def test_an_external_entity_is_refused() -> None:
    trap = b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]><rss><channel><title>&x;</title></channel></rss>'
    with pytest.raises(SourceError, match="entities of its own"):
        read(trap)


def test_scripts_and_traps_in_the_text_are_gone() -> None:
    item = """<title>T</title><description><![CDATA[<p onclick="x()">A<script>alert(1)</script><style>p{}</style>
    <a href="javascript:x()">B</a><a href="data:text/html,x">C</a><img src=x onerror=y><iframe src="//z"></iframe></p>
    ]]></description>"""
    html = one(rss(item)).html
    assert "A" in html
    for word in ("script", "onclick", "onerror", "data:", "iframe", "style"):
        assert word not in html


def test_share_buttons_and_trackers_go_and_the_text_stays() -> None:
    item = """<title>T</title><description><![CDATA[<p>Text.</p><div class="feedflare"><a href="#">Share</a></div>
    <p><a href="https://feeds.feedburner.com/~ff/G?a=1"><img src="https://feeds.feedburner.com/~ff/G?d=1"></a></p>
    <img src="https://stats.wordpress.com/b.gif"><img src="https://t.example/p.png" width="1" height="1">
    <p>The post <a href="/1">T</a> appeared first on <a href="/">Gazette</a>.</p>]]></description>"""
    assert one(rss(item)).html == "<p>Text.</p>"


def test_a_reader_names_its_source_in_errors(site: Site, fetcher: Fetcher) -> None:
    with pytest.raises(SourceError) as caught:
        FeedReader(site.status("/feed", 404), fetcher, name="site").read()
    assert (
        str(caught.value)
        == f"site: {site.url('/feed')} is not there (404). Open it in a browser and correct the address."
    )


def test_a_reader_asks_with_what_it_knows_and_takes_unchanged_for_an_answer(site: Site, fetcher: Fetcher) -> None:
    reader = FeedReader(site.put("/feed", rss(BRIDGE), ETag='"1"'), fetcher)
    assert reader.read().etag == '"1"'
    site.status("/feed", 304)
    reading = reader.read(Validators('"1"', None))
    assert (reading.unchanged, reading.articles, reading.etag) == (True, (), '"1"')


def test_a_feed_that_moved_for_good_says_where(site: Site, fetcher: Fetcher) -> None:
    site.put("/new", rss(BRIDGE))
    assert FeedReader(site.status("/feed", 301, Location="/new"), fetcher).read().moved_to == site.url("/new")


def test_a_local_feed_is_read(tmp_path: Path, fetcher: Fetcher) -> None:
    (tmp_path / "feed.xml").write_bytes(rss(BRIDGE))
    assert len(FeedReader(tmp_path / "feed.xml", fetcher).read().articles) == 1


def test_a_missing_or_too_large_local_feed_is_said(tmp_path: Path) -> None:
    fetcher = Fetcher("t", cap=10)
    with pytest.raises(SourceError, match=r"there is no file .*feed\.xml"):
        FeedReader(tmp_path / "feed.xml", fetcher).read()
    (tmp_path / "feed.xml").write_bytes(rss(BRIDGE))
    with pytest.raises(SourceError, match="larger than 10 bytes"):
        FeedReader(tmp_path / "feed.xml", fetcher).read()


def test_a_large_feed_is_read_in_reasonable_time() -> None:
    text = "<p>The bridge opened on Monday, and people crossed it.</p>" * 20
    body = f"<content:encoded><![CDATA[{text}]]></content:encoded>"
    items = [f"<title>Story {n}</title><link>https://h.example/{n}</link><guid>{n}</guid>{body}" for n in range(300)]
    began = time.monotonic()
    assert len(read(rss(*items)).articles) == 300
    assert time.monotonic() - began < 5


FRAGMENTS = st.sampled_from(
    [
        *(
            "<rss>",
            "<channel>",
            "<item>",
            "</item>",
            "<feed xmlns='http://www.w3.org/2005/Atom'>",
            "<entry>",
            "</entry>",
        ),
        *(
            "<title>",
            "</title>",
            "<![CDATA[",
            "]]>",
            "&amp;",
            "&",
            "&#0;",
            "&#xD800;",
            "&nbsp;",
            "<!--",
            "-->",
            "<!DOCTYPE",
        ),
        *(
            "<!ENTITY a 'b'>",
            "[",
            "]>",
            "</rss>",
            "</feed>",
            "<link href='//['/>",
            "<guid>",
            "</guid>",
            '{"items":[',
            "{}",
            "]}",
        ),
        *(
            "<content type='html'>",
            "<media:content url='x'/>",
            "<pubDate>",
            "</pubDate>",
            "xml:base='http://['",
            "<?xml",
        ),
        *(
            "encoding='utf-7'?>",
            "\x00",
            "\ufffe",
            "\ud800",
            "<p>",
            "</body>",
            "<img src=''>",
            "é",
            "0001-01-01T00:00:00Z",
        ),
    ]
)


@settings(max_examples=150, deadline=2_000)
@given(st.one_of(st.binary(max_size=400), st.lists(st.one_of(FRAGMENTS, st.text(max_size=8)), max_size=40)))
def test_any_bytes_are_a_reading_or_a_source_error(parts: bytes | list[str]) -> None:
    data = parts if isinstance(parts, bytes) else "".join(parts).encode("utf-8", "surrogatepass")
    try:
        reading = read(data)
    except SourceError as error:
        assert str(error)
    else:
        for article in reading.articles:
            assert article.title
            "".join((article.title, article.html, article.text, article.summary)).encode()


@settings(max_examples=60, deadline=2_000)
@given(st.lists(st.one_of(FRAGMENTS, st.text(max_size=10)), max_size=30))
def test_any_text_inside_an_item_keeps_the_other_items(parts: list[str]) -> None:
    safe = "".join(parts).replace("]]>", "").replace("\ud800", "")
    reading = read(rss(f"<title>Odd</title><description><![CDATA[{safe}]]></description>", BRIDGE))
    assert "Bridge opens" in [article.title for article in reading.articles]


def test_a_text_without_end_is_cut_and_the_cut_named() -> None:
    article = one(rss(f"<title>Endless</title><description>{'&' * 400_000}</description>"))
    assert article.title == "Endless"
    assert "has more than 50,000 &" in article.notes[0]


def test_html_that_is_escaped_and_html_in_cdata_read_the_same() -> None:
    html = "<p>Fish &amp; chips at the <em>quay</em> &#x2014; &eacute;t&eacute;</p>"
    escaped = html.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    said = [one(rss(f"<title>x</title><description>{each}</description>")) for each in (escaped, f"<![CDATA[{html}]]>")]
    assert said[0] == said[1]
    assert said[0].text == "Fish & chips at the quay — été"


def test_thousands_of_items_are_all_read() -> None:
    items = (f"<title>Story {number}</title><guid>{number}</guid>" for number in range(2_000))
    assert len(read(rss(*items)).articles) == 2_000


def test_a_feed_says_how_it_wants_to_be_read() -> None:
    head = "<ttl>90</ttl><skipHours><hour>0</hour><hour>24</hour><hour>5</hour></skipHours>"
    head += "<skipDays><day>Sunday</day><day>Someday</day></skipDays>"
    asked = read(rss("<title>x</title>", head=head)).manners
    assert (asked.rest, asked.asked_by) == (timedelta(minutes=90), "ttl")
    assert (asked.skip_hours, asked.skip_days) == (frozenset({0, 5}), frozenset({6}))


def test_who_skips_every_hour_skips_none() -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(24))
    assert read(rss("<title>x</title>", head=f"<skipHours>{hours}</skipHours>")).manners.skip_hours == frozenset()

"""The text of an article is found among all that a theme and its plugins put around it."""

from __future__ import annotations

import pytest

from publisher.sources.address import Place
from publisher.sources.page import article_in

PLACE = Place("https://harbor.example/bridge")
TEXT = [f"Paragraph {n}: the bridge opened on Monday, and everybody crossed it in the rain." for n in range(8)]
PROSE = "".join(f"<p>{line}</p>" for line in TEXT)
NOISE = "Wall falls, nobody hurt, says the mayor of the other town"


def article(inside: str, *, above: str = "", below: str = "", head: str = ""):
    return article_in(
        f"""<html lang="en"><head><title>Bridge opens</title>{head}</head><body class="single has-sidebar tag-share">
        <header class="site-header"><a href="/">Harbor Gazette</a></header>{above}
        <div id="content"><article class="post category-sponsored"><h1>Bridge opens</h1>
        <div class="entry-content">{inside}</div></article></div>{below}</body></html>""",
        PLACE,
    )


@pytest.mark.parametrize(
    "box",
    [
        f'<div class="sharedaddy sd-sharing-enabled"><p>{NOISE}</p></div>',
        f'<div id="jp-relatedposts"><p>{NOISE}</p></div>',
        f'<ul class="related_post wp_rp"><li><a href="/2">{NOISE}</a> <small>{NOISE} {NOISE}.</small></li></ul>',
        f'<div class="yarpp yarpp-related"><h3>More</h3><p>{NOISE}</p></div>',
        f'<div class="code-block code-block-3"><p>{NOISE}</p></div>',
        f'<div class="mc4wp-form"><p>{NOISE}</p></div>',
        f'<section class="author-box"><p>{NOISE}</p></section>',
        f'<div class="post-navigation"><p>{NOISE}</p></div>',
        f'<div id="comments" class="comments-area"><p>{NOISE}.</p><p>{NOISE}. {NOISE}.</p></div>',
        f'<aside><p>{NOISE}</p></aside>',
        f'<div class="wp-block-query"><p>{NOISE}</p></div>',
        f'<div role="dialog" class="pum-overlay"><p>{NOISE}</p></div>',
    ],
)  # fmt: skip
def test_a_box_of_a_theme_or_plugin_is_no_part_of_the_text(box):
    found = article(f"{PROSE[: len(PROSE) // 2]}{box}{PROSE[len(PROSE) // 2 :]}", below=box)
    assert NOISE not in found.text
    assert TEXT[0] in found.text
    assert TEXT[7] in found.text


def test_a_box_that_holds_the_article_is_the_article():
    assert article(f'<div class="teaser promo">{PROSE}</div>').text.count("Paragraph") == 8


def test_a_part_of_the_text_is_kept_whatever_it_is_called(monkeypatch):
    monkeypatch.setattr("publisher.sources.body._LONG", 0)  # so much text that nothing is looked at again
    parts = "".join(f'<div id="toc-{n}" class="ad-free"><h2>Part {n}</h2>{PROSE}</div>' for n in range(3))
    assert article(parts).text.count("Part ") == 3


def test_a_text_that_is_called_comments_is_read_where_nothing_else_is_there():
    live = "".join(f'<div class="comment-body">Minute {n}: {line}</div>' for n, line in enumerate(TEXT * 4))
    assert "Minute 31" in article(f'<div class="match-comments">{live}</div>').text


def test_an_anchor_of_a_heading_is_no_box():
    found = article(PROSE + '<h2 id="comments-from-readers">Comments from the pier</h2><p>They liked it a lot.</p>')
    assert "Comments from the pier" in found.text


def test_the_paragraph_under_the_headline_is_part_of_the_text():
    lead = "After two years of waiting the town has its bridge back, and the ferry retires."
    for above in (
        f'<div class="article-header"><p class="lead">{lead}</p></div>',
        f'<div class="x1"><p>{lead}</p></div>',
    ):
        head = f'<meta name="description" content="{lead}">'
        found = article(PROSE, above=above, head=head)
        assert found.text.startswith(lead)
        assert found.text.count(lead) == 1


def test_a_caption_stays_with_its_picture_and_out_of_the_text():
    figure = (
        '<figure class="wp-block-image"><img data-src="/b.jpg" src="data:image/gif;base64,R0" width="800" alt="">'
        "<figcaption>The bridge at dawn</figcaption></figure>"
    )
    old = '<div class="wp-caption"><img src="/c-300x200.jpg"><p class="wp-caption-text">The old ferry</p></div>'
    found = article(figure + PROSE[: len(PROSE) // 2] + old + PROSE[len(PROSE) // 2 :])
    assert '<img src="https://harbor.example/b.jpg" alt="The bridge at dawn" width="800">' in found.html
    assert "<figcaption>The bridge at dawn</figcaption>" in found.html
    assert "<figcaption>The old ferry</figcaption>" in found.html
    assert "dawn" not in found.text
    assert "ferry" not in found.text
    assert found.image.caption == "The bridge at dawn"


def test_a_page_without_an_article_gives_none():
    assert article_in("", PLACE) is None
    assert article_in("<html><body><script>1</script></body></html>", PLACE) is None


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", " java\nscript:x"])
def test_a_link_that_leads_to_no_page_loses_the_link_and_keeps_the_words(link):
    found = article(f'{PROSE}<p>Crossed by <a href="{link}">everybody</a>, it stands.</p>')
    assert "everybody, it stands" in found.text
    assert "script" not in found.html
    assert "everybody</a>" not in found.html
    assert "data:" not in found.html


def test_a_picture_of_one_pixel_is_none():
    dots = '<img src="/p.gif" width="1" height="1"><img src="https://pixel.wp.com/g.gif?x">'
    found = article(dots + PROSE)
    assert "<img" not in found.html
    assert found.image is None


def test_a_huge_page_is_read_up_to_a_limit(monkeypatch):
    monkeypatch.setattr("publisher.sources.body._MOST", 20_000)
    found = article(PROSE + "<p>And more of it.</p>" * 20_000)
    assert TEXT[7] in found.text
    assert len(found.text) < 20_000


def test_a_deep_page_is_no_reason_to_fail():
    assert article("<div>" * 5_000 + PROSE) is not None


def test_code_within_a_sentence_stays_in_it_and_a_listing_stays_a_listing():
    listing = "<pre><code>import bridge\nbridge.open()</code></pre>"
    found = article(f"{PROSE}<p>Call <code>id</code> or <a href='/c'><code>ctypes</code></a> for it.</p>{listing}")
    assert "Call <code>id</code> or" in found.html
    assert "Call id or ctypes for it." in found.text
    assert "import bridge\nbridge.open()" in found.text
    assert "<pre>" in found.html

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.errors import TemplateError
from publisher.model.article import Article
from publisher.model.message import PostRules
from publisher.render import Renderer, default_theme
from publisher.render.counting import length
from publisher.render.social import neutralise
from publisher.render.words import fold
from tests.unit.render.samples import FERRY, MASTODON, STORIES, WEBHOOK, brief

RENDERER = Renderer([default_theme()])


def test_a_post_has_the_headline_the_summary_the_link_and_tags() -> None:
    post = RENDERER.post(brief(FERRY), MASTODON)
    assert post.parts == (
        f"{FERRY.title}\n\n{FERRY.summary}\n\nhttps://harbor.example/2026/11/01-story\n\n#CityCouncil #Transport",
    )


def test_a_post_of_many_stories_is_about_the_lead() -> None:
    assert RENDERER.post(brief(), MASTODON) == RENDERER.post(brief(FERRY), MASTODON)


def test_a_digest_post_lists_the_headlines_that_fit() -> None:
    post = RENDERER.post(brief(template="social/digest.txt"), MASTODON)
    assert f"– {FERRY.title}\n– {STORIES[1].title}" in post.text
    assert post.text.endswith("\n\nhttps://harbor.example/2026/11/01-story")
    short = RENDERER.post(brief(template="social/digest.txt"), replace(MASTODON, limit=220))
    assert STORIES[1].title in short.text
    assert STORIES[7].title not in short.text
    assert length(short.text, MASTODON) <= 220


def test_an_article_without_a_page_gives_a_post_without_a_link_and_no_card() -> None:
    post = RENDERER.post(brief(STORIES[3]), MASTODON)
    assert post.text == f"{STORIES[3].title}\n\n{STORIES[3].summary}"
    assert post.card is None


def test_a_network_without_a_template_of_its_own_gets_the_general_one() -> None:
    assert RENDERER.post(brief(FERRY), WEBHOOK).text == f"{FERRY.title}\n\n{FERRY.summary}\n\n{FERRY.url}"


def test_the_card_holds_our_own_words_unaltered() -> None:
    article = replace(FERRY, title="@mayor wins #1 prize")
    card = RENDERER.post(brief(article), MASTODON).card
    assert card is not None
    assert (card.url, card.title, card.description, card.image) == (
        article.url,
        "@mayor wins #1 prize",
        article.summary,
        article.image,
    )


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("@mayor said", "@\u2060mayor said"),
        ("ask @everyone!", "ask @\u2060everyone!"),
        ("(@a@b.example)", "(@\u2060a@b.example)"),
        ("#fire downtown", "#\u2060fire downtown"),
        ("＠ana ＃tag", "＠\u2060ana ＃\u2060tag"),
        ("mail a@b.example", "mail a@b.example"),
        ("C# and #1", "C# and #1"),
    ],
)
def test_names_and_tags_in_an_articles_text_never_become_live(text: str, harmless: str) -> None:
    assert neutralise(text) == harmless
    assert harmless in RENDERER.post(brief(Article(text)), MASTODON).text


def test_a_link_that_is_no_web_page_is_not_posted() -> None:
    post = RENDERER.post(brief(replace(FERRY, url="javascript:alert(1)")), MASTODON)
    assert "javascript" not in post.text
    assert post.card is None


def test_a_merge_field_in_a_post_is_an_error() -> None:
    with pytest.raises(TemplateError):
        RENDERER.post(brief(FERRY, template="email/digest.txt"), MASTODON)


def test_a_template_that_is_missing_is_named() -> None:
    with pytest.raises(TemplateError, match=r"social/none\.txt"):
        RENDERER.post(brief(FERRY, template="social/none.txt"), MASTODON)


@settings(max_examples=150, deadline=None)
@given(
    title=st.text(max_size=300),
    summary=st.text(max_size=600),
    categories=st.lists(st.text(max_size=30), max_size=4),
    limit=st.integers(60, 500),
    unit=st.sampled_from(["graphemes", "utf16", "codepoints", "bytes"]),
)
def test_a_post_of_any_unicode_never_exceeds_its_limit(
    title: str, summary: str, categories: list[str], limit: int, unit: str
) -> None:
    rules = PostRules("mastodon", limit, 23, unit)  # type: ignore[arg-type]
    article = replace(FERRY, title=title, summary=summary, categories=tuple(categories))
    post = RENDERER.post(brief(article), rules)
    assert length(post.text, rules) <= limit
    assert str(FERRY.url) in post.text


@settings(max_examples=150, deadline=None)
@given(title=st.text(min_size=1, max_size=80), summary=st.text(max_size=200))
def test_any_unicode_that_fits_is_posted_whole(title: str, summary: str) -> None:
    post = RENDERER.post(brief(replace(FERRY, title=title, summary=summary)), replace(MASTODON, limit=5000))
    assert neutralise(title) in post.text
    assert fold(neutralise(summary)) in post.text

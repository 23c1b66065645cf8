from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.errors import TemplateError
from publisher.model.article import Article
from publisher.model.message import PostRules, fill
from publisher.model.post_size import fits, length
from publisher.render import Renderer, default_theme
from publisher.render.social import description, neutralise
from publisher.render.words import fold
from tests.unit.render.samples import FERRY, MASTODON, READER, STORIES, WEBHOOK, brief

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
        ("C#-Kurs für Ü#a und 1#b", "C#-Kurs für Ü#a und 1#b"),  # after a letter or digit nobody finds a tag
        ("_#fire", "_#\u2060fire"),
    ],
)
def test_names_and_tags_in_an_articles_text_never_become_live(text: str, harmless: str) -> None:
    assert neutralise(text) == harmless
    assert harmless in RENDERER.post(brief(Article(text)), MASTODON).text


@pytest.mark.parametrize("network", ["mastodon", "x", "webhook"])
def test_an_address_stays_whole_wherever_it_stands_and_is_a_link(network: str) -> None:
    url, named = "https://harbor.example/@mayor/112?tag=#fire", "https://social.example/@harbor#top"
    post = RENDERER.post(brief(replace(FERRY, title=f"See {named}: @harbor", url=url)), PostRules(network, 1_000))
    assert f"See {named}: @\u2060harbor" in post.text
    assert url in post.text.split()


def test_a_name_in_an_address_without_https_is_a_name_for_some_networks() -> None:
    assert neutralise("harbor.example/@mayor") == "harbor.example/@\u2060mayor"


def test_a_link_that_is_no_web_page_is_not_posted() -> None:
    post = RENDERER.post(brief(replace(FERRY, url="javascript:alert(1)")), MASTODON)
    assert "javascript" not in post.text
    assert post.card is None


def test_a_thread_is_posts_that_are_fitted_one_by_one(tmp_path) -> None:
    (tmp_path / "social").mkdir()
    words = "{% for each in articles %}{{ next_post }}{{ each.title }}\n{{ each.summary | shrinks }}{% endfor %}"
    (tmp_path / "social/thread.txt").write_text(words)
    renderer = Renderer([tmp_path, default_theme()])
    short = replace(MASTODON, limit=90)
    post = renderer.post(brief(template="social/thread.txt"), short)
    assert [part.partition("\n")[0] for part in post.parts] == [neutralise(each.title) for each in STORIES]
    assert all(length(part, short) <= 90 for part in post.parts)
    alone = renderer.post(brief(template="social/thread.txt"), replace(MASTODON, threads=False, limit=9_000))
    assert len(alone.parts) == 1
    assert neutralise(STORIES[7].title) in alone.text


BLUESKY = PostRules("bluesky", 300, most_bytes=3_000, shows_short=True, threads=True)
X = PostRules("x", 280, unit="weighted")


def test_a_network_that_shows_a_card_of_ours_has_no_address_in_its_text() -> None:
    post = RENDERER.post(brief(FERRY), BLUESKY)
    assert "https://" not in post.text
    assert post.card is not None
    assert post.card.url == FERRY.url


def test_an_edition_is_a_thread_with_a_post_for_each_story() -> None:
    post = RENDERER.post(brief(template="social/thread.txt"), BLUESKY)
    assert post.parts[0].startswith("Morning briefing, ")
    assert [STORIES[0].url in part for part in post.parts[:2]] == [True, False]
    assert len(post.parts) == len(STORIES)
    assert RENDERER.check(post, brief(template="social/thread.txt"), BLUESKY) == ()


@pytest.mark.parametrize("threads", [True, False])
def test_a_whole_edition_says_each_headline_once(threads: bool) -> None:
    rules = replace(MASTODON, threads=threads, limit=5_000)
    text = RENDERER.post(brief(*STORIES[:5], template="social/thread.txt"), rules).text
    assert [text.count(neutralise(each.title)) for each in STORIES[:5]] == [1] * 5


UTM = (("utm_source", "toots"), ("utm_medium", "social"))


@pytest.mark.parametrize(
    ("url", "counted"),
    [
        ("https://harbor.example/1", "https://harbor.example/1?utm_source=toots&utm_medium=social"),
        ("https://harbor.example/1?p=2#top", "https://harbor.example/1?p=2&utm_source=toots&utm_medium=social#top"),
        ("https://harbor.example/1?utm_source=own", "https://harbor.example/1?utm_source=own&utm_medium=social"),
    ],
)
def test_links_say_where_their_readers_come_from(url: str, counted: str) -> None:
    post = RENDERER.post(brief(replace(FERRY, url=url), utm=UTM), MASTODON)
    assert counted in post.text
    assert post.card is not None
    assert post.card.url == counted
    mail = RENDERER.mail(brief(replace(FERRY, url=url), utm=UTM))
    assert counted in fill(mail.text, READER)
    assert counted.replace("&", "&amp;") in fill(mail.html, READER)
    assert RENDERER.check(mail, brief(replace(FERRY, url=url), utm=UTM)) == ()


def test_a_merge_field_in_a_post_is_an_error() -> None:
    with pytest.raises(TemplateError):
        RENDERER.post(brief(FERRY, template="email/digest.txt"), MASTODON)


def test_a_template_that_is_missing_is_named() -> None:
    with pytest.raises(TemplateError, match=r"social/none\.txt"):
        RENDERER.post(brief(FERRY, template="social/none.txt"), MASTODON)


@settings(max_examples=60, deadline=None)
@given(
    title=st.text(max_size=300),
    summary=st.text(max_size=600),
    categories=st.lists(st.text(max_size=30), max_size=4),
    limit=st.integers(60, 500),
    network=st.sampled_from(["mastodon", "bluesky", "x", "linkedin", "facebook", "threads", "telegram"]),
    unit=st.sampled_from(["graphemes", "utf16", "codepoints", "bytes"]),
)
def test_a_post_of_any_unicode_never_exceeds_its_limit(
    title: str, summary: str, categories: list[str], limit: int, network: str, unit: str
) -> None:
    rules = replace(X, limit=limit) if network == "x" else PostRules(network, limit, 23, unit)
    article = replace(FERRY, title=title, summary=summary, categories=tuple(categories))
    post = RENDERER.post(brief(article), rules)
    assert fits(post.text, rules)
    assert post.card is not None
    assert (str(FERRY.url) in post.text) == (network not in {"bluesky", "linkedin", "facebook", "threads"})


@settings(max_examples=150, deadline=None)
@given(title=st.text(min_size=1, max_size=80), summary=st.text(max_size=200))
def test_any_unicode_that_fits_is_posted_whole(title: str, summary: str) -> None:
    post = RENDERER.post(brief(replace(FERRY, title=title, summary=summary)), replace(MASTODON, limit=5000))
    assert neutralise(title) in post.text
    assert fold(neutralise(summary)) in post.text


@given(st.text(), st.integers(0, 40))
def test_a_description_never_has_more_units_than_its_network_takes(words, most):
    said = description(words, most)
    assert len(said.encode("utf-16-le", "surrogatepass")) // 2 <= most


@pytest.mark.parametrize(
    ("words", "most", "said"),
    [
        ("A ferry leaves the quay", 23, "A ferry leaves the quay"),
        ("A ferry leaves the quay", 22, "A ferry leaves the…"),
        ("A ferry, which leaves", 9, "A ferry…"),
        ("👍👍 ferry", 5, "👍👍…"),
        ("港が再び開く", 4, "港が再…"),
        ("endless" * 100, 20, ""),
        ("A ferry", 0, ""),
    ],
)
def test_a_description_is_cut_at_the_end_of_a_word(words, most, said):
    assert description(words, most) == said

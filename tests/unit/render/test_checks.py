from __future__ import annotations

from dataclasses import replace

import pytest

from publisher.model.article import Article
from publisher.model.message import Brief, Finding, Mail, Post, Slot
from publisher.render import Renderer, default_theme
from tests.unit.render.samples import FERRY, MASTODON, STORIES, brief

RENDERER = Renderer([default_theme()])


def blocking(mail: Mail | Post, briefing: Brief) -> set[str]:
    findings = RENDERER.check(mail, briefing, MASTODON)
    return {finding.check for finding in findings if finding.blocks}


def notes(mail: Mail | Post, briefing: Brief) -> list[Finding]:
    return [finding for finding in RENDERER.check(mail, briefing, MASTODON) if not finding.blocks]


def test_the_default_mails_and_posts_pass() -> None:
    for briefing in (brief(), brief(FERRY), brief(STORIES[3])):
        assert blocking(RENDERER.mail(briefing), briefing) == set()
        assert blocking(RENDERER.post(briefing, MASTODON), briefing) == set()


@pytest.mark.parametrize("part", ["html", "text", "headers"])
def test_a_mail_nobody_can_unsubscribe_from_is_held(part: str) -> None:
    mail = RENDERER.mail(brief())
    without = {
        "html": tuple(p for p in mail.html if not isinstance(p, Slot)),
        "text": tuple(p for p in mail.text if not isinstance(p, Slot)),
        "headers": tuple(h for h in mail.headers if h[0] != "List-Unsubscribe"),
    }[part]
    assert blocking(replace(mail, **{part: without}), brief()) == {"no-unsubscribe-link"}  # type: ignore[arg-type]


def test_a_placeholder_in_the_note_is_noticed() -> None:
    briefing = brief(note="<p>Dear {{ recipient.first_name }}</p>")
    assert blocking(RENDERER.mail(briefing), briefing) == {"leftover-field"}


def test_an_article_about_templates_may_show_them() -> None:
    briefing = brief(Article("On {{ recipient.name }}", text="Write {{ recipient.name }}"))
    assert blocking(RENDERER.mail(briefing), briefing) == set()


def test_an_empty_subject_is_held() -> None:
    assert blocking(replace(RENDERER.mail(brief()), subject=(" ",)), brief()) == {"empty-subject"}


def test_a_mail_that_gmail_would_clip_is_held_and_a_large_one_noted() -> None:
    briefing = brief(replace(FERRY, html=f"<p>{'word ' * 25_000}</p>"))
    assert blocking(RENDERER.mail(briefing), briefing) == {"html-clipped"}
    briefing = brief(replace(FERRY, html=f"<p>{'word ' * 17_000}</p>"))
    assert [finding.check for finding in notes(RENDERER.mail(briefing), briefing)] == ["html-large"]


@pytest.mark.parametrize("name", ["Re: Gazette", "Gazette \U0001f525", "✅ Gazette", "Fwd: x", "AW: x"])
def test_a_from_name_with_tricks_is_held(name: str) -> None:
    briefing = brief(from_name=name)
    assert blocking(RENDERER.mail(briefing), briefing) == {"from-name"}


def test_a_missing_postal_address_is_held_and_only_noted_in_practice() -> None:
    assert blocking(RENDERER.mail(brief(address="")), brief(address="")) == {"no-postal-address"}
    practice = brief(FERRY, address="", practice=True)
    assert [finding.check for finding in notes(RENDERER.mail(practice), practice)] == ["no-postal-address"]


def test_an_address_that_the_template_leaves_out_is_held() -> None:
    assert blocking(RENDERER.mail(brief()), brief(address="2 Other Street")) == {"no-postal-address"}


def test_a_text_part_without_a_headline_or_a_link_is_held() -> None:
    mail = RENDERER.mail(brief(FERRY))
    for lost in (FERRY.title, str(FERRY.url)):
        text = tuple(part.replace(lost, "") if isinstance(part, str) else part for part in mail.text)
        assert blocking(replace(mail, text=text), brief(FERRY)) == {"text-part"}


def test_a_picture_without_a_description_is_noted_in_mail_and_post() -> None:
    assert FERRY.image
    briefing = brief(replace(FERRY, image=replace(FERRY.image, alt="")))
    for message in (RENDERER.mail(briefing), RENDERER.post(briefing, MASTODON)):
        assert [finding.check for finding in notes(message, briefing)] == ["missing-alt"]


def test_a_post_that_is_too_long_is_held() -> None:
    post = Post(("x" * 501,))
    assert blocking(post, brief(FERRY)) == {"post-too-long"}


@pytest.mark.parametrize("title", ["", "x" * 600])
def test_a_post_without_words_is_held(title: str) -> None:
    briefing = brief(Article(title, url="https://harbor.example/1"))
    post = RENDERER.post(briefing, MASTODON)
    expected = set() if not title else {"empty-post"}  # without a headline the host stands in
    assert blocking(post, briefing) == expected
    assert blocking(Post(("#Tag https://harbor.example/1",)), briefing) == {"empty-post"}
    assert blocking(Post(("",)), briefing) == {"empty-post"}


def test_a_post_is_checked_against_rules() -> None:
    with pytest.raises(ValueError, match="rules"):
        RENDERER.check(Post(("x",)), brief(FERRY))


def test_what_blocks_comes_first_and_each_finding_has_a_remedy() -> None:
    briefing = brief(address="", from_name="")
    findings = RENDERER.check(RENDERER.mail(briefing), briefing)
    assert [finding.blocks for finding in findings] == sorted((f.blocks for f in findings), reverse=True)
    assert all(finding.what and finding.remedy for finding in findings)

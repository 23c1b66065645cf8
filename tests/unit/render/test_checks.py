from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html as markup

from publisher.model.article import Article, Image
from publisher.model.message import Brief, Finding, Mail, Post, Slot, fill
from publisher.model.post_size import fits
from publisher.render import Renderer, default_theme
from publisher.render.shortening import bytes_of
from publisher.render.social import words_beside_links
from tests.unit.render.samples import FERRY, MASTODON, READER, STORIES, brief

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


def test_a_link_that_only_outlook_shows_is_none() -> None:
    mail = RENDERER.mail(brief())
    within = tuple(
        piece
        for part in mail.html
        for piece in (("<!--[if mso]>", part, "<![endif]-->") if isinstance(part, Slot) else (part,))
    )
    shown = tuple(
        piece
        for part in mail.html
        for piece in (("<!--[if !mso]><!-->", part, "<!--<![endif]-->") if isinstance(part, Slot) else (part,))
    )
    assert blocking(replace(mail, html=within), brief()) == {"no-unsubscribe-link"}
    assert blocking(replace(mail, html=shown), brief()) == set()


def test_a_placeholder_in_the_note_is_noticed() -> None:
    briefing = brief(note="<p>Dear {{ recipient.first_name }}</p>")
    assert blocking(RENDERER.mail(briefing), briefing) == {"leftover-field"}


def test_an_article_about_templates_may_show_them() -> None:
    briefing = brief(Article("On {{ recipient.name }}", text="Write {{ recipient.name }}"))
    assert blocking(RENDERER.mail(briefing), briefing) == set()


@pytest.mark.parametrize(
    "html",
    [
        "<p>&#123;&#123; recipient.name }}</p>",
        "<p><b>{{</b> <i>recipient.name</i> }}</p>",
        "<p>{\x00% for x in y %}</p>",
        '<p><a href="https://a.example/">{%</a> if x %}</p>',
    ],
)
def test_an_article_may_show_them_in_any_markup(html: str) -> None:
    briefing = brief(replace(FERRY, html=html, text=""))
    assert blocking(RENDERER.mail(briefing), briefing) == set()


def test_an_empty_subject_is_held() -> None:
    assert blocking(replace(RENDERER.mail(brief()), subject=(" ",)), brief()) == {"empty-subject"}


def test_a_template_that_gmail_would_clip_is_held_and_a_large_one_noted(tmp_path: Path) -> None:
    (tmp_path / "partials").mkdir()
    for letters, blocks, check in ((100_000, True, "html-clipped"), (75_000, False, "html-large")):
        words = f"{{% if note %}}<tr><td>{'x' * letters}</td></tr>{{% endif %}}"
        (tmp_path / "partials/note.html").write_text(words)
        for briefing in (brief(note="<p>Hello</p>"), brief(FERRY, note="<p>Hello</p>")):
            mail = Renderer([tmp_path, default_theme()]).mail(briefing)
            assert (check, blocks) in {(found.check, found.blocks) for found in RENDERER.check(mail, briefing)}
            assert "mail-shortened" not in {found.check for found in RENDERER.check(mail, briefing)}


def checked(briefing: Brief) -> tuple[Mail, str]:
    """Return a mail that goes out, with what was mended in it."""
    mail = RENDERER.mail(briefing)
    findings = RENDERER.check(mail, briefing)
    assert not any(finding.blocks for finding in findings)
    return mail, "\n".join(f"{finding.check}: {finding.what}" for finding in findings)


@pytest.mark.parametrize(
    ("html", "end"),
    [
        ("".join(f"<h2>Part {n}</h2><p>{'word ' * 200}</p>" for n in range(300)), "word"),
        (f"<ul>{''.join(f'<li>Item {n} {chr(233) * 100}</li>' for n in range(2_000))}</ul>", "é"),
        (f"<p>{'word ' * 25_000}</p>", FERRY.summary[-9:]),
        ("word " * 25_000, FERRY.summary[-9:]),
        ("", "word"),
    ],
    ids=["chapters", "one list", "one paragraph", "no markup", "no html"],
)
def test_an_article_that_is_too_long_is_cut_between_blocks_and_read_on_the_web(html: str, end: str) -> None:
    text = "\n\n".join(["word " * 200] * 400) if not html else FERRY.text
    briefing = brief(replace(FERRY, html=html, text=text))
    mail, said = checked(briefing)
    assert bytes_of(mail.html) <= 80_000
    assert "mail-shortened" in said
    assert "ends early" in said
    page = markup.document_fromstring(fill(mail.html, READER))
    assert page.xpath(f"//a[@href='{FERRY.url}'][text()='Read on, on the web']")
    body = page.xpath("//div[@class='body']")[0]
    assert body.text_content().strip().endswith(end)
    assert f"Read on, on the web: {FERRY.url}" in fill(mail.text, READER)
    if "<h2>" in html:  # as much as there is room for, and no heading at the end
        assert bytes_of(mail.html) > 77_000
        assert body[-1].tag == "p"
        assert fill(mail.text, READER).count("word") <= body.text_content().count("word")


@pytest.mark.parametrize("text", ["\n\n\n\n".join(["word " * 20_000] * 2), "\n\n".join(["word " * 40] * 1_500)])
def test_a_text_with_more_gaps_than_paragraphs_or_longer_than_any_mail_is_shortened_too(text: str) -> None:
    mail, said = checked(brief(Article("Title", url=FERRY.url, text=text)))
    assert bytes_of(mail.html) <= 80_000
    assert "mail-shortened" in said


def test_a_template_of_nearly_80_000_bytes_still_lets_its_stories_be_shortened(tmp_path: Path) -> None:
    (tmp_path / "partials").mkdir()
    (tmp_path / "partials/note.html").write_text(f"<tr><td>{'x' * 79_000}</td></tr>")
    briefing = brief(replace(FERRY, html=f"<p>{'word ' * 100}</p>" * 60))
    mail = Renderer([tmp_path, default_theme()]).mail(briefing)
    found = {(each.check, each.blocks) for each in RENDERER.check(mail, briefing)}
    assert {("mail-shortened", False), ("html-large", False)} <= found
    assert ("html-clipped", True) not in found
    assert bytes_of(mail.html) <= 100_000


def test_a_digest_that_is_too_large_loses_from_its_end_what_is_not_a_headline_and_then_stories() -> None:
    # The last ones have the headlines of others, which the text part need not link twice.
    stories = [replace(FERRY, title=f"Story number {n % 180}", url=f"https://harbor.example/{n}") for n in range(190)]
    mail, said = checked(brief(*stories[:100]))
    assert bytes_of(mail.html) <= 80_000
    page = fill(mail.html, READER)
    assert all(f"Story number {n}<" in page for n in range(100))
    shown = page.count("From Monday two boats")
    assert f"the last {101 - shown} stories shown with the headline only" in said  # one of them is the preheader
    assert "left out" not in said
    mail, said = checked(brief(*stories))
    assert bytes_of(mail.html) <= 80_000
    assert "stories left out" in said
    page = markup.document_fromstring(fill(mail.html, READER))
    assert page.xpath("//a[@href='https://harbor.example'][text()='Read on, on the web']")
    assert "Read on, on the web: https://harbor.example" in fill(mail.text, READER)


def test_a_template_with_the_texts_of_all_stories_loses_the_last_ones_first(tmp_path: Path) -> None:
    (tmp_path / "email").mkdir()
    words = "{% for article in articles %}<h1>{{ article.title }}</h1>{{ article.html }}{% endfor %}"
    own = (
        (default_theme() / "email/digest.html").read_text("utf-8").replace('{% include "partials/note.html" %}', words)
    )
    (tmp_path / "email/whole.html").write_text(own)
    long = "<p>" + "word " * 4_000 + "</p>"
    briefing = brief(*(replace(each, html=long) for each in STORIES), template="email/whole.html")
    mail = Renderer([tmp_path, default_theme()]).mail(briefing)
    assert bytes_of(mail.html) <= 80_000
    assert "the last 5 stories shown without the text" in mail.mended[0].what


def test_a_subject_that_is_too_long_is_cut_at_a_word() -> None:
    title = "The council " + "votes and " * 30
    mail, said = checked(brief(replace(FERRY, title=title)))
    subject = fill(mail.subject, READER)
    assert subject.endswith(" votes…")
    assert 130 < len(subject) <= 150
    assert "subject-fitted" in said
    assert f"<title>{subject}</title>" in fill(mail.html, READER)
    named = brief(replace(FERRY, title=title), subject="{{ recipient.first_name | default('You') }}: {{ lead.title }}")
    assert fill(checked(named)[0].subject, READER).startswith("Ada: The council")
    assert "subject-fitted" not in checked(brief())[1]


def test_a_subject_that_is_one_endless_word_is_cut_within_it_and_never_within_a_field_or_a_letter() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    field = "{{ recipient.name | default('" + "y" * 120 + "') }}"
    for subject in ("x" * 200, "ก" * 200, family * 60, field + "x" * 90):
        mail = RENDERER.mail(brief(subject=subject))
        shown = fill(mail.subject, {})
        assert 140 < len(shown) <= 150
        assert shown.endswith("…")
        assert not re.search("\u200d…|[\U0001f468\U0001f469]…", shown)


def test_an_article_without_a_headline_gives_a_subject_all_the_same() -> None:
    mail, _ = checked(brief(Article("", text="Words.")))
    assert mail.subject == ("Harbor Gazette",)


def test_bad_links_and_pictures_are_left_out_with_their_reasons() -> None:
    inside = (
        '<p><a href="javascript:x()">Words</a> <img src="https://harbor.example/a.jpg"><img src="x.jpg" alt="x"></p>'
    )
    article = replace(FERRY, url="ftp://harbor.example/1", image=Image("https://a.example/i", width=32), html=inside)
    _, said = checked(brief(article))
    assert said.splitlines() == [
        f"bad-link: the link 'javascript:x()' of {FERRY.title!r} is left out: it is no web address",
        f"bad-picture: the picture 'x.jpg' of {FERRY.title!r} is left out: it is no web address",
        f"bad-link: the link 'ftp://harbor.example/1' of {FERRY.title!r} is left out: it is no web address",
        f"bad-picture: the picture 'https://a.example/i' of {FERRY.title!r} is left out: under 60 pixels it is an icon",
        f"missing-alt: a picture in the text of {FERRY.title!r} has no description",
        f"missing-size: no size is stated for 1 picture of {FERRY.title!r}: the shape is a guess",
    ]


def test_an_article_of_tags_in_tags_goes_out() -> None:
    mail, _ = checked(brief(replace(FERRY, html="<b>" * 250 + "deep" + "</b>" * 250)))
    assert "deep" in fill(mail.html, READER)


def test_a_post_that_was_fitted_says_from_what_to_what() -> None:
    briefing = brief(replace(FERRY, summary="word " * 200))
    post = RENDERER.post(briefing, MASTODON)
    (note,) = RENDERER.check(post, briefing, MASTODON)
    assert note.check == "post-fitted"
    assert not note.blocks
    assert re.match(r"shortened for mastodon: from 11\d\d to 49\d of 500 graphemes", note.what)
    assert RENDERER.check(RENDERER.post(brief(FERRY), MASTODON), brief(FERRY), MASTODON) == ()


def test_a_link_for_which_a_post_has_no_room_is_left_out() -> None:
    rules = replace(MASTODON, network="other", url_length=None)
    briefing = brief(replace(FERRY, url=f"https://harbor.example/{'x' * 480}"))
    post = RENDERER.post(briefing, rules)
    assert post.text.startswith(FERRY.title)
    assert "https" not in post.text
    assert [found.check for found in RENDERER.check(post, briefing, rules) if "link" in found.what] == ["bad-link"]
    assert post.card is not None


@pytest.mark.parametrize(
    "name",
    ["Re: Gazette", "Gazette \U0001f525", "✅ Gazette", "Fwd: x", "AW: x", "Antw : x", "SV: x", "TR: x", "RES: x"],
)
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
    briefing = brief(replace(FERRY, url="https://harbor.example/fähre?a=1&b=2"), updates=(STORIES[7],))
    mail = RENDERER.mail(briefing)
    for lost in (FERRY.title, str(briefing.articles[0].url), STORIES[7].title, str(STORIES[7].url)):
        text = tuple(part.replace(lost, "") if isinstance(part, str) else part for part in mail.text)
        assert text != mail.text
        assert blocking(replace(mail, text=text), briefing) == {"text-part"}


def test_a_picture_without_a_description_is_noted_in_mail_and_post() -> None:
    assert FERRY.image
    briefing = brief(replace(FERRY, image=replace(FERRY.image, alt="")))
    for message in (RENDERER.mail(briefing), RENDERER.post(briefing, MASTODON)):
        assert [finding.check for finding in notes(message, briefing)] == ["missing-alt"]


def test_the_caption_stands_in_for_the_description_of_a_posts_picture() -> None:
    assert FERRY.image
    card = RENDERER.post(brief(replace(FERRY, image=replace(FERRY.image, alt=" "))), MASTODON).card
    assert card
    assert card.image == replace(FERRY.image, alt=FERRY.image.caption)


def test_a_post_about_the_lead_says_how_many_stories_are_not_in_it() -> None:
    lead = RENDERER.post(brief(), MASTODON)
    (note,) = (each for each in notes(lead, brief()) if each.check == "stories-left-out")
    assert note.what == f"{len(STORIES) - 1} other stories of the edition are not in this post"
    assert "social/digest.txt" in note.remedy


@pytest.mark.parametrize("template", ["social/digest.txt", "social/thread.txt"])
def test_a_post_with_every_story_says_nothing_of_the_kind(template: str) -> None:
    briefing = brief(*STORIES[:2], template=template)
    assert "stories-left-out" not in {each.check for each in notes(RENDERER.post(briefing, MASTODON), briefing)}


def test_a_post_that_is_too_long_is_held() -> None:
    post = Post(("x" * 501,))
    assert blocking(post, brief(FERRY)) == {"post-too-long"}


@pytest.mark.parametrize(("title", "words"), [("", "harbor.example"), ("x" * 600, "Harbor Gazette")])
def test_a_post_of_an_article_that_says_nothing_names_its_host_or_the_publication(title: str, words: str) -> None:
    briefing = brief(Article(title, url="https://harbor.example/1"))
    post = RENDERER.post(briefing, MASTODON)
    assert post.text == f"{words}\n\nhttps://harbor.example/1"
    assert blocking(post, briefing) == set()


def test_a_post_without_words_is_held() -> None:
    briefing = brief(FERRY)
    assert blocking(Post(("#Tag https://harbor.example/1",)), briefing) == {"empty-post"}
    assert blocking(Post(("",)), briefing) == {"empty-post"}
    assert blocking(Post(("\u200b\u2060 \u00a0 https://harbor.example/1",)), briefing) == {"empty-post"}


@pytest.mark.parametrize("limit", [1, 2, 10, 23, 24, 30, 10_000_000_000])
def test_whatever_limit_a_channel_has_its_post_says_something_or_is_held(limit: int) -> None:
    for title in (
        "Ferries sail again after the long repair of the harbour wall",
        "x" * 400,
        "👨‍👩‍👧‍👦",
        "\u200b",
        "日本語",
    ):
        briefing = brief(replace(FERRY, title=title))
        rules = replace(MASTODON, limit=limit)
        post = RENDERER.post(briefing, rules)
        held = {finding.check for finding in RENDERER.check(post, briefing, rules) if finding.blocks}
        assert held or (words_beside_links(post.text) and fits(post.text, rules)), (title, post)
        assert not held or limit < 100


def test_a_post_is_checked_against_rules() -> None:
    with pytest.raises(ValueError, match="rules"):
        RENDERER.check(Post(("x",)), brief(FERRY))


def test_what_blocks_comes_first_and_each_finding_has_a_remedy() -> None:
    briefing = brief(address="", from_name="")
    findings = RENDERER.check(RENDERER.mail(briefing), briefing)
    assert [finding.blocks for finding in findings] == sorted((f.blocks for f in findings), reverse=True)
    assert all(finding.what and finding.remedy for finding in findings)

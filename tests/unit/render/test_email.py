from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from pathlib import Path

import pytest
from lxml import html as markup

from publisher.errors import TemplateError
from publisher.model.article import Article
from publisher.model.message import Slot, fill, slots_of
from publisher.render import Renderer, default_theme
from publisher.render.merge import token_of
from tests.unit.render.samples import FERRY, MASTODON, READER, STORIES, brief, picture

RENDERER = Renderer([default_theme()])


def with_own(folder: Path, name: str, source: str) -> Renderer:
    path = folder / "templates" / name
    path.parent.mkdir(parents=True)
    path.write_text(source)
    return Renderer([folder / "templates", default_theme()])


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_several_articles_make_a_digest_and_one_makes_a_letter_of_its_own() -> None:
    assert "Morning briefing</h1>" in fill(RENDERER.mail(brief()).html, READER)
    html = fill(RENDERER.mail(brief(FERRY)).html, READER)
    assert "night ferry after eleven years</a></h1>" in html
    assert "North Quay" in html


def test_the_subject_is_the_leads_headline_unless_the_entry_has_its_own() -> None:
    assert RENDERER.mail(brief()).subject == (FERRY.title,)
    written = brief(subject='{{ recipient.first_name | default("Hello") }}: {{ lead.title }} + {{ articles | length }}')
    assert RENDERER.mail(written).subject == (
        Slot("first_name", "header", "Hello"),
        f": {FERRY.title} + 8",
    )


def test_a_subject_is_plain_text_and_not_html() -> None:
    assert RENDERER.mail(brief(replace(FERRY, title="A & <B>"), subject="{{ lead.title }}")).subject == ("A & <B>",)


@pytest.mark.parametrize("subject", ["one\ntwo", "one\r\nBcc: all@example.org", "{{ 'a\nb' }}"])
def test_a_line_break_in_a_subject_is_refused(subject: str) -> None:
    with pytest.raises(TemplateError, match="line break"):
        RENDERER.mail(brief(subject=subject))


@pytest.mark.parametrize("field", ["from_name", "from_email", "reply_to", "list_title", "language", "list_domain"])
def test_a_line_break_in_a_header_is_refused(field: str) -> None:
    with pytest.raises(TemplateError):
        RENDERER.mail(brief(**{field: "a\r\nBcc: b@example.org"}))


def test_an_error_in_a_subject_names_the_schedule() -> None:
    with pytest.raises(TemplateError) as caught:
        RENDERER.mail(brief(subject="{{ led.title }}"))
    assert "subject of morning" in caught.value.where
    assert "lead" in caught.value.remedy


def test_the_headers_are_those_of_list_mail() -> None:
    headers = {name: fill(value, READER) for name, value in RENDERER.mail(brief()).headers}
    assert headers == {
        "List-Unsubscribe": "<https://letters.harbor.example/u/abc-123>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": '"Morning briefing" <daily.letters.harbor.example>',
        "Precedence": "bulk",
        "Content-Language": "en",
    }


def test_a_list_id_is_made_of_what_such_an_id_may_hold() -> None:
    headers = dict(RENDERER.mail(brief(list_name="Früh & spät", list_title='A "b" <c>', list_domain="")).headers)
    assert headers["List-Id"] == ('"A b c" <fr-h-sp-t.harbor.example>',)


def test_the_mail_has_what_every_good_mail_has() -> None:
    page = markup.document_fromstring(fill(RENDERER.mail(brief()).html, READER))
    assert (page.get("lang"), page.get("dir")) == ("en", "ltr")
    assert page.xpath("//body//*[@role='article'][@lang='en'][@dir='ltr']")
    assert page.findtext(".//title") == FERRY.title
    assert len(page.xpath("//h1")) == 1
    assert not page.xpath("//table[not(@role='presentation')]")
    assert not page.xpath("//img[not(@alt) or not(@width)]")
    assert page.xpath(f"//a[@href='{READER['unsubscribe_url']}']")


def test_the_styles_are_in_the_elements_and_the_dark_scheme_is_kept() -> None:
    html = fill(RENDERER.mail(brief()).html, READER)
    assert html.startswith("<!DOCTYPE html>")
    assert 'class="story" style="padding:' in html
    assert "prefers-color-scheme: dark" in html
    assert "#eceae4 !important" in html
    assert 'class="sheet" role="presentation" width="100%" align="center" bgcolor="#ffffff"' in html
    assert "data-premailer" not in html


def test_a_picture_keeps_its_shape_whatever_is_known_of_its_size() -> None:
    def sides(width: int | None, height: int | None) -> tuple[str | None, str | None]:
        article = replace(FERRY, image=picture("a", width, height), html="")
        image = markup.document_fromstring(fill(RENDERER.mail(brief(article)).html, READER)).find(".//img")
        return (image.get("width"), image.get("height")) if image is not None else (None, None)

    assert sides(1120, 560) == ("560", "280")
    assert sides(300, 200) == ("300", "200")
    assert sides(1000, 5000) == ("124", "620")
    assert sides(1, 1) == (None, None)


def test_a_height_that_nobody_knows_is_a_guess_that_outlooks_word_does_not_see() -> None:
    for articles in ((replace(FERRY, image=picture("a", None, None), html=""),), (FERRY, STORIES[5])):
        html = fill(RENDERER.mail(brief(*articles)).html, READER)
        word = html.partition("<!--[if mso]><img")[2].partition("<![endif]-->")[0]
        assert 'width="' in word
        assert "height" not in word
        assert markup.document_fromstring(html).xpath("//img[not(@height)]") == []


def test_nothing_that_an_article_says_ends_or_begins_what_only_outlooks_word_reads() -> None:
    def signs(said: str) -> list[list[str]]:
        unsized = replace(picture("a", None, None, alt=said, caption=said), url=f"https://harbor.example/{said}.jpg")
        inside = f'<p>{escape(said)}</p><img src="https://harbor.example/b.jpg" alt="{escape(said)}">'
        article = replace(FERRY, title=said, summary=said, image=unsized, html=inside)
        mails = [RENDERER.mail(brief(*articles, note=inside)) for articles in ((article,), (FERRY, article))]
        return [re.findall(r"<!--|-->|--!>|<!\[|\]>", fill(mail.html, READER)) for mail in mails]

    for said in (
        "<![endif]",
        "<![endif]-->",
        "--><!--[if mso]>",
        "--!><b>x</b>",
        "<!--<![endif]-->",
        "<!-- --!><b>x</b> -->",
    ):
        assert signs(said) == signs("words")


def test_a_picture_that_lies_in_a_file_is_shown_in_practice_and_to_no_reader() -> None:
    inside = '<p>Words</p><img src="file:///srv/example/b.jpg">'
    article = replace(FERRY, image=replace(picture("a"), url="file:///srv/example/a.jpg"), html=inside)
    for practice, shown in ((True, 2), (False, 0)):
        html = fill(RENDERER.mail(brief(article, practice=practice)).html, READER)
        assert len(set(re.findall(r'src="file:///srv/example/(.).jpg"', html))) == shown


def test_a_picture_without_a_description_is_decoration_and_carries_no_link() -> None:
    for articles in ((STORIES[1], STORIES[5]), (replace(STORIES[5], html=""),)):
        page = markup.document_fromstring(fill(RENDERER.mail(brief(*articles)).html, READER))
        assert page.xpath("//img[@alt='' and not(ancestor::a)]")


@pytest.mark.parametrize("caption", ["", "The Santa Clara last night"])
def test_below_the_leads_picture_there_is_room_with_and_without_a_caption(caption: str) -> None:
    article = replace(FERRY, image=replace(picture("ferry", alt="A ferry"), caption=caption))
    page = markup.document_fromstring(fill(RENDERER.mail(brief(article, STORIES[1])).html, READER))
    (headline,) = page.find_class("lead")
    above = headline.getprevious()
    assert above.find(".//img") is not None
    assert "padding-bottom:14px" in above.get("style")
    assert [each.text for each in above.find_class("caption")] == ([caption] if caption else [])


def test_the_words_of_a_small_picture_begin_where_its_line_does_though_it_stands_at_the_end() -> None:
    html = fill(RENDERER.mail(brief()).html, READER)
    assert ".shot img { display: block; text-align: start; }" in html
    assert 'valign="top" align="right"' in html


def test_every_headline_that_is_a_link_looks_like_one_in_both_schemes() -> None:
    html = fill(RENDERER.mail(brief()).html, READER)
    headlines = markup.document_fromstring(html).xpath("//h2/a")
    assert len(headlines) == len([article for article in STORIES if article.url])
    for link in headlines:
        assert (link.get("class"), link.get("style")) == ("title", "color:inherit")  # browsers draw the line
    light, dark = html.split("@media (prefers-color-scheme: dark)", 1)
    assert ".title { text-decoration-color: #5d5a53;" in light
    assert ".title { text-decoration-color: #b3afa5; }" in dark


def test_an_article_without_a_page_has_an_unlinked_headline() -> None:
    html = fill(RENDERER.mail(brief()).html, READER)
    assert ">Correction: the lighthouse was lit in 1874</h2>" in html


@pytest.mark.parametrize("language", ["ar", "he", "fa-IR", "ur"])
def test_languages_that_run_from_right_to_left_do(language: str) -> None:
    page = markup.document_fromstring(fill(RENDERER.mail(brief(language=language)).html, READER))
    assert page.get("dir") == "rtl"
    assert {table.get("dir") for table in page.xpath("//table//table")} == {"rtl"}


def test_an_article_in_another_language_says_so() -> None:
    assert 'lang="ar" dir="rtl"' in fill(RENDERER.mail(brief()).html, READER)


def test_practice_mail_says_so_at_the_top_of_both_parts() -> None:
    mail = RENDERER.mail(brief(practice=True))
    assert "Practice: this went to the built-in inbox only" in fill(mail.html, READER)
    assert fill(mail.text, READER).startswith("*** Practice")
    assert "Practice:" not in fill(RENDERER.mail(brief()).html, READER)


def test_the_preheader_is_the_leads_summary_unless_written() -> None:
    assert FERRY.summary in fill(RENDERER.mail(brief()).html, READER).split('role="article"')[0]
    own = fill(RENDERER.mail(brief(preheader="For {{ recipient.name }}")).html, READER)
    assert ">For Ada Reader" in own.split('role="article"')[0]
    assert own.count("\u034f") == 40
    many = " ".join(["{{ recipient.first_name | default('reader') }}"] * 3)  # each as long as the word that is seen
    assert fill(RENDERER.mail(brief(preheader=many)).html, READER).count("\u034f") == 40


def test_the_editors_note_is_in_both_parts() -> None:
    mail = RENDERER.mail(brief(note="<p>Dear <b>readers</b></p>"))
    assert "<p>Dear <b>readers</b></p>" in fill(mail.html, READER)
    assert "Dear readers" in fill(mail.text, READER)


def test_the_text_part_has_every_headline_and_link_on_its_own_line() -> None:
    text = fill(RENDERER.mail(brief()).text, READER)
    for article in STORIES:
        assert squeezed(article.title) in squeezed(text)
        assert article.url is None or f"Read: {article.url}" in text.splitlines()
    assert READER["unsubscribe_url"] in text.splitlines()
    assert "&amp;" not in text
    assert "<statistics>" in text
    ours = [line for line in text.splitlines() if "http" not in line and READER["joined"] not in line]
    assert max(map(len, ours)) <= 72


def test_text_that_imitates_a_merge_field_is_made_harmless_and_the_mail_goes_out() -> None:
    token = token_of("email", "all@example.org")
    split = f"0\x00{token[1:]}", f"<p>&#48;{token[1:]}</p>", f'<a href="https://a.example/?{token.upper()}">x</a>'
    for text in (token, *split):
        article = replace(FERRY, title=text, summary=text, html=text, text=text, authors=(text,), categories=(text,))
        briefing = brief(replace(article, url=f"https://a.example/{token}"), note=text, updates=(article,))
        mail = RENDERER.mail(briefing)
        assert {slot.field for slot in slots_of(mail)} == {"unsubscribe_url", "joined"}
        assert "Omergefield8" in fill(mail.html, READER)
        post = RENDERER.post(briefing, MASTODON)
        assert not any(finding.blocks for finding in RENDERER.check(mail, briefing))
        assert not any(finding.blocks for finding in RENDERER.check(post, briefing, MASTODON))


def test_a_project_overrides_one_partial_and_keeps_the_rest(tmp_path: Path) -> None:
    renderer = with_own(
        tmp_path, "partials/header.html", "<tr><td><h1>Our own, {{ recipient.city | default('Harbor') }}</h1></td></tr>"
    )
    html = fill(renderer.mail(brief()).html, READER)
    assert "Our own, Harbor</h1>" in html
    assert FERRY.title in html


def test_an_entry_names_its_template_and_the_text_beside_it_is_used(tmp_path: Path) -> None:
    renderer = with_own(tmp_path, "email/mine.html", "<!DOCTYPE html><html><body><p>{{ lead.title }}</p></body></html>")
    (tmp_path / "templates" / "email" / "mine.txt").write_text("mine: {{ lead.title }}")
    mail = renderer.mail(brief(template="email/mine.html"))
    assert f"<p>{FERRY.title}</p>" in fill(mail.html, READER)
    assert mail.text == (f"mine: {FERRY.title}\n",)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("<html><body>{{ lead.title }}</body></html>", "doctype"),
        ("", "styles|doctype"),
        ("<!DOCTYPE html><html><frameset></frameset></html>", "styles"),
        ('<!DOCTYPE html><html><body><img src="a.png" width="100%"></body></html>', "whole number"),
        (
            "<!DOCTYPE html><html><head><style>@media print { @media screen { p { top: 0 } } }</style></head></html>",
            "styles",
        ),
        ("<!DOCTYPE html><html><body><p {{ recipient.name }}>x</p></body></html>", "merge field|recipient.name"),
    ],
)
def test_a_template_that_would_arrive_broken_is_refused(tmp_path: Path, source: str, problem: str) -> None:
    renderer = with_own(tmp_path, "email/mine.html", source)
    with pytest.raises(TemplateError, match=problem) as caught:
        renderer.mail(brief(template="email/mine.html"))
    assert caught.value.where.startswith("email/mine.html")


def test_a_template_without_a_body_is_looked_at_like_any_other(tmp_path: Path) -> None:
    renderer = with_own(tmp_path, "email/mine.html", "<!DOCTYPE html><html><head><title>x</title></head></html>")
    briefing = brief(template="email/mine.html")
    found = {each.check for each in renderer.check(renderer.mail(briefing), briefing) if each.blocks}
    assert found == {"no-unsubscribe-link", "no-postal-address"}


def test_no_article_is_an_error_in_words() -> None:
    with pytest.raises(TemplateError, match="no article"):
        RENDERER.mail(replace(brief(), articles=()))


def test_an_articles_link_may_hold_curly_brackets() -> None:
    for url in ("https://harbor.example/?q=%7Ba%7D", "https://harbor.example/?q={a}"):
        assert "harbor.example/?q=" in fill(RENDERER.mail(brief(replace(FERRY, url=url))).html, READER)


def test_a_style_sheet_in_an_article_is_never_fetched() -> None:
    article = replace(FERRY, html='<link rel="stylesheet" href="http://127.0.0.1:9/x.css"><p>Body</p>')
    html = fill(RENDERER.mail(brief(article)).html, READER)
    assert "127.0.0.1" not in html
    assert "<p>Body</p>" in html


def test_articles_that_changed_since_they_were_sent_are_named_with_their_links() -> None:
    changed = replace(STORIES[3], title="The vote: corrected figures", url="https://harbor.example/vote")
    for made in (brief(), brief(FERRY)):
        mail = RENDERER.mail(replace(made, updates=(changed,)))
        html, plain = fill(mail.html, READER), fill(mail.text, READER)
        assert "Changed since we sent it</h2>" in html
        assert "Changed since we sent it" in plain
        assert 'href="https://harbor.example/vote"' in html
        assert "https://harbor.example/vote" in plain
        assert "Changed since" not in fill(RENDERER.mail(made).html, READER)


@pytest.mark.parametrize(
    ("language", "story", "html", "text"),
    [
        (
            "ar",
            replace(FERRY, language="en", authors=("Tom O'Brien (AFP)", "ليلى حسن"), title="What now?"),
            ('lang="ar" dir="rtl"', "text-align:left", '<span dir="ltr">Tom O\'Brien (AFP)</span>, ليلى حسن'),
            "بقلم \u2066Tom O'Brien (AFP)\u2069, ليلى حسن",
        ),
        (
            "en",
            replace(FERRY, language="ar", authors=("ليلى حسن", "Tom <b>")),
            ('lang="en" dir="ltr"', "text-align:right", 'By <span dir="rtl">ليلى حسن</span>, Tom &lt;b&gt;'),
            "By \u2067ليلى حسن\u2069, Tom <b>",
        ),
    ],
)
def test_a_byline_runs_as_the_mail_does_and_its_names_as_they_are_written(
    language: str, story: Article, html: tuple[str, ...], text: str
) -> None:
    mail = RENDERER.mail(brief(story, language=language))
    line = next(line for line in fill(mail.html, READER).splitlines() if 'class="small"' in line)
    assert all(part in line for part in html), line
    assert text in fill(mail.text, READER)


def test_a_headline_whose_language_nobody_states_runs_as_its_letters_do() -> None:
    mail = RENDERER.mail(brief(replace(FERRY, title="NATO: قرار اليوم"), language="en"))
    assert '<span dir="rtl">NATO: قرار اليوم</span>' in fill(mail.html, READER)
    quoting = "كتاب الأسبوع: «The Lighthouse Keeper’s Notes» بترجمة جديدة"
    mail = RENDERER.mail(brief(replace(FERRY, title=quoting), language="ar"))
    assert f'<span dir="rtl">{quoting}</span>' in fill(mail.html, READER)
    assert "<span dir" not in fill(RENDERER.mail(brief(FERRY)).html, READER)

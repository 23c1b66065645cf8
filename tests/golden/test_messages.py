"""What readers get, letter by letter: each template whole in English, and its words in every language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from lxml import html as markup

from publisher.app.joined import Joined
from publisher.model.message import Brief, Letter, Mail, fill
from publisher.render import Renderer, default_theme
from publisher.render.wording import catalogue
from tests.unit.render.samples import FERRY, INSERTS, LETTERS, MASTODON, READER, STORIES, WEBHOOK, brief, letter

Golden = Callable[[str, str], None]
RENDERER = Renderer([default_theme()])
PAGE = {"archive_url": "https://letters.harbor.example/archive/daily/a12-0123456789abcdef0123"}
BRIEFS = {
    "digest": brief(**PAGE),
    "article": brief(FERRY, **PAGE),
    "practice": brief(*STORIES[:2], practice=True, note="<p>Good morning from the <b>quay</b>.</p>"),
    "rtl": brief(STORIES[6], STORIES[1], language="ar", list_title="نشرة الصباح", **PAGE),
    "inserts": brief(*STORIES[:3], note="<h2>Good morning</h2><p>From the quay.</p>", inserts=INSERTS),
    "letter": brief(
        note="<h2>Dear readers</h2><p>We ask.</p>", note_title="Dear readers", inserts=INSERTS, articles=()
    ),
    "german": brief(*STORIES[:3], language="de", timezone="Europe/Berlin"),
}
SOCIAL = sorted(path.name for path in (default_theme() / "social").glob("*.txt"))


SINCE = 1_772_352_000_000_000  # 1 March 2026 in microseconds


def reader(mail: Mail) -> dict[str, str]:
    """Return a reader's values as a mail in its language has them."""
    return READER | Joined(ZoneInfo("UTC")).values(SINCE, "sign-up page, wording 3", mail.language)


def rendered(sheet: Brief | Letter) -> Mail:
    return RENDERER.letter(sheet) if isinstance(sheet, Letter) else RENDERER.mail(sheet)


def headers_of(mail: Mail) -> str:
    lines = [("From", f"{mail.from_name} <{mail.from_email}>"), ("Subject", fill(mail.subject, reader(mail)))]
    lines += [(name, fill(value, reader(mail))) for name, value in mail.headers]
    return "".join(f"{name}: {value}\n" for name, value in lines)


@pytest.mark.parametrize("name", [*BRIEFS, *LETTERS])
def test_a_mail_is_what_it_was_when_last_looked_at(name: str, golden: Golden) -> None:
    mail = rendered(BRIEFS[name] if name in BRIEFS else letter(LETTERS[name]))
    golden(f"{name}.html", fill(mail.html, reader(mail)))
    golden(f"{name}.txt", fill(mail.text, reader(mail)))
    golden(f"{name}.headers", headers_of(mail))


@pytest.mark.parametrize("name", [*BRIEFS, *LETTERS])
def test_the_text_part_has_every_heading_and_link_of_the_page(name: str) -> None:
    mail = rendered(BRIEFS[name] if name in BRIEFS else letter(LETTERS[name]))
    page, text = markup.document_fromstring(fill(mail.html, reader(mail))), fill(mail.text, reader(mail))
    assert [link for link in page.xpath("//a/@href") if link not in text] == []
    plain = " ".join(text.split())
    headings = [" ".join(each.text_content().split()) for each in page.xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
    assert [words for words in headings if words not in plain] == []


@pytest.mark.parametrize("name", SOCIAL)
def test_a_post_is_what_it_was_when_last_looked_at(name: str, golden: Golden) -> None:
    network = name.removesuffix(".txt")
    rules = replace(WEBHOOK if network == "post" else MASTODON, network=network)
    post = RENDERER.post(brief(*STORIES[:3], template=f"social/{name}"), rules)
    golden(f"posts/{name}", "\n--- next post ---\n".join(post.parts) + "\n")


def words_of(html: str) -> str:
    """Return what is seen and read out of a mail, a line for each piece."""
    page = markup.document_fromstring(html)
    said = [page.get("lang"), page.get("dir"), *page.xpath("//body//text()[normalize-space()]")]
    return "\n".join(" ".join(str(each).split()) for each in said)


@pytest.mark.parametrize("language", catalogue())
def test_every_mail_speaks_every_language_as_when_last_looked_at(language: str, golden: Golden) -> None:
    sheets = {"digest": brief(*STORIES[:2], **PAGE), "article": brief(FERRY)}
    sheets |= {name: letter(about) for name, about in LETTERS.items()}
    pieces = []
    for name, sheet in sheets.items():
        mail = rendered(replace(sheet, language=language, practice=name == "digest"))
        text = fill(mail.text, reader(mail))
        pieces += [
            f"##### {name}: {fill(mail.subject, reader(mail))}",
            text,
            "### as html",
            words_of(fill(mail.html, reader(mail))),
        ]
    golden(f"languages/{language}.txt", "\n".join(pieces) + "\n")

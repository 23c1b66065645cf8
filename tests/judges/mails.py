"""The mails that are judged, rendered by the product's own Renderer with the theme that comes with Publisher."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP

from publisher.model.article import Article
from publisher.model.message import Block, Brief, Confirm, Letter, Mail, Notice, Sheet, Welcome, fill
from publisher.model.theme import Logo, Palette, Theme
from publisher.render import Renderer, default_theme
from tests.judges.stories import ARABIC, EIGHT, FERRY, MORNING, ROUGH, ROUGH_ARTICLE, SITE, THIRTY

READER = {
    "email": "ada@reader.example",
    "name": "Ada Reader",
    "first_name": "Ada",
    "unsubscribe_url": "https://letters.harbor.example/u/mZ3vQ8sT1kXw7bNcR5yJ2dLf",
    "preferences_url": "https://letters.harbor.example/p/mZ3vQ8sT1kXw7bNcR5yJ2dLf",
    "joined_on": "1 March 2026",
    "joined": "You have been on this list since 1 March 2026. You signed up on our site.",
    "confirm_url": "https://letters.harbor.example/c/mZ3vQ8sT1kXw7bNcR5yJ2dLf",
}


def brief(articles: Iterable[Article], **more: str) -> Brief:
    plain = {
        "publication": "Harbor Gazette",
        "site_url": SITE,
        "from_name": "Harbor Gazette",
        "from_email": "news@harbor.example",
        "reply_to": "desk@harbor.example",
        "address": "1 Quay Street, 4450-208 Harbor",
        "timezone": "Europe/Lisbon",
        "language": "en",
        "schedule": "morning",
        "slot": "2026-11-24T07:00",
        "list_name": "daily",
        "list_title": "Morning briefing",
        "list_about": "The day’s news at seven, Monday to Friday.",
        "list_domain": "letters.harbor.example",
    }
    return Brief(**(plain | more), due_at=MORNING, articles=tuple(articles))


def letter(about: Confirm | Welcome | Notice, **more: str) -> Letter:
    whole = brief([], **more)
    return Letter(**{field.name: getattr(whole, field.name) for field in fields(Sheet)}, about=about)


_NOTICE = """
<p>From Monday the Morning briefing comes from <strong>letters@harbor.example</strong>. Everything else stays as it
is: the hour, the length and the people who write it.</p>
<h2>If nothing comes on Monday</h2>
<ul><li>Look into the folder for advertising, and move the letter to your inbox.</li>
<li>Put the new address among your contacts.</li>
<li>Or read <a href="https://harbor.example/help/missing-letters">what else can be done</a>.</li></ul>
"""

_ARABIC = {
    "publication": "جريدة الميناء",
    "from_name": "جريدة الميناء",
    "address": "١ شارع الرصيف، الميناء",
    "timezone": "Asia/Beirut",
    "language": "ar",
    "list_title": "نشرة الصباح",
    "list_about": "أخبار اليوم في السابعة صباحًا.",
}

# Loud on purpose; the dark colours are derived.
THEME = Theme(
    Palette(accent="#c2185b", text="#2a1024", paper="#fff9f2", ground="#ffd9b8"),
    logo=Logo(
        "https://harbor.example/media/logo.jpg", 240, 48, "Harbor Gazette", "https://harbor.example/media/logo-dark.jpg"
    ),
    heading='"Trebuchet MS", Verdana, sans-serif',
    text="Verdana, sans-serif",
    width=640,
)

INSERTS = (
    Block(
        "bank",
        "Sponsored",
        '<p><img src="https://harbor.example/media/logo.jpg" alt="Harbor Bank" width="1200" height="240"></p>'
        '<h3>Save for a boat</h3><p>Four per cent a year, <a href="https://harbor.example/boat">from one euro</a>.</p>',
        after=1,
    ),
    Block("course", "Advertisement", "<p>Learn to sail in ten evenings, from March on.</p>"),
)
NOTE = '<p>Good morning. Today’s <a href="https://harbor.example/tides">tides</a> are <b>late</b>, and so are we.</p>'

ABOUT = {
    "digest-8": "a digest of eight stories",
    "digest-1": "a digest of one",
    "digest-30": "a digest of thirty; the pictures show its end",
    "article": "a mail with a single story, whole",
    "rtl": "a digest of eight stories in Arabic",
    "themed": "a digest of eight in colours, fonts and a width of an editor's own, with a logo",
    "parts": "what a mail has only at times: the line about practice, an editor's note, what has changed",
    "inserts": "a digest with an editor's note and labelled words of others",
    "rough-digest": "long words and addresses, pictures that are not there, stories that lack nearly everything",
    "rough-article": "an article with whatever a source's markup may hold",
    "confirm": "the question whether a new reader wants the list",
    "confirm-rtl": "the same in Arabic",
    "welcome": "the first mail of a subscription",
    "notice": "a word of the editors to the readers of a list",
}
BRIEFS: dict[str, Brief | Letter] = {
    "digest-8": brief(EIGHT),
    "digest-1": brief([FERRY], template="email/digest.html"),
    "digest-30": brief(THIRTY),
    "article": brief([FERRY]),
    "rtl": brief(ARABIC, **_ARABIC),
    "themed": replace(brief(EIGHT), theme=THEME),
    "parts": replace(brief(EIGHT[:2]), practice=True, note=NOTE, updates=(EIGHT[2], replace(EIGHT[3], url=None))),
    "inserts": replace(brief(EIGHT[:3]), note=NOTE, inserts=INSERTS),
    "rough-digest": brief(ROUGH),
    "rough-article": brief([ROUGH_ARTICLE]),
    "confirm": letter(Confirm(MORNING, MORNING + timedelta(days=3))),
    "confirm-rtl": letter(Confirm(MORNING, MORNING + timedelta(days=3)), **_ARABIC),
    "welcome": letter(Welcome(per_week=5, next_at=MORNING + timedelta(days=1))),
    "notice": letter(Notice("The Morning briefing moves to another address", _NOTICE)),
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail as one reader gets it."""

    name: str
    mail: Mail
    html: str
    text: str
    stories: int

    def as_message(self, *, precedence: bool) -> bytes:
        """Return the mail as its last server hands it over.

        :param precedence: False leaves the header `Precedence` out, as a provider may that sets its own.
        """
        message = EmailMessage(policy=SMTP)
        message["From"] = f"{self.mail.from_name} <{self.mail.from_email}>"
        message["To"] = READER["email"]
        message["Reply-To"] = self.mail.reply_to
        message["Subject"] = fill(self.mail.subject, READER)
        message["Date"] = "Tue, 24 Nov 2026 07:00:04 +0000"
        message["Message-ID"] = "<7.1764.9c1f@letters.harbor.example>"
        for name, value in self.mail.headers:
            if precedence or name != "Precedence":
                message[name] = fill(value, READER)
        message.set_content(self.text, cte="quoted-printable")
        message.add_alternative(self.html, subtype="html", cte="quoted-printable")
        return _HANDED_OVER + message.as_bytes()


_HANDED_OVER = (
    b"Received: from out.harbor.example (out.harbor.example [93.184.215.14])\r\n"
    b"\tby mx.reader.example (Postfix) with ESMTPS id 4Q7Xk21vN\r\n"
    b"\tfor <ada@reader.example>; Tue, 24 Nov 2026 07:00:05 +0000 (UTC)\r\n"
)


def render_all() -> dict[str, Rendered]:
    """Render every mail; ValueError where one of the product's own checks would hold it."""
    plain = Renderer([default_theme()])
    return {name: _render(plain, name, brief) for name, brief in BRIEFS.items()}


def _render(renderer: Renderer, name: str, brief: Brief | Letter) -> Rendered:
    mail = renderer.letter(brief) if isinstance(brief, Letter) else renderer.mail(brief)
    held = [finding.what for finding in renderer.check(mail, brief) if finding.blocks]
    if held:
        raise ValueError(f"{name} would be held: {'; '.join(held)}")
    html, stories = fill(mail.html, READER), 0 if isinstance(brief, Letter) else len(brief.articles)
    if left := re.search(r"\{\{|\{%", html):
        raise ValueError(f"{name} has a placeholder left: {left[0]}")
    return Rendered(name, mail, html, fill(mail.text, READER), stories)

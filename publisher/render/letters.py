"""A mail about a subscription: please confirm, your link, welcome, and a word to all readers of a list."""

from __future__ import annotations

from typing import Any

from publisher.model.message import About, Asking, Letter, Mail, Notice, Welcome
from publisher.render.context import markup_of, sheet_context
from publisher.render.conventions import Conventions
from publisher.render.email import without_gaps
from publisher.render.engine import Engine
from publisher.render.headers import AUTOMATIC, Headers, language_header, list_headers, one_line
from publisher.render.inline import inline
from publisher.render.merge import LEAVING, merge_names, split_html, split_text
from publisher.render.wording import Wording, words_of


def render_letter(engine: Engine, letter: Letter) -> Mail:
    """Render ``email/confirm``, ``email/welcome`` and so on; TemplateError as for an edition."""
    name = letter_name(letter)
    conventions = Conventions(letter.language, letter.timezone)
    context = sheet_context(letter) | merge_names(_links(letter)) | _about(letter)
    words = words_of(engine, context, conventions)
    subject = one_line(_subject(letter, words), "subject")
    context |= {"words": words, "subject": subject, "preheader": "", "preheader_padding": ()}
    page, plain = (engine.first_of(f"{name}{end}", language=letter.language) for end in (".html", ".txt"))
    html = inline(engine.render(page, context, conventions), where=page)
    text = without_gaps(engine.render(plain, context, conventions))
    return Mail(
        subject=split_text(subject, "header", where="subject"),
        html=split_html(html, where=page),
        text=split_text(text, "text", where=plain),
        headers=_headers(letter) + language_header(letter),
        from_name=one_line(letter.from_name, "from"),
        from_email=one_line(letter.from_email, "from"),
        reply_to=one_line(letter.reply_to, "reply_to"),
        language=letter.language,
    )


def letter_name(letter: Letter) -> str:
    """Return the name that its two templates have before their endings."""
    return f"email/{word_of(letter.about)}"


def _links(letter: Letter) -> tuple[str, ...]:
    return (f"{word_of(letter.about)}_url",) if isinstance(letter.about, Asking) else LEAVING


def word_of(about: About) -> str:
    """Return by which word a letter is known: its templates, its words, its link."""
    return type(about).__name__.lower()


def _about(letter: Letter) -> dict[str, Any]:
    about = letter.about
    if isinstance(about, Asking):
        return {"asked_at": about.asked_at.isoformat(), "until": about.until.isoformat()}
    if isinstance(about, Welcome):
        return {"per_week": about.per_week, "next_at": about.next_at.isoformat() if about.next_at else ""}
    return {"note": markup_of(about.html, letter)}


def _subject(letter: Letter, words: Wording) -> str:
    if isinstance(letter.about, Notice):
        return letter.about.subject
    return str(words[f"{word_of(letter.about)}_subject"]).replace("{}", letter.list_title or letter.publication, 1)


def _headers(letter: Letter) -> Headers:
    """Nobody leaves a list that they aren't on; and nobody's vacation answers what no person wrote."""
    if isinstance(letter.about, Asking):
        return AUTOMATIC
    automatic = AUTOMATIC if isinstance(letter.about, Welcome) else ()
    return list_headers(letter, "list") + automatic

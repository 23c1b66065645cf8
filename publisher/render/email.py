"""A brief becomes a mail: html with its styles inline, a text part of its own, a subject, and the list headers."""

from __future__ import annotations

import re
from typing import Any

from publisher.errors import TemplateError
from publisher.model.message import Brief, Mail, Slot, Text
from publisher.render.context import context_of
from publisher.render.conventions import Conventions
from publisher.render.engine import Engine
from publisher.render.inline import inline
from publisher.render.merge import merge_names, split_html, split_text
from publisher.render.wording import words_of
from publisher.render.words import fold, shorten

_PREHEADER_LENGTH = 140  # characters; no inbox shows more
_PREHEADER_ROOM = 40  # repeats of invisible padding; at 80 SpamAssassin objects


def render_mail(engine: Engine, brief: Brief) -> Mail:
    """Render a newsletter for any number of readers; TemplateError says where, what and what to do."""
    page, plain = _templates(engine, brief)
    conventions = Conventions(brief.language, brief.timezone)
    context = context_of(brief) | merge_names()
    context["words"] = words_of(engine, context, conventions)
    subject = _subject(engine, brief, context, conventions)
    context |= {"subject": subject, **_preheader(engine, brief, context, conventions)}
    html = inline(engine.render(page, context, conventions), where=page)
    text = _without_gaps(engine.render(plain, context, conventions))
    return Mail(
        subject=split_text(subject, "header", where="subject"),
        html=split_html(html, where=page),
        text=split_text(text, "text", where=plain),
        headers=_headers(brief),
        from_name=_one_line(brief.from_name, "from"),
        from_email=_one_line(brief.from_email, "from"),
        reply_to=_one_line(brief.reply_to, "reply_to"),
        language=brief.language,
    )


def _templates(engine: Engine, brief: Brief) -> tuple[str, str]:
    """Choose the html template and the text template beside it."""
    usual = "email/article" if len(brief.articles) == 1 else "email/digest"
    page = brief.template or f"{usual}.html"
    return page, engine.first_of(f"{page.removesuffix('.html')}.txt", f"{usual}.txt")


def _subject(engine: Engine, brief: Brief, context: dict[str, Any], conventions: Conventions) -> str:
    if not brief.subject:
        return str(context["lead"]["title"])
    where = f"schedules.yaml, subject of {brief.schedule}"
    return _one_line(engine.render_string(brief.subject, context, conventions, where=where).strip(), where)


def _preheader(engine: Engine, brief: Brief, context: dict[str, Any], conventions: Conventions) -> dict[str, Any]:
    """Return what the inbox shows beside the subject, and how much padding keeps the rest of the mail out of there."""
    where = f"schedules.yaml, preheader of {brief.schedule}"
    if brief.preheader:
        words = fold(engine.render_string(brief.preheader, context, conventions, where=where))
    else:
        words = shorten(context["lead"]["summary"], _PREHEADER_LENGTH)
    room = min(_PREHEADER_ROOM, max(0, _PREHEADER_LENGTH - len(words)) // 2)
    return {"preheader": words, "preheader_padding": range(room)}


def _headers(brief: Brief) -> tuple[tuple[str, Text], ...]:
    """Return the headers of list mail (RFC 8058, RFC 2919), Precedence against vacation replies, and the language."""
    title = re.sub(r'["\\<>]', "", _one_line(brief.list_title or brief.publication, "list title"))
    name = re.sub(r"[^A-Za-z0-9-]+", "-", brief.list_name or brief.schedule).strip("-").lower() or "list"
    domain = brief.list_domain or brief.from_email.rpartition("@")[2] or "localhost"
    return (
        ("List-Unsubscribe", ("<", Slot("unsubscribe_url", "header"), ">")),
        ("List-Unsubscribe-Post", ("List-Unsubscribe=One-Click",)),
        ("List-Id", (f'"{title}" <{name}.{_one_line(domain, "public_url")}>',)),
        ("Precedence", ("bulk",)),
        ("Content-Language", (_one_line(brief.language, "language"),)),
    )


def _one_line(value: str, where: str) -> str:
    if re.search(r"[\r\n\x00]", value):
        raise TemplateError("a header can't hold a line break", where=where, remedy="Write it on one line")
    return fold(value)


def _without_gaps(text: str) -> str:
    """Take out the empty lines and trailing spaces that a template's own tags leave."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip() + "\n"

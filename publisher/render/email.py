"""A brief becomes a mail: html with its styles inline, a text part of its own, a subject, and the list headers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from publisher.model.message import Brief, Finding, Mail, Text
from publisher.render.context import context_of, markup_of, with_inserts
from publisher.render.conventions import Conventions
from publisher.render.engine import Engine
from publisher.render.fragment import paragraphs_of
from publisher.render.headers import language_header, list_headers, one_line
from publisher.render.inline import inline
from publisher.render.merge import letters_of, merge_names, shown_length, split_html, split_text
from publisher.render.shortening import Cut, as_finding, bytes_of, least_cut, with_cut
from publisher.render.wording import Wording, misspelt, still_english, words_of
from publisher.render.words import authored, cut, fold, shorten, units_of

LONGEST_SUBJECT = 150  # characters; inboxes show half of it
_PREHEADER_LENGTH = 140  # characters; no inbox shows more
_PREHEADER_ROOM = 40  # repeats of invisible padding; at 80 SpamAssassin objects


def render_mail(engine: Engine, brief: Brief) -> Mail:
    """Render a newsletter for any number of readers; TemplateError says where, what and what to do."""
    name = page_of(brief)
    page = engine.first_of(name, language=brief.language)
    plain = engine.first_of(f"{name.removesuffix('.html')}.txt", f"{_usual(brief)}.txt", language=brief.language)
    conventions = Conventions(brief.language, brief.timezone)
    context = context_of(brief) | merge_names()
    context["words"] = words_of(engine, context, conventions)
    own = _subject(engine, brief, context, conventions)
    subject, mended = _fitted(context["words"]["correction"].format(own) if brief.corrects else own)
    context |= {"subject": subject, **_preheader(engine, brief, context, conventions)}
    context["note"] = _erratum(brief, context["words"]) + context["note"]

    def html_with(cut: Cut) -> Text:
        shown = with_inserts(with_cut(context, cut, brief), brief)  # after the cut: a story that goes takes none along
        html = inline(engine.render(page, shown, conventions), where=page)
        return split_html(html, where=page)

    html, less, shortened = _not_large(brief, html_with)
    shown = with_inserts(with_cut(context, less, brief), brief)
    text = without_gaps(engine.render(plain, shown, conventions))
    return Mail(
        subject=split_text(subject, "header", where="subject"),
        html=html,
        text=split_text(text, "text", where=plain),
        headers=list_headers(brief, brief.schedule) + language_header(brief),
        from_name=one_line(brief.from_name, "from"),
        from_email=one_line(brief.from_email, "from"),
        reply_to=one_line(brief.reply_to, "reply_to"),
        language=brief.language,
        mended=mended + shortened + still_english(context["words"], brief.language) + misspelt(context["words"]),
    )


def _not_large(brief: Brief, html_with: Callable[[Cut], Text]) -> tuple[Text, Cut, tuple[Finding, ...]]:
    """Return the html with as much in it as Gmail shows, what it does without, and what to say of that."""
    made: dict[Cut, Text] = {}

    def size_with(cut: Cut) -> int:
        made[cut] = html_with(cut)
        return bytes_of(made[cut])

    less = least_cut(brief, size_with)
    notes = () if less == Cut() else (as_finding(less, brief, bytes_of(made[Cut()])),)
    return made[less], less, notes


def page_of(brief: Brief) -> str:
    """Return the name of the template that a brief's html is made from; without an article it has one of its own."""
    return brief.template if brief.template and brief.articles else f"{_usual(brief)}.html"


def _usual(brief: Brief) -> str:
    return {0: "email/letter", 1: "email/article"}.get(len(brief.articles), "email/digest")


def _subject(engine: Engine, brief: Brief, context: dict[str, Any], conventions: Conventions) -> str:
    if not brief.subject:
        return str(context["lead"]["title"] if brief.articles else authored(brief.note_title))
    where = _place("subject", brief)
    return one_line(engine.render_string(brief.subject, context, conventions, where=where).strip(), where)


def _place(what: str, brief: Brief) -> str:
    """Say where words stand that turn out to be wrong."""
    where = f"{what} of {brief.schedule}"
    return f"{where}, as a person wrote it" if what in brief.own else f"schedules.yaml, {where}"


def _erratum(brief: Brief, words: Wording) -> Markup:
    """Return what an editor says of what was wrong, under its name: it stands on top of the note."""
    if not brief.erratum:
        return Markup()
    label = Markup("<p><strong>{}</strong> ").format(words["correction"].format("").strip())
    said = markup_of(brief.erratum, brief)
    return label + said.removeprefix("<p>") if said.startswith("<p>") else label + Markup("</p>") + said


def _fitted(subject: str) -> tuple[str, tuple[Finding, ...]]:
    """Cut a subject that no inbox shows whole, at the end of a word; within one that is too long by itself."""
    length = shown_length(subject)
    if length <= LONGEST_SUBJECT:
        return subject, ()
    units = units_of(subject)
    if not _fits(cut(units, 1)):
        units = letters_of(units[0])
    most = min(len(units), LONGEST_SUBJECT)
    kept = next(kept for kept in range(most, 0, -1) if kept == 1 or _fits(cut(units, kept)))
    short = cut(units, kept)
    what = f"the subject has {length} characters, more than {LONGEST_SUBJECT}: it ends with {short[-30:]!r}"
    return short, (Finding("subject-fitted", False, what, "Write a shorter `subject:`, or a shorter headline"),)


def _fits(subject: str) -> bool:
    return shown_length(subject) <= LONGEST_SUBJECT


def _preheader(engine: Engine, brief: Brief, context: dict[str, Any], conventions: Conventions) -> dict[str, Any]:
    """Return what the inbox shows beside the subject, and how much padding keeps the rest of the mail out of there."""
    where = _place("preheader", brief)
    if brief.preheader:
        words = fold(engine.render_string(brief.preheader, context, conventions, where=where))
    else:
        own = context["lead"]["summary"] if brief.articles else " ".join(paragraphs_of(context["note"])[1:])
        words = shorten(own, _PREHEADER_LENGTH)
    room = min(_PREHEADER_ROOM, max(0, _PREHEADER_LENGTH - shown_length(words)) // 2)
    return {"preheader": words, "preheader_padding": range(room)}


def without_gaps(text: str) -> str:
    """Take out the empty lines and trailing spaces that a template's own tags leave."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip() + "\n"

"""A mail that is too large is shortened from its end, story by story, with a link to read on: else Gmail cuts it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lxml import html as markup
from markupsafe import Markup

from publisher.model.article import Article
from publisher.model.counting import many
from publisher.model.message import Brief, Finding, Slot, Text
from publisher.render.context import article_dict
from publisher.render.fragment import blocks_in, without_end
from publisher.render.words import squeezed

CLIPPED_AT = 100_000  # bytes; Gmail hides what comes after about 102 KB, the unsubscribe link first
LARGE_AT = 80_000  # bytes; leaves room for what providers put into links
_SLOT_ROOM = 100  # bytes that a reader's value is taken to need


@dataclass(frozen=True, slots=True)
class Cut:
    """What a mail does without; one after the other, and each from the last story on."""

    texts: int = 0  # stories after the first that lose their text
    blocks: int = 0  # of the first story's text
    bare: int = 0  # stories after the first that keep nothing but their headline
    left_out: int = 0  # stories after the first


def bytes_of(html: Text) -> int:
    """Return how large a mail's html will be for a reader."""
    return sum(_SLOT_ROOM if isinstance(part, Slot) else len(part.encode()) for part in html)


def least_cut(brief: Brief, size_with: Callable[[Cut], int]) -> Cut:
    """Return the smallest cut with which a mail is not large, or at least not clipped; none where none helps.

    :param size_with: renders the mail with a cut and returns its bytes.
    """
    whole = size_with(Cut())
    if whole <= LARGE_AT or not brief.articles:
        return Cut()
    blocks = _blocks_of(brief.articles[0])
    low, high = 1, 3 * (len(brief.articles) - 1) + blocks
    least = size_with(_cut_at(high, brief, blocks))
    most = LARGE_AT if least <= LARGE_AT else CLIPPED_AT  # a large template leaves no better choice
    if whole <= most or least > most:
        return Cut()
    while low < high:
        middle = (low + high) // 2
        if size_with(_cut_at(middle, brief, blocks)) <= most:
            high = middle
        else:
            low = middle + 1
    return _cut_at(low, brief, blocks)


def _cut_at(level: int, brief: Brief, blocks: int) -> Cut:
    """Return a cut in steps of one: the texts first, then the first story's, then all but headlines, then stories."""
    steps = []
    for most in (len(brief.articles) - 1, blocks, len(brief.articles) - 1, len(brief.articles) - 1):
        steps.append(min(level, most))
        level -= steps[-1]
    return Cut(*steps)


def _blocks_of(article: Article) -> int:
    """Return in how many steps a story's text can go; one that isn't divided goes in one."""
    return max(1, blocks_in(article.html)) if article.html else len(article.text.split("\n\n"))


def with_cut(context: dict[str, Any], cut: Cut, brief: Brief) -> dict[str, Any]:
    """Return what a template is given, with less in it."""
    if cut == Cut():
        return context
    first, *others = context["articles"]
    shown = [_first_with(first, cut.blocks, brief), *others[: len(others) - cut.left_out]]
    for number in range(1, len(shown)):
        from_end = len(context["articles"]) - number
        if from_end <= cut.bare:
            shown[number] = _without_text(shown[number]) | {"summary": "", "image": ""}
        elif from_end <= cut.texts:
            shown[number] = _without_text(shown[number])
    return context | {"articles": shown, "lead": shown[0], "left_out": cut.left_out}


def _without_text(story: dict[str, Any]) -> dict[str, Any]:
    return story | {"html": Markup(""), "text": "", "paragraphs": [], "shortened": True}


def _first_with(story: dict[str, Any], lost: int, brief: Brief) -> dict[str, Any]:
    """Return the first story without so many blocks at its end, its plain text as long as its html."""
    if not lost:
        return story
    article = brief.articles[0]
    if not article.html:
        paragraphs = story["paragraphs"][: max(0, len(story["paragraphs"]) - lost)]
        return _without_text(story) | {"paragraphs": paragraphs, "text": "\n\n".join(paragraphs)}
    less = Article(article.title, html=without_end(article.html, lost))
    paragraphs = _as_long_as(less.html, story["paragraphs"])
    return story | {
        "html": article_dict(less, brief, html=True)["html"],
        "paragraphs": paragraphs,
        "text": "\n\n".join(paragraphs),
        "shortened": True,
    }


def _as_long_as(html: str, paragraphs: list[str]) -> list[str]:
    room = len(squeezed(markup.fragment_fromstring(html, create_parent="div").text_content())) if html else 0
    kept = []
    for paragraph in paragraphs:
        room -= len(squeezed(paragraph))
        if room < 0:
            break
        kept.append(paragraph)
    return kept


def as_finding(cut: Cut, brief: Brief, before: int) -> Finding:
    """Say what was left out, and why."""
    first = brief.articles[0].title
    if cut.left_out:
        what = f"the last {many(cut.left_out, 'story', 'stories')} left out, the others are headlines"
    elif cut.bare:
        what = f"the last {many(cut.bare, 'story', 'stories')} shown with the headline only"
    elif cut.blocks:
        what = f"the text of {first!r} ends early"
    else:
        what = f"the last {many(cut.texts, 'story', 'stories')} shown without the text"
    return Finding(
        "mail-shortened",
        False,
        f"{before:,} bytes of html are too many: {what}, with a link to read on the web",
        "Send fewer articles, or shorter ones",
    )

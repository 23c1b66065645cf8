"""Text and html that may be shown to readers: plain lines, paragraphs, summaries, and html that mail programs show."""

from __future__ import annotations

import html as html_escapes
import re
import unicodedata

import nh3
from lxml import etree

from publisher.model.blanks import alike, folded, held, typeset
from publisher.model.sentences import whole_sentences
from publisher.sources import tidy
from publisher.sources.address import Place

TITLE_LIMIT = 300  # characters
SUMMARY_LIMIT = 280  # characters

TAGS = {
    *("h2", "h3", "h4", "p", "ul", "ol", "li", "blockquote", "a", "strong", "em", "b", "i", "sub", "sup", "br", "hr"),
    *("img", "figure", "figcaption", "pre", "code", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
}
_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
}
_GONE_WITH_CONTENT = {"script", "style", "iframe", "object", "svg", "math", "select", "textarea", "button", "title"}

# Control characters, lone surrogates, byte-order marks and soft hyphens: never meant to be seen, always in the way.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\ud800-\udfff\ufeff\ufffe\uffff]")
_SEEN = re.compile(r"[^\s\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f]")
_SPACED_TAG = re.compile(r"</?(?:br|p|div|li|ul|ol|h[1-6]|tr|td|th|hr|blockquote)\b[^<>]*>", re.I)
_TAG = re.compile(
    r"</?(?:a|abbr|acronym|article|audio|b|bdi|bdo|big|body|center|cite|code|del|dfn|em|embed|figcaption|figure|font|"
    r"footer|form|head|header|html|i|iframe|img|input|ins|kbd|link|main|mark|meta|nobr|object|pre|q|s|samp|script|"
    r"section|small|source|span|strike|strong|style|sub|sup|svg|table|tbody|time|title|tt|u|var|video|wbr)\b[^<>]*>",
    re.I,
)
_COMMENT = re.compile(r"<!--[^<>]*-->")
_HIDDEN = re.compile(r"<(script|style)\b[^<>]*>[^<]*</\1\s*>", re.I)

_BLOCKS = {
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "figure", "figcaption", "pre", "table"),
    *("caption", "hr", "div"),
}
_LINES = {"li", "tr"}


def printable(text: str) -> str:
    """Drop what can't be printed and bring letters into their composed form (NFC)."""
    return unicodedata.normalize("NFC", _UNPRINTABLE.sub("", text))


def fold(text: str) -> str:
    """Return printable text with every run of white space as one plain blank: to look at it, not to show it."""
    return " ".join(printable(text).split())


def line_of(text: str) -> str:
    """Return printable text in one line for readers: no-break blanks stay where typography wants them."""
    return typeset(printable(text))


def shorten(text: str, limit: int) -> str:
    """Cut at a word, with an ellipsis; text that fits comes back as it is."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    head, blank, _ = cut.rpartition(" ")
    return (head if blank and len(head) > limit // 2 else cut).rstrip(" ,;:–—-") + "…"


def one_line(text: str, *, is_html: bool = True, limit: int = TITLE_LIMIT) -> str:
    """Return a headline, name or label as plain text: tags out, entities resolved once, white space folded.

    One of which nothing would be seen is empty.

    :param is_html: False where the source says that it is plain text: then what looks like a tag stays.
    """
    line = text[: limit * 20]
    if is_html:
        line = _TAG.sub("", _SPACED_TAG.sub(" ", _HIDDEN.sub("", _COMMENT.sub("", line))))
    words = line_of(html_escapes.unescape(line))
    return shorten(words, limit) if _SEEN.search(words) else ""


def escaped(text: str) -> str:
    """Return plain text as html: one ``p`` for each paragraph, line breaks kept."""
    paragraphs = (part.strip() for part in re.split(r"\n\s*\n", printable(text.replace("\r\n", "\n"))))
    return "\n".join(f"<p>{html_escapes.escape(p, quote=False).replace(chr(10), '<br>')}</p>" for p in paragraphs if p)


def sanitise(html: str, place: Place) -> str:
    """Return html that a mail program can show and that can do no harm.

    Keeps headings (h2 to h4), paragraphs, lists, quotations, links, emphasis, pictures with captions, code, simple
    tables. Addresses become absolute; scripts, styles, trackers and share buttons go.
    """
    if not html.strip():
        return ""
    schemes = {"http", "https", "mailto", "tel"} | ({"file"} if place.folder else set())
    cleaned = nh3.clean(
        tidy.tidied(printable(html), place),
        tags=TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags=_GONE_WITH_CONTENT,
        url_schemes=schemes,
        link_rel=None,
    )
    return cleaned.strip()


def plain(html: str) -> str:
    """Return the words of sanitised html: paragraphs separated by an empty line, list items with a bullet.

    A caption belongs to its picture and is left out with it.
    """
    if not html:
        return ""
    out = _Lines()
    depth_of_pre = 0
    body = tidy.parsed(html)
    for caption in [node for node in body.iter("figcaption") if tidy.is_of_picture(node)]:
        tidy.drop(caption)
    for event, node in etree.iterwalk(body, events=("start", "end")):
        if not isinstance(node.tag, str):
            continue
        if event == "start":
            depth_of_pre += node.tag == "pre"
            out.open(node.tag)
            out.add(node.text, keep=depth_of_pre > 0)
        else:
            depth_of_pre -= node.tag == "pre"
            out.close(node.tag)
            out.add(node.tail, keep=depth_of_pre > 0)
    return out.text()


class _Lines:
    """Collects words as a reader sees them: breaks where blocks begin and end."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def add(self, text: str | None, *, keep: bool) -> None:
        if text:
            self._parts.append(alike(text) if keep else folded(text))

    def open(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._parts.append("\n\n")
        elif tag in _LINES:
            self._parts.append("\n• " if tag == "li" else "\n")
        elif tag == "br":
            self._parts.append("\n")

    def close(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._parts.append("\n\n")
        elif tag in ("td", "th"):
            self._parts.append(" ")

    def text(self) -> str:
        lines = (re.sub(r"[ \t\xa0]+$", "", line) for line in held("".join(self._parts)).split("\n"))
        text = "\n".join(line[1:] if line.startswith(" ") and not line.startswith("  ") else line for line in lines)
        text = re.sub(r"•\s+", "• ", text)
        return re.sub(r"\n{3,}", "\n\n", re.sub(r"(?m)^•\s*$", "", text)).strip()


def summary_of(text: str, limit: int = SUMMARY_LIMIT) -> str:
    """Return the beginning of a text as one paragraph, cut at the end of a sentence where one fits."""
    line = line_of(text[: limit * 8])
    return whole_sentences(line, limit) or shorten(line, limit)

"""Find the text of an article on its page: boxes out, trafilatura finds the text, furniture out, captions back."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lxml import html

from publisher.sources import boxes, captions, clean, tidy, trim
from publisher.sources.address import Place
from publisher.sources.pagehead import Head

Node = tidy.Node

_AROUND = ("nav", "header", "footer", "aside", "form", "noscript", "title")
_SHORT = 250  # characters; below it trafilatura finds little, and small pages are read as they are
_LONG = 4_000  # characters; so much text is the article, however much else was taken away
_MOST = 2_000_000  # characters of a page; what comes after is no article, and all trees are built in memory
_LARGE = (
    300_000  # characters; above it trafilatura's second opinions take minutes: they look at each pair of paragraphs
)
_STANDFIRST = re.compile(
    r"(?:^|[\s_-])(?:lead|lede|standfirst|deck|dek|subtitle|subheadline|subheading|sub-?title|excerpt|intro|vorspann|"
    r"chapo|chapeau|entradilla|bajada|sumario|hook|abstract|entry-summary)(?:$|[\s_-])",
    re.I,
)


def body_of(page: str, head: Head, place: Place) -> str:
    """Return the article's text as html; a small page is taken whole, without what stands around it."""
    page = page[:_MOST]
    root = tidy.whole(page)
    photos = captions.taken(root, place)
    tidy.resolve(root, place)
    boxes.without_furniture(root)
    found = _main_text(root, place)
    if len(found) < _LONG:
        found = _the_fuller(found, page, place)
    text = clean.plain(clean.sanitise(found, place))
    if len(text) < _SHORT:
        found = _small(page)
    body = tidy.parsed(_standfirst(root, head, text) + found)
    for node in body.iter("var"):  # what trafilatura makes of `tt`
        node.tag = "code"
    captions.given_back(body, photos, place)
    shown = (head.title, *head.authors, *head.categories, " ".join(head.authors), ", ".join(head.categories))
    site = urlsplit(place.page(place.url) or "").hostname or ""
    return trim.trimmed(clean.sanitise(tidy.inner(body), place), site, shown=shown)


def _main_text(root: Node, place: Place) -> str:
    import trafilatura  # here: folders seldom need it, and it is large

    for node in list(root.iter("code")):
        if _is_inline(node):
            node.tag = "tt"  # trafilatura makes a block of any `code`
    page = html.tostring(root, encoding="unicode")
    try:
        found = trafilatura.extract(
            page, output_format="html", include_links=True, include_images=True, include_formatting=True,
            include_tables=True, include_comments=False, url=place.url or None, fast=len(page) > _LARGE,
        )  # fmt: skip
    except Exception:  # noqa: BLE001 - it documents no errors; whatever it is, the page itself is still there to be read
        found = None
    return str(found or "")


def _is_inline(code: Node) -> bool:
    """Tell code within a sentence from a listing."""
    is_one_line = "\n" not in code.text_content().strip() and next(code.iter("br", "div", "p"), None) is None
    return is_one_line and next(code.iterancestors("pre"), None) is None


def _the_fuller(found: str, page: str, place: Place) -> str:
    """Look again with all boxes in their places: where that gives far more, one of them was the article."""
    root = tidy.whole(page)
    captions.taken(root, place)
    whole = _main_text(root, place)
    return whole if len(found) * 5 < len(whole) * 2 else found


def _small(page: str) -> str:
    root = tidy.parsed(page)
    for node in list(root.iter(*_AROUND)):
        tidy.drop(node)
    return tidy.inner(next(root.iter("article"), next(root.iter("main"), root)))


def _standfirst(root: Node, head: Head, text: str) -> str:
    """Return the paragraph under the headline that trafilatura leaves out, where the page has one."""
    content = boxes.content_of(root)
    for node in root.iter("p", "div", "h2", "h3", "span"):
        if node is content:
            break
        words = clean.fold(node.text_content()) if _may_be_standfirst(node) else ""
        if 40 <= len(words) <= 700 and _is_standfirst(node, words, head):
            return "" if words[:60] in clean.fold(text) else clean.escaped(clean.line_of(node.text_content()))
    return ""


def _may_be_standfirst(node: Node) -> bool:
    has_blocks = any(child.tag in ("p", "div", "h2", "h3", "section", "ul") for child in node)
    return not has_blocks and next(node.iterancestors("a", "li"), None) is None


def _is_standfirst(node: Node, words: str, head: Head) -> bool:
    is_described = bool(head.summary) and clean.fold(head.summary)[:60] == words[:60]
    return is_described or any(_STANDFIRST.search(each.get("class") or "") for each in (node, node.getparent()))

"""Mend a tree of html before it is sanitised: trackers and share buttons out, addresses absolute, blocks in order."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import TypeAlias

from lxml import etree, html

from publisher.sources.address import Place

Node: TypeAlias = html.HtmlElement

# Share buttons, advertisements and counters that feed services append; never part of the article.
_FURNITURE_URL = re.compile(
    r"^(?:https?:)?//(?:"
    r"(?:feeds|feedproxy)\.(?:feedburner|google)\.com/(?:~r/.*/~4/|~ff/)|feeds\.feedburner\.com/~[rf]|"
    r"feeds\.wordpress\.com/1\.0/|(?:pixel|stats)\.(?:wp|wordpress)\.com/|feedads\.g\.doubleclick\.net/|"
    r"(?:www\.)?pheedo\.com/|(?:[a-z0-9-]+\.)*feedsportal\.com/|(?:[a-z0-9-]+\.)*doubleclick\.net/|"
    r"feeds\.pheedo\.com/|rss\.buysellads\.com/|(?:www\.)?google-analytics\.com/|sb\.scorecardresearch\.com/|"
    r"(?:www\.)?facebook\.com/(?:sharer|tr\b)|(?:www\.)?(?:twitter|x)\.com/(?:share|intent/)|"
    r"(?:www\.)?linkedin\.com/(?:shareArticle|sharing)|(?:www\.)?addtoany\.com/|(?:www\.)?addthis\.com/)",
    re.I,
)
# Classes of what is never part of an article, in a feed's text neither; those that need a look at the box: boxes.py.
_FURNITURE_CLASS = re.compile(
    r"(?:^|\s)(?:feedflare|sharedaddy|jp-relatedposts|addtoany\S*|social-share\S*|share-buttons?|wp-block-buttons?|mf-viral|"
    r"screen-reader-text|mc4wp\S*|yarpp\S*|module-crunchbase|cb_widget\S*)(?:\s|$)",
    re.I,
)
_CAPTION = re.compile(
    r"(?:^|[\s_-])(?:captions?|caption-?text|bildunterschrift|(?:photo|image|media)-?(?:credits?|caption)|copyright)(?:$|[\s_-])",
    re.I,
)
_FRAME = re.compile(r"</?(?:html|head|body|frameset|frame)\b[^<>]*>", re.I)  # a fragment has no page of its own
_SIGNATURE = re.compile(r"^\s*The post\s.{1,400}\s(?:first appeared|appeared first) on\s.{1,200}$", re.I | re.S)
DOT = 2  # pixels; so small a picture is there to be counted, not to be seen
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-orig-file", "data-large-file", "data-lazy", "data-url")
_PLACEHOLDER = re.compile(
    r"^data:|placeholder|/(?:blank|spacer|pixel|transparent|lazy|loading|1x1|grey|gray)[\w.-]*\.\w+", re.I
)
_GONE = {"script", "style", "iframe", "object", "embed", "form", "button", "svg", "math", "template", "link", "meta"}
_RENAMED = {"h1": "h2", "h5": "h4", "h6": "h4", "del": "s", "dt": "p", "dd": "p", "address": "p", "center": "div"}
_BLOCK_TAGS = (
    *("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "figure", "pre", "table", "hr"),
    *("section", "article", "aside", "header", "footer", "main", "nav", "dl", "figcaption", "tr", "td", "th", "tbody"),
    *("thead", "tfoot", "caption", "details", "summary", "center", "dt", "dd", "address"),
)
_HOLDERS = {"body", "div", "section", "article", "main", "aside", "header", "footer", "blockquote"}


def parsed(text: str) -> Node:
    """Parse any text as html and return its body; never fails, whatever the text is."""
    source = f"<html><body>{_FRAME.sub('', text)}</body></html>".encode("utf-8", "replace")
    root = html.document_fromstring(source, parser=html.HTMLParser(encoding="utf-8"), ensure_head_body=True)
    return root.find("body")


def whole(text: str) -> Node:
    """Parse a whole page and return its root; never fails."""
    parser = html.HTMLParser(encoding="utf-8")
    try:
        return html.document_fromstring(text.encode("utf-8", "replace"), parser=parser, ensure_head_body=True)
    except etree.ParserError:  # nothing in it at all
        return html.document_fromstring(b"<html></html>", ensure_head_body=True)


def tidied(text: str, place: Place) -> str:
    """Return html with its trackers gone, its addresses absolute and its loose text in paragraphs."""
    body = parsed(text)
    _drop_furniture(body)
    resolve(body, place)
    _rename(body)
    for holder in [node for node in body.iter() if node.tag in _HOLDERS]:
        _wrap_loose_text(holder)
    _drop_empty(body)
    return inner(body)


def resolve(root: Node, place: Place) -> None:
    """Make the addresses of pictures and links absolute; what can't be shown or followed goes."""
    for image in list(root.iter("img")):
        if is_unwanted(image):
            drop(image)
        else:
            _mend_image(image, place)
    for link in list(root.iter("a")):
        _mend_link(link, place)


def inner(node: Node) -> str:
    """Return what is inside a node, as html."""
    head = node.text or ""
    escaped = head.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped + "".join(html.tostring(child, encoding="unicode") for child in node)


def drop(node: Node) -> None:
    """Take a node out and leave the text that follows it."""
    if node.getparent() is not None:
        node.drop_tree()


def size_of(image: Node, side: str) -> int | None:
    """Return an image's width or height in pixels, from its attribute or its style."""
    value = image.get(side) or ""
    if not value:
        found = re.search(rf"(?:^|[;\s]){side}\s*:\s*(\d{{1,5}})px", image.get("style") or "")
        value = found[1] if found else ""
    digits = re.match(r"\s*(\d{1,5})(?:px)?\s*$", value)
    return int(digits[1]) if digits else None


def source_of(image: Node) -> str:
    """Return a picture's address, also where a script would put it in its place later."""
    src = (image.get("src") or "").strip()
    lazy = next((image.get(name) for name in _LAZY if image.get(name)), "")
    if lazy and (not src or _PLACEHOLDER.search(src)):
        return str(lazy).strip()
    if src and not src.lower().startswith("data:"):
        return src
    return _largest(image.get("srcset") or image.get("data-srcset") or image.get("data-lazy-srcset") or "")


def caption_of(image: Node) -> str:
    """Return the words under a picture: of its figure, or of what WordPress made before there were figures."""
    figure = next((node for node in image.iterancestors("figure", "div") if _is_figure(node)), None)
    if figure is None or len(list(figure.iter("figure"))) > 1:  # a gallery's caption belongs to no single picture
        return ""
    words = next((node for node in figure.iter() if is_caption(node)), None)
    return "" if words is None else " ".join(words.text_content().split())


def is_caption(node: Node) -> bool:
    """Say whether an element holds the words under a picture."""
    if node.tag not in ("p", "div", "span", "dd"):
        return bool(node.tag == "figcaption")
    return bool(_CAPTION.search(node.get("class") or "")) and next(node.iter("img", "p"), node) is node


def is_of_picture(caption: Node) -> bool:
    """Say whether a caption stands under a picture: one of a table or a quotation is part of the text."""
    figure = next(caption.iterancestors("figure"), None)
    return caption.tag != "figcaption" or (figure is not None and next(figure.iter("img"), None) is not None)


def _is_figure(node: Node) -> bool:
    return node.tag == "figure" or bool(re.search(r"(?:^|\s)wp-caption(?:\s|$)", node.get("class") or ""))


def spoken(alt: str) -> str:
    """Return an alternative text in one line; the name of a file is none."""
    line = " ".join(alt.split())
    return "" if re.search(r"^\S+\.(?:jpe?g|png|gif|webp)$", line, re.I) else line


def is_furniture(url: str) -> bool:
    """Say whether an address belongs to a tracker, an advertisement or a share button."""
    return bool(_FURNITURE_URL.match(url.strip()))


def is_called_furniture(node: Node) -> bool:
    """Say whether an element has a name that only furniture has, whatever is in it."""
    return bool(_FURNITURE_CLASS.search(node.get("class") or ""))


def _drop_furniture(body: Node) -> None:
    for node in list(body.iter()):
        if not isinstance(node.tag, str):
            if not isinstance(node, etree._Entity):
                drop(node)
        elif node is not body and is_unwanted(node):
            drop(node)
    for node in list(body.iter("p", "div")):
        if _SIGNATURE.match(node.text_content()):
            drop(node)


def is_unwanted(node: Node) -> bool:
    """Say whether an element is never shown: a tracker, a share button, what is hidden or does something."""
    if node.tag in _GONE or is_called_furniture(node):
        return True
    hidden = re.search(r"display\s*:\s*none", node.get("style") or "", re.I)
    if node.tag == "a":
        return is_furniture(node.get("href") or "")
    if node.tag == "img":
        is_dot = any((size_of(node, side) or 9) <= DOT for side in ("width", "height"))
        return bool(hidden) or is_dot or is_furniture(node.get("src") or "")
    return bool(hidden)


def _mend_image(image: Node, place: Place) -> None:
    url = place.image(source_of(image))
    if url is None:
        drop(image)
        return
    image.set("src", url)
    image.set("alt", spoken(image.get("alt") or "") or spoken(caption_of(image)))
    for side in ("width", "height"):
        size = size_of(image, side)
        image.attrib.pop(side, None)
        if size:
            image.set(side, str(size))


def _largest(srcset: str) -> str:
    """Return the widest picture of a ``srcset``."""
    found = re.findall(r"(\S+?)(?:\s+(\d{1,5}(?:\.\d+)?)[wx])?\s*(?:,\s|,?$)", srcset[:10_000])
    return str(max(found, key=lambda pair: float(pair[1] or 1))[0]) if found else ""


def _mend_link(link: Node, place: Place) -> None:
    url = place.link(link.get("href") or "")
    if url is None:
        link.drop_tag()
        return
    link.set("href", url)


def _rename(body: Node) -> None:
    for node in body.iter(*_RENAMED):
        node.tag = _RENAMED[node.tag]
    for node in body.iter("span", "b", "strong"):
        style = (node.get("style") or "").replace(" ", "")
        if node.tag == "span" and "display:block" in style:
            node.tag = "div"
        elif node.tag != "span" and "font-weight:normal" in style:  # how word processors wrap what they paste
            node.tag = "span"
    for node in body.iter("pre"):
        if not len(node):
            node.text = textwrap.dedent((node.text or "").strip("\n")).rstrip()


def _wrap_loose_text(holder: Node) -> None:
    """Put text and inline elements that stand directly in a block into paragraphs of their own."""
    runs = list(_runs(holder))
    if holder.tag != "body" and len(runs) == 1 and not any(child.tag in _BLOCK_TAGS for child in holder):
        holder.tag = (
            "p" if holder.tag in ("div", "section", "header", "footer", "aside", "main", "article") else holder.tag
        )
        return
    for text, nodes in runs:
        paragraph = html.Element("p")
        _move(holder, paragraph, text, nodes)


def _runs(holder: Node) -> Iterator[tuple[Node | None, list[Node]]]:
    """Yield each run of inline content: the block that it follows (None: at the start), and its elements."""
    after: Node | None = None
    nodes: list[Node] = []
    text = holder.text or ""
    for child in list(holder):
        if child.tag in _BLOCK_TAGS:
            if text.strip() or any(_is_seen(node) for node in nodes):
                yield after, nodes
            after, nodes, text = child, [], child.tail or ""
        else:
            nodes.append(child)
            text += child.tail or ""
    if text.strip() or any(_is_seen(node) for node in nodes):
        yield after, nodes


def _is_seen(node: Node) -> bool:
    return node.tag == "img" or next(node.iter("img"), None) is not None or bool(node.text_content().strip())


def _move(holder: Node, paragraph: Node, after: Node | None, nodes: list[Node]) -> None:
    if after is None:
        paragraph.text, holder.text = holder.text, None
        holder.insert(0, paragraph)
    else:
        paragraph.text, after.tail = after.tail, None
        after.addnext(paragraph)
    for node in nodes:
        paragraph.append(node)


def _drop_empty(body: Node) -> None:
    """Drop paragraphs, links and lists that hold neither words nor pictures, innermost first."""
    for node in reversed(
        list(body.iter("p", "a", "div", "li", "ul", "ol", "figure", "figcaption", "blockquote", "h2", "h3", "h4"))
    ):
        if node is not body and not _is_seen(node) and next(node.iter("hr", "table"), None) is None:
            drop(node)
    for node in (body, *body.iter("p", "li", "td", "div")):
        _trim_breaks(node)
    last = body[-1] if len(body) else None
    if last is not None and _leads_nowhere(last):
        drop(last)


def _leads_nowhere(last: Node) -> bool:
    """Tell a bold line with a colon at the very end: what it announced (a video, a gallery) can't be shown."""
    words = last.text_content().strip()
    bold = "".join(node.text_content() for node in last.iter("strong", "b")).strip()
    return words.endswith(":") and len(words) < 60 and (bold == words or last.tag in ("h2", "h3", "h4"))


def _trim_breaks(node: Node) -> None:
    """Line breaks at the end of a block show as a gap in some mail programs and as nothing in others."""
    while len(node) and node[-1].tag == "br" and not (node[-1].tail or "").strip():
        drop(node[-1])
    while len(node) and node[0].tag == "br" and not (node.text or "").strip():
        drop(node[0])

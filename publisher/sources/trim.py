"""Cut from an article's html what stands around its text: bylines, lists of other articles, appeals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from publisher.sources import clean, furniture, tidy
from publisher.sources.labels import labels_in

Node = tidy.Node

_HEAD = 6  # blocks; where a title, a byline or a day may be repeated above the text
_PROSE = 200  # characters; a longer block belongs to the text
_REMAINDER = 600  # characters that may follow a list of other articles and still be furniture
_BIOGRAPHY = 900  # characters
_LISTS = ("ul", "ol", "table")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def trimmed(body: str, site: str, *, shown: Sequence[str] = ()) -> str:
    """Return the html without the furniture among its blocks.

    :param site: the host of the page: a link to it leads to more of the same house.
    :param shown: title, authors, categories: what is shown elsewhere, and goes where it is repeated above the text.
    """
    root = tidy.parsed(body)
    _cut_head(root, {_key(word) for word in shown if word})
    _cut_related(root, site)
    _cut_biography(root)
    _cut_anywhere(root)
    _cut_comments(root)
    _cut_tail(root)
    return tidy.inner(root)


def _blocks(root: Node) -> list[Node]:
    """Return the blocks of the text in order; a list is one block."""
    found: list[Node] = []
    for child in root:
        if child.tag in ("div", "section", "article", "main") and any(node.tag in _BLOCKS for node in child):
            found += _blocks(child)
        elif isinstance(child.tag, str):
            found.append(child)
    return found


_BLOCKS = {*_LISTS, *_HEADINGS, "p", "div", "section", "article", "blockquote", "figure", "pre", "hr"}


def _words(node: Node) -> str:
    return clean.fold(node.text_content())


def _key(text: str) -> str:
    """Return what counts of a line: a headline that is broken in two has a blank here and none there."""
    return "".join(clean.fold(text).casefold().strip(" .,:;|–—-").split())


def _has_picture(node: Node) -> bool:
    return node.tag in ("img", "figure") or next(node.iter("img"), None) is not None


def _cut_head(root: Node, known: set[str]) -> None:
    """Drop what stands above the text and is shown elsewhere, until the first long paragraph."""
    for block in _blocks(root)[:_HEAD]:
        words = _words(block)
        if len(words) > _PROSE:
            return
        if words and not _has_picture(block) and _is_above(block, words, known):
            tidy.drop(block)


def _is_above(block: Node, words: str, known: set[str]) -> bool:
    return (
        _key(words) in known
        or furniture.is_furniture(words)
        or (furniture.is_signature(words) and block.tag not in _HEADINGS)
        or bool(furniture.filed_under(words))
        or bool(labels_in(words))
    )


def _cut_related(root: Node, site: str) -> None:
    """Drop each list of other articles with its heading; at the end, with what follows it."""
    blocks = _blocks(root)
    for place, block in enumerate(blocks):
        if block.getparent() is None or not place or not furniture.opens_related(_words(block)):
            continue
        follow = _followers(blocks[place + 1 :])
        rest = blocks[place + 1 + len(follow) :]
        if not follow and _length(rest) > _REMAINDER:
            continue  # a heading of the article itself
        is_end = follow and _length(rest) <= min(_REMAINDER, _length(blocks) // 8) and _leads_to(rest, site)
        for each in (block, *follow, *(rest if is_end else ())):
            tidy.drop(each)


def _length(blocks: Sequence[Node]) -> int:
    return sum(len(_words(block)) for block in blocks)


def _leads_to(blocks: Sequence[Node], site: str) -> bool:
    return any(urlsplit(link.get("href") or "").hostname == site for block in blocks for link in block.iter("a"))


def _followers(blocks: Sequence[Node]) -> list[Node]:
    """Return the blocks after a heading that are the list it announces."""
    found: list[Node] = []
    for block in blocks:
        if not _is_teaser(block) or (block.tag in _LISTS and any(each.tag in _LISTS for each in found)):
            break
        found.append(block)
    return found


def _is_teaser(block: Node) -> bool:
    """A link to another article, or a list of such links."""
    words = _words(block)
    if not words:
        return True
    linked = sum(len(clean.fold(link.text_content())) for link in block.iter("a"))
    return linked * 10 >= len(words) * 6 or (block.tag in _LISTS and linked * 10 >= len(words) * 4)


def _cut_anywhere(root: Node) -> None:
    """Drop blocks that are furniture wherever they stand."""
    for block in _blocks(root):
        words = _words(block)
        if not words or _has_picture(block) or block.tag in ("pre", "table"):
            continue
        has_link = next(block.iter("a"), None) is not None
        if furniture.is_furniture(words) or (
            has_link and (furniture.points_elsewhere(words) or furniture.appeals(words))
        ):
            tidy.drop(block)


def _cut_comments(root: Node) -> None:
    blocks = _blocks(root)
    for place, block in enumerate(blocks):
        if place * 2 >= len(blocks) and place and furniture.opens_comments(_words(block)):
            for each in blocks[place:]:
                tidy.drop(each)
            return


def _cut_biography(root: Node) -> None:
    """Drop what is said of the author at the end; an article about an author goes on for longer."""
    blocks = _blocks(root)
    for place, block in enumerate(blocks):
        if place and furniture.opens_biography(_words(block)) and _length(blocks[place + 1 :]) <= _BIOGRAPHY:
            for each in blocks[place:]:
                tidy.drop(each)
            return


def _cut_tail(root: Node) -> None:
    """Drop furniture from the end upwards, until a block that belongs to the text."""
    for block in reversed(_blocks(root)[1:]):
        words = _words(block)
        leads_nowhere = block.tag in _HEADINGS
        if words and not leads_nowhere and (_has_picture(block) or not any(test(words) for test in _TAIL)):
            return
        if words:
            tidy.drop(block)


def _appeals(words: str) -> bool:
    return furniture.appeals(words, at_end=True)


_TAIL: tuple[Callable[[str], object], ...] = (
    furniture.is_furniture,
    furniture.opens_related,
    furniture.opens_comments,
    furniture.points_elsewhere,
    furniture.filed_under,
    furniture.is_signature,
    furniture.is_credit,
    _appeals,
)

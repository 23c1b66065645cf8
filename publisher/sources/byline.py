"""Who wrote an article, as its page says it above the text: where neither its head nor its JSON-LD does."""

from __future__ import annotations

import re
from collections.abc import Iterator

import regex

from publisher.sources import boxes, clean, tidy

Node = tidy.Node

_LONGEST = 120  # characters of a byline
_MOST_WORDS = 5  # of one name
_CLASS = re.compile(
    r"(?:^|\s)(?:[\w-]*byline[\w-]*|(?:post|entry|article|by|story)?[_-]*author(?:[_-]*names?)?)(?:\s|$)", re.I
)
_AROUND = ("aside", "nav", "footer", "form")
_BY = (
    r"(?i:(?:(?:written|posted|published|reported|story|words|text)\s+)?by|(?:veröffentlicht\s+)?von|par|por|di|door|"
    r"(?:geschrieben|ein\s+(?:gast)?beitrag)\s+von|(?:publié|escrito|publicado)\s+p[ao]r)\s*:?"
)
_LABELLED = regex.compile(rf"{_BY}\s+(?P<names>\p{{Lu}}.*)", regex.S)
_BEHIND = re.compile(r"\s+[|•·–—-]\s+|\s+(?:on|am|le|el|il|op|at)\s+(?=.*\d)|\s*[|•·]\s*")  # the day, the section
_BETWEEN = re.compile(r",\s*|\s+(?:and|&|und|et|y|e|en)\s+")
_PART = regex.compile(r"\p{Lu}[\p{L}\p{M}'’.-]*|v[ao]n|de[lrnis]?|d[aiou]s?|la|le|el|al|bin|ibn|zu|ter|ten|y|e")
# What desks, roles and houses are called: none of it is a person.
_NOBODY = regex.compile(
    r"\b(?:staff|editor(?:s|ial)?|redaktion\w*|redac\w+|rédaction|redazione|redactie|desk|team|news\w*|press|presse|agenc\w+|"
    r"agentur|reporters?|correspondents?|writers?|columnists?|journalists?|contributors?|authors?|autor\w*|guest|admin\w*|"
    r"bureau|chief|media|gazette|times|post|herald|tribune|office|department|webmaster|anonymous|us|our|the)\b",
    regex.I,
)


def written_by(root: Node) -> tuple[str, ...]:
    """Return the people whom the article's own byline names; nobody where it names none, or only a desk.

    :param root: of the whole page.
    """
    content = boxes.content_of(root)
    around = {content, *content.iterancestors()} if content is not None else set()
    for node in root.iter("*"):
        if _may_be(node) and _is_of(node, around) and (names := tuple(_people(node))):
            return names
    return ()


def _may_be(node: Node) -> bool:
    """Say whether an element is a byline by its name, or by nothing but its words."""
    if node.tag in ("html", "head", "body", "main", "article", "meta", "link", "script", "style", "img"):
        return False
    return _is_named(node) or (node.tag in ("p", "div", "span", "address") and not _has_blocks(node) and _is_line(node))


def _is_named(node: Node) -> bool:
    said = f"{node.get('rel') or ''} {node.get('itemprop') or ''}".lower().split()
    return "author" in said or bool(_CLASS.search(node.get("class") or ""))


def _has_blocks(node: Node) -> bool:
    return any(child.tag in ("p", "div", "section", "ul", "ol", "h1", "h2", "h3") for child in node)


def _is_line(node: Node) -> bool:
    return len(node.text_content()) <= 2 * _LONGEST and bool(_LABELLED.fullmatch(_words(node)))


def _is_of(node: Node, around: set[Node]) -> bool:
    """Say whether a byline is the article's own: not of a comment, a teaser beside it or a box below it."""
    for each in node.iterancestors():
        if each in around:
            return True
        if each.tag in (*_AROUND, "article", "li") or boxes.holds_others(each):
            return False
    return True


def _words(node: Node) -> str:
    return clean.fold(" ".join(node.itertext()))


def _people(node: Node) -> Iterator[str]:
    """Yield the names in a byline: those that are marked as such, else those in its words."""
    marked = [each for each in node.iter("a", "span", "b", "strong") if each is not node and _is_inner(each)]
    found = [name for each in marked for name in names_in(_words(each))]
    yield from dict.fromkeys(found or names_in(_words(node)))


def _is_inner(node: Node) -> bool:
    return node.tag == "a" or _is_named(node) or node.get("itemprop") == "name"


def names_in(line: str) -> Iterator[str]:
    """Yield the people whom a line names, with or without a label: ``By Ann Lee and Bob Day | 3 May``."""
    labelled = _LABELLED.fullmatch(line)
    names = _BEHIND.split(labelled["names"] if labelled else line)[0]
    if len(names) <= _LONGEST:
        yield from filter(_is_person, (part.strip(" .,;:") for part in _BETWEEN.split(names)))


def _is_person(name: str) -> bool:
    """Say whether words are a person's name: two or more, each as names are written, and no desk's."""
    words = name.split()
    is_short = 2 <= len(words) <= _MOST_WORDS and words[-1][:1].isupper()
    return is_short and all(map(_PART.fullmatch, words)) and not _NOBODY.search(name)

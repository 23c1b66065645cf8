"""Know the furniture of a web page in plain text: what stands around an article and is no part of it."""

from __future__ import annotations

import re

from publisher.sources import phrases

_FILED = re.compile(
    r"(?:tags?|categor(?:y|ies)|topics?|kategorien?|schlagw(?:o|ö)rte?r?|stichworte?|etiquetas|categorías?|étiquettes|"
    r"catégories?|mots-clés|categorie|filed\s+under|posted\s+in|veröffentlicht\s+(?:in|unter))\s*:\s*(.{2,200})",
    re.I,
)
_SENTENCE = re.compile(r"(?<=[.!?:])[\s–—-]+(?=\S)")
_LONGEST = 400  # characters; a longer paragraph tells something
_SHORT = 160  # characters


def is_furniture(line: str) -> bool:
    """Say whether a whole line is furniture; a sentence that merely begins like it is not."""
    return _is(phrases.EXACT, line)


def opens_related(line: str) -> bool:
    """Say whether a line is the heading of a list of other articles."""
    return _is(phrases.RELATED, line)


def opens_biography(line: str) -> bool:
    """Say whether a line is the heading of what is said of the author."""
    return _is(phrases.ABOUT, line)


def opens_comments(line: str) -> bool:
    """Say whether a line is the heading of the readers' comments."""
    return _is(phrases.REPLY, line)


def points_elsewhere(line: str) -> bool:
    """Say whether a line does nothing but lead to another article: ``Read also: The harbor opens``."""
    return _is(phrases.POINTER, line)


def appeals(text: str, *, at_end: bool = False) -> bool:
    """Say whether a paragraph asks the reader for something: to subscribe, follow, donate, download, comment.

    :param at_end: nothing but furniture follows; then words count that an article may use as well.
    """
    line = phrases.folded(text) if len(text) <= _LONGEST else ""
    if not line:
        return False
    sentences = _SENTENCE.split(line)
    asking = [_asks(sentence, at_end) for sentence in sentences]
    return asking[0] or sum(asking) * 2 >= len(asking) or (at_end and asking[-1] and len(line) <= _SHORT)


def is_signature(line: str) -> bool:
    """Say whether a line is only the author's name or the day: furniture above or below an article."""
    text = " ".join(line.split())
    return len(text) <= _SHORT and bool(
        phrases.BYLINE.fullmatch(text) or phrases.DATELINE.fullmatch(phrases.folded(text))
    )


def is_credit(line: str) -> bool:
    """Say whether a line only names who made a picture."""
    return _is(phrases.CREDIT, line)


def _asks(sentence: str, at_end: bool) -> bool:
    return bool(phrases.APPEAL.match(sentence) or (at_end and phrases.WISH.match(sentence)))


def _is(pattern: re.Pattern[str], line: str) -> bool:
    return len(line) <= _LONGEST and bool(pattern.fullmatch(phrases.folded(line)))


def filed_under(line: str) -> tuple[str, ...]:
    """Return the categories of a line such as ``Filed under: News, Harbor``."""
    found = _FILED.fullmatch(" ".join(line.split()))
    return tuple(part.strip(" .") for part in re.split(r"[,;|]", found[1]) if part.strip(" .")) if found else ()


def body_end(lines: list[str]) -> int:
    """Return how many of the lines belong to the article: furniture at the end does not.

    A list of other articles goes with its heading, comments with theirs. The last paragraph of an article stays,
    however short it is.
    """
    end = _without_comments(lines)
    while True:
        before = end
        while end > 1 and (
            is_furniture(lines[end - 1]) or opens_related(lines[end - 1]) or filed_under(lines[end - 1])
        ):
            end -= 1
        heading = next((i for i in range(end - 1, 0, -1) if opens_related(lines[i])), None)
        if heading is not None and all(_is_teaser(line) for line in lines[heading + 1 : end]):
            end = heading
        if end == before:
            return end


def _without_comments(lines: list[str]) -> int:
    """Comments are prose; only their heading gives them away, and only in the second half of a text."""
    return next((i for i, line in enumerate(lines) if i * 2 >= len(lines) and i and opens_comments(line)), len(lines))


def _is_teaser(line: str) -> bool:
    """A headline of another article: short, and no sentence."""
    return (
        is_furniture(line)
        or opens_related(line)
        or (len(line) <= 150 and not line.rstrip("\"'”’»)").endswith((".", ":")))
    )

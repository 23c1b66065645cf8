"""Know the furniture of a web page in plain text: what stands around an article and is no part of it."""

from __future__ import annotations

import re


def _any_of(*patterns: str) -> re.Pattern[str]:
    """Compile patterns of whole lines; a blank in one stands for any white space."""
    return re.compile("|".join(pattern.replace(" ", r"\s+") for pattern in patterns), re.I)


_NETWORKS = (
    r"facebook|twitter|x|linkedin|whatsapp|telegram|reddit|pinterest|tumblr|pocket|bluesky|mastodon|threads|instagram|"
    r"youtube|e-?mail|messenger|viber|copy (?:the )?link|print(?: this)?"
)
_EXACT = _any_of(
    r"(?:back|return|scroll) to (?:the )?top(?: (?:button|of page))?|to top|top",
    r"skip to (?:main )?content|menu|search|home|close|contact(?: us)?|imprint",
    r"advertisements?|sponsored|ad|(?:story|article) continues below(?: advertisement)?",
    r"advertisement\s*[-–—]\s*continue reading below",
    r"share(?: (?:this|on|via|with|the)(?: [\w-]+){0,3})?\s*:?|sharing|shares?|tweet|pin it|save",
    rf"(?:share )?(?:on |via )?(?:{_NETWORKS})",
    r"click to (?:share|e-?mail|print)\b.{0,80}|(?:e-?mail|print) (?:this )?(?:article|page|story)",
    r"read (?:more|next|also|the full (?:story|article))(?:\s*[:»›→].{0,160})?",
    r"(?:see|show|load|view) (?:more|all)|continue reading|more|watch (?:next|more)|up next",
    r"(?:subscribe|sign up|join|register|log\s*in|sign in|donate)(?: (?:now|here|today|free))?",
    r"support us|become a member",
    r"(?:subscribe|sign up) (?:to|for) (?:our|the) (?:[\w-]+ ){0,3}(?:newsletters?|mailing list|podcasts?|emails?)",
    r"(?:get )?(?:our )?(?:free )?newsletters?(?: sign-?up)?|(?:enter )?your e-?mail(?: address)?",
    r"follow(?: us)?(?: on [\w\s,&]{1,60})?|like us on facebook|like this\s*:?|like|loading(?:\.\.\.|…)?",
    r"(?:about|more from|more by|view all posts by) (?:the |this )?authors?",
    r"(?:no|\d+|one) comments?|comments?(?:\s*\(\d+\)| (?:off|closed|are (?:off|closed)))?",
    r"\d+ (?:shares?|likes?|views?)",
    r"(?:previous|next|older|newer|prev)(?: (?:article|post|story|page|posts|entries))?(?:\s*[:»›→«‹←].{0,160})?",
    r"[«‹←<]+\s*(?:previous|older|prev|back)\b.{0,120}|.{0,120}\b(?:next|newer)\s*[»›→>]+",
    r"(?:all rights reserved|copyright|©|\(c\)\s*\d{4}).{0,160}|.{0,100}\ball rights reserved\.?",
    r"(?:privacy|cookie) (?:policy|settings|notice)|terms(?: (?:of (?:use|service)|(?:&|and) conditions))?",
    r"(?:powered by|proudly powered).{0,60}|we use cookies\b.{0,200}|accept(?: (?:all|cookies|all cookies))?",
    r"\d{1,3}\s*-?\s*min(?:ute)?s? read(?:ing time)?|(?:reading time|time to read)\s*:?\s*\d+.{0,20}",
    r"(?:[*_=~#.•·-]\s?){3,}|\W",
)
_RELATED = _any_of(
    r"(?:related|recommended|similar|popular|latest|recent|other|more|top|trending|most (?:read|popular|viewed|shared))"
    r"(?: (?:and|for you|news|articles?|posts?|stor(?:y|ies)|content|reading|topics?|links?|videos?|headlines?|read|"
    r"from .{1,40}|on this (?:topic|story)|in .{1,30}|like this))*\s*:?",
    r"you (?:may|might) (?:also )?(?:like|enjoy|be interested in)\s*:?|don['’]t miss\s*:?|read (?:also|next)\s*:?",
    r"see also\s*:?|what to read next|editors?['’]s? picks?|in case you missed it",
)
_REPLY = _any_of(
    r"(?:leave|post|write|add) (?:a|your) (?:reply|comment)(?: cancel reply)?|join the (?:conversation|discussion)",
    r"(?:\d+|one) (?:comments?|thoughts?|responses?|replies|reply)(?: (?:on|to) .{1,200})?",
)
_FILED = re.compile(r"(?:tags?|filed\s+under|posted\s+in|categor(?:y|ies)|topics?)\s*:\s*(.{2,200})", re.I)


def is_furniture(line: str) -> bool:
    """Say whether a whole line is furniture; a sentence that merely begins like it is not."""
    text = " ".join(line.split())
    return bool(_EXACT.fullmatch(text))


def opens_related(line: str) -> bool:
    """Say whether a line is the heading of a list of other articles."""
    return bool(_RELATED.fullmatch(" ".join(line.split())))


def opens_comments(line: str) -> bool:
    """Say whether a line is the heading of the readers' comments."""
    return bool(_REPLY.fullmatch(" ".join(line.split())))


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

"""How long a post is, as its network counts: one counter for the renderer, the checks, the preview and the senders."""

from __future__ import annotations

import sys
from itertools import accumulate

import regex

from publisher.model.message import PostRules
from publisher.model.weighted import weighted

# Up to a space, also one that isn't seen; with something of a host in it.
_URL = regex.compile(r"https?://(?=[^\s/?#<>\"\u200b\ufeff]*[^\W_])[^\s<>\"\u200b\ufeff]+", regex.IGNORECASE)
# A host that networks take for one: a name with a dot and an ending of two letters or more.
_HOST = regex.compile(
    r"https?://(?:[^\s/?#@]*@)?(?:[\w-]+\.)+(?:[^\W\d_]{2,}|xn--[\w-]+)\.?(?::\d+)?(?:[/?#]|\Z)", regex.I
)
_EMOJI = regex.compile(r"[\p{Extended_Pictographic}\p{RI}\u20e3]|[^\u0000-\uffff]")
SHOWN_PATH = 14  # characters of an address's path that are shown
_TRAILING = ".,;:!?'\"…»”’*_~。、，！？"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_REMOTE_MENTION = regex.compile(r"(?<![\w/=])@(\w+(?:[.-]\w+)*)@[\w-]+(?:\.[\w-]+)+")


def urls_in(text: str) -> list[tuple[int, int]]:
    """Return where URLs begin and end: without the sentence's own punctuation, with their own closing brackets."""
    return [(match.start(), match.start() + len(_trim(match[0]))) for match in _URL.finditer(text)]


def _trim(url: str) -> str:
    end = len(url)
    unpaired = {closing: url.count(closing) - url.count(opening) for closing, opening in _PAIRS.items()}
    while end and (url[end - 1] in _TRAILING or unpaired.get(url[end - 1], 0) > 0):
        end -= 1
        if url[end] in unpaired:
            unpaired[url[end]] -= 1
    return url[:end]


def fits(text: str, rules: PostRules) -> bool:
    """Say whether a network takes a text as one post."""
    return length(text, rules) <= rules.limit and size(text, rules) <= (rules.most_bytes or sys.maxsize)


def length(text: str, rules: PostRules) -> int:
    """Return what a text costs on a network, in the network's own unit."""
    if rules.unit == "weighted":
        return weighted(text)
    text = as_shown(text)[0] if rules.shows_short else text
    if rules.url_length is not None:
        text = _with_short_urls(text, rules.url_length)
    if rules.network == "mastodon":
        text = _REMOTE_MENTION.sub(r"@\1", text)
    return _size(text, rules) + (_more_for_emoji(text, rules) if rules.emoji_as_bytes else 0)


def size(text: str, rules: PostRules) -> int:
    """Return the bytes of a text in UTF-8, as the network shows it."""
    return len((as_shown(text)[0] if rules.shows_short else text).encode())


def cut_short(text: str, most: int) -> str:
    """Return a text of at most so many units of UTF-16: as it is, or its first signs, whole, and an ellipsis."""
    ends = list(accumulate(len(sign.encode("utf-16-le")) // 2 for sign in regex.findall(r"\X", text)))
    if not ends or ends[-1] <= most:
        return text
    kept = max((end for end in ends if end < most), default=0)
    return text.encode("utf-16-le")[: 2 * kept].decode("utf-16-le") + "…"


def shown_url(url: str) -> str:
    """Return an address as it is shown where a link carries the whole of it: its host and how its path begins."""
    host, slash, path = url.partition("://")[2].removeprefix("www.").partition("/")
    if not path:
        return host
    return host + slash + (path if len(path) <= SHOWN_PATH else f"{path[: SHOWN_PATH - 1]}…")


def as_shown(text: str) -> tuple[str, list[tuple[int, int, str]]]:
    """Return a text as it is shown where links carry their whole address, and for each its place in it and address."""
    pieces, links, end, at = [], [], 0, 0
    for start, stop in urls_in(text):
        before, url = text[end:start], text[start:stop]
        short = shown_url(url)
        links.append((at + len(before), at + len(before) + len(short), url))
        pieces += [before, short]
        at, end = links[-1][1], stop
    return "".join([*pieces, text[end:]]), links


def _with_short_urls(text: str, cost: int) -> str:
    parts, end = [], 0
    for start, stop in urls_in(text):
        if _HOST.match(text[start:stop]):
            parts += [text[end:start], "x" * cost]
            end = stop
    return "".join([*parts, text[end:]])


def _more_for_emoji(text: str, rules: PostRules) -> int:
    """Return what the emoji of a text cost more than other signs; what might be taken for one is one."""
    emoji = (sign for sign in regex.findall(r"\X", text) if _EMOJI.search(sign))
    return sum(len(sign.encode()) - _size(sign, rules) for sign in emoji)


def _size(text: str, rules: PostRules) -> int:
    if rules.unit == "graphemes":
        return len(regex.findall(r"\X", text))
    if rules.unit == "utf16":
        return len(text.encode("utf-16-le")) // 2
    if rules.unit == "bytes":
        return len(text.encode())
    return len(text)

"""How long a post is: counted as its network counts. One counter for the renderer, the checks, preview and senders."""

from __future__ import annotations

import regex

from publisher.model.message import PostRules

_URL = regex.compile(r"https?://[^\s<>\"]+", regex.IGNORECASE)
# A host that networks take for one: a name with a dot and an ending of two letters or more.
_HOST = regex.compile(
    r"https?://(?:[^\s/?#@]*@)?(?:[\w-]+\.)+(?:[^\W\d_]{2,}|xn--[\w-]+)\.?(?::\d+)?(?:[/?#]|\Z)", regex.I
)
_TRAILING = ".,;:!?'\"…»”’*_~。、，！？"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_REMOTE_MENTION = regex.compile(r"(?<![\w/=])@(\w+(?:[.-]\w+)*)@[\w-]+(?:\.[\w-]+)+")


def urls_in(text: str) -> list[tuple[int, int]]:
    """Return where URLs begin and end: without the sentence's own punctuation, with their own closing brackets."""
    return [(match.start(), match.start() + len(_trim(match[0]))) for match in _URL.finditer(text)]


def _trim(url: str) -> str:
    while url:
        last = url[-1]
        unpaired = last in _PAIRS and url.count(last) > url.count(_PAIRS[last])
        if last not in _TRAILING and not unpaired:
            break
        url = url[:-1]
    return url


def length(text: str, rules: PostRules) -> int:
    """Return what a text costs on a network, in the network's own unit."""
    if rules.url_length is not None:
        text = _with_short_urls(text, rules.url_length)
    if rules.network == "mastodon":
        text = _REMOTE_MENTION.sub(r"@\1", text)
    return _size(text, rules)


def _with_short_urls(text: str, cost: int) -> str:
    parts, end = [], 0
    for start, stop in urls_in(text):
        if _HOST.match(text[start:stop]):
            parts += [text[end:start], "x" * cost]
            end = stop
    return "".join([*parts, text[end:]])


def _size(text: str, rules: PostRules) -> int:
    if rules.unit == "graphemes":
        return len(regex.findall(r"\X", text))
    if rules.unit == "utf16":
        return len(text.encode("utf-16-le")) // 2
    if rules.unit == "bytes":
        return len(text.encode())
    return len(text)

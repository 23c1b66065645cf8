"""What a text shows on Bluesky, and which bytes of it are links and hashtags: without being told so, nothing is."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from publisher.model.post_size import as_shown

MOST_OF_A_TAG = (64, 640)  # graphemes, bytes
# As Bluesky's own app finds them: after a space, up to the next one or to a sign that isn't seen (the renderer sets a
# WORD JOINER behind the sign of what is none), with more in it than digits and punctuation.
_SPACE = r"\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_END = _SPACE + r"\u00ad\u2060\u200b-\u200d\u20e2"
_TAG = regex.compile(rf"(?:^|(?<=[{_SPACE}]))[#＃](?!\ufe0f)(?=[^{_END}]*[^0-9\p{{P}}{_END}])([^{_END}]+)")
_PUNCTUATION = regex.compile(r"\p{P}+$")

Facet = dict[str, object]


def rich(text: str) -> tuple[str, list[Facet]]:
    """Return a text as it is shown, with short addresses, and its facets, whose places are in bytes of UTF-8."""
    shown, links = as_shown(text)
    found = [(start, stop, _link(url)) for start, stop, url in links]
    found += [tag for tag in _tags(shown) if not any(start < tag[1] and tag[0] < stop for start, stop, _ in links)]
    return shown, [_facet(shown, *each) for each in sorted(found, key=lambda each: each[0])]


def _tags(shown: str) -> Iterator[tuple[int, int, Facet]]:
    for match in _TAG.finditer(shown):
        tag = _PUNCTUATION.sub("", match[1])
        size = (len(regex.findall(r"\X", tag)), len(tag.encode()))
        if size[0] <= MOST_OF_A_TAG[0] and size[1] <= MOST_OF_A_TAG[1]:
            yield match.start(), match.start(1) + len(tag), {"$type": "app.bsky.richtext.facet#tag", "tag": tag}


def _link(url: str) -> Facet:
    return {"$type": "app.bsky.richtext.facet#link", "uri": url}


def _facet(shown: str, start: int, stop: int, feature: Facet) -> Facet:
    first = len(shown[:start].encode())
    return {
        "index": {"byteStart": first, "byteEnd": first + len(shown[start:stop].encode())},
        "features": [feature],
    }

"""What LinkedIn is told: words in its "little text", where most punctuation is markup, and the card under them."""

from __future__ import annotations

import re

from publisher.model.message import Card

# All that its markup is made of, but for the sign of a hashtag: what an article's words only look like one has a
# joiner after it from the renderer.
_MARKUP = re.compile(r"[\\|{}@\[\]()<>*_~]|#(?!\w)|(?<=\S)#")


def body_of(author: str, text: str, card: Card | None) -> dict[str, object]:
    """Return the body of one public post.

    :param card: what is shown under it; LinkedIn doesn't look at the page itself.
    """
    body: dict[str, object] = {
        "author": author,
        "commentary": as_it_is(text),
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    if card:
        article = {"source": card.url, "title": card.title, "description": card.description}
        body["content"] = {"article": {name: value for name, value in article.items() if value}}
    return body


def as_it_is(text: str) -> str:
    """Escape what would be markup to LinkedIn, mentions first of all; hashtags stay."""
    return _MARKUP.sub(r"\\\g<0>", text)

"""What LinkedIn is told: words in its "little text", where most punctuation is markup, and the card under them."""

from __future__ import annotations

import re

from publisher.model.call import Picture
from publisher.model.message import Post

# All that its markup is made of, but for the sign of a hashtag: what an article's words only look like one has a
# joiner after it from the renderer.
_MARKUP = re.compile(r"[\\|{}@\[\]()<>*_~]|#(?!\w)|(?<=\S)#")


def body_of(author: str, text: str, content: dict[str, object]) -> dict[str, object]:
    """Return the body of one public post.

    :param content: what is shown under it; empty: nothing.
    """
    body: dict[str, object] = {
        "author": author,
        "commentary": as_it_is(text),
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    return body | ({"content": content} if content else {})


def patch_of(text: str) -> dict[str, object]:
    """Return what gives a post other words, and leaves the rest of it as it is."""
    return {"patch": {"$set": {"commentary": as_it_is(text)}}}


def content_of(post: Post, picture: Picture | None, image: str) -> dict[str, object]:
    """Return what stands under a post: its picture, else a card; LinkedIn doesn't look at the page itself.

    :param image: LinkedIn's name of the uploaded picture; empty: there is none.
    """
    if image and picture and not picture.in_card:
        return {"media": _said({"id": image, "altText": picture.alt})}
    if post.card is None:
        return {}
    article = {"source": post.card.url, "title": post.card.title, "description": post.card.description}
    return {"article": _said({**article, "thumbnail": image})}


def _said(values: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def as_it_is(text: str) -> str:
    """Escape what would be markup to LinkedIn, mentions first of all; hashtags stay."""
    return _MARKUP.sub(r"\\\g<0>", text)

"""The picture of a post: the article's own, else a card with its headline, kept in the ledger and served by us."""

from __future__ import annotations

from dataclasses import replace

from publisher.errors import PublisherError, UndrawableError
from publisher.model.article import Image
from publisher.model.message import Brief, Card, Finding, Post
from publisher.render import Renderer
from publisher.store import media

TYPE = "image/png"
SIZE = (1200, 630)


def with_picture(
    post: Post, brief: Brief, renderer: Renderer, *, base: str | None
) -> tuple[Post, bytes | None, tuple[Finding, ...]]:
    """Return a post whose card has a picture, the picture where it is ours, and what to say where there is none.

    :param base: the address below which our pictures are served; None: nobody could fetch them.
    """
    card = post.card
    if card is None or _can_be_fetched(card, brief):
        return post, None, ()
    without = replace(post, card=replace(card, image=None))
    try:
        if base is None:
            raise UndrawableError(
                "networks could not fetch a card from here",
                remedy="Set publication.public_url to the https address at which readers reach Publisher",
            )
        drawn = renderer.share_image(brief)
    except PublisherError as error:
        return without, None, (_note(error.what, error.remedy),)
    except Exception as error:  # noqa: BLE001 -- a post without a picture is better than none
        return without, None, (_note(f"{type(error).__name__} {error}", "This is a fault of Publisher: report it"),)
    url = f"{base.rstrip('/')}/media/{media.digest_of(drawn)}.png"
    image = Image(url, alt=card.title, width=SIZE[0], height=SIZE[1])
    return replace(post, card=replace(card, image=image)), drawn, ()


def _can_be_fetched(card: Card, brief: Brief) -> bool:
    """Say whether the article's picture can be shown; a file of this machine only in practice, which stays here."""
    return card.image is not None and (brief.practice or not card.image.url.lower().startswith("file:"))


def _note(what: str, remedy: str) -> Finding:
    return Finding("share-image", False, f"the post has no picture: {what}", remedy)

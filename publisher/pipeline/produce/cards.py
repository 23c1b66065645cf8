"""The picture of a post's card: the article's own, else one drawn with its headline, kept in the ledger and served."""

from __future__ import annotations

from dataclasses import replace

from publisher.errors import ConfigError, PublisherError, UndrawableError
from publisher.model.article import Image
from publisher.model.message import Brief, Card, Finding, Post, PostRules
from publisher.model.project import Entry
from publisher.pipeline.produce import reach
from publisher.render import Renderer
from publisher.store import media

TYPE = "image/png"
SIZE = (1200, 630)
OWN_CARD = "gives the link a card of its own"


def rules_for(entry: Entry, rules: PostRules) -> PostRules:
    """Return how the posts of an entry are counted: some networks take fewer words beside a picture.

    :raises ConfigError: what the entry says of pictures can't be done on this network.
    """
    if why := refusal(entry, rules):
        raise ConfigError(why[0], where=entry.where, remedy=why[1])
    return beside_picture(rules) if entry.picture == "attach" else rules


def beside_picture(rules: PostRules) -> PostRules:
    """Return how a post is counted that a picture is attached to."""
    most = rules.uploads.most_text if rules.uploads else None
    return replace(rules, limit=min(rules.limit, most)) if most else rules


def refusal(entry: Entry, rules: PostRules) -> tuple[str, str] | None:
    """Say why an entry's pictures can't be what it asks for, and what to do; None where they can."""
    if entry.picture == "attach" and rules.uploads is None:
        return f"{entry.via} ({rules.network}) takes no pictures from us", "Take `picture: attach` out of this entry"
    if entry.needs_picture and entry.picture == "card" and not rules.shows_card:
        what = f"{entry.via} ({rules.network}) {OWN_CARD}: nobody here knows whether it has a picture"
        return what, "Write `picture: attach` beside it, or take `without_picture: hold` out"
    return None


def with_picture(
    post: Post, brief: Brief, renderer: Renderer, *, base: str | None, is_uploaded: bool, is_needed: bool
) -> tuple[Post, media.Kept | None, tuple[Finding, ...]]:
    """Return a post whose card has a picture, the picture where it is ours, and what to say where there is none.

    :param base: the address below which our pictures are served; None: nobody could fetch them. Empty: nobody has to.
    :param is_uploaded: the article's own goes up with the post, so that a file of this machine will do.
    :param is_needed: the post is held without one.
    """
    card = post.card
    if card is None or _is_shown(card, brief, is_uploaded=is_uploaded):
        return post, None, ()
    without = replace(post, card=replace(card, image=None))
    try:
        if base is None:
            raise UndrawableError(
                "networks could not fetch a card from here",
                remedy=reach.SET_PUBLIC_URL,
            )
        drawn = media.Kept(TYPE, renderer.share_image(brief))
    except PublisherError as error:
        return without, None, (_note(error.what, error.remedy, is_needed),)
    except Exception as error:  # noqa: BLE001 -- a post without a picture is better than none
        fault = "This is a fault of Publisher: report it"
        return without, None, (_note(f"{type(error).__name__} {error}", fault, is_needed),)
    url = f"{base.rstrip('/')}/media/{media.digest_of(drawn.content)}.png"
    image = Image(url, alt=card.title, width=SIZE[0], height=SIZE[1])
    return replace(post, card=replace(card, image=image)), drawn, ()


def _is_shown(card: Card, brief: Brief, *, is_uploaded: bool) -> bool:
    """Say whether the article's picture can be shown; a file of this machine where nobody has to fetch it."""
    stays_here = brief.practice or is_uploaded
    return card.image is not None and (stays_here or not card.image.url.lower().startswith("file:"))


def _note(what: str, remedy: str, is_needed: bool) -> Finding:
    return Finding("share-image", is_needed, f"the post has no picture: {what}", remedy)

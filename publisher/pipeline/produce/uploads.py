"""Pictures that a sender uploads: fetched once, made as their network takes them, and kept with the message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from publisher.errors import PublisherError
from publisher.model.article import Image
from publisher.model.message import Brief, Finding, Post, PostRules, Upload
from publisher.model.project import Channel, Entry, Project
from publisher.render import Renderer
from publisher.store import media

Fetch = Callable[[str, str], bytes]  # of a source's name and an address; PublisherError where nothing comes
Ready = tuple[Post, media.Kept | None, tuple[Finding, ...]]
_REMEDY = "Give the article a picture that can be fetched from the web"


@dataclass(frozen=True, slots=True)
class Uploads:
    """Gets the pictures of one edition ready. However many networks show a picture, it is asked for once.

    :param fetch: None: nothing is fetched, for who only looks.
    :param source: of the lead article: what may be fetched is for its source to say.
    """

    renderer: Renderer
    fetch: Fetch | None = None
    source: str = ""
    _got: dict[str, bytes | PublisherError] = field(default_factory=dict)

    def ready(self, post: Post, brief: Brief, entry: Entry, rules: PostRules, drawn: media.Kept | None) -> Ready:
        """Return a post with the picture that goes up with it, its bytes, and what to say of it.

        :param drawn: the picture of the post's card, where we made it.
        """
        image, is_attached = self._wanted(post, brief, entry, rules), entry.picture == "attach"
        if image is None or rules.uploads is None:
            is_missed = is_attached or (entry.needs_picture and post.card is None)  # without a page there is no card
            why = brief.articles[0].why_no_picture or "the article has none that can be shown"
            return post, None, (_without(why, entry),) if is_missed else ()
        alt = self.renderer.description(image.alt, rules.uploads.most_alt)
        whole = self.renderer.description(image.alt, len(image.alt) * 2)
        notes = (*_of_words(whole, alt, rules), *_of_link(post)) if is_attached else ()
        if self.fetch is None:
            return post, None, notes
        try:
            photo = self.renderer.photo(drawn.content if drawn else self._bytes_at(image.url), rules.uploads)
        except PublisherError as error:
            return post, None, (_without(error.what, entry),)
        upload = Upload(
            media.digest_of(photo.content), alt, photo.width, photo.height, not is_attached, entry.needs_picture
        )
        return replace(post, upload=upload), media.Kept(photo.type, photo.content), notes

    def gets(self, image: Image | None) -> bool:
        """Say whether a picture can be had; who only looks takes it for granted."""
        if image is None:
            return False
        try:
            return self.fetch is None or bool(self._bytes_at(image.url))
        except PublisherError:
            return False

    def _wanted(self, post: Post, brief: Brief, entry: Entry, rules: PostRules) -> Image | None:
        """Return the picture that is to be uploaded: a card's only where the card is ours."""
        if entry.picture == "attach":
            return self.renderer.picture(brief)
        return post.card.image if post.card and rules.shows_card and rules.uploads else None

    def _bytes_at(self, url: str) -> bytes:
        """Return what is at an address.

        :raises PublisherError: nothing came, now or when it was asked for before.
        """
        assert self.fetch is not None  # noqa: S101 -- only called with one
        if url not in self._got:
            try:
                self._got[url] = self.fetch(self.source, url)
            except PublisherError as error:
                self._got[url] = error
        found = self._got[url]
        if isinstance(found, PublisherError):
            raise found
        return found


def without_path(post: Post) -> Post:
    """Return a post whose picture goes up with no word of where it lay: its card names it as the console shows it."""
    image = post.card.image if post.card else None
    if post.card is None or image is None or post.upload is None or not image.url.lower().startswith("file:"):
        return post
    return replace(post, card=replace(post.card, image=replace(image, url=f"/media/{post.upload.digest}.png")))


def missed_by_fallbacks(
    project: Project, entry: Entry, rules_of: Callable[[Channel], PostRules | None]
) -> list[Finding]:
    """Say of an attached picture that it is shown nowhere where a channel's fallback carries the post."""
    if entry.picture != "attach":
        return []
    found, seen, name = list[Finding](), {entry.via}, project.channels[entry.via].fallback
    while name and name not in seen:
        seen.add(name)
        channel = project.channels[name]
        rules = rules_of(channel)
        if rules is not None and rules.uploads is None:
            goes = "is refused there" if entry.needs_picture else "goes without"
            takes_over = f"{name} ({rules.network}) carries on where {entry.via} fails, and takes no pictures"
            what = f"{takes_over}: the post {goes}"
            found.append(Finding("post-picture", False, what, "Name a fallback of the same network"))
        name = channel.fallback
    return found


def _without(why: str, entry: Entry) -> Finding:
    """Say that a post has no picture: it goes without, or waits for a person."""
    remedy = f"{_REMEDY}, or let posts go without one: `without_picture: go`" if entry.needs_picture else _REMEDY
    return Finding("post-picture", entry.needs_picture, f"no picture goes up with the post: {why.rstrip('.')}", remedy)


def _of_words(whole: str, alt: str, rules: PostRules) -> Iterator[Finding]:
    """Say of an attached picture's description that it is cut; that there is none is said of every post."""
    if alt and alt != whole:
        what = f"the picture's description is cut to what {rules.network} takes: {len(alt):,} of {len(whole):,} signs"
        yield Finding("alt-cut", False, what, "Write a shorter one where the article is written")


def _of_link(post: Post) -> Iterator[Finding]:
    """Say of a post whose picture takes the card's place that nothing in it leads to the article any more."""
    if post.card and not any(post.card.url in part for part in post.parts):
        what = "the post has no link: its picture takes the place of the card that had it"
        yield Finding(
            "link-in-card", False, what, "Print it in the template: `{% if not card %}{{ lead.url }}{% endif %}`"
        )

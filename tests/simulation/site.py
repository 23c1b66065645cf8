"""A simulated site: its posts, and the feed that it gives out of them, as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

PADDING = "The harbour office said on the quay that the timetable holds for the whole of the season. " * 4


@dataclass
class Post:
    """One post as its author knows it."""

    number: int
    at: datetime  # when it stands on the site
    dated: bool
    long: bool
    edits: int = 0
    is_public: bool = True
    is_lost: bool = False  # did not come along to another system
    guid: str = ""  # its own; empty: by its number

    @property
    def title(self) -> str:
        return f"Story {self.number} told again" if self.edits else f"Story {self.number}"

    @property
    def text(self) -> str:
        said = f"Story {self.number} in its version {self.edits}."
        return f"{said} {PADDING}" if self.long else said


@dataclass
class Site:
    """A site that is moved, edited and broken. Its clock is always right."""

    system: int = 0  # of another system all guids are others
    address: int = 0  # under another address all links are others
    window: int = 6
    category: str = ""

    def feed(self, posts: list[Post], now: datetime) -> bytes:
        """Return the feed: the newest public posts, newest first."""
        shown = self.shown(posts, now)
        items = "".join(self._item(post) for post in shown)
        head = "<title>Harbor Gazette</title><link>https://harbor.example</link>"
        return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{items}</channel></rss>'.encode()

    def shown(self, posts: list[Post], now: datetime) -> list[Post]:
        there = [post for post in posts if post.is_public and not post.is_lost and post.at <= now]
        return sorted(there, key=lambda post: (post.at, post.number), reverse=True)[: self.window]

    def _item(self, post: Post) -> str:
        parts = dict(self._parts(post))
        return "<item>" + "".join(f"<{name}>{escape(text)}</{name}>" for name, text in parts.items()) + "</item>"

    def _parts(self, post: Post) -> Iterator[tuple[str, str]]:
        yield "title", post.title
        yield "link", f"https://www{self.address or ''}.harbor.example/{post.number}/?utm_source=feed"
        yield "guid", post.guid or f"{self.category}tag:{self.system}:{post.number}"
        yield "description", post.text
        if post.dated:
            yield "pubDate", format_datetime(post.at)

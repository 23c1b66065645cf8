"""An article: one piece of content, as a source gave it and as the ledger knows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

from publisher.model.source import Manners

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
PART = "part:"  # before `Article.given` where the page is to be asked again
ITS_PICTURE = "its picture"  # begins a note of what became of it


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that belongs to an article; a credit without a picture is dropped at intake."""

    url: str
    alt: str = ""
    caption: str = ""
    credit: str = ""
    width: int | None = None  # pixels, as the source states them
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """What a source says about one piece of content.

    Text fields are plain text (no markup, no entities, white space folded); ``html`` is sanitised and its URLs are
    absolute. ``published_at`` is aware UTC, or None where the source gives no usable date.
    """

    title: str
    url: str | None = None
    summary: str = ""  # plain text, one paragraph, never longer than the article itself
    html: str = ""
    text: str = ""  # paragraphs separated by an empty line
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    image: Image | None = None
    language: str | None = None  # BCP 47, as the source states it
    published_at: datetime | None = None
    guid: str | None = None  # raw, as in the document: never resolved, never trimmed of fragments
    notes: tuple[str, ...] = ()  # what was mended or dropped at intake, for the editor
    given: str = ""  # digest of what the source said, where its page or its picture was asked for more

    @property
    def age(self) -> datetime:
        """Return its date to sort by; what has none is older than everything that has one."""
        return self.published_at or LONG_AGO

    @property
    def is_part(self) -> bool:
        """Say whether its page, which has the whole text, could not be read for now."""
        return self.given.startswith(PART)

    @property
    def why_no_picture(self) -> str:
        """Return what became at intake of the picture that its source named; empty where it has one, or had none."""
        said = [note for note in self.notes if note.startswith(ITS_PICTURE)]
        return said[-1] if said and self.image is None else ""

    def __post_init__(self) -> None:
        if self.published_at is not None and self.published_at.tzinfo is None:
            raise ValueError("published_at has no zone")


class Standing(StrEnum):
    """What the ledger decided when it first saw an article."""

    NEW = "new"  # may be picked
    BASELINE = "baseline"  # was already there when the source was first polled
    HELD = "held"  # waits for a person
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class LedgerArticle:
    """An article with its place in the ledger."""

    id: int
    source: str  # the source's name
    article: Article
    first_seen_at: datetime
    standing: Standing
    reason: str  # why it was taken or not, in a sentence
    revision: int = 1
    changed_at: datetime | None = None
    gone_at: datetime | None = None  # since when its source does not have it any more
    story_id: int | None = None  # the first of several articles, each of another source, that are one story
    about_id: int | None = None  # the article that the reason speaks of
    is_without_html: bool = False  # it was let go, being old

    @property
    def story(self) -> int:
        """The id of the story that it tells: that of the first article that told it."""
        return self.story_id or self.id


@dataclass(frozen=True, slots=True)
class Link:
    """What became of one address on a listing."""

    name: str  # the address in its canonical form
    done: bool  # never fetched again: it was read, left out, or there before us
    reason: str = ""  # why no article came of it


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look at a source gave.

    ``problems`` names, item by item, what could not be used and why; the rest is good and is used. ``remarks`` says
    what is as whoever keeps the source wants it, and may surprise: a draft, an empty folder.
    """

    articles: tuple[Article, ...] = ()
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    title: str = ""  # the source's own name
    language: str | None = None
    site_url: str | None = None
    unchanged: bool = False  # the server said 304: nothing new, nothing lost
    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = field(default=None, repr=False)  # a permanent redirect's target; may hold a secret
    manners: Manners = field(default_factory=Manners)
    links: tuple[Link, ...] = ()  # of a listing: what was decided of them in this look
    is_broken: bool = False  # the document breaks off: what is missing in it may be there
    # What it means that an article is missing. window: newer ones may have pushed it out; all: the source does not have
    # it any more; some: nothing, only a part was asked for.
    scope: Literal["window", "all", "some"] = "window"

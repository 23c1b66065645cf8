"""``sources:``: where articles come from."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, get_args

from pydantic import model_validator

from publisher.config.shape import Shape, key
from publisher.config.values import Duration, FeedAddress, Line, PositiveDuration, Texts, wrong
from publisher.model.identity import IdentityRule
from publisher.model.project import Source

Kind = Literal["feed", "folder", "wordpress", "page", "push"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class SourceShape(Shape):
    """One source: exactly one of feed, folder, wordpress, page and push."""

    feed: FeedAddress | None = key(
        None, "Address or file of an RSS, Atom or JSON feed", example="https://harbor.example/feed"
    )
    folder: Line | None = key(None, "Directory with articles: `.md`, `.html`, `.txt`")
    wordpress: FeedAddress | None = key(None, "A WordPress site, read through its REST API", later=True)
    page: Texts | None = key(None, "Listing pages or sitemaps whose links are fetched", later=True)
    push: bool | None = key(None, "`true`: articles are sent to Publisher's own address", later=True)
    every: PositiveDuration = key(timedelta(minutes=5), "How often to look for new articles")
    backfill: int = key(0, "How many of the newest articles the first look takes; the others were already there", ge=0)
    allow_private: bool = key(False, "Whether an address in the private network may be fetched")
    full_text: Literal["auto", "always", "never"] = key(
        "auto", "Whether to fetch the page for the whole text", later=True
    )
    settle: Duration | None = key(
        None, "How long a new article rests before it is used; without it, 5m for `new: article` and 0 otherwise"
    )
    flood: int | None = key(
        None, "More new articles than this in one look are held; without it, 20 or five times the usual", ge=1
    )
    identity: IdentityRule = key("auto", "By what an article is known again: `guid` or `link` leaves out the other")

    @model_validator(mode="after")
    def _has_one_kind(self) -> SourceShape:
        given = [kind for kind in KINDS if getattr(self, kind) not in (None, False, "", ())]
        if not given:
            raise wrong("doesn't say where articles come from", "Write `feed: https://…` or `folder: articles`")
        if len(given) > 1:
            raise wrong(f"has both `{given[0]}:` and `{given[1]}:`", "Make two sources of it")
        return self

    def record(self, name: str, where: str) -> Source:
        kind = next(kind for kind in KINDS if getattr(self, kind))
        value = getattr(self, kind)
        location = " ".join(value) if isinstance(value, tuple) else "" if value is True else value
        return Source(
            name=name,
            kind=kind,
            location=location,
            every=self.every,
            backfill=self.backfill,
            allow_private=self.allow_private,
            where=where,
            settle=self.settle,
            flood=self.flood,
            identity=self.identity,
        )

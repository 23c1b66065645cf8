"""``sources:``: where articles come from."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, get_args

from pydantic import model_validator

from publisher.config.shape import Shape, key
from publisher.config.values import (
    Addresses,
    BaseAddress,
    Duration,
    FeedAddress,
    Line,
    LinkPatterns,
    PositiveDuration,
    Statuses,
    wrong,
)
from publisher.model.identity import IdentityRule
from publisher.model.project import Source

Kind = Literal["feed", "folder", "wordpress", "page", "push"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# Keys that mean something to one kind only.
_OF_ONE_KIND = {
    "user": "wordpress",
    "password": "wordpress",
    "status": "wordpress",
    "links": "page",
    "per_poll": "page",
    "token": "push",
}
# A pushed article comes by itself: there is nothing to look at, now or later.
_OF_A_LOOK = ("every", "backfill")


class SourceShape(Shape):
    """One source: exactly one of feed, folder, wordpress, page and push."""

    feed: FeedAddress | None = key(
        None, "Address or file of an RSS, Atom or JSON feed", example="https://harbor.example/feed"
    )
    folder: Line | None = key(None, "Directory with articles: `.md`, `.html`, `.txt`")
    wordpress: BaseAddress | None = key(None, "Address of a WordPress site, read through its REST API")
    page: Addresses | None = key(None, "Listing pages or sitemaps whose links are fetched")
    push: bool | None = key(None, "`true`: articles are sent to Publisher's own address, or written in the console")
    every: PositiveDuration = key(timedelta(minutes=5), "How often to look for new articles")
    backfill: int = key(0, "How many of the newest articles the first look takes; the others were already there", ge=0)
    allow_private: bool = key(False, "Whether an address in the private network may be fetched")
    user: Line = key("", "`wordpress`: the user whose application password follows")
    password: Line = key("", "`wordpress`: an application password, for a site that asks for one")
    status: Statuses = key(("publish",), "`wordpress`: posts in which states are articles")
    links: LinkPatterns = key((), "`page`: which links are articles, such as `/news/*`; else pages that say they are")
    per_poll: int = key(20, "`page`: how many new pages one look fetches; the others follow", ge=1, le=500)
    token: Line = key("", "`push`: whoever has it may send articles; 20 characters or more")
    full_text: Literal["auto", "always", "never"] = key(
        "auto", "Whether an article's page is read for its whole text; `auto`: where the source gives only a part"
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

    @model_validator(mode="after")
    def _fits_its_kind(self) -> SourceShape:
        written = self.model_fields_set
        for name in (name for name in _OF_ONE_KIND if name in written and _OF_ONE_KIND[name] != self.kind):
            raise wrong(f"has `{name}:`, which only a `{_OF_ONE_KIND[name]}:` source has", "Take it out")
        for name in (name for name in _OF_A_LOOK if name in written and self.kind == "push"):
            raise wrong(f"has `{name}:`, but where articles are pushed nothing is looked at", "Take it out")
        return self

    @model_validator(mode="after")
    def _can_log_in(self) -> SourceShape:
        if bool(self.user) != bool(self.password):
            has, lacks = ("user", "password") if self.user else ("password", "user")
            example = "${WORDPRESS_PASSWORD}" if lacks == "password" else "NAME"
            raise wrong(f"has `{has}:` without `{lacks}:`", f"Add `{lacks}: {example}`")
        if self.status != ("publish",) and not self.user:
            raise wrong("has `status:`, but only a user sees posts that are not public", "Add `user:` and `password:`")
        return self

    @property
    def kind(self) -> Kind:
        return next(kind for kind in KINDS if getattr(self, kind))

    def record(self, name: str, where: str) -> Source:
        value = getattr(self, self.kind)
        return Source(
            name=name,
            kind=self.kind,
            location=" ".join(value) if isinstance(value, tuple) else "" if value is True else value,
            every=self.every,
            backfill=self.backfill,
            allow_private=self.allow_private,
            where=where,
            settle=self.settle,
            flood=self.flood,
            identity=self.identity,
            user=self.user,
            password=self.password,
            statuses=self.status,
            links=self.links,
            per_poll=self.per_poll,
            token=self.token,
            full_text=self.full_text,
        )

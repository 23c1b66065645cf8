"""Read a WordPress site through its REST API: published posts, and the ones that were changed since the last look.

WordPress asks no questions about when a post came: one that was scheduled keeps the time of its last edit when it goes
public (`wp_publish_post` changes its status alone), one that is edited keeps its date. So each look asks for both, the
newest by date and the newest by change, with two days to spare for clocks, zones and a cron that comes late.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from publisher.errors import SourceError
from publisher.model.article import Article, Reading
from publisher.sources import clean
from publisher.sources.address import Place
from publisher.sources.base import Memory
from publisher.sources.dates import parse_date
from publisher.sources.fetch import Validators
from publisher.sources.item import Item, article_of
from publisher.sources.wordpress_post import asks_for_password, item_of
from publisher.sources.wordpress_rest import PER_PAGE, Page, Rest

OVERLAP = timedelta(days=2)
MOST_PAGES = 300  # of one walk: 30,000 posts
ROUNDS = 3  # walks through pages that change meanwhile

_WHOLE = {"_embed": "author,wp:featuredmedia,wp:term"}
_KNOWN_BY = {"_fields": "id,guid,link,title,date_gmt"}

Post = dict[str, Any]


class WordPressReader:
    """Reads one site.

    :param memory: when it was last read well, and how much of its archive is wanted.
    :param name: what errors call it: the source's name.
    """

    def __init__(self, rest: Rest, memory: Memory, name: str = "") -> None:
        self._rest = rest
        self._memory = memory
        self._name = name

    def read(self, known: Validators | None = None) -> Reading:
        """Ask for what is new and what has changed; at the first look for all there is, older posts by name only.

        :raises SourceError: the site has no REST API, refuses it, or answers something else.
        """
        try:
            return self._first_look() if self._memory.since is None else self._later_look()
        except SourceError as error:
            raise error.at(self._name) from error

    def _first_look(self) -> Reading:
        walk = _Walk()
        whole = max(1, -(-self._memory.wanted // PER_PAGE))
        self._walk(walk, {"orderby": "date", **_WHOLE}, most=whole)
        if walk.has_more:
            # Without its archive an old post would look new on the day it is edited.
            self._walk(walk, {"orderby": "date", **_KNOWN_BY})
        if walk.has_more:
            archive = f"{MOST_PAGES * PER_PAGE:,}"
            walk.problems.append(f"it has more than {archive} posts: an older one will look new when it is edited")
        return replace(self._reading(walk), title=clean.one_line(self._rest.site_name()))

    def _later_look(self) -> Reading:
        since = self._memory.since - OVERLAP if self._memory.since else None
        stated = since.strftime("%Y-%m-%dT%H:%M:%SZ") if since else ""
        walk = _Walk()
        self._walk(walk, {"orderby": "date", "after": stated, **_WHOLE}, stop=("date_gmt", stated))
        # Known since WordPress 5.7; older ones disregard it, and are stopped by the order.
        self._walk(walk, {"orderby": "modified", "modified_after": stated, **_WHOLE}, stop=("modified_gmt", stated))
        return replace(self._reading(walk), scope="some")

    def _walk(
        self, walk: _Walk, query: dict[str, str], *, most: int = MOST_PAGES, stop: tuple[str, str] = ("", "")
    ) -> None:
        """Go through the pages; again where a post went meanwhile, for then another has slipped to a page before."""
        for _ in range(ROUNDS):
            if self._is_whole(walk, query, most, stop):
                return
        walk.problems.append("it changed again and again while it was read: what is missing comes with the next look")

    def _is_whole(self, walk: _Walk, query: dict[str, str], most: int, stop: tuple[str, str]) -> bool:
        """Go through the pages once; say whether nothing can have slipped by. What comes at the top does no harm."""
        seen: set[int] = set()
        total, is_whole = 0, True
        for number in range(1, most + 1):
            page = self._rest.posts(query, number)
            is_whole = is_whole and (page.total or 0) >= total
            total = page.total or 0
            ids = walk.take(page)
            walk.has_more = page.has_more(number) and bool(ids - seen) and not _is_before(page, stop)
            if not walk.has_more:
                break
            seen |= ids
        return is_whole

    def _reading(self, walk: _Walk) -> Reading:
        articles: list[Article] = []
        problems = [*dict.fromkeys(walk.problems)]
        for post in walk.posts.values():
            article = None if asks_for_password(post) else article_of(_named(item_of(post)), Place(self._rest.site))
            if article is None:
                problems.append(_why_left_out(post))
            else:
                articles.append(article)
        return Reading(articles=tuple(articles), problems=tuple(problems), site_url=self._rest.site)


@dataclass(slots=True)
class _Walk:
    """What was found on the way through the pages."""

    posts: dict[int, Post] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)  # one may be said in several rounds
    has_more: bool = False

    def take(self, page: Page) -> set[int]:
        """Keep a page's posts, the first that was said of each; return their ids."""
        good = {post["id"]: post for post in page.posts if isinstance(post, dict) and isinstance(post.get("id"), int)}
        odd = len(page.posts) - len(good)
        if odd > 0:
            self.problems.append(f"{odd} of its posts are none and were left out")
        for post_id, post in good.items():
            self.posts.setdefault(post_id, post)
        return set(good)


def _is_before(page: Page, stop: tuple[str, str]) -> bool:
    """Say whether a page's last post stands before the moment that interests us."""
    name, moment = stop
    last = page.posts[-1] if page.posts and isinstance(page.posts[-1], dict) else {}
    stated, wanted = parse_date(str(last.get(name) or "")), parse_date(moment)
    return stated is not None and wanted is not None and stated < wanted


def _named(item: Item) -> Item:
    """A post of the archive must be known even if it has no headline."""
    return item if item.title or item.content else replace(item, title=item.link or "")


def _why_left_out(post: Post) -> str:
    if not asks_for_password(post):
        return f"post {post['id']} has neither headline nor text and was left out"
    title = clean.one_line(item_of(post).title, limit=80)
    return f"“{title or post['id']}” asks readers for a password and was left out"

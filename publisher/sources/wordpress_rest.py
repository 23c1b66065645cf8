"""Speak with WordPress' REST API: find it, ask for one page of posts, and say in words why it doesn't answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from publisher.errors import SourceError
from publisher.sources.address import shown
from publisher.sources.fetch import Fetched, Fetcher
from publisher.sources.wordpress_post import asks_for_password
from publisher.sources.xmltext import decode

PER_PAGE = 100  # the most that WordPress gives
_POSTS = "/wp/v2/posts"
_NO_LOGIN = "Add `user:` and `password:` (an application password: Users, Profile in WordPress), or use `feed: {feed}`"
_WRONG_LOGIN = "Make a new application password in WordPress (Users, Profile) and write it into .env"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of posts; how many posts and pages there are, where WordPress (or what stands before it) says so."""

    posts: tuple[Any, ...]
    total: int | None = None
    pages: int | None = None

    def has_more(self, number: int) -> bool:
        """Say whether another page may follow this one, which is the ``number``-th."""
        return number < self.pages if self.pages is not None else len(self.posts) >= PER_PAGE


class Rest:
    """The interface of one site.

    :param site: its address; ``/wp-json`` at its end may be left out.
    :param login: user and application password; empty for none.
    :param statuses: of the posts that are asked for.
    """

    def __init__(
        self,
        site: str,
        fetcher: Fetcher,
        login: tuple[str, str] = ("", ""),
        statuses: tuple[str, ...] = ("publish",),
    ) -> None:
        self.site = site.split("/wp-json")[0].rstrip("/")
        self._fetcher = fetcher
        self._login = login
        self._status = {} if statuses == ("publish",) else {"status": ",".join(statuses)}
        self._root = ""  # known once it has answered

    def posts(self, query: Mapping[str, str], number: int) -> Page:
        """Return one page of posts; an empty one behind the last.

        :raises SourceError: there is no such interface, or it refuses.
        """
        asked = {**query, **self._status, "per_page": str(PER_PAGE), "page": str(number)}
        try:
            got, posts = self._ask(_POSTS, asked)
        except SourceError as error:
            if error.status == 400 and number > 1:  # rest_post_invalid_page_number
                return Page(())
            raise self._in_words(error) from error
        if not isinstance(posts, list):
            raise self._none("answers with something else than posts")
        return Page(tuple(posts), _number(got.headers.get("X-WP-Total")), _number(got.headers.get("X-WP-TotalPages")))

    def published(self, numbers: Sequence[int]) -> set[int]:
        """Return which of these posts, at most a hundred, can be read; one that has got a password can't.

        :raises SourceError: the site doesn't say.
        """
        # A part of a field is left out by WordPress before 5.3, which then tells of no password.
        page = self.posts({"include": ",".join(map(str, numbers)), "_fields": "id,content.protected"}, 1)
        found: dict[Any, Any] = {post.get("id"): post for post in page.posts if isinstance(post, dict)}
        if not found.keys() <= set(numbers):  # what stands before it takes the question away
            raise self._none("answers with other posts than it was asked for")
        return {number for number, post in found.items() if not asks_for_password(post)}

    def site_name(self) -> str:
        """Return what the site calls itself; nothing where it doesn't say."""
        try:
            _, said = self._ask("/", {"_fields": "name"})
        except SourceError:  # a name is no reason to do without the articles
            return ""
        return str(said.get("name") or "") if isinstance(said, dict) else ""

    def _ask(self, route: str, query: Mapping[str, str]) -> tuple[Fetched, object]:
        """Ask at the usual place, else at the one that needs no rewriting of addresses by the web server."""
        roots = [self._root] if self._root else [f"{self.site}/wp-json", f"{self.site}/?rest_route="]
        refused: SourceError | None = None
        for root in roots:
            try:
                got = self._fetcher.get(self._with_login(f"{root}{route}{_joint(root)}{urlencode(query)}"))
            except SourceError as error:
                if error.status != 404:
                    raise
                refused = refused or error
                continue
            said = _json(got)
            if said is not None:
                self._root = root
                return got, said
        raise refused or self._none("answers with a web page where its REST API should be")

    def _with_login(self, url: str) -> str:
        user, password = self._login
        if not user:
            return url
        parts = urlsplit(url)
        name = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return urlunsplit(parts._replace(netloc=f"{name}@{parts.netloc.rpartition('@')[2]}"))

    def _in_words(self, error: SourceError) -> SourceError:
        feed = f"{shown(self.site)}/feed/"
        if error.status in (401, 403):
            if self._login[0]:
                what = f"does not accept this user and application password ({error.status})"
                return self._refusal(what, _WRONG_LOGIN, error)
            what = f"lets nobody read its REST API without a login ({error.status})"
            return self._refusal(what, _NO_LOGIN.format(feed=feed), error)
        if error.status == 400 and self._login[0]:
            what = "refuses the question (400): this user may not see posts in every state of `status:`"
            return self._refusal(what, "Take `status:` out, or use a user who may edit posts", error)
        return self._none("has no REST API (404)", error) if error.status == 404 else error

    def _refusal(self, what: str, remedy: str, error: SourceError) -> SourceError:
        return SourceError(f"{shown(self.site)} {what}", remedy=remedy, status=error.status)

    def _none(self, what: str, error: SourceError | None = None) -> SourceError:
        remedy = f"Use `feed: {shown(self.site)}/feed/` instead of `wordpress:`, or have the REST API switched on"
        return SourceError(f"{shown(self.site)} {what}", remedy=remedy, status=error.status if error else None)


def _joint(root: str) -> str:
    return "&" if "?" in root else "?"


def _json(got: Fetched) -> object:
    """Return what an answer says; None where it is no JSON."""
    try:
        said: object = json.loads(decode(got.body, got.content_type))
    except (ValueError, RecursionError):
        return None
    return said


def _number(text: str | None) -> int | None:
    return int(text) if text and text.strip().isascii() and text.strip().isdecimal() else None

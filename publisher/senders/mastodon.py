"""Mastodon statuses API: a post or a thread, each part once under its own idempotency key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal
from urllib.parse import quote

from pydantic import Field

from publisher.model.call import Answer, Call, Verdict
from publisher.model.message import Post, PostRules
from publisher.senders.base import Base, Journal, Options, Secret, Sender
from publisher.senders.http import Http, Reply, as_json
from publisher.senders.post import in_parts, longest_part, post_of, take_down
from publisher.senders.verdicts import taken_down

Visibility = Literal["public", "unlisted", "private", "direct"]


class MastodonOptions(Options):
    instance: Base = Field(description="the server that the account lives on: https://news.example")
    token: Secret = Field(description="an access token with the scope write:statuses")
    visibility: Visibility = Field("public", description="who sees a post")
    limit: int = Field(500, ge=1, description="characters the server takes in a post")
    url_length: int = Field(23, ge=1, description="characters the server counts for any URL")
    honours_keys: bool = Field(True, description="false for servers that ignore Idempotency-Key, as GoToSocial does")


class Mastodon(Sender):
    name = "mastodon"
    carries = frozenset({"post"})
    options = MastodonOptions
    max_bytes = 1_000_000
    takes_down = True

    @classmethod
    def rules_of(cls, options: Mapping[str, object]) -> PostRules:
        limit, url_length = cls.stated(options, "limit"), cls.stated(options, "url_length")
        return PostRules("mastodon", limit, url_length, threads=True)

    def __init__(self, options: MastodonOptions, http: Http) -> None:
        super().__init__(options, http)
        self.idempotent_for = timedelta(hours=1) if options.honours_keys else None
        self._url = f"{options.base_url or options.instance}/api/v1/statuses"
        self._headers = {
            "Authorization": f"Bearer {options.token.get_secret_value()}",
            "Content-Type": "application/json",
        }
        self._visibility = options.visibility

    def send(self, call: Call, journal: Journal) -> Answer:
        post = post_of(call, self)
        if isinstance(post, Answer):
            return post
        return in_parts(post, journal, lambda number, out: self._post(post, number, out, call.key))

    def withdraw(self, call: Call, journal: Journal) -> Answer:
        return take_down(call, journal, self._remove)

    def size(self, call: Call) -> int:
        return longest_part(call)

    def _post(self, post: Post, number: int, out: Sequence[Verdict], key: str) -> Answer:
        """Post one part, as an answer to the one before it; those after the first are kept off the public timeline."""
        quiet = number > 0 and self._visibility == "public"
        body = {
            "status": post.parts[number],
            "visibility": "unlisted" if quiet else self._visibility,
            "language": post.language.split("-")[0],
        }
        if out:
            body["in_reply_to_id"] = out[-1].provider_id
        headers = {**self._headers, "Idempotency-Key": f"{key}:{number + 1}" if number else key}
        reply = self.http.post(self._url, as_json(body), headers, wait=("X-RateLimit-Reset",))
        return reply.answer(reply.trouble or _accepted(reply))

    def _remove(self, number: str) -> Answer:
        reply = self.http.delete(f"{self._url}/{quote(number, safe='')}", self._headers, wait=("X-RateLimit-Reset",))
        verdict = reply.trouble or reply.accepted("id")
        return reply.answer(taken_down(verdict, is_gone=reply.status == 404, is_token=reply.status == 401))


def _accepted(reply: Reply) -> Verdict:
    verdict = reply.accepted("id")
    return replace(verdict, url=reply.word("url") or reply.word("uri"))

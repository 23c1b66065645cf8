"""Mastodon statuses API: a post or a thread, each part once under its own idempotency key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Literal

from pydantic import Field

from publisher.model.call import Answer, Call, Outcome, Verdict
from publisher.model.message import Post, PostRules
from publisher.senders.base import Base, Journal, Options, Secret, Sender
from publisher.senders.http import Http, Reply, as_json
from publisher.senders.post import post_of
from publisher.senders.verdicts import sent

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
        out: list[Verdict] = []
        reply = Reply()
        for number in range(len(post.parts)):
            verdict = _noted(journal, number)
            if verdict is None:
                reply = self._post(post, number, out, call.key)
                verdict = reply.trouble or _accepted(reply)
                if verdict.outcome is not Outcome.SENT:
                    return reply.answer(_in_thread(verdict, number, len(post.parts)))
                if len(post.parts) > 1:
                    journal.note(_step(number), {"id": verdict.provider_id, "url": verdict.url})
            out.append(verdict)
        return reply.answer(out[0])

    def size(self, call: Call) -> int:
        post = call.message
        return max((len(p.encode()) for p in post.parts), default=0) if isinstance(post, Post) else 0

    def _post(self, post: Post, number: int, out: list[Verdict], key: str) -> Reply:
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
        return self.http.post(self._url, as_json(body), headers, wait=("X-RateLimit-Reset",))


def _step(number: int) -> str:
    return f"part {number + 1}"


def _noted(journal: Journal, number: int) -> Verdict | None:
    noted = journal.noted(_step(number))
    return sent(str(noted["id"]), str(noted["url"])) if noted else None


def _accepted(reply: Reply) -> Verdict:
    verdict = reply.accepted("id")
    return replace(verdict, url=reply.word("url") or reply.word("uri"))


def _in_thread(verdict: Verdict, number: int, parts: int) -> Verdict:
    """Say how far a thread came."""
    if parts == 1:
        return verdict
    if number and verdict.outcome is Outcome.DEFERRED:
        # A later call would begin the thread again: what stands there already is for a person to go on from.
        verdict = replace(verdict, outcome=Outcome.UNKNOWN, until=None)
    return replace(verdict, reason=f"part {number + 1} of {parts}: {verdict.reason}; {number} already posted")

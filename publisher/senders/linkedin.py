"""LinkedIn Posts API: a member's or an organisation's post, with a card of our own making."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote

from pydantic import Field, StringConstraints

from publisher.model.call import Answer, Call
from publisher.model.message import Post, PostRules
from publisher.senders.base import Journal, Options, Secret, Sender
from publisher.senders.http import Http, as_json
from publisher.senders.linkedin_answer import judge
from publisher.senders.linkedin_payload import body_of
from publisher.senders.post import in_parts, longest_part, post_of, take_down
from publisher.senders.verdicts import sent, taken_down, unknown


class LinkedInOptions(Options):
    token: Secret = Field(description="an access token with the scope w_member_social, or w_organization_social")
    author: Annotated[str, StringConstraints(pattern=r"^urn:li:(person:[\w-]+|organization:\d+)$")] = Field(
        description="who posts: `urn:li:person:…` for a member, `urn:li:organization:…` for an organisation's page"
    )
    version: Annotated[str, StringConstraints(pattern=r"^20\d\d(0[1-9]|1[0-2])$")] = Field(
        "202601", description="the version of LinkedIn's API, a year and month; each is served for about a year"
    )


class LinkedIn(Sender):
    name = "linkedin"
    carries = frozenset({"post"})
    options = LinkedInOptions
    max_bytes = 1_000_000
    takes_down = True

    @classmethod
    def rules_of(cls, options: Mapping[str, object]) -> PostRules:
        return PostRules("linkedin", 3_000, unit="utf16")

    def __init__(self, options: LinkedInOptions, http: Http) -> None:
        super().__init__(options, http)
        self._url = f"{options.base_url or 'https://api.linkedin.com'}/rest/posts"
        self._headers = {
            "Authorization": f"Bearer {options.token.get_secret_value()}",
            "Content-Type": "application/json",
            "LinkedIn-Version": options.version,
            "X-Restli-Protocol-Version": "2.0.0",
        }
        self._author = options.author

    def send(self, call: Call, journal: Journal) -> Answer:
        post = post_of(call, self)
        if isinstance(post, Answer):
            return post
        return in_parts(post, journal, lambda number, out: self._post(post, number))

    def withdraw(self, call: Call, journal: Journal) -> Answer:
        return take_down(call, journal, self._remove)

    def size(self, call: Call) -> int:
        return longest_part(call)

    def _post(self, post: Post, number: int) -> Answer:
        body = body_of(self._author, post.parts[number], post.card if number == 0 else None)
        reply = self.http.post(self._url, as_json(body), self._headers)
        return reply.answer(judge(reply, self.http.clock()))

    def _remove(self, urn: str) -> Answer:
        headers = {**self._headers, "X-RestLi-Method": "DELETE"}
        reply = self.http.delete(f"{self._url}/{quote(urn, safe='')}", headers)
        done = sent() if reply.status == 204 else unknown(f"HTTP {reply.status}, which isn't 204")
        verdict = judge(reply, self.http.clock()) if reply.trouble else done
        return reply.answer(taken_down(verdict, is_gone=reply.status == 404, is_token=reply.status == 401))

"""Mastodon statuses API: a post or a thread, each part once under its own idempotency key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal
from urllib.parse import quote

from pydantic import Field

from publisher.model.call import Answer, Call, Picture, Verdict
from publisher.model.message import Correction, PictureRules, Post, PostRules
from publisher.senders.advice import Advice
from publisher.senders.base import Base, Journal, Options, Secret, Sender
from publisher.senders.bodies import File, as_json, as_multipart
from publisher.senders.edits import edit_parts, picture_under
from publisher.senders.http import Http
from publisher.senders.mastodon_answer import judge, judge_edit, judge_removal, judge_upload
from publisher.senders.mastodon_connect import WAYS, whose
from publisher.senders.mastodon_instance import advice_of
from publisher.senders.pictures import uploaded
from publisher.senders.post import AROUND, in_parts, post_of, size_with_picture, take_down
from publisher.senders.windows import Window

UPLOADS = PictureRules(most_bytes=4_000_000, most_alt=1_500)  # instances take up to 16 MB, unless they say less
WAITS = (Window("X-RateLimit-Remaining", ("X-RateLimit-Reset",)),)  # ISO 8601; older servers of others: since 1970
Visibility = Literal["public", "unlisted", "private", "direct"]


class MastodonOptions(Options):
    instance: Base = Field(description="the server that the account lives on: https://news.example")
    token: Secret = Field(description="an access token with the scopes write:statuses and, for pictures, write:media")
    visibility: Visibility = Field("public", description="who sees a post")
    limit: int = Field(500, ge=1, description="characters the server takes in a post")
    url_length: int = Field(23, ge=1, description="characters the server counts for any URL")
    honours_keys: bool = Field(True, description="false for servers that ignore Idempotency-Key, as GoToSocial does")


class Mastodon(Sender):
    name = "mastodon"
    carries = frozenset({"post"})
    options = MastodonOptions
    max_bytes = UPLOADS.most_bytes + AROUND
    takes_down = True
    edits = True
    ways = WAYS

    @classmethod
    def rules_of(cls, options: Mapping[str, object]) -> PostRules:
        limit, url_length = cls.stated(options, "limit"), cls.stated(options, "url_length")
        return PostRules("mastodon", limit, url_length, threads=True, uploads=UPLOADS)

    def __init__(self, options: MastodonOptions, http: Http) -> None:
        super().__init__(options, http)
        self.idempotent_for = timedelta(hours=1) if options.honours_keys else None
        self._api = f"{options.base_url or options.instance}/api"
        self._headers = {"Authorization": f"Bearer {options.token.get_secret_value()}"}
        self._visibility, self._stated = options.visibility, options

    def send(self, call: Call, journal: Journal) -> Answer:
        post = post_of(call, self)
        if isinstance(post, Answer):
            return post
        return in_parts(post, journal, lambda number, out: self._post(post, number, out, call, journal))

    def advice(self) -> Sequence[Advice]:
        return list(advice_of(self.http.get(f"{self._api}/v2/instance", {}), self._stated))

    def edit(self, call: Call, journal: Journal) -> Answer:
        return edit_parts(call, self, journal, self._edit)

    def withdraw(self, call: Call, journal: Journal) -> Answer:
        return take_down(call, journal, self._remove)

    def whose(self) -> str | Verdict | None:
        return whose(self._api, self._headers, self.http)

    def size(self, call: Call) -> int:
        return size_with_picture(call)

    def _post(self, post: Post, number: int, out: Sequence[Verdict], call: Call, journal: Journal) -> Answer:
        """Post one part, as an answer to the one before it; those after the first are kept off the public timeline."""
        quiet = number > 0 and self._visibility == "public"
        body: dict[str, object] = {
            "status": post.parts[number],
            "visibility": "unlisted" if quiet else self._visibility,
            "language": post.language.split("-")[0],
        }
        if out:
            return self._say({**body, "in_reply_to_id": out[-1].provider_id}, f"{call.key}:{number + 1}")
        shown = uploaded(call, self, journal, self._upload)
        if isinstance(shown, Answer):
            return shown
        return shown.told(self._say({**body, **({"media_ids": [shown.id]} if shown.id else {})}, call.key))

    def _say(self, body: Mapping[str, object], key: str) -> Answer:
        headers = {**self._headers, "Content-Type": "application/json", "Idempotency-Key": key}
        reply = self.http.post(f"{self._api}/v1/statuses", as_json(body), headers, wait=WAITS)
        return reply.answer(judge(reply))

    def _edit(self, said: Correction, number: int) -> Answer:
        """Edit one part. The picture under it is named again: what isn't named is taken away."""
        picture = picture_under(said) if number == 0 else ""
        body = {
            "status": said.post.parts[number],
            "language": said.post.language.split("-")[0],
            **({"media_ids": [picture]} if picture else {}),
        }
        headers = {**self._headers, "Content-Type": "application/json"}
        url = f"{self._api}/v1/statuses/{quote(said.parts[number], safe='')}"
        reply = self.http.put(url, as_json(body), headers, wait=WAITS)
        return reply.answer(judge_edit(reply))

    def _remove(self, number: str) -> Answer:
        url = f"{self._api}/v1/statuses/{quote(number, safe='')}"
        reply = self.http.delete(url, self._headers, wait=WAITS)
        return reply.answer(judge_removal(reply))

    def _upload(self, picture: Picture, begun: str) -> Answer:
        """Upload a picture; one that the server is still at work on is looked at by a later try."""
        if begun:
            reply = self.http.get(f"{self._api}/v1/media/{quote(begun, safe='')}", self._headers, wait=WAITS)
            if reply.status != 404:
                return reply.answer(judge_upload(reply, self.http.clock()))
        file = File("file", picture.name, picture.type, picture.content)
        body, kind = as_multipart([("description", picture.alt)] if picture.alt else [], file)
        reply = self.http.post(f"{self._api}/v2/media", body, {**self._headers, "Content-Type": kind}, wait=WAITS)
        return reply.answer(judge_upload(reply, self.http.clock()))

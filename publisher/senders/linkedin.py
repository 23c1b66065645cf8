"""LinkedIn Posts API: a member's or an organisation's post, with a card of our own making."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from pydantic import Field, StringConstraints

from publisher.model.call import Answer, Call, Picture, Verdict
from publisher.model.message import Correction, PictureRules, Post, PostRules
from publisher.senders.base import Journal, Options, Secret, Sender
from publisher.senders.bodies import as_json
from publisher.senders.edits import edit_parts
from publisher.senders.http import Http
from publisher.senders.linkedin_answer import judge, judge_edit, judge_image, judge_place, judge_put, place_in
from publisher.senders.linkedin_connect import WAYS, whose
from publisher.senders.linkedin_payload import body_of, content_of, patch_of
from publisher.senders.linkedin_token import end_of, forget_another
from publisher.senders.pictures import picture_of, uploaded
from publisher.senders.post import AROUND, in_parts, post_of, size_with_picture, take_down
from publisher.senders.verdicts import sent, stop, taken_down, unknown

UPLOADS = PictureRules(most_bytes=5_000_000, most_alt=4_000)


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
    max_bytes = UPLOADS.most_bytes + AROUND
    takes_down = True
    edits = True
    ways = WAYS

    @classmethod
    def rules_of(cls, options: Mapping[str, object]) -> PostRules:
        return PostRules("linkedin", 3_000, unit="utf16", shows_card=True, uploads=UPLOADS)

    def __init__(self, options: LinkedInOptions, http: Http) -> None:
        super().__init__(options, http)
        self._host = options.base_url or "https://api.linkedin.com"
        self._api = f"{self._host}/rest"
        self._token = options.token.get_secret_value()
        self._headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "LinkedIn-Version": options.version,
            "X-Restli-Protocol-Version": "2.0.0",
        }
        self._author = options.author

    def send(self, call: Call, journal: Journal) -> Answer:
        post = post_of(call, self)
        if isinstance(post, Answer):
            return post
        if put_off := forget_another(self._token, self.vault):
            return stop(put_off)
        return in_parts(post, journal, lambda number, out: self._post(post, number, call, journal))

    def edit(self, call: Call, journal: Journal) -> Answer:
        return edit_parts(call, self, journal, self._edit)

    def withdraw(self, call: Call, journal: Journal) -> Answer:
        return take_down(call, journal, self._remove)

    def whose(self) -> str | Verdict | None:
        return whose(self._host, self._author, self._headers, self.http)

    def token_ends(self) -> datetime | None:
        return end_of(self._token, self.vault)

    def size(self, call: Call) -> int:
        return size_with_picture(call)

    def _post(self, post: Post, number: int, call: Call, journal: Journal) -> Answer:
        """Post one part; under the first one stands its picture, or a card."""
        if number > 0:
            return self._say(post.parts[number], {})
        shown = uploaded(call, self, journal, self._upload)
        if isinstance(shown, Answer):
            return shown
        return shown.told(self._say(post.parts[0], content_of(post, picture_of(call, self), shown.id)))

    def _say(self, text: str, content: dict[str, object]) -> Answer:
        reply = self.http.post(f"{self._api}/posts", as_json(body_of(self._author, text, content)), self._headers)
        return reply.answer(judge(reply, self.http.clock()))

    def _edit(self, said: Correction, number: int) -> Answer:
        """Edit the words of one part; the card or picture under it stays."""
        headers = {**self._headers, "X-RestLi-Method": "PARTIAL_UPDATE"}
        url = f"{self._api}/posts/{quote(said.parts[number], safe='')}"
        reply = self.http.post(url, as_json(patch_of(said.post.parts[number])), headers)
        return reply.answer(judge_edit(reply, self.http.clock()))

    def _remove(self, urn: str) -> Answer:
        headers = {**self._headers, "X-RestLi-Method": "DELETE"}
        reply = self.http.delete(f"{self._api}/posts/{quote(urn, safe='')}", headers)
        done = sent() if reply.status == 204 else unknown(f"HTTP {reply.status}, which isn't 204")
        verdict = judge(reply, self.http.clock()) if reply.trouble else done
        return reply.answer(taken_down(verdict, is_gone=reply.status == 404, is_token=reply.status == 401))

    def _upload(self, picture: Picture, begun: str) -> Answer:
        """Ask for a place, put the picture there, and see whether it can be shown."""
        if not begun:
            asked = as_json({"initializeUploadRequest": {"owner": self._author}})
            place = self.http.post(f"{self._api}/images?action=initializeUpload", asked, self._headers)
            begun, url = place_in(place, self._api)
            if not begun:
                return place.answer(judge_place(place, self.http.clock()))
            put = self.http.put(url, picture.content, {**self._headers, "Content-Type": picture.type})
            if trouble := judge_put(put, self.http.clock()):
                return put.answer(trouble)
        if ":person:" in self._author:  # a member may put pictures, and not ask about them
            return stop(sent(begun))
        looked = self.http.get(f"{self._api}/images/{quote(begun, safe='')}", self._headers)
        return looked.answer(judge_image(looked, begun, self.http.clock()))

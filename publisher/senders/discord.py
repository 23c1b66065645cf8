"""Discord: a post or a thread through a channel's webhook, or by a bot, to which Discord says once what is once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from publisher.model.call import Answer, Call, Picture, Verdict
from publisher.model.message import Correction, PictureRules, Post, PostRules
from publisher.senders.base import Journal, Options, Secret, Sender
from publisher.senders.bodies import as_json
from publisher.senders.discord_answer import WAIT, judge, judge_edit, judge_removal, look_up
from publisher.senders.discord_connect import WAYS, whose_bot, whose_webhook
from publisher.senders.discord_payload import MOST, NO_PREVIEW, SILENT, body_of, place_of, request_of, since
from publisher.senders.edits import edit_parts
from publisher.senders.http import Http
from publisher.senders.pictures import said_with_picture
from publisher.senders.post import AROUND, in_parts, post_of, size_with_picture, take_down, why_not_one_way
from publisher.senders.verdicts import unknown

UPLOADS = PictureRules(most_bytes=8_000_000, most_alt=1_024)
HOST = "https://discord.com"
WEBHOOK = re.compile(r"https://(?:\w+\.)?discord(?:app)?\.com/api(?:/v\d+)?/webhooks/(\d+/[\w-]+)/?", re.ASCII)


def _number(value: object) -> object:
    found = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(found, str) or not re.fullmatch(r"\d{1,20}", found, re.ASCII):
        raise ValueError("must be a number, as Discord's developer mode copies it")
    return found


def _webhook(secret: SecretStr) -> SecretStr:
    if not WEBHOOK.fullmatch(secret.get_secret_value()):
        raise ValueError("must be the address of a webhook: https://discord.com/api/webhooks/NUMBER/TOKEN")
    return secret


Number = Annotated[str, BeforeValidator(_number)]


class DiscordOptions(Options):
    webhook: Annotated[Secret, AfterValidator(_webhook)] | None = Field(
        None, description="the whole address of a channel's webhook"
    )
    token: Secret | None = Field(None, description="a bot's token, instead of a webhook")
    channel: Number | None = Field(
        None, description="the number of the channel, or of the thread, that the bot posts in"
    )
    thread: Number | None = Field(
        None, description="the number of a thread of the webhook's channel; a forum needs one"
    )
    server: Number | None = Field(None, description="the number of the server; with it the log links to posts")
    preview: bool = Field(True, description="false: no preview of the page that a post links to")
    silent: bool = Field(False, description="true: posts make no sound")

    @classmethod
    def why_not_together(cls, names: Set[str]) -> str:
        is_both = {"token", "thread"} <= names
        return why_not_one_way(names) or is_both * "has a bot, for which a thread is a `channel`: leave `thread` out"


class Discord(Sender):
    name = "discord"
    carries = frozenset({"post"})
    options = DiscordOptions
    max_bytes = UPLOADS.most_bytes + AROUND
    takes_down = True
    edits = True
    ways = WAYS

    @classmethod
    def rules_of(cls, options: Mapping[str, object]) -> PostRules:
        return PostRules("discord", MOST, unit="utf16", threads=True, uploads=UPLOADS)

    def __init__(self, options: DiscordOptions, http: Http) -> None:
        super().__init__(options, http)
        api = f"{options.base_url or HOST}/api/v10"
        self._headers = dict[str, str]()
        self._is_bot = options.token is not None
        if options.token:
            self.idempotent_for = timedelta(minutes=3)  # a nonce is known for "a few minutes"
            self.asked_for = timedelta(days=1)
            self._headers["Authorization"] = f"Bot {options.token.get_secret_value()}"
            self._place, self._me = f"{api}/channels/{options.channel}", f"{api}/users/@me"
            self._url = f"{self._place}/messages"
        elif options.webhook and (found := WEBHOOK.fullmatch(options.webhook.get_secret_value())):
            place = f"&thread_id={options.thread}" if options.thread else ""
            self._url = f"{api}/webhooks/{found[1]}?wait=true{place}"  # else nobody hears that it wasn't kept
        self._server = options.server or ""
        self._flags = (0 if options.preview else NO_PREVIEW) | (SILENT if options.silent else 0)

    def send(self, call: Call, journal: Journal) -> Answer:
        post = post_of(call, self)
        if isinstance(post, Answer):
            return post
        return in_parts(post, journal, lambda number, out: self._post(post, number, out, call, journal))

    def ask(self, call: Call) -> Answer:
        """Look for a bot's own post among what stands in the channel since."""
        if not self._is_bot or not isinstance(call.message, Post):
            return super().ask(call)
        me = self.http.get(self._me, self._headers)
        if not me.word("id"):
            return me.answer(unknown(f"it can't be asked: {(me.trouble or me.accepted('id')).reason}"))
        listed = self.http.get(f"{self._url}?limit=100{since(call.spoke_at)}", self._headers)
        return listed.answer(look_up(listed, call.message, me.word("id"), self._server))

    def edit(self, call: Call, journal: Journal) -> Answer:
        return edit_parts(call, self, journal, self._edit)

    def withdraw(self, call: Call, journal: Journal) -> Answer:
        return take_down(call, journal, self._remove)

    def whose(self) -> str | Verdict:
        if self._is_bot:
            return whose_bot(self._me, self._place, self._headers, self.http)
        return whose_webhook(self._url.partition("?")[0], self.http)

    def size(self, call: Call) -> int:
        return size_with_picture(call)

    def _post(self, post: Post, number: int, out: Sequence[Verdict], call: Call, journal: Journal) -> Answer:
        """Post one part: a bot's as an answer to the one before it, which a webhook can't."""
        parent = out[-1].provider_id if out and self._is_bot else ""
        nonce_for = f"{call.key}:{number}" if self._is_bot else ""
        body = body_of(post.parts[number], self._flags, parent, nonce_for)
        if number > 0:
            return self._say(body, None)
        return said_with_picture(call, self, journal, lambda picture: self._say(body, picture))

    def _say(self, body: dict[str, object], picture: Picture | None) -> Answer:
        said, kind = request_of(body, picture)
        reply = self.http.post(self._url, said, {**self._headers, "Content-Type": kind}, wait=WAIT)
        return reply.answer(judge(reply, self._server, self.http.clock()))

    def _edit(self, said: Correction, number: int) -> Answer:
        """Edit the words of one part; its picture and its flags stay, since nothing is said of them."""
        headers = {**self._headers, "Content-Type": "application/json"}
        body = as_json(body_of(said.post.parts[number], flags=0, parent="", nonce_for=""))
        reply = self.http.patch(place_of(self._url, said.parts[number]), body, headers, wait=WAIT)
        return reply.answer(judge_edit(reply, self._server, self.http.clock()))

    def _remove(self, number: str) -> Answer:
        reply = self.http.delete(place_of(self._url, number), self._headers, wait=WAIT)
        return reply.answer(judge_removal(reply, self._server, self.http.clock()))

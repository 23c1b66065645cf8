"""Telegram Bot API: a post or a thread of a bot's, into a channel or group. Nothing tells a repeat from a new post."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import quote

from pydantic import BeforeValidator, Field

from publisher.model.call import Answer, Call, Verdict
from publisher.model.message import Post, PostRules
from publisher.senders.base import Journal, Options, Secret, Sender
from publisher.senders.http import Http, as_json
from publisher.senders.post import in_parts, longest_part, post_of, take_down
from publisher.senders.telegram_answer import judge, judge_removal

CHAT = re.compile(r"@[A-Za-z]\w{3,31}|-?\d{1,19}", re.ASCII)


def _chat(value: object) -> object:
    found = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(found, str) and not CHAT.fullmatch(found):
        raise ValueError("must be @ and the name of a channel, or the number of a chat: -1001234567890")
    return found


class TelegramOptions(Options):
    token: Secret = Field(description="the bot's token, from @BotFather")
    chat: Annotated[str, BeforeValidator(_chat)] = Field(
        description="where the bot posts: @ and the name of a channel, or the number of a channel or group"
    )
    topic: int | None = Field(None, ge=1, description="the number of a topic, in a group that has topics")
    preview: bool = Field(True, description="false: no preview of the page that a post links to")
    silent: bool = Field(False, description="true: posts make no sound")


class Telegram(Sender):
    name = "telegram"
    carries = frozenset({"post"})
    options = TelegramOptions
    max_bytes = 1_000_000
    takes_down = True

    @classmethod
    def rules_of(cls, options: Mapping[str, object]) -> PostRules:
        return PostRules("telegram", 4_096, unit="utf16", threads=True)

    def __init__(self, options: TelegramOptions, http: Http) -> None:
        super().__init__(options, http)
        token = quote(options.token.get_secret_value(), safe=":")
        self._url = f"{options.base_url or 'https://api.telegram.org'}/bot{token}/sendMessage"
        self._chat, self._preview = options.chat, options.preview
        self._common: dict[str, object] = {"chat_id": self._chat if self._chat.startswith("@") else int(self._chat)}
        if options.topic:
            self._common["message_thread_id"] = options.topic
        if options.silent:
            self._common["disable_notification"] = True

    def send(self, call: Call, journal: Journal) -> Answer:
        post = post_of(call, self)
        if isinstance(post, Answer):
            return post
        return in_parts(post, journal, lambda number, out: self._post(post, number, out))

    def withdraw(self, call: Call, journal: Journal) -> Answer:
        return take_down(call, journal, self._remove)

    def size(self, call: Call) -> int:
        return longest_part(call)

    def _post(self, post: Post, number: int, out: Sequence[Verdict]) -> Answer:
        """Post one part as plain text: without a parse mode nothing in it is markup."""
        body = {**self._common, "text": post.parts[number]}
        if not self._preview:
            body["link_preview_options"] = {"is_disabled": True}
        elif post.card and number == 0:
            body["link_preview_options"] = {"url": post.card.url}  # of several links the lead's
        if out:
            body["reply_parameters"] = {"message_id": int(out[-1].provider_id)}
        reply = self.http.post(self._url, as_json(body), {"Content-Type": "application/json"})
        return reply.answer(judge(reply, self._chat, self.http.clock()))

    def _remove(self, number: str) -> Answer:
        body = {"chat_id": self._common["chat_id"], "message_id": int(number) if number.isdecimal() else number}
        url = f"{self._url.removesuffix('sendMessage')}deleteMessage"
        reply = self.http.post(url, as_json(body), {"Content-Type": "application/json"})
        return reply.answer(judge_removal(reply, self._chat, self.http.clock()))

"""Telegram Bot API: a post or a thread of a bot's, into a channel or group. Nothing tells a repeat from a new post."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import quote

from pydantic import BeforeValidator, Field

from publisher.model.call import Answer, Call, Picture, Verdict
from publisher.model.message import Correction, PictureRules, Post, PostRules
from publisher.senders.base import Journal, Options, Secret, Sender
from publisher.senders.bodies import File, as_json, as_multipart
from publisher.senders.edits import edit_parts
from publisher.senders.http import Http, Reply
from publisher.senders.pictures import said_with_picture
from publisher.senders.post import AROUND, in_parts, post_of, size_with_picture, take_down
from publisher.senders.telegram_answer import has_no_text, judge, judge_edit, judge_removal
from publisher.senders.telegram_connect import WAYS, whose

UPLOADS = PictureRules(most_bytes=8_000_000, most_alt=0, most_text=1_024)
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
    max_bytes = UPLOADS.most_bytes + AROUND
    takes_down = True
    edits = True
    ways = WAYS

    @classmethod
    def rules_of(cls, options: Mapping[str, object]) -> PostRules:
        return PostRules("telegram", 4_096, unit="utf16", threads=True, uploads=UPLOADS)

    def __init__(self, options: TelegramOptions, http: Http) -> None:
        super().__init__(options, http)
        token = quote(options.token.get_secret_value(), safe=":")
        self._bot = f"{options.base_url or 'https://api.telegram.org'}/bot{token}"
        self._chat = options.chat
        self._no_preview = {} if options.preview else {"link_preview_options": {"is_disabled": True}}
        self._common: dict[str, object] = {"chat_id": self._chat if self._chat.startswith("@") else int(self._chat)}
        if options.topic:
            self._common["message_thread_id"] = options.topic
        if options.silent:
            self._common["disable_notification"] = True

    def send(self, call: Call, journal: Journal) -> Answer:
        post = post_of(call, self)
        if isinstance(post, Answer):
            return post
        return in_parts(post, journal, lambda number, out: self._post(post, number, out, call, journal))

    def edit(self, call: Call, journal: Journal) -> Answer:
        return edit_parts(call, self, journal, self._edit)

    def withdraw(self, call: Call, journal: Journal) -> Answer:
        return take_down(call, journal, self._remove)

    def whose(self) -> str | Verdict:
        return whose(self._bot, self._chat, self.http)

    def size(self, call: Call) -> int:
        return size_with_picture(call)

    def _post(self, post: Post, number: int, out: Sequence[Verdict], call: Call, journal: Journal) -> Answer:
        """Post one part as plain text, or under its picture: without a parse mode nothing in it is markup."""
        text = post.parts[number]
        if out:
            return self._say(text, {"reply_parameters": {"message_id": int(out[-1].provider_id)}})
        lead = _lead(post)

        def say(picture: Picture | None) -> Answer:
            return self._show(text, picture) if picture else self._say(text, lead)

        return said_with_picture(call, self, journal, say)

    def _say(self, text: str, more: Mapping[str, object]) -> Answer:
        body = as_json({**self._common, "text": text, **more, **self._no_preview})
        return self._judged(self.http.post(f"{self._bot}/sendMessage", body, {"Content-Type": "application/json"}))

    def _show(self, text: str, picture: Picture) -> Answer:
        fields = [(name, "true" if value is True else str(value)) for name, value in self._common.items()]
        file = File("photo", picture.name, picture.type, picture.content)
        body, kind = as_multipart([*fields, ("caption", text)], file)
        return self._judged(self.http.post(f"{self._bot}/sendPhoto", body, {"Content-Type": kind}))

    def _edit(self, said: Correction, number: int) -> Answer:
        """Edit one part: its text, or, where it has none, what stands under its picture."""
        text, more = said.post.parts[number], _lead(said.post) if number == 0 else {}
        reply = self._about("editMessageText", said.parts[number], {"text": text, **more, **self._no_preview})
        if has_no_text(reply):
            reply = self._about("editMessageCaption", said.parts[number], {"caption": text})
        return reply.answer(judge_edit(reply, self._chat, self.http.clock()))

    def _remove(self, number: str) -> Answer:
        reply = self._about("deleteMessage", number, {})
        return reply.answer(judge_removal(reply, self._chat, self.http.clock()))

    def _about(self, method: str, number: str, more: Mapping[str, object]) -> Reply:
        """Say something about a message that stands."""
        body = {"chat_id": self._common["chat_id"], "message_id": int(number) if number.isdecimal() else number, **more}
        return self.http.post(f"{self._bot}/{method}", as_json(body), {"Content-Type": "application/json"})

    def _judged(self, reply: Reply) -> Answer:
        return reply.answer(judge(reply, self._chat, self.http.clock()))


def _lead(post: Post) -> dict[str, object]:
    """Say which page's preview stands under a post: of several links the lead's."""
    return {"link_preview_options": {"url": post.card.url}} if post.card else {}

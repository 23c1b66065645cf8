"""Slack: a post through an incoming webhook, or a post or thread by an app's bot, which can look for its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from publisher.model.call import Answer, Call, Verdict
from publisher.model.message import Correction, Post, PostRules
from publisher.senders.base import Journal, Options, Secret, Sender
from publisher.senders.bodies import as_json
from publisher.senders.edits import edit_parts
from publisher.senders.http import Http
from publisher.senders.post import in_parts, longest_part, post_of, take_down, why_not_one_way
from publisher.senders.slack_answer import found_in, judge, judge_edit, judge_removal, judge_webhook, rows_of
from publisher.senders.slack_connect import WAYS, whose_bot, whose_webhook
from publisher.senders.slack_payload import as_it_is, body_of, parts_of
from publisher.senders.verdicts import sent, unknown

WEBHOOK = re.compile(r"https://hooks\.slack(?:-gov)?\.com/(services/\w+/\w+/\w+)", re.ASCII)
NEVER_TOLD = "a webhook of Slack's isn't told which post it made"
EARLIER = timedelta(days=1)  # a thread that was put off began before the call that is asked about


def _webhook(secret: SecretStr) -> SecretStr:
    if not WEBHOOK.fullmatch(secret.get_secret_value()):
        raise ValueError("must be the address of an incoming webhook: https://hooks.slack.com/services/T…/B…/…")
    return secret


class SlackOptions(Options):
    webhook: Annotated[Secret, AfterValidator(_webhook)] | None = Field(
        None, description="the whole address of an incoming webhook"
    )
    token: Secret | None = Field(None, description="the bot token of an app, `xoxb-…`, instead of a webhook")
    channel: Annotated[str, StringConstraints(pattern=r"^[CGD][A-Z0-9]{2,20}$")] | None = Field(
        None,
        description="the ID of the channel that the bot posts in, as the foot of its details shows it: C0123456789",
    )
    workspace: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.enterprise)?$")] | None = Field(
        None, description="what stands before `.slack.com`; with it the log links to a bot's posts"
    )
    preview: bool = Field(True, description="false: no preview of the page that a post links to")

    @classmethod
    def why_not_together(cls, names: Set[str]) -> str:
        return why_not_one_way(names)


class Slack(Sender):
    name = "slack"
    carries = frozenset({"post"})
    options = SlackOptions
    max_bytes = 1_000_000
    takes_down = True
    edits = True
    ways = WAYS

    @classmethod
    def rules_of(cls, options: Mapping[str, object]) -> PostRules:
        is_bot = bool(options.get("token"))  # a webhook isn't told what the next part would answer
        return PostRules("slack", 4_000, unit="utf16", threads=is_bot)

    @classmethod
    def why_it_stays(cls, options: Mapping[str, object]) -> str:
        return "" if options.get("token") else NEVER_TOLD

    @classmethod
    def why_it_cannot_edit(cls, options: Mapping[str, object]) -> str:
        return "" if options.get("token") else NEVER_TOLD

    def __init__(self, options: SlackOptions, http: Http) -> None:
        super().__init__(options, http)
        self._headers = {"Content-Type": "application/json; charset=utf-8"}
        self._channel, self._preview = options.channel or "", options.preview
        self._archive = f"https://{options.workspace}.slack.com/archives/{self._channel}/" if options.workspace else ""
        if options.token:
            self.asked_for = timedelta(days=1)
            self._headers["Authorization"] = f"Bearer {options.token.get_secret_value()}"
            self._api = f"{options.base_url or 'https://slack.com'}/api"
            self._url = f"{self._api}/chat.postMessage"
        elif options.webhook and (found := WEBHOOK.fullmatch(options.webhook.get_secret_value())):
            self._url = f"{options.base_url or 'https://hooks.slack.com'}/{found[1]}"

    def send(self, call: Call, journal: Journal) -> Answer:
        post = post_of(call, self)
        if isinstance(post, Answer):
            return post
        return in_parts(post, journal, lambda number, out: self._post(call, post, number, out))

    def ask(self, call: Call) -> Answer:
        """Look for a bot's own post in the channel, and for the rest of a thread under it."""
        if not self._channel or not isinstance(call.message, Post):
            return super().ask(call)
        wanted = parts_of(call)
        since = {"oldest": f"{(call.spoke_at - EARLIER).timestamp():.6f}"} if call.spoke_at else {}
        found = self._found("history", wanted[0], **since)
        if found and len(wanted) > 1 and not self._found("replies", *wanted[1:], ts=found):
            found = ""
        verdict = sent(found, self._link(found)) if found else unknown("the post was not found in the channel")
        return Answer(verdict)

    def edit(self, call: Call, journal: Journal) -> Answer:
        return edit_parts(call, self, journal, self._edit)

    def withdraw(self, call: Call, journal: Journal) -> Answer:
        return take_down(call, journal, self._remove)

    def whose(self) -> str | Verdict:
        if self._channel:
            return whose_bot(self._api, self._channel, self._headers, self.http)
        return whose_webhook(self._url, self._headers, self.http)

    def size(self, call: Call) -> int:
        return longest_part(call)

    def _post(self, call: Call, post: Post, number: int, out: Sequence[Verdict]) -> Answer:
        """Post one part; a bot's stands under the first, and carries what it can be looked for by."""
        body = body_of(post.parts[number], self._preview)
        if not self._channel:
            reply = self.http.post(self._url, as_json(body), self._headers)
            return reply.answer(judge_webhook(reply))
        body |= {"channel": self._channel, "metadata": parts_of(call)[number]}
        if out:
            body["thread_ts"] = out[0].provider_id
        reply = self.http.post(self._url, as_json(body), self._headers)
        return reply.answer(judge(reply, self._link, self.http.clock()))

    def _found(self, where: str, *wanted: Mapping[str, object], **more: str) -> str:
        """Return the time of the first of these messages, if all of them stand there."""
        asked = urlencode({"channel": self._channel, "include_all_metadata": "true", "limit": "200", **more})
        rows = rows_of(self.http.get(f"{self._api}/conversations.{where}?{asked}", self._headers))
        found = [found_in(rows, each) for each in wanted]
        return found[0] if all(found) else ""

    def _link(self, ts: str) -> str:
        return f"{self._archive}p{ts.replace('.', '')}" if self._archive and self._channel else ""

    def _edit(self, said: Correction, number: int) -> Answer:
        """Edit the words of one part; what it is looked for by stays, since nothing is said of it."""
        body = {"channel": self._channel, "ts": said.parts[number], "text": as_it_is(said.post.parts[number])}
        reply = self.http.post(f"{self._api}/chat.update", as_json(body), self._headers)
        return reply.answer(judge_edit(reply, self.http.clock()))

    def _remove(self, ts: str) -> Answer:
        body = as_json({"channel": self._channel, "ts": ts})
        reply = self.http.post(f"{self._api}/chat.delete", body, self._headers)
        return reply.answer(judge_removal(reply, self.http.clock()))

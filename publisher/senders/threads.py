"""Threads API: posts and threads, each part prepared in a container first, which says afterwards whether it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import quote, urlencode

from pydantic import Field

from publisher.model.call import Answer, Call, Outcome, Verdict
from publisher.model.message import Post, PostRules
from publisher.senders.base import Journal, Options, Secret, Sender
from publisher.senders.bodies import FORM, as_form
from publisher.senders.graph_answer import found_in, judge_removal
from publisher.senders.http import Http, Reply
from publisher.senders.post import in_parts, longest_part, post_of, take_down
from publisher.senders.threads_answer import MAY_NOT_DELETE, judge, judge_container, judge_published
from publisher.senders.threads_connect import WAYS, whose
from publisher.senders.threads_token import end_of, token_of
from publisher.senders.verdicts import deferred, sent, unknown


class ThreadsOptions(Options):
    token: Secret = Field(description="a long-lived access token with threads_basic and threads_content_publish")
    user: int = Field(ge=1, description="the number of the account at Threads, which comes with its token")


class Threads(Sender):
    name = "threads"
    carries = frozenset({"post"})
    options = ThreadsOptions
    max_bytes = 1_000_000
    takes_down = True
    cannot_edit = "Threads has no way to edit what stands"
    ways = WAYS
    idempotent_for = timedelta(hours=23)  # a container that isn't published lives for a day

    @classmethod
    def rules_of(cls, options: Mapping[str, object]) -> PostRules:
        return PostRules("threads", 500, unit="codepoints", emoji_as_bytes=True, threads=True)

    def __init__(self, options: ThreadsOptions, http: Http) -> None:
        super().__init__(options, http)
        self._host = options.base_url or "https://graph.threads.net"
        self._api = f"{self._host}/v1.0"
        self._user = str(options.user)
        self._written = options.token.get_secret_value()

    def send(self, call: Call, journal: Journal) -> Answer:
        post = post_of(call, self)
        if isinstance(post, Answer):
            return post
        return in_parts(post, journal, lambda number, out: self._post(post, number, out, journal))

    def withdraw(self, call: Call, journal: Journal) -> Answer:
        return take_down(call, journal, partial(self._remove, was_said=call.attempt > 1))

    def whose(self) -> str | Verdict:
        return whose(self._user, self._get)

    def size(self, call: Call) -> int:
        return longest_part(call)

    def _post(self, post: Post, number: int, out: Sequence[Verdict], journal: Journal) -> Answer:
        """Post one part: its container is noted before it is published, and looked at before it is so again."""
        step = f"container {number + 1}"
        noted = journal.noted(step)
        if noted:
            looked = self._get(str(noted["id"]), fields="status")
            if judged := self._judge(looked, post, number, in_doubt=bool(noted["in_doubt"])):
                return looked.answer(judged)
            noted = noted if looked.word("status") == "FINISHED" else None
        if not noted:
            made = self._post_to("threads", _content(post, number, out))
            verdict = judge_container(made)
            if verdict.outcome is not Outcome.SENT:
                return made.answer(verdict)
            noted = {"id": verdict.provider_id, "in_doubt": False}
        journal.note(step, {**noted, "in_doubt": True})
        answer = self._publish(str(noted["id"]), number)
        if answer.verdict.outcome in (Outcome.DEFERRED, Outcome.REFUSED):
            journal.note(step, noted)
            if noted["in_doubt"]:  # the one before may have been published; only its state can tell
                return replace(answer, verdict=unknown(answer.verdict.reason))
        return answer

    def _publish(self, container: str, number: int) -> Answer:
        reply = self._post_to("threads_publish", {"creation_id": container})
        verdict = judge_published(reply, self.http.clock())
        if verdict.outcome is Outcome.SENT and number == 0:  # the post that people link to
            link = self._get(verdict.provider_id, fields="permalink").word("permalink")
            verdict = sent(verdict.provider_id, link)
        return reply.answer(verdict)

    def _judge(self, looked: Reply, post: Post, number: int, *, in_doubt: bool) -> Verdict | None:
        """Say what a container's state means for its part; None where it may be published, or made anew."""
        state = looked.word("status")
        if state == "PUBLISHED":
            return self._standing(post, number)
        if state in ("FINISHED", "ERROR") or (state == "EXPIRED" and not in_doubt):
            return None
        said = judge(looked)
        if said.outcome is Outcome.SENT:
            said = deferred(f"the part's container is {state or 'in no state'}")
        return unknown(f"{said.reason}: nobody knows yet whether the part stands") if in_doubt else said

    def _standing(self, post: Post, number: int) -> Verdict:
        """Look for the id of a part that is published; without it nothing can answer the part."""
        listed = self._get(f"{self._user}/threads", fields="id,text,permalink", limit="25")
        found = found_in(listed, post.parts[number])
        if found.provider_id or number + 1 == len(post.parts):
            return found
        return unknown("the part stands, but it was not found among the account's posts")

    def token_ends(self) -> datetime | None:
        return end_of(self._written, self.vault)

    def _with_token(self, say: Callable[[str], Reply]) -> Reply:
        token = token_of(self._written, self.http, self.vault, self._host)
        return Reply(trouble=token) if isinstance(token, Verdict) else say(token)

    def _remove(self, number: str, *, was_said: bool) -> Answer:
        url = f"{self._api}/{quote(number, safe='')}"
        reply = self._with_token(lambda token: self.http.delete(f"{url}?{urlencode({'access_token': token})}"))
        return reply.answer(judge_removal(reply, MAY_NOT_DELETE, was_said=was_said))

    def _get(self, what: str, **asked: str) -> Reply:
        url = f"{self._api}/{what}"
        return self._with_token(lambda token: self.http.get(f"{url}?{urlencode({**asked, 'access_token': token})}"))

    def _post_to(self, what: str, content: Mapping[str, str]) -> Reply:
        url = f"{self._api}/{self._user}/{what}"

        def say(token: str) -> Reply:
            return self.http.post(url, as_form({**content, "access_token": token}.items()), FORM)

        return self._with_token(say)


def _content(post: Post, number: int, out: Sequence[Verdict]) -> dict[str, str]:
    content = {"media_type": "TEXT", "text": post.parts[number]}
    if post.card and number == 0:
        content["link_attachment"] = post.card.url
    if out:
        content["reply_to_id"] = out[-1].provider_id
    return content

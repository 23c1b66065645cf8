"""X API v2: posts and threads. X refuses the same words twice, and can be asked for the account's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal
from urllib.parse import urlencode

from pydantic import SecretStr

from publisher.model.call import Answer, Call, Picture, Verdict
from publisher.model.message import PictureRules, Post, PostRules
from publisher.senders.base import Journal, Sender
from publisher.senders.bodies import as_json
from publisher.senders.events import within, word
from publisher.senders.http import Http, Reply
from publisher.senders.oauth1 import Keys, authorization
from publisher.senders.pictures import uploaded
from publisher.senders.post import AROUND, in_parts, post_of, size_with_picture, take_down
from publisher.senders.verdicts import sent, stop, unknown
from publisher.senders.x_answer import WAIT, found_in, is_duplicate, judge, judge_removal, url_of
from publisher.senders.x_connect import WAYS, whose
from publisher.senders.x_options import XOptions, prices_of
from publisher.senders.x_pictures import upload
from publisher.senders.x_token import Client, token_of

UPLOADS = PictureRules(most_bytes=5_000_000, most_alt=1_000)
EARLIER = timedelta(days=1)  # a thread that was put off began before the call that is asked about


class X(Sender):
    name = "x"
    carries = frozenset({"post"})
    options = XOptions
    max_bytes = UPLOADS.most_bytes + AROUND
    takes_down = True
    cannot_edit = "X lets few accounts edit, for half an hour, and what comes of it is another post"
    ways = WAYS
    asked_for = timedelta(days=1)

    @classmethod
    def rules_of(cls, options: Mapping[str, object]) -> PostRules:
        counted = PostRules("x", cls.stated(options, "limit"), unit="weighted", threads=True)
        return replace(counted, uploads=UPLOADS, prices=prices_of(options))

    def __init__(self, options: XOptions, http: Http) -> None:
        super().__init__(options, http)
        self._api = f"{options.base_url or 'https://api.x.com'}/2"
        four = (options.api_key, options.api_secret, options.access_token, options.access_secret)
        self._keys = Keys(*(_plain(each) for each in four)) if options.api_key else None
        self._token = _plain(options.token)
        app = (options.client_id or "", _plain(options.client_secret), _plain(options.refresh_token))
        self._client = Client(f"{self._api}/oauth2/token", *app) if options.client_id else None

    def send(self, call: Call, journal: Journal) -> Answer:
        post = post_of(call, self)
        if isinstance(post, Answer):
            return post
        if isinstance(token := self._bearer(), Verdict):
            return stop(token)
        return in_parts(post, journal, lambda number, out: self._post(post, number, out, call, journal))

    def ask(self, call: Call) -> Answer:
        """Look for the post, or every part of the thread, among what the account posted since."""
        parts = call.message.parts if isinstance(call.message, Post) else ()
        since = {"start_time": f"{call.spoke_at - EARLIER:%Y-%m-%dT%H:%M:%SZ}"} if call.spoke_at else {}
        listed = self._own(**since)
        found = [found_in(listed, part) for part in parts]
        stands = parts and all(found)
        verdict = sent(found[0], url_of(found[0])) if stands else unknown("the post was not found among the account's")
        return listed.answer(verdict)

    def withdraw(self, call: Call, journal: Journal) -> Answer:
        if isinstance(token := self._bearer(), Verdict):
            return stop(token)
        return take_down(call, journal, self._remove)

    def whose(self) -> str | Verdict:
        return whose(self._get(f"{self._api}/users/me"))

    def size(self, call: Call) -> int:
        return size_with_picture(call)

    def _post(self, post: Post, number: int, out: Sequence[Verdict], call: Call, journal: Journal) -> Answer:
        """Post one part, as an answer to the one before it; the first one with its picture."""
        is_last = number + 1 == len(post.parts)
        text: dict[str, object] = {"text": post.parts[number]}
        if out:
            return self._say({**text, "reply": {"in_reply_to_tweet_id": out[-1].provider_id}}, is_last=is_last)
        shown = uploaded(call, self, journal, self._upload)
        if isinstance(shown, Answer):
            return shown
        media = {"media": {"media_ids": [shown.id]}} if shown.id else {}
        return shown.told(self._say({**text, **media}, is_last=is_last))

    def _say(self, body: Mapping[str, object], *, is_last: bool) -> Answer:
        """Post what is new; what stands already is looked for."""
        reply = self._post_to("tweets", as_json(body), "application/json")
        if not is_duplicate(reply):
            return reply.answer(judge(reply))
        return reply.answer(self._standing(str(body["text"]), is_last=is_last))

    def _upload(self, picture: Picture, begun: str) -> Answer:
        return upload(picture, begun, self._post_to)

    def _post_to(self, what: str, body: bytes, kind: str) -> Reply:
        url = f"{self._api}/{what}"
        typed = {"Content-Type": kind}
        return self._signed("POST", url, lambda who: self.http.post(url, body, {**who, **typed}, wait=WAIT))

    def _standing(self, text: str, *, is_last: bool) -> Verdict:
        """Take a refused duplicate for sent; without its id nothing can answer it."""
        found = found_in(self._own(), text)
        if found or is_last:
            return sent(found, url_of(found))
        return unknown("X says that it stands already, but it was not found among the account's posts")

    def _own(self, **since: str) -> Reply:
        """Ask for the account's newest posts."""
        me = self._get(f"{self._api}/users/me")
        number = word(within(me.json, "data", "id"))
        if me.trouble or not number.isdecimal():
            return me
        asked = urlencode({"max_results": "20", "tweet.fields": "created_at,entities,note_tweet", **since})
        return self._get(f"{self._api}/users/{number}/tweets?{asked}")

    def _bearer(self) -> str | Verdict:
        return token_of(self._client, self.http, self.vault) if self._client else self._token

    def _remove(self, number: str) -> Answer:
        url = f"{self._api}/tweets/{number}"
        reply = self._signed("DELETE", url, lambda who: self.http.delete(url, who, wait=WAIT))
        return reply.answer(judge_removal(reply))

    def _get(self, url: str) -> Reply:
        return self._signed("GET", url, lambda who: self.http.get(url, who))

    def _signed(
        self, method: Literal["GET", "POST", "DELETE"], url: str, say: Callable[[dict[str, str]], Reply]
    ) -> Reply:
        """Say something as the account; without a token nothing is said, and why stands for an answer."""
        if self._keys is not None:
            return say({"Authorization": authorization(self._keys, method, url, self.http.clock())})
        token = self._bearer()
        return Reply(trouble=token) if isinstance(token, Verdict) else say({"Authorization": f"Bearer {token}"})


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""

"""The generic webhook: mail or posts as signed JSON to any address (Standard Webhooks 1.0)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field

from publisher.model.call import Answer, Call, Outcome, Recipient, Scope, Verdict
from publisher.model.event import Event
from publisher.model.message import Post, PostRules, Withdrawal
from publisher.senders.base import Journal, Options, Sender, WebAddress
from publisher.senders.events import Incoming, told
from publisher.senders.http import Http, Reply
from publisher.senders.mail import for_one_reader, readers_of, too_large
from publisher.senders.post import oversized, post_of
from publisher.senders.standard_webhooks import SigningSecret, headers_for, keys_of
from publisher.senders.verdicts import deferred, refused, sent, stop, unknown
from publisher.senders.webhook_events import hear
from publisher.senders.webhook_payloads import mail_body, post_body, withdrawal_body

GONE = frozenset({404, 405, 410})  # nobody listens there: the channel stops
OF_STATUS = {401: "check `secret`", 403: "ask whoever receives it why nothing is taken"}


class WebhookOptions(Options):
    url: WebAddress = Field(description="where to post to")
    secret: SigningSecret = Field(
        description="the signing secret `whsec_…`; during a rotation the new and the old one, separated by a space"
    )
    batch: int = Field(1, ge=1, le=1_000, description="letters per request")
    limit: int = Field(5_000, ge=1, description="characters of a post")


class Webhook(Sender):
    name = "webhook"
    carries = frozenset({"mail", "post"})
    options = WebhookOptions
    max_bytes = 10_000_000
    takes_down = True
    cannot_edit = "a receiver is told of posts and of their end, and of no change between them"
    idempotent_for = timedelta(days=1)  # our own contract: a receiver remembers a webhook-id for a day

    @classmethod
    def rules_of(cls, options: Mapping[str, object]) -> PostRules:
        return PostRules("webhook", cls.stated(options, "limit"), shows_card=True)

    def __init__(self, options: WebhookOptions, http: Http) -> None:
        super().__init__(options, http)
        self.max_recipients = options.batch
        _, _, *path = urlsplit(options.url)
        self._url = options.base_url + urlunsplit(("", "", *path)) if options.base_url else options.url
        self._secret, self._keys = options.secret, keys_of(options.secret)

    def send(self, call: Call, journal: Journal) -> Answer:
        if isinstance(call.message, Post):
            return self._send_post(call, journal)
        readers = readers_of(call, self)
        if isinstance(readers, Answer):
            return readers
        body = mail_body(call, readers, self.max_recipients)
        if refusal := too_large(body, self, readers):
            return refusal
        reply = self._signed(call.key, body)
        verdict = _judge(reply)
        named = _results(reply, readers.ready) if verdict.outcome is Outcome.SENT else {}
        if self.max_recipients == 1:
            verdict = for_one_reader(verdict)
        return reply.answer(verdict, {**readers.refused, **named})

    def size(self, call: Call) -> int:
        if isinstance(call.message, Post):
            return len(post_body(call, call.message, ""))
        readers = readers_of(call, self)
        return 0 if isinstance(readers, Answer) else len(mail_body(call, readers, self.max_recipients))

    def hear(self, incoming: Incoming) -> Sequence[Event]:
        return hear(incoming, told(self._secret, "secret"), self.http.clock())

    def _send_post(self, call: Call, journal: Journal) -> Answer:
        post = post_of(call, self)
        if isinstance(post, Answer):
            return post
        body = post_body(call, post, self._made(journal))
        if refusal := oversized(len(body), self):
            return refusal
        reply = self._signed(call.key, body)
        return reply.answer(replace(_judge(reply), url=reply.word("url")))

    def withdraw(self, call: Call, journal: Journal) -> Answer:
        """Say that a post is withdrawn: whoever receives it takes it down, and knows a repeat by its id."""
        if not isinstance(call.message, Withdrawal):
            return stop(refused("there is no post to take down"))
        reply = self._signed(call.key, withdrawal_body(call, call.message, self._made(journal)))
        return reply.answer(replace(_judge(reply), url=call.message.url))

    def _made(self, journal: Journal) -> str:
        """Return when this was first said, frozen, so that a retry has the same bytes."""
        made = journal.noted("made")
        if made is None:
            journal.note("made", made := {"at": self.http.clock().isoformat(timespec="seconds")})
        return str(made["at"])

    def _signed(self, key: str, body: bytes) -> Reply:
        headers = headers_for(self._keys, key, int(self.http.clock().timestamp()), body)
        return self.http.post(self._url, body, {**headers, "Content-Type": "application/json"})


def _judge(reply: Reply) -> Verdict:
    """Any 2xx is an acceptance (Standard Webhooks), but a web page is not: no receiver of ours is a page."""
    if reply.trouble is None:
        page = reply.headers.get("Content-Type", "").startswith("text/html")
        return unknown(f"HTTP {reply.status} with a web page") if page else sent(reply.word("id"))
    if reply.status in GONE:
        return refused(f"{reply.trouble.reason}; check `url`", Scope.ACCOUNT)
    if remedy := OF_STATUS.get(reply.status or 0):
        return refused(f"{reply.trouble.reason}; {remedy}", Scope.ACCOUNT)
    if reply.status == 409:  # the receiver is busy with this very id: it may be taking it
        return unknown(reply.trouble.reason)
    return reply.trouble


def _results(reply: Reply, readers: Iterable[Recipient]) -> dict[int, Verdict]:
    """Read what a receiver says reader by reader; no list of results means that all were accepted."""
    body = reply.json
    if not isinstance(body, dict) or "results" not in body:
        return {}
    rows = body["results"] if isinstance(body["results"], list) else []
    by_id = {str(row["id"]): row for row in rows if isinstance(row, dict) and "id" in row}
    return {r.delivery_id: _result(by_id.get(r.reference, {})) for r in readers}


def _result(row: dict[str, object]) -> Verdict:
    words = str(row.get("error", ""))
    match row.get("status"):
        case "accepted":
            return sent(str(row.get("message_id", "")))
        case "rejected":
            return refused(words or "rejected", Scope.RECIPIENT)
        case "retry":
            return deferred(words or "asked to try again")
    return unknown("the receiver's list of results doesn't say what became of this letter")

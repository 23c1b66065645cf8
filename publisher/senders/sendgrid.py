"""SendGrid v3 mail send: one body for up to 1,000 readers, whose values stand in for tokens of our own choice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from publisher.model.call import Answer, Call, Scope, Verdict
from publisher.model.event import Event
from publisher.senders.base import Journal, Options, Secret, Sender
from publisher.senders.bodies import as_json
from publisher.senders.events import Incoming, reason, within
from publisher.senders.fit import fit
from publisher.senders.http import Http, Reply
from publisher.senders.mail import Readers, too_large
from publisher.senders.mail_keys import SENDGRID, may_send
from publisher.senders.sendgrid_activity import ask
from publisher.senders.sendgrid_events import VerificationKeys, hear
from publisher.senders.sendgrid_payload import THEIRS, VALUES_CAP, payload_of
from publisher.senders.verdicts import deferred, next_midnight, refused, sent, unknown

HOSTS = {"us": "https://api.sendgrid.com", "eu": "https://api.eu.sendgrid.com"}
READER = re.compile(r"personalizations\.(\d+)\.to(\.|$)")  # where SendGrid sees a bad address


class SendGridOptions(Options):
    api_key: Secret = Field(description="an API key with the right Mail Send")
    region: Literal["us", "eu"] = Field("us", description="`eu` for a key of an EU subuser")
    events_key: VerificationKeys | None = Field(
        None,
        description="the verification key of its signed event webhook; during a rotation the new and the old one, "
        "separated by a space",
    )
    activity: bool = Field(
        False, description="true where the account has bought Email Activity: it is asked about calls without an answer"
    )


class SendGrid(Sender):
    name = "sendgrid"
    carries = frozenset({"mail"})
    ways = SENDGRID
    options = SendGridOptions
    shape = "merge"
    max_recipients = 1_000
    max_bytes = 29_000_000
    dkim_selectors = ("s1", "s2")
    spf_includes = ("sendgrid.net",)

    def __init__(self, options: SendGridOptions, http: Http) -> None:
        super().__init__(options, http)
        self._base = options.base_url or HOSTS[options.region]
        self.asked_for = timedelta(days=2) if options.activity else None
        self._headers = {
            "Authorization": f"Bearer {options.api_key.get_secret_value()}",
            "Content-Type": "application/json",
        }
        self._events_key = options.events_key

    def send(self, call: Call, journal: Journal) -> Answer:
        readers = fit(call, self, THEIRS, VALUES_CAP)
        if isinstance(readers, Answer):
            return readers
        body = self._body(readers, call)
        if refusal := too_large(body, self, readers):
            return refusal
        reply = self.http.post(f"{self._base}/v3/mail/send", body, self._headers, wait=("X-RateLimit-Reset",))
        verdict, split = _judge(reply, len(readers.ready), self.http.clock())
        named = _bad_addresses(reply, readers)
        if named:
            verdict = deferred("SendGrid refused the whole request because of another reader")
        return reply.answer(verdict, {**readers.refused, **named}, split=split)

    def ask(self, call: Call) -> Answer:
        return ask(call, self.http, self._base, self._headers)

    def whose(self) -> str | Verdict:
        return may_send(self.http.get(f"{self._base}/v3/scopes", self._headers), "mail.send")

    def size(self, call: Call) -> int:
        readers = fit(call, self, THEIRS, VALUES_CAP)
        return 0 if isinstance(readers, Answer) else len(self._body(readers, call))

    def hear(self, incoming: Incoming) -> Sequence[Event]:
        return hear(incoming, self._events_key, self.http.clock())

    def _body(self, readers: Readers, call: Call) -> bytes:
        return as_json(payload_of(readers, call.key if self.asked_for else ""))


def _judge(reply: Reply, readers: int, now: datetime) -> tuple[Verdict, bool]:
    """Return the verdict and whether the call is to be halved. SendGrid takes a request whole or not at all."""
    if reply.trouble is None:
        return _taken(reply), False
    why = reply.trouble.reason
    if reply.status == 401 and "credits" in reply.text.lower():  # used up, and no fault of the key
        return deferred(why, next_midnight(now)), False
    if reply.status == 413 and readers > 1:
        return deferred(why), True
    if reply.status == 451:  # the account may not send from this region
        return refused(f"{why}; check `region`", Scope.ACCOUNT), False
    return reply.trouble, False


def _taken(reply: Reply) -> Verdict:
    """Only 202 is an acceptance, with an id or without a word: 200 is the sandbox's, a page somebody's in between."""
    found = reply.headers.get("X-Message-Id", "")
    if reply.status == 202 and (found or not reply.text.strip()):
        return sent(found)
    return unknown(f"HTTP {reply.status}, but not as SendGrid answers what it takes")


def _bad_addresses(reply: Reply, readers: Readers) -> dict[int, Verdict]:
    """Refuse the readers whose address SendGrid names as the only fault; none where there is another fault."""
    errors = within(reply.json, "errors") if reply.status == 400 else None
    named: dict[int, Verdict] = {}
    for error in errors if isinstance(errors, list) else []:
        found = READER.match(str(within(error, "field")))
        if not found or int(found[1]) >= len(readers.ready):
            return {}
        why = reason(f"HTTP 400: {within(error, 'message')}")
        named[readers.ready[int(found[1])].delivery_id] = refused(why, Scope.RECIPIENT)
    return named

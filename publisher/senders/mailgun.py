"""Mailgun messages API: one body for up to 1,000 readers, whose values travel as recipient variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal
from urllib.parse import quote

from pydantic import Field

from publisher.model.call import Answer, Call, Scope, Verdict
from publisher.model.event import Event
from publisher.senders.base import Journal, Options, Secret, Sender
from publisher.senders.bodies import FORM, basic
from publisher.senders.events import Incoming, told
from publisher.senders.http import Http, Reply
from publisher.senders.mail import readers_of, too_large
from publisher.senders.mail_keys import MAILGUN
from publisher.senders.mailgun_events import hear
from publisher.senders.mailgun_lookup import found_in, query_for
from publisher.senders.mailgun_payload import encode, form_of
from publisher.senders.verdicts import deferred, refused, stop

HOSTS = {"us": "https://api.mailgun.net", "eu": "https://api.eu.mailgun.net"}
EXTRAS_CAP = 16_000  # bytes of all o:, h: and v: fields together; recipient variables don't count


class MailgunOptions(Options):
    domain: str = Field(min_length=1, description="the sending domain, as Mailgun knows it")
    api_key: Secret = Field(description="an API key, best the domain's own sending key")
    region: Literal["us", "eu"] = Field("us", description="where the domain lives")
    events_key: Secret | None = Field(
        None,
        description="the webhook signing key, which is no API key; during a rotation the new and the old one, "
        "separated by a space",
    )


class Mailgun(Sender):
    name = "mailgun"
    carries = frozenset({"mail"})
    ways = MAILGUN
    options = MailgunOptions
    shape = "merge"
    max_recipients = 1_000
    max_bytes = 25_000_000
    asked_for = timedelta(hours=20)  # the least that any plan keeps events is a day
    spf_includes = ("mailgun.org",)

    def __init__(self, options: MailgunOptions, http: Http) -> None:
        super().__init__(options, http)
        self.signs_as = options.domain
        base = options.base_url or HOSTS[options.region]
        self._url = f"{base}/v3/{quote(options.domain, safe='')}"
        self._headers = {"Authorization": basic("api", options.api_key.get_secret_value())}
        self._events_key = options.events_key

    def send(self, call: Call, journal: Journal) -> Answer:
        readers = readers_of(call, self)
        if isinstance(readers, Answer):
            return readers
        if not readers.mail.from_email.rpartition("@")[0].isascii():  # Mailgun makes a broken From of it
            return stop(refused("Mailgun takes no letters outside ASCII before the @ of the sender"), readers.refused)
        fields = form_of(readers)
        extras = sum(len(f"{k}{v}".encode()) for k, v in fields if k.startswith(("o:", "h:", "v:")))
        if extras > EXTRAS_CAP:
            return stop(refused(f"{extras:,} bytes of headers; Mailgun takes {EXTRAS_CAP:,}"), readers.refused)
        body = encode(fields)
        if refusal := too_large(body, self, readers):
            return refusal
        reply = self.http.post(f"{self._url}/messages", body, {**self._headers, **FORM})
        verdict, split = _judge(reply, len(readers.ready))
        return reply.answer(verdict, readers.refused, split=split)

    def size(self, call: Call) -> int:
        readers = readers_of(call, self)
        return 0 if isinstance(readers, Answer) else len(encode(form_of(readers)))

    def ask(self, call: Call) -> Answer:
        """Look for an event of the first reader: a request is taken whole or not at all."""
        readers = readers_of(call, self)
        if isinstance(readers, Answer):
            return readers
        now = self.http.clock()
        spoke_at, first = call.spoke_at or now, readers.ready[0]
        reply = self.http.get(f"{self._url}/events?{query_for(first, spoke_at)}", self._headers)
        return reply.answer(found_in(reply, first, now - spoke_at), readers.refused)

    def hear(self, incoming: Incoming) -> Sequence[Event]:
        return hear(incoming, told(self._events_key, "events_key"), self.http.clock())


def _judge(reply: Reply, readers: int) -> tuple[Verdict, bool]:
    """Return the verdict and whether the call is to be halved. Mailgun takes a request whole or not at all."""
    if reply.status == 200 and "magnificent api" in reply.text.lower():  # a wrong path answers 200
        return refused("Mailgun doesn't know this path; check `base_url` and `domain`", Scope.ACCOUNT), False
    if reply.status == 404 and reply.trouble:
        return refused(f"{reply.trouble.reason}; check `domain` and `region`", Scope.ACCOUNT), False
    if reply.status == 400 and reply.trouble and "not a valid address" in reply.text.lower():
        if readers > 1:
            return deferred(reply.trouble.reason), True
        return refused(reply.trouble.reason, Scope.RECIPIENT), False
    verdict = reply.trouble or reply.accepted("id")
    return replace(verdict, provider_id=verdict.provider_id.strip("<>")), False  # events name it without brackets

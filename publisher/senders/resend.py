"""Resend's batch API: up to 100 complete letters per request, under an idempotency key that it knows for a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from publisher.model.call import Answer, Call, Recipient, Scope, Verdict
from publisher.model.event import Event
from publisher.senders.base import Journal, Options, Secret, Sender
from publisher.senders.events import Incoming, told, within, word
from publisher.senders.fit import fit
from publisher.senders.http import Http, Reply
from publisher.senders.mail import too_large
from publisher.senders.mail_keys import RESEND
from publisher.senders.resend_events import events_in
from publisher.senders.resend_payload import THEIRS, body_of
from publisher.senders.standard_webhooks import SigningSecret, verify
from publisher.senders.verdicts import deferred, next_midnight, refused, sent, unknown

QUOTAS = frozenset({"daily_quota_exceeded", "monthly_quota_exceeded"})  # with status 429, as a passing rate limit has
BLINK = timedelta(minutes=1)  # a shorter wait is that of a rate, and no quota is over by then


class ResendOptions(Options):
    api_key: Secret = Field(description="an API key with sending access")
    events_secret: SigningSecret | None = Field(
        None,
        description="the signing secret `whsec_…` of its webhook; during a rotation the new and the old one, "
        "separated by a space",
    )


class Resend(Sender):
    name = "resend"
    carries = frozenset({"mail"})
    ways = RESEND
    options = ResendOptions
    max_recipients = 100
    max_bytes = 10_000_000  # of a request Resend doesn't say; of one letter it takes 40 MB
    idempotent_for = timedelta(days=1)
    dkim_selectors = ("resend",)

    def __init__(self, options: ResendOptions, http: Http) -> None:
        super().__init__(options, http)
        self._url = f"{options.base_url or 'https://api.resend.com'}/emails/batch"
        self._headers = {
            "Authorization": f"Bearer {options.api_key.get_secret_value()}",
            "Content-Type": "application/json",
            "x-batch-validation": "permissive",  # one bad letter doesn't stop the others
        }
        self._events_secret = options.events_secret

    def send(self, call: Call, journal: Journal) -> Answer:
        readers = fit(call, self, THEIRS)
        if isinstance(readers, Answer):
            return readers
        body = body_of(readers)
        if refusal := too_large(body, self, readers):
            return refusal
        reply = self.http.post(self._url, body, {**self._headers, "Idempotency-Key": call.key})
        said = _judge(reply, readers.ready, self.http.clock())
        return reply.answer(said.verdict, {**readers.refused, **said.named}, split=said.split)

    def size(self, call: Call) -> int:
        readers = fit(call, self, THEIRS)
        return 0 if isinstance(readers, Answer) else len(body_of(readers))

    def hear(self, incoming: Incoming) -> Sequence[Event]:
        now = self.http.clock()
        message_id = verify(incoming, told(self._events_secret, "events_secret"), now)
        return events_in(incoming.body, message_id, now)


@dataclass(frozen=True, slots=True)
class _Said:
    verdict: Verdict
    named: Mapping[int, Verdict] = field(default_factory=dict)  # by delivery id
    split: bool = False


def _judge(reply: Reply, ready: tuple[Recipient, ...], now: datetime) -> _Said:
    trouble, name = reply.trouble, reply.word("name")
    if trouble is None:
        return _letter_by_letter(reply, ready)
    if reply.status == 429 and name in QUOTAS:
        named = trouble.until if trouble.until and trouble.until > now + BLINK else None
        return _Said(deferred(trouble.reason, named or next_midnight(now)))
    if reply.status == 409:  # the first try under this key is under way, or was taken with other words
        return _Said(unknown(trouble.reason))
    if reply.status in (404, 405):
        return _Said(refused(f"{trouble.reason}; check `base_url`", Scope.ACCOUNT))
    if reply.status == 413 or (reply.status in (400, 422) and "`to`" in reply.word("message")):
        several = len(ready) > 1
        return _Said(deferred(trouble.reason) if several else refused(trouble.reason, Scope.RECIPIENT), split=several)
    return _Said(trouble)


def _letter_by_letter(reply: Reply, ready: tuple[Recipient, ...]) -> _Said:
    """Read the ids of what was taken, in order, past the letters that the list of errors names by their index."""
    errors, taken = within(reply.json, "errors") or [], within(reply.json, "data")
    refusals = dict(_refusals(errors)) if isinstance(errors, list) else {}
    places = [place for place in range(len(ready)) if place not in refusals]
    if not isinstance(taken, list) or len(taken) != len(places) or len(refusals) + len(places) != len(ready):
        return _Said(unknown(f"HTTP {reply.status} with an answer that can't be matched to its letters"))
    if not places and len(ready) > 1 and len(set(refusals.values())) == 1:  # the same with all: it is the message
        return _Said(refused(refusals[0]))
    named = {ready[place].delivery_id: refused(words, Scope.RECIPIENT) for place, words in refusals.items()}
    for place, row in zip(places, taken, strict=True):
        found = word(within(row, "id"))
        named[ready[place].delivery_id] = sent(found) if found else unknown("no id came back for this letter")
    return _Said(sent() if places else next(iter(named.values())), named)


def _refusals(errors: list[Any]) -> Iterator[tuple[int, str]]:
    for error in errors:
        place = within(error, "index")
        yield (place if isinstance(place, int) else -1), word(within(error, "message")) or "refused by Resend"

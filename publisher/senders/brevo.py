"""Brevo's transactional API: one mail with a version for each of up to 1,000 readers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from pydantic import Field

from publisher.model.call import Answer, Call, Recipient, Scope, Verdict
from publisher.model.event import Event
from publisher.senders.base import Journal, Options, Secret, Sender
from publisher.senders.bodies import as_json
from publisher.senders.brevo_events import hear
from publisher.senders.brevo_payload import ALL_VALUES_CAP, THEIRS, VALUES_CAP, payload_of, size_of_values
from publisher.senders.events import Incoming, told, within, word
from publisher.senders.fit import fit
from publisher.senders.http import Http, Reply
from publisher.senders.mail import too_large
from publisher.senders.mail_keys import BREVO, taken
from publisher.senders.verdicts import deferred, next_midnight, refused, sent, stop, unknown

REPEATED = "duplicate_parameter"  # the error for a key that it knows
BAD_ADDRESS = re.compile(r"email is not valid in to|to\W+(?:\d+\W+)?email is not valid", re.IGNORECASE)
ACCOUNT = frozenset({"unauthorized", "permission_denied", "account_under_validation"})


class BrevoOptions(Options):
    api_key: Secret = Field(description="an API key of the account")
    events_password: Secret | None = Field(
        None,
        description="the password in the address that its events are sent to; during a rotation the new and the old "
        "one, separated by a space",
    )


class Brevo(Sender):
    name = "brevo"
    carries = frozenset({"mail"})
    ways = BREVO
    options = BrevoOptions
    shape = "merge"
    max_recipients = 1_000
    max_bytes = 10_000_000
    idempotent_for = timedelta(minutes=15)  # its guide says 30, its changelog 15
    asked_for = timedelta(days=2)
    dkim_selectors = ("brevo1", "brevo2", "mail")  # the last one in older accounts
    spf_includes = ("spf.brevo.com", "spf.sendinblue.com")
    forces_unsubscribe = (
        "Brevo puts a List-Unsubscribe header of its own into every mail, and doesn't say whether it leaves out ours: "
        "look at the headers of a test mail, and where theirs is there ask Brevo's support to switch it off"
    )

    def __init__(self, options: BrevoOptions, http: Http) -> None:
        super().__init__(options, http)
        self._base = f"{options.base_url or 'https://api.brevo.com'}/v3/smtp"
        key = options.api_key.get_secret_value()
        self._headers = {"api-key": key, "Content-Type": "application/json", "Accept": "application/json"}
        self._events_password = options.events_password

    def send(self, call: Call, journal: Journal) -> Answer:
        readers = fit(call, self, THEIRS, VALUES_CAP)
        if isinstance(readers, Answer):
            return readers
        payload = payload_of(readers, call)
        if len(readers.ready) > 1 and (size := size_of_values(payload)) > ALL_VALUES_CAP:
            reason = f"{size:,} bytes of readers' values; Brevo takes {ALL_VALUES_CAP:,}"
            return stop(deferred(reason), readers.refused, split=True)
        body = as_json(payload)
        if refusal := too_large(body, self, readers):
            return refusal
        reply = self.http.post(f"{self._base}/email", body, self._headers, wait=("x-sib-ratelimit-reset",))
        if reply.trouble:
            verdict, split = _judge(reply, reply.trouble, call, len(readers.ready), self.http.clock())
            return reply.answer(verdict, readers.refused, split=split)
        verdict, named = _accepted(reply, readers.ready)
        return reply.answer(verdict, {**readers.refused, **named})

    def ask(self, call: Call) -> Answer:
        """Look for the call's letters by its tag. One that isn't listed may still be on its way: unknown."""
        tags = quote(as_json([call.key]).decode(), safe="")
        reply = self.http.get(f"{self._base}/statistics/events?days=3&limit=2500&tags={tags}", self._headers)
        if reply.trouble:
            return Answer(unknown(f"asked, and got: {reply.trouble.reason}"))
        rows = within(reply.json, "events")
        mine = [row for row in rows if within(row, "tag") == call.key] if isinstance(rows, list) else []
        ids = {word(row.get("email")).casefold(): word(row.get("messageId")) for row in mine}
        known = {r.delivery_id: ids[r.address.casefold()] for r in call.recipients if r.address.casefold() in ids}
        return Answer(unknown("Brevo doesn't list it (yet)"), {one: sent(found) for one, found in known.items()})

    def whose(self) -> str | Verdict:
        return taken(self.http.get(f"{self._base}/statistics/events?days=1&limit=1", self._headers))

    def size(self, call: Call) -> int:
        readers = fit(call, self, THEIRS, VALUES_CAP)
        return 0 if isinstance(readers, Answer) else len(as_json(payload_of(readers, call)))

    def hear(self, incoming: Incoming) -> Sequence[Event]:
        return hear(incoming, told(self._events_password, "events_password"), self.http.clock())


def _accepted(reply: Reply, readers: Sequence[Recipient]) -> tuple[Verdict, dict[int, Verdict]]:
    """A 201 is an acceptance of all; ids count only if there is one for every version, in their order."""
    ids = within(reply.json, "messageIds")
    if not isinstance(ids, list):
        ids = [reply.word("messageId")]
    if len(ids) != len(readers) or not all(word(each) for each in ids):
        return unknown(f"HTTP {reply.status} with {len(ids)} ids for {len(readers)} letters"), {}
    named = {reader.delivery_id: sent(word(each)) for reader, each in zip(readers, ids, strict=True)}
    return named[readers[0].delivery_id], named


def _judge(reply: Reply, trouble: Verdict, call: Call, readers: int, now: datetime) -> tuple[Verdict, bool]:
    """Return the verdict and whether the call is to be halved. Brevo takes a request whole or not at all."""
    code, why = reply.word("code"), trouble.reason
    if call.attempt > 1 and code == REPEATED:
        return sent(), False  # the first try was taken
    if reply.status == 402 or code == "not_enough_credits":
        return deferred(why, next_midnight(now)), False
    if code in ACCOUNT:
        return refused(why, Scope.ACCOUNT), False
    if reply.status == 413 and readers > 1:
        return deferred(why), True
    if reply.status == 400 and BAD_ADDRESS.search(reply.text):
        return (deferred(why), True) if readers > 1 else (refused(why, Scope.RECIPIENT), False)
    return trouble, False

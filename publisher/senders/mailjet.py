"""Mailjet Send API v3.1: one body for up to 50 readers, each with variables, a subject and an answer of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from pydantic import Field

from publisher.model.call import Answer, Call, Recipient, Verdict
from publisher.model.event import Event
from publisher.senders.base import Journal, Options, Secret, Sender
from publisher.senders.bodies import as_json, basic
from publisher.senders.events import Incoming, told, within, word
from publisher.senders.fit import fit
from publisher.senders.http import Http
from publisher.senders.mail import Readers, too_large
from publisher.senders.mail_keys import MAILJET, taken
from publisher.senders.mailjet_answer import judge
from publisher.senders.mailjet_events import hear
from publisher.senders.mailjet_payload import THEIRS, payload_of, with_fitting_subjects
from publisher.senders.verdicts import sent, unknown


class MailjetOptions(Options):
    api_key: Secret = Field(description="the API key of the account or subaccount")
    secret_key: Secret = Field(description="the secret key that belongs to it")
    events_password: Secret | None = Field(
        None,
        description="the password in the address that its events are sent to; during a rotation the new and the old "
        "one, separated by a space",
    )


class Mailjet(Sender):
    name = "mailjet"
    carries = frozenset({"mail"})
    ways = MAILJET
    options = MailjetOptions
    shape = "merge"
    max_recipients = 50
    max_bytes = 15_000_000
    dkim_selectors = ("mailjet",)
    spf_includes = ("spf.mailjet.com",)
    asked_for = timedelta(days=2)

    def __init__(self, options: MailjetOptions, http: Http) -> None:
        super().__init__(options, http)
        self._base = options.base_url or "https://api.mailjet.com"
        credentials = basic(options.api_key.get_secret_value(), options.secret_key.get_secret_value())
        self._headers = {"Authorization": credentials, "Content-Type": "application/json"}
        self._events_password = options.events_password

    def send(self, call: Call, journal: Journal) -> Answer:
        readers = self._fitting(call)
        if isinstance(readers, Answer):
            return readers
        body = as_json(payload_of(readers))
        if refusal := too_large(body, self, readers):
            return refusal
        reply = self.http.post(f"{self._base}/v3.1/send", body, self._headers)
        verdict, named, split = judge(reply, readers.ready)
        return reply.answer(verdict, {**readers.refused, **named}, split=split)

    def ask(self, call: Call) -> Answer:
        """Look every letter up by our reference. One that isn't listed may still be on its way: unknown."""
        named: dict[int, Verdict] = {}
        for reader in call.recipients:
            named[reader.delivery_id], goes_on = self._look_up(reader)
            if not goes_on:
                break
        return Answer(unknown("not asked about"), named)

    def whose(self) -> str | Verdict:
        return taken(self.http.get(f"{self._base}/v3/REST/message?CustomID=none&Limit=1", self._headers))

    def size(self, call: Call) -> int:
        readers = self._fitting(call)
        return 0 if isinstance(readers, Answer) else len(as_json(payload_of(readers)))

    def hear(self, incoming: Incoming) -> Sequence[Event]:
        return hear(incoming, told(self._events_password, "events_password"), self.http.clock())

    def _fitting(self, call: Call) -> Readers | Answer:
        readers = fit(call, self, THEIRS)
        return readers if isinstance(readers, Answer) else with_fitting_subjects(readers)

    def _look_up(self, reader: Recipient) -> tuple[Verdict, bool]:
        query = f"CustomID={quote(reader.reference, safe='')}&ShowCustomID=true&Limit=2"
        reply = self.http.get(f"{self._base}/v3/REST/message?{query}", self._headers)
        if reply.trouble:
            return unknown(f"asked, and got: {reply.trouble.reason}"), False
        found = within(reply.json, "Data")
        ids = [word(within(row, "ID")) for row in found if _is_about(row, reader)] if isinstance(found, list) else []
        return (sent(ids[0]) if ids and ids[0] else unknown("Mailjet doesn't list it (yet)")), True


def _is_about(row: Any, reader: Recipient) -> bool:
    return word(within(row, "CustomID")) == reader.reference

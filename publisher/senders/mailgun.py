"""Mailgun messages API: one body for up to 1,000 readers, whose values travel as recipient variables."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal
from urllib.parse import quote, urlencode

from pydantic import Field

from publisher.model.call import Answer, Call, Scope, Verdict
from publisher.model.message import Slot, translate
from publisher.senders.base import Journal, Options, Secret, Sender
from publisher.senders.http import Http, Reply, as_json, basic
from publisher.senders.mail import Readers, mailbox, merge_values, name_slots, readers_of, too_large
from publisher.senders.verdicts import deferred, refused, stop

HOSTS = {"us": "https://api.mailgun.net", "eu": "https://api.eu.mailgun.net"}
EXTRAS_CAP = 16_000  # bytes of all o:, h: and v: fields together; recipient variables don't count
REFERENCE = "reference"  # our id of the delivery: comes back with every event
# What Mailgun would read as a tag of its own: %recipient.x%, %unsubscribe_url% and their like; and a percent sign at
# the end of a part, which may stand before a placeholder of ours.
TAG = re.compile(r"%(?=recipient|[a-z_]*unsubscribe|\Z)", re.IGNORECASE)


class MailgunOptions(Options):
    domain: str = Field(min_length=1, description="the sending domain, as Mailgun knows it")
    api_key: Secret = Field(description="an API key, best the domain's own sending key")
    region: Literal["us", "eu"] = Field("us", description="where the domain lives")


class Mailgun(Sender):
    name = "mailgun"
    carries = frozenset({"mail"})
    options = MailgunOptions
    shape = "merge"
    max_recipients = 1_000
    max_bytes = 25_000_000

    def __init__(self, options: MailgunOptions, http: Http) -> None:
        super().__init__(options, http)
        base = options.base_url or HOSTS[options.region]
        self._url = f"{base}/v3/{quote(options.domain, safe='')}/messages"
        self._headers = {
            "Authorization": basic("api", options.api_key.get_secret_value()),
            "Content-Type": "application/x-www-form-urlencoded",
        }

    def send(self, call: Call, journal: Journal) -> Answer:
        readers = readers_of(call, self)
        if isinstance(readers, Answer):
            return readers
        fields = form_of(readers)
        extras = sum(len(f"{k}{v}".encode()) for k, v in fields if k.startswith(("o:", "h:", "v:")))
        if extras > EXTRAS_CAP:
            return stop(refused(f"{extras:,} bytes of headers; Mailgun takes {EXTRAS_CAP:,}"), readers.refused)
        body = encode(fields)
        if refusal := too_large(body, self, readers):
            return refusal
        reply = self.http.post(self._url, body, self._headers)
        verdict, split = _judge(reply, len(readers.ready))
        return reply.answer(verdict, readers.refused, split=split)

    def size(self, call: Call) -> int:
        readers = readers_of(call, self)
        return 0 if isinstance(readers, Answer) else len(encode(form_of(readers)))


def form_of(readers: Readers) -> list[tuple[str, str]]:
    """Write the mail once, with a placeholder for every slot and the readers' values beside it."""
    mail, names = readers.mail, name_slots(readers.mail)

    def placeholder(slot: Slot) -> str:
        return f"%recipient.{names[slot]}%"

    variables = {r.address: {**merge_values(names, r), REFERENCE: r.reference} for r in readers.ready}
    fields = [("from", mailbox(mail.from_name, mail.from_email))]
    fields += [("to", mailbox(r.name, r.address)) for r in readers.ready]
    fields += [("subject", translate(mail.subject, placeholder, in_text))]
    fields += [("text", translate(mail.text, placeholder, in_text))]
    fields += [("html", translate(mail.html, placeholder, in_html))]
    fields += [("h:Reply-To", mail.reply_to)] if mail.reply_to else []
    fields += [(f"h:{name}", translate(value, placeholder, in_text)) for name, value in mail.headers]
    fields += [("v:reference", f"%recipient.{REFERENCE}%"), ("o:tracking", "no")]
    return [*fields, ("recipient-variables", as_json(variables).decode())]


def encode(fields: list[tuple[str, str]]) -> bytes:
    """Encode the form. Without recipient variables every reader would see all the others: that is never sent."""
    names = [name for name, _ in fields]
    if names.count("to") > 1 and "recipient-variables" not in names:
        raise ValueError("several recipients without recipient-variables")
    return urlencode(fields).encode()


def in_html(authored: str) -> str:
    """Make authored text that looks like a tag harmless; a reader sees it as it was written."""
    return TAG.sub("&#37;", authored)


def in_text(authored: str) -> str:
    """As above, where there are no entities: with an invisible word joiner."""
    return TAG.sub("%\u2060", authored)


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

"""Pigeon Post's letters: complete ones, up to 100 in a request, each with an answer of its own."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal

from pydantic import Field

from publisher.model.call import Answer, Call, Recipient, Scope, Verdict
from publisher.model.event import Event
from publisher.senders.base import Journal, Options, Secret, Sender
from publisher.senders.bodies import as_json
from publisher.senders.events import Incoming, reason, within, word
from publisher.senders.http import Http, Reply
from publisher.senders.mail import Letter, Readers, letter_to, readers_of, too_large
from publisher.senders.verdicts import refused, sent, unknown
from publisher_sender_pigeon.events import hear


class PigeonOptions(Options):
    token: Secret = Field(description="a token with the right to send")
    breed: Literal["homing", "racing"] = Field("homing", description="which pigeons fly; `racing` ones cost more")
    events_secret: Secret | None = Field(
        None,
        description="the secret that its events are signed with; during a rotation the new and the old one, separated "
        "by a space",
    )


class Pigeon(Sender):
    name = "pigeon"
    carries = frozenset({"mail"})
    options = PigeonOptions
    max_recipients = 100
    max_bytes = 5_000_000
    idempotent_for = timedelta(hours=24)

    def __init__(self, options: PigeonOptions, http: Http) -> None:
        super().__init__(options, http)
        self._url = f"{options.base_url or 'https://api.pigeon.example'}/v1/letters"
        self._headers = {
            "Authorization": f"Bearer {options.token.get_secret_value()}",
            "Content-Type": "application/json",
        }
        self._breed = options.breed
        self._events_secret = options.events_secret

    def send(self, call: Call, journal: Journal) -> Answer:
        readers = readers_of(call, self)  # who can be written to; what can't be said faithfully is refused here
        if isinstance(readers, Answer):
            return readers
        body = self._body(readers)
        if refusal := too_large(body, self, readers):
            return refusal
        reply = self.http.post(self._url, body, {**self._headers, "Idempotency-Key": call.key})
        verdict = reply.trouble or unknown(f"HTTP {reply.status} with an answer that can't be read")
        return reply.answer(verdict, {**readers.refused, **_results(reply, readers.ready)})

    def size(self, call: Call) -> int:
        readers = readers_of(call, self)
        return 0 if isinstance(readers, Answer) else len(self._body(readers))

    def hear(self, incoming: Incoming) -> Sequence[Event]:
        return hear(incoming, self._events_secret, self.http.clock())

    def _body(self, readers: Readers) -> bytes:
        mail = readers.mail
        sender = {"name": mail.from_name, "address": mail.from_email, "reply_to": mail.reply_to}
        letters = [_written(letter_to(mail, reader)) for reader in readers.ready]
        return as_json({"from": sender, "breed": self._breed, "letters": letters})


def _written(letter: Letter) -> dict[str, object]:
    return {
        "to": letter.to.address,
        "name": letter.to.name,
        "subject": letter.subject,
        "html": letter.html,
        "text": letter.text,
        "headers": letter.headers,
        "reference": letter.to.reference,  # comes back with every event
    }


def _results(reply: Reply, readers: Sequence[Recipient]) -> dict[int, Verdict]:
    """Read the answer letter by letter; where it doesn't count them as we do, nobody knows which is whose."""
    rows = within(reply.json, "letters")
    if reply.trouble or not isinstance(rows, list) or len(rows) != len(readers):
        return {}
    return {reader.delivery_id: _result(row) for reader, row in zip(readers, rows, strict=True)}


def _result(row: Any) -> Verdict:
    if found := word(within(row, "id")):
        return sent(found)
    if why := reason(within(row, "refused")):
        return refused(why, Scope.RECIPIENT)
    return unknown("the answer doesn't say what became of this letter")

"""Postmark: batches of up to 500 complete letters, or one body with values where bulk is enabled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal
from urllib.parse import urlencode

from pydantic import Field

from publisher.model.call import Answer, Call, Verdict
from publisher.model.event import Event
from publisher.senders.base import Journal, Options, Secret, Sender
from publisher.senders.events import Incoming, told
from publisher.senders.fit import fit
from publisher.senders.http import Http
from publisher.senders.mail import Readers, too_large
from publisher.senders.mail_keys import POSTMARK, taken
from publisher.senders.postmark_answer import letter_by_letter, of_bulk, of_search
from publisher.senders.postmark_events import hear
from publisher.senders.postmark_payload import CALL, THEIRS, batch, bulk, too_heavy
from publisher.senders.verdicts import refused, stop

FORCED = (
    "Postmark puts its own unsubscribe header and link into letters of this stream; ask its support to let you manage "
    "unsubscribes of the stream yourself, then write `unsubscribe: us`"
)


class PostmarkOptions(Options):
    server_token: Secret = Field(description="an API token of the server")
    stream: str = Field("broadcast", min_length=1, description="ID of the message stream, of the type Broadcasts")
    unsubscribe: Literal["postmark", "us"] = Field(
        "postmark",
        description="`us` where Postmark's support lets you manage the stream's unsubscribes: then `List-Unsubscribe` "
        "is ours",
    )
    bulk: bool = Field(False, description="true where Postmark's support enabled bulk: the body goes out once")
    events_password: Secret | None = Field(
        None,
        description="the password in its webhooks' address; during a rotation the new and the old one, "
        "separated by a space",
    )


class Postmark(Sender):
    name = "postmark"
    carries = frozenset({"mail"})
    ways = POSTMARK
    options = PostmarkOptions
    max_recipients = 500
    max_bytes = 50_000_000
    asked_for = timedelta(days=1)

    def __init__(self, options: PostmarkOptions, http: Http) -> None:
        super().__init__(options, http)
        self._base = options.base_url or "https://api.postmarkapp.com"
        self._headers = {
            "X-Postmark-Server-Token": options.server_token.get_secret_value(),
            "Accept": "application/json",
        }
        self._options = options
        self.forces_unsubscribe = FORCED if options.unsubscribe == "postmark" else ""

    def send(self, call: Call, journal: Journal) -> Answer:
        readers = fit(call, self, THEIRS)
        if isinstance(readers, Answer):
            return readers
        if heavy := too_heavy(readers.mail):
            return stop(refused(heavy), readers.refused)
        body = self._body(call, readers)
        if refusal := too_large(body, self, readers):
            return refusal
        path = "/email/bulk" if self._options.bulk else "/email/batch"
        reply = self.http.post(self._base + path, body, {**self._headers, "Content-Type": "application/json"})
        said = of_bulk(reply, len(readers.ready)) if self._options.bulk else letter_by_letter(reply, readers.ready)
        return reply.answer(said.verdict, {**readers.refused, **said.named}, split=said.split)

    def whose(self) -> str | Verdict:
        query = {"count": 1, "offset": 0, "messagestream": self._options.stream, f"metadata_{CALL}": "none"}
        return taken(self.http.get(f"{self._base}/messages/outbound?{urlencode(query)}", self._headers))

    def size(self, call: Call) -> int:
        readers = fit(call, self, THEIRS)
        return 0 if isinstance(readers, Answer) else len(self._body(call, readers))

    def ask(self, call: Call) -> Answer:
        """Search for the letters that went with this call."""
        readers = fit(call, self, THEIRS)
        if isinstance(readers, Answer):
            return readers
        query = {"count": 500, "offset": 0, "messagestream": self._options.stream, f"metadata_{CALL}": call.key}
        reply = self.http.get(f"{self._base}/messages/outbound?{urlencode(query)}", self._headers)
        now = self.http.clock()
        said = of_search(reply, readers.ready, now - (call.spoke_at or now), is_later=self._options.bulk)
        return reply.answer(said.verdict, {**readers.refused, **said.named})

    def hear(self, incoming: Incoming) -> Sequence[Event]:
        return hear(incoming, told(self._options.events_password, "events_password"), self.http.clock())

    def _body(self, call: Call, readers: Readers) -> bytes:
        write = bulk if self._options.bulk else batch
        return write(call, readers, self._options.stream, unsubscribes=self._options.unsubscribe == "us")

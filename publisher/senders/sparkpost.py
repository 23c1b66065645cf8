"""SparkPost transmissions: one body for up to 2,000 readers, whose values travel as substitution data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from publisher.model.call import Answer, Call, Scope, Verdict
from publisher.model.event import Event
from publisher.senders.base import Journal, Options, Secret, Sender
from publisher.senders.bodies import as_json
from publisher.senders.events import Incoming, told, within, word
from publisher.senders.fit import fit
from publisher.senders.http import Http, Reply
from publisher.senders.mail import too_large
from publisher.senders.mail_keys import SPARKPOST
from publisher.senders.sparkpost_events import hear
from publisher.senders.sparkpost_payload import THEIRS, VALUES_CAP, payload_of
from publisher.senders.verdicts import deferred, next_midnight, refused, sent, unknown

HOSTS = {"us": "https://api.sparkpost.com", "eu": "https://api.eu.sparkpost.com"}
ACCOUNT = frozenset({"7001", "1100"})  # the sending domain isn't set up, or its DKIM key isn't
COUNTS = ("total_accepted_recipients", "total_rejected_recipients")
LIMIT_REACHED = 420  # SparkPost's own: the sending limit of the day, the month or the sandbox


class SparkPostOptions(Options):
    api_key: Secret = Field(description="an API key with the right Transmissions: Read/Write")
    region: Literal["us", "eu"] = Field("us", description="where the account lives")
    subaccount: str = Field("", description="the number of the subaccount that sends, where it isn't the key's own")
    events_password: Secret | None = Field(
        None,
        description="the password of the basic authentication of its webhook; during a rotation the new and the old "
        "one, separated by a space",
    )


class SparkPost(Sender):
    name = "sparkpost"
    carries = frozenset({"mail"})
    ways = SPARKPOST
    options = SparkPostOptions
    shape = "merge"
    max_recipients = 2_000
    max_bytes = 20_000_000
    spf_includes = ("sparkpostmail.com",)
    forces_unsubscribe = (
        "SparkPost puts its own List-Unsubscribe in place of ours: readers who leave by it are known only through its "
        "events, so set `events_password`, and ask its support whether your account may keep the header of its mail."
    )

    def __init__(self, options: SparkPostOptions, http: Http) -> None:
        super().__init__(options, http)
        self._url = f"{options.base_url or HOSTS[options.region]}/api/v1/transmissions"
        self._headers = {"Authorization": options.api_key.get_secret_value(), "Content-Type": "application/json"}
        if options.subaccount:
            self._headers["X-MSYS-SUBACCOUNT"] = options.subaccount
        self._events_password = options.events_password

    def send(self, call: Call, journal: Journal) -> Answer:
        readers = fit(call, self, THEIRS, VALUES_CAP)
        if isinstance(readers, Answer):
            return readers
        body = as_json(payload_of(readers))
        if refusal := too_large(body, self, readers):
            return refusal
        reply = self.http.post(self._url, body, self._headers)
        verdict, split = _judge(reply, len(readers.ready), self.http.clock())
        return reply.answer(verdict, readers.refused, split=split)

    def size(self, call: Call) -> int:
        readers = fit(call, self, THEIRS, VALUES_CAP)
        return 0 if isinstance(readers, Answer) else len(as_json(payload_of(readers)))

    def hear(self, incoming: Incoming) -> Sequence[Event]:
        return hear(incoming, told(self._events_password, "events_password"), self.http.clock())


def _judge(reply: Reply, readers: int, now: datetime) -> tuple[Verdict, bool]:
    """Return the verdict and whether the call is to be halved. SparkPost counts readers, and doesn't name them."""
    counted = tuple(_number(within(reply.json, "results", name)) for name in COUNTS)
    if reply.trouble is None:
        return _by_count(reply, counted, readers), False
    why = reply.trouble.reason
    if reply.status == LIMIT_REACHED:
        return deferred(why, next_midnight(now)), False
    if reply.status == 413 and readers > 1:
        return deferred(why), True
    if reply.status in (400, 422) and _codes(reply) & ACCOUNT:
        return refused(why, Scope.ACCOUNT), False
    if reply.status in (400, 422) and counted == (0, readers):  # nothing is wrong but the readers, all of them
        return refused(why, Scope.RECIPIENT), False
    return reply.trouble, False


def _by_count(reply: Reply, counted: tuple[int | None, ...], readers: int) -> Verdict:
    found = word(within(reply.json, "results", "id"))
    if counted == (readers, 0) and found:
        return sent(found)
    if counted == (0, readers):
        return refused(f"HTTP {reply.status}: every reader was rejected", Scope.RECIPIENT)
    if None in counted or sum(n or 0 for n in counted) != readers:
        return unknown(f"HTTP {reply.status} with an answer that doesn't count {readers} readers")
    return unknown(f"{counted[1]} of {readers} readers were rejected, and SparkPost doesn't say which")


def _codes(reply: Reply) -> set[str]:
    errors = within(reply.json, "errors")
    return {word(within(error, "code")) for error in errors} if isinstance(errors, list) else set()


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None

"""Amazon SES v2: one template for up to 50 readers in one request, signed by ourselves."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from publisher.model.call import Answer, Call
from publisher.model.event import Event
from publisher.senders.base import Journal, Options, Secret, Sender
from publisher.senders.bodies import as_json
from publisher.senders.events import Incoming, NoSecret
from publisher.senders.http import Http, Reply
from publisher.senders.mail import too_large
from publisher.senders.mail_keys import SES
from publisher.senders.ses_answer import judge
from publisher.senders.ses_events import events_in
from publisher.senders.ses_payload import fit_for_ses, payload_of
from publisher.senders.sigv4 import Credentials, domain_of, signed
from publisher.senders.sns import TopicNames, Topics


class SesOptions(Options):
    access_key_id: str = Field(
        pattern=r"^[A-Za-z0-9]+$", description="the id of an access key that may ses:SendBulkEmail"
    )
    secret_access_key: Secret = Field(description="the secret that belongs to it")
    session_token: Secret | None = Field(None, description="the session token, where the key is a temporary one")
    region: str = Field(pattern=r"^[a-z0-9-]+$", description="where the sending domain is verified: eu-west-1")
    configuration_set: str = Field("", pattern=r"^[A-Za-z0-9_-]*$", description="a configuration set; events need one")
    events_topic: TopicNames | None = Field(
        None, description="ARN of the SNS topic that its events are published to, or several, separated by spaces"
    )
    events_sha1: bool = Field(False, description="true: believe a topic whose SignatureVersion is 1 too")


class Ses(Sender):
    name = "ses"
    carries = frozenset({"mail"})
    ways = SES
    options = SesOptions
    shape = "merge"
    max_recipients = 50
    max_bytes = 1_000_000
    spf_includes = ("amazonses.com",)

    def __init__(self, options: SesOptions, http: Http) -> None:
        super().__init__(options, http)
        base = options.base_url or f"https://email.{options.region}.{domain_of(options.region)}"
        self._url = f"{base}/v2/email/outbound-bulk-emails"
        self._configuration_set = options.configuration_set
        token = options.session_token.get_secret_value() if options.session_token else ""
        secret = options.secret_access_key.get_secret_value()
        self._credentials = Credentials(options.access_key_id, secret, options.region, "ses", token)
        topics = (options.events_topic or "").split()
        self._topics = Topics(topics, self._fetch, takes_sha1=options.events_sha1) if topics else None

    def send(self, call: Call, journal: Journal) -> Answer:
        readers = fit_for_ses(call, self)
        if isinstance(readers, Answer):
            return readers
        body = as_json(payload_of(readers, self._configuration_set))
        if refusal := too_large(body, self, readers):
            return refusal
        headers = signed(body, self._url, self._credentials, self.http.clock())
        reply = self.http.post(self._url, body, headers)
        verdict, named, split = judge(reply, readers.ready, self.http.clock())
        return reply.answer(verdict, {**readers.refused, **named}, split=split)

    def size(self, call: Call) -> int:
        readers = fit_for_ses(call, self)
        return 0 if isinstance(readers, Answer) else len(as_json(payload_of(readers, self._configuration_set)))

    def hear(self, incoming: Incoming) -> Sequence[Event]:
        if self._topics is None:
            raise NoSecret("events_topic")
        notification = self._topics.hear(incoming, self.http.clock())
        return events_in(notification, self.http.clock()) if notification else ()

    def _fetch(self, url: str) -> Reply:
        return self.http.get(url)

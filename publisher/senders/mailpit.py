"""Mailpit's HTTP send API, which our built-in inbox speaks too: one letter per call, for practice only."""

from __future__ import annotations

import ipaddress
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from publisher.model.call import Answer, Call
from publisher.senders.base import Base, Journal, Options, Secret, Sender
from publisher.senders.bodies import as_json, basic
from publisher.senders.http import Http
from publisher.senders.mail import Letter, Readers, for_one_reader, letter_to, readers_of, too_large

HOME = ("localhost", ".localhost", ".local", ".internal", ".lan", ".test")


class MailpitOptions(Options):
    base_url: Base | None = Field("http://127.0.0.1:8025", description="where Mailpit listens")
    username: str = Field("", description="user name, where Mailpit asks for one")
    password: Secret | None = Field(None, description="password, where Mailpit asks for one")
    allow_public: bool = Field(False, description="true: send readers' mail to an inbox outside this network")

    @model_validator(mode="after")
    def _stays_at_home(self) -> Self:
        if not self.allow_public and not _is_private(urlsplit(str(self.base_url)).hostname or ""):
            raise ValueError("base_url is a public host: a test inbox would show readers' mail to others; "
                             "use a host of your own network, or write `allow_public: true`")  # fmt: skip
        return self


class Mailpit(Sender):
    name = "mailpit"
    carries = frozenset({"mail"})
    options = MailpitOptions
    max_bytes = 50_000_000

    def __init__(self, options: MailpitOptions, http: Http) -> None:
        super().__init__(options, http)
        self._url = f"{options.base_url or 'http://127.0.0.1:8025'}/api/v1/send"
        self._headers = {"Content-Type": "application/json"}
        if options.password:
            self._headers["Authorization"] = basic(options.username, options.password.get_secret_value())

    def send(self, call: Call, journal: Journal) -> Answer:
        readers = readers_of(call, self)
        if isinstance(readers, Answer):
            return readers
        body = _body(readers)
        if refusal := too_large(body, self, readers):
            return refusal
        reply = self.http.post(self._url, body, self._headers)
        return reply.answer(for_one_reader(reply.trouble or reply.accepted("ID")), readers.refused)

    def size(self, call: Call) -> int:
        readers = readers_of(call, self)
        return 0 if isinstance(readers, Answer) else len(_body(readers))


def _body(readers: Readers) -> bytes:
    mail, letter = readers.mail, letter_to(readers.mail, readers.ready[0])
    body = {
        "From": {"Name": mail.from_name, "Email": mail.from_email},
        "To": [{"Name": letter.to.name, "Email": letter.to.address}],
        "Subject": letter.subject,
        "Text": letter.text,
        "HTML": letter.html,
        "Headers": _headers(letter),
    }
    if mail.reply_to:
        body["ReplyTo"] = [{"Email": mail.reply_to}]
    return as_json(body)


def _headers(letter: Letter) -> dict[str, str]:
    return {**letter.headers, "X-Publisher-Reference": letter.to.reference}


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(HOME)

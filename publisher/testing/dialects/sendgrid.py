"""How SendGrid answers."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from publisher.clock import now
from publisher.model.event import EventKind
from publisher.senders.bodies import as_json
from publisher.testing.dialects.base import Accepted, Received, Response

RESERVED = frozenset({
    "x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding",
    "to", "from", "subject", "reply-to", "cc", "bcc",
})  # fmt: skip


SAYS: Mapping[EventKind, Mapping[str, object]] = {
    EventKind.DELIVERED: {"event": "delivered", "response": "250 OK"},
    EventKind.DELAYED: {"event": "deferred", "response": "450 try later"},
    EventKind.SOFT_BOUNCE: {"event": "bounce", "type": "blocked", "reason": "421 busy"},
    EventKind.HARD_BOUNCE: {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 no such user"},
    EventKind.DROPPED: {"event": "dropped", "reason": "Bounced Address"},
    EventKind.COMPLAINED: {"event": "spamreport"},
    EventKind.UNSUBSCRIBED: {"event": "unsubscribe"},
}
SIGNERS: Mapping[str, int] = {  # verification keys, and the private numbers on P-256 that they belong to
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjlM7b6C/e0YluzBmfAH7YH75+LioD+9bMAYocDGHsqNz6x294DMYNm0Gn4Om9ZAAU8c2M8sEGyHFXhqG"
    "wfQAtA==": 7,
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYtl3nb7psFNAQnQtOrVMrcHSOJgPzpfbtN2dwdtvs5OtWsy9kenYJE/xXXcRZ87gou1R9rvnanjaVApq"
    "DwmVfg==": 8,
}


class SendGridDialect:
    """SendGrid's mail send: the whole request or nothing, and no word about single readers; its signed events."""

    event_secrets = tuple(SIGNERS)

    def __init__(self, api_key: str = "SG.0123456789") -> None:
        self.credentials = f"Bearer {api_key}"
        self.scopes = ["mail.send"]
        self.rejects: set[str] = set()
        self.listed: list[tuple[str, dict[str, str]]] = []  # call, and a row of the Email Activity

    def answer(self, request: Received, number: int) -> Response:
        if request.method == "GET" and request.path.startswith("/v3/messages?"):
            return self._list(parse_qs(urlsplit(request.path).query)["query"][0])
        if request.headers.get("authorization") != self.credentials:
            said = "The provided authorization grant is invalid, expired, or revoked"
            return Response(401, {"errors": [{"message": said, "field": None, "help": None}]})
        if (request.method, request.path) == ("GET", "/v3/scopes"):
            return Response(200, {"scopes": self.scopes})
        if (request.method, request.path) != ("POST", "/v3/mail/send"):
            return Response(404, {"errors": [{"message": "Not Found", "field": None, "help": None}]})
        faults = list(_faults(request.json, self.rejects)) if isinstance(request.json, dict) else [("", "Bad Request")]
        if faults:
            return Response(400, {"errors": [{"message": said, "field": field} for field, said in faults]})
        people = request.json["personalizations"]
        to = [person["to"][0]["email"] for person in people]
        for n, person in enumerate(people):
            row = {"to_email": to[n], "msg_id": f"sg{number}.recvd-canary-{n}", "status": "processed"}
            self.listed.append((person.get("custom_args", {}).get("call", ""), row))
        taken = tuple(Accepted(address, "", f"sg{number}", request) for address in to)
        return Response(202, "", taken, {"X-Message-Id": f"sg{number}"})

    def _list(self, query: str) -> Response:
        rows = [row for call, row in self.listed if query == f"(unique_args['call']=\"{call}\")"]
        return Response(200, {"messages": rows})

    def say(self, kind: EventKind, reference: str, secret: str = "") -> Received | None:
        about = {
            "sg_event_id": f"{kind}-{reference}",
            "sg_message_id": "sg1.recvd-canary-0",
            "timestamp": int(now().timestamp()),
            "email": "reader1@example.org",
            "reference": reference,
        }
        return self.sign(as_json([{**SAYS[kind], **about}]) + b"\r\n", secret or self.event_secrets[0])

    def sign(self, body: bytes, secret: str) -> Received:
        from cryptography.hazmat.primitives.asymmetric import ec  # here: only who speaks needs it, and it loads slowly
        from cryptography.hazmat.primitives.hashes import SHA256

        timestamp = str(int(now().timestamp()))
        key = ec.derive_private_key(SIGNERS[secret], ec.SECP256R1())
        signature = key.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))
        head = "x-twilio-email-event-webhook"
        headers = {f"{head}-timestamp": timestamp, f"{head}-signature": base64.b64encode(signature).decode()}
        return Received("POST", "", {**headers, "content-type": "application/json"}, body)


def expand_sendgrid(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the messages that a request means, one per personalization: tokens are replaced wherever they stand."""
    return [_expanded(body, person) for person in body["personalizations"]]


def _expanded(body: Mapping[str, Any], person: Mapping[str, Any]) -> dict[str, Any]:
    def put_in(text: str) -> str:
        for token, value in person.get("substitutions", {}).items():
            text = text.replace(token, value)
        return text

    content = {part["type"]: put_in(part["value"]) for part in body["content"]}
    return {
        "to": person["to"][0]["email"],
        "subject": put_in(body["subject"]),
        "text": content.get("text/plain", ""),
        "html": content.get("text/html", ""),
        "headers": person.get("headers", {}),
        "arguments": person.get("custom_args", {}),
    }


def _faults(body: Mapping[str, Any], rejects: set[str]) -> Iterator[tuple[str, str]]:
    people, content = body.get("personalizations"), body.get("content")
    if not isinstance(people, list) or not 1 <= len(people) <= 1_000:
        yield "personalizations", "The personalizations field is required and takes at most 1000 objects."
        return
    if not str(body.get("from", {}).get("email", "")).isascii() or "@" not in body["from"]["email"]:
        yield "from.email", "The from email does not contain a valid address."
    if not body.get("subject"):
        yield "subject", "The subject is required."
    if not content or [part["type"] for part in content] not in (["text/plain", "text/html"], ["text/html"]):
        yield "content", "If present, text/plain and text/html must be first, in this order."
    if not all(part.get("value") for part in content or ()):
        yield "content", "The content value must be a string at least one character in length."
    for number, person in enumerate(people):
        yield from ((f"personalizations.{number}.{field}", said) for field, said in _of_one(person, rejects))


def _of_one(person: Mapping[str, Any], rejects: set[str]) -> Iterator[tuple[str, str]]:
    to, values = person.get("to", []), person.get("substitutions", {})
    if len(to) != 1 or not _is_address(to[0].get("email", "")) or to[0]["email"] in rejects:
        yield "to.0.email", "Does not contain a valid address."
    elif set(to[0].get("name", "")) & set(",;"):
        yield "to.0.name", "The name must not contain commas or semicolons."
    if sum(len(f"{k}{v}".encode()) for k, v in values.items()) > 10_000:
        yield "substitutions", "The total size of substitutions may not exceed 10000 bytes."
    if not all(isinstance(value, str) for value in (*values.values(), *person.get("custom_args", {}).values())):
        yield "", "Bad Request"
    for name, value in person.get("headers", {}).items():
        if name.lower() in RESERVED or not f"{name}{value}".isascii():
            yield f"headers.{name}", "The header is reserved, or not encoded."


def _is_address(text: str) -> bool:
    return text.isascii() and text.count("@") == 1 and " " not in text

"""How Brevo answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID
from zlib import crc32

from publisher.clock import now
from publisher.model.event import EventKind
from publisher.senders.bodies import as_json
from publisher.testing.dialects.base import Accepted, Received, Response, with_password

TAG = re.compile(r"\{\{\s*params\.(\w+)\s*\}\}")


SAYS: Mapping[EventKind, str] = {
    EventKind.DELIVERED: "delivered",
    EventKind.DELAYED: "deferred",
    EventKind.SOFT_BOUNCE: "soft_bounce",
    EventKind.HARD_BOUNCE: "hard_bounce",
    EventKind.DROPPED: "blocked",
    EventKind.COMPLAINED: "spam",
    EventKind.UNSUBSCRIBED: "unsubscribe",
}


class BrevoDialect:
    """Brevo's transactional API: the whole request or nothing, and each key once; and its webhook."""

    event_secrets = ("brevo-p4ssword", "brevo-0ther")

    def __init__(self, api_key: str = "xkeysib-0123456789") -> None:
        self.api_key = api_key
        self.keys: set[str] = set()
        self.rejects: set[str] = set()
        self.events: list[dict[str, object]] = []  # what it can be asked about

    def answer(self, request: Received, number: int) -> Response:
        if request.headers.get("api-key") != self.api_key:
            return Response(401, {"code": "unauthorized", "message": "Key not found"})
        path = urlsplit(request.path)
        if (request.method, path.path) == ("GET", "/v3/smtp/statistics/events"):
            return self._listed(parse_qs(path.query))
        if (request.method, path.path) != ("POST", "/v3/smtp/email"):
            return Response(404, {"code": "document_not_found", "message": "route not found"})
        fault = (
            next(_faults(request.json, self.rejects), None)
            if isinstance(request.json, dict)
            else ("bad_request", "no JSON")
        )
        if fault:
            return Response(400, {"code": fault[0], "message": fault[1]})
        return self._take(request, number)

    def say(self, kind: EventKind, reference: str, secret: str = "") -> Received | None:
        event = {
            "event": SAYS[kind],
            "email": "reader1@example.org",
            "ts_epoch": int(now().timestamp() * 1_000),
            "message-id": f"<{crc32(reference.encode())}@smtp-relay.example>",
            "X-Mailin-custom": reference,
        }
        return self.sign(as_json(event), secret or self.event_secrets[0])

    def sign(self, body: bytes, secret: str) -> Received:
        return with_password(body, "brevo", secret)

    def _take(self, request: Received, number: int) -> Response:
        key = request.json["headers"]["idempotencyKey"]
        if key in self.keys:
            return Response(400, {"code": "duplicate_parameter", "message": "idempotencyKey was used already"})
        self.keys.add(key)
        to = [version["to"][0]["email"] for version in request.json["messageVersions"]]
        ids = [f"<{number}.{place}@smtp-relay.example>" for place in range(len(to))]
        rows = zip(to, ids, strict=True)
        tag = request.json["tags"][0]
        self.events += [
            {"email": address, "messageId": found, "event": "requests", "tag": tag} for address, found in rows
        ]
        taken = tuple(Accepted(address, key, found, request) for address, found in zip(to, ids, strict=True))
        return Response(201, {"messageIds": ids}, taken)

    def _listed(self, query: Mapping[str, list[str]]) -> Response:
        wanted = query.get("tags", [""])[0]
        return Response(200, {"events": [event for event in self.events if f'"{event["tag"]}"' in wanted]})


def expand_brevo(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the messages that a request means, one per version. A value is put in as it is."""
    return [_expanded(body, version) for version in body["messageVersions"]]


def _expanded(body: Mapping[str, Any], version: Mapping[str, Any]) -> dict[str, Any]:
    def put_in(part: str) -> str:
        text: str = version.get(part, body.get(part, ""))
        return TAG.sub(lambda tag: version["params"][tag[1]], text)

    return {
        "to": version["to"][0]["email"],
        "subject": put_in("subject"),
        "html": put_in("htmlContent"),
        "text": put_in("textContent"),
        "headers": version["headers"],
    }


def _faults(body: Mapping[str, Any], rejects: set[str]) -> Iterator[tuple[str, str]]:
    versions = body.get("messageVersions", [])
    if "@" not in body.get("sender", {}).get("email", ""):
        yield "missing_parameter", "sender is missing"
    if not body.get("subject") or not body.get("htmlContent"):
        yield "missing_parameter", "subject or htmlContent is missing"
    if "to" in body or not 1 <= len(versions) <= 1_000:
        yield "invalid_parameter", "messageVersions are 1 to 1000, without a `to` of their own"
    try:
        UUID(body.get("headers", {}).get("idempotencyKey", ""))
    except ValueError:
        yield "invalid_parameter", "idempotencyKey is not a UUID"
    if sum(len(str(version.get("params", ""))) for version in versions) > 1_000_000:
        yield "invalid_parameter", "params are larger than 1000 kB"
    for version in versions:
        yield from (("invalid_parameter", fault) for fault in _of_one(body, version, rejects))


def _of_one(body: Mapping[str, Any], version: Mapping[str, Any], rejects: set[str]) -> Iterator[str]:
    to = version.get("to", [])
    if len(to) != 1 or not re.fullmatch(r"[^@\s]+@[^@\s]+", to[0].get("email", "")) or to[0]["email"] in rejects:
        yield "email is not valid in to"
    shown = [version.get(part, body.get(part, "")) for part in ("subject", "htmlContent", "textContent")]
    if {tag for text in shown for tag in TAG.findall(text)} - version.get("params", {}).keys():
        yield "a placeholder without a value"
    if not all(f"{name}{value}".isascii() for name, value in version.get("headers", {}).items()):
        yield "a header outside ASCII would go out as it is"

"""How Mailgun answers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from email.utils import parseaddr
from urllib.parse import parse_qs, urlsplit

from publisher.clock import now
from publisher.model.event import EventKind
from publisher.senders.bodies import as_json
from publisher.testing.dialects.base import Accepted, Received, Response
from publisher.testing.merge import expand_mailgun

SAYS: Mapping[EventKind, Mapping[str, object]] = {
    EventKind.DELIVERED: {"event": "delivered"},
    EventKind.DELAYED: {"event": "failed", "severity": "temporary"},
    EventKind.SOFT_BOUNCE: {"event": "failed", "severity": "permanent", "reason": "old"},
    EventKind.HARD_BOUNCE: {"event": "failed", "severity": "permanent", "delivery-status": {"code": 550}},
    EventKind.DROPPED: {"event": "failed", "severity": "permanent", "reason": "suppress-bounce"},
    EventKind.COMPLAINED: {"event": "complained"},
    EventKind.UNSUBSCRIBED: {"event": "unsubscribed"},
}


class MailgunDialect:
    """Mailgun's messages API: the whole request or nothing; its list of events, oldest first; and its webhooks."""

    event_secrets = ("mailgun-signing-k3y", "mailgun-0ther-k3y")

    def __init__(self, domain: str = "mg.harbor.example", api_key: str = "key-0123456789") -> None:
        self.path, self.events_path = f"/v3/{domain}/messages", f"/v3/{domain}/events"
        self.taken: list[tuple[int, Received]] = []
        self.rejects: set[str] = set()
        self.credentials = "Basic " + base64.b64encode(f"api:{api_key}".encode()).decode()

    def answer(self, request: Received, number: int) -> Response:
        if not request.path.startswith("/v3/"):
            return Response(200, "Mailgun Magnificent API")
        if request.headers.get("authorization") != self.credentials:
            return Response(401, "Forbidden")
        if request.method == "GET" and urlsplit(request.path).path == self.events_path:
            return self._listed(parse_qs(urlsplit(request.path).query))
        if request.path != self.path:
            return Response(404, {"message": "Domain not found"})
        to = [parseaddr(value)[1] for name, value in request.form if name == "to"]
        if fault := self._fault(dict(request.form), to, request):
            return Response(400, {"message": fault})
        self.taken.append((number, request))
        taken = tuple(Accepted(address, "", f"{number}@mg", request) for address in dict.fromkeys(to))
        return Response(200, {"id": f"<{number}@mg>", "message": "Queued. Thank you."}, taken)

    def say(self, kind: EventKind, reference: str, secret: str = "") -> Received | None:
        about = {
            "timestamp": now().timestamp(),
            "recipient": "reader1@example.org",
            "message": {"headers": {"message-id": "1@mg"}},
            "user-variables": {"reference": reference},
        }
        return self.sign(as_json({"event-data": {**SAYS[kind], **about}}), secret or self.event_secrets[0])

    def sign(self, body: bytes, secret: str) -> Received:
        """Put a signature beside the event: it vouches for the time and a token, not for the event."""
        got = Received("POST", "", {"content-type": "application/json"}, body)
        if not isinstance(got.json, dict):
            return got
        timestamp = str(int(now().timestamp()))
        token = hashlib.sha256(json.dumps(got.json.get("event-data")).encode()).hexdigest()[:50]
        signed = hmac.new(secret.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
        signature = {"timestamp": timestamp, "token": token, "signature": signed}
        return replace(got, body=json.dumps({**got.json, "signature": signature}).encode())

    def _listed(self, query: dict[str, list[str]]) -> Response:
        if not {"begin", "ascending"} <= query.keys() or int(query["limit"][0]) > 300:
            return Response(400, {"message": "a range needs a direction, and a page holds 300 at most"})
        found = [
            {
                "event": "accepted",
                "recipient": message["to"],
                "user-variables": message["variables"],
                "message": {"headers": {"message-id": f"{number}@mg"}},
            }
            for number, request in self.taken
            for message in expand_mailgun(request.form)
            if [message["to"]] == query["recipient"]
        ]
        return Response(200, {"items": found[: int(query["limit"][0])], "paging": {}})

    def _fault(self, fields: dict[str, str], to: list[str], request: Received) -> str:
        extras = sum(len((k + v).encode()) for k, v in request.form if k[:2] in ("o:", "h:", "v:"))
        try:
            variables = json.loads(fields.get("recipient-variables", ""))
        except ValueError:
            variables = None
        if not all("@" in address and " " not in address for address in to) or not to or self.rejects & set(to):
            return "'to' parameter is not a valid address. please check documentation"
        if missing := {"from", "subject"} - fields.keys():
            return f"parameter is missing: {sorted(missing)}"
        if len(to) > 1_000 or extras > 16 * 1024:
            return "too many recipients or too large parameters"
        if len(to) > 1 and (not isinstance(variables, dict) or set(variables) != set(to)):
            return "readers would see one another: recipient-variables are missing or incomplete"
        return ""

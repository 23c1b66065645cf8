"""How Resend answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any

from publisher.clock import now
from publisher.model.event import EventKind
from publisher.senders.bodies import as_json
from publisher.testing.dialects.base import Accepted, Received, Response, standard_webhook

TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
ADDRESS = re.compile(r"[\x21-\x3f\x41-\x7e]+@[A-Za-z0-9.-]+")
KNOWN = {"from", "to", "subject", "html", "text", "reply_to", "headers", "tags", "cc", "bcc", "topic_id"}


SAYS: Mapping[EventKind, Mapping[str, object]] = {
    EventKind.DELIVERED: {"type": "email.delivered"},
    EventKind.DELAYED: {"type": "email.delivery_delayed"},
    EventKind.SOFT_BOUNCE: {"type": "email.bounced", "bounce": {"type": "Transient", "subType": "MailboxFull"}},
    EventKind.HARD_BOUNCE: {"type": "email.bounced", "bounce": {"type": "Permanent", "subType": "General"}},
    EventKind.DROPPED: {"type": "email.failed", "failed": {"reason": "domain_not_verified"}},
    EventKind.COMPLAINED: {"type": "email.complained"},
}


class ResendDialect:
    """Resend's batch API. Knows a key by its body: a repeat gets the first answer, other words under it a refusal."""

    event_secrets = ("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    def __init__(self, api_key: str = "re_k3y", *, permissive: bool = True) -> None:
        self.api_key, self.permissive = api_key, permissive
        self.by_key: dict[str, tuple[bytes, object]] = {}
        self.rejects: set[str] = set()

    def answer(self, request: Received, number: int) -> Response:
        key = request.headers.get("idempotency-key", "")
        if not request.headers.get("user-agent"):
            return Response(403, "error code: 1010")
        if request.headers.get("authorization") != f"Bearer {self.api_key}":
            return _refusal(403, "invalid_api_key", "API key is invalid")
        if (request.method, request.path) != ("POST", "/emails/batch"):
            return _refusal(404, "not_found", "The requested endpoint does not exist")
        if len(key) > 256:
            return _refusal(400, "invalid_idempotency_key", "The key must be between 1-256 chars")
        if key in self.by_key:
            body, first = self.by_key[key]
            if body != request.body:
                return _refusal(409, "invalid_idempotent_request", "This key was used with another payload")
            return Response(200, first)
        letters = request.json
        if not isinstance(letters, list) or not 1 <= len(letters) <= 100:
            return _refusal(422, "validation_error", "The batch must hold between 1 and 100 emails")
        faults = {place: fault for place, letter in enumerate(letters) if (fault := _fault(letter, self.rejects))}
        if faults and not (self.permissive and request.headers.get("x-batch-validation") == "permissive"):
            return _refusal(422, "validation_error", next(iter(faults.values())))
        taken = [place for place in range(len(letters)) if place not in faults]
        said: dict[str, object] = {"data": [{"id": f"re-{number}-{place}"} for place in taken]}
        if faults:
            said["errors"] = [{"index": place, "message": fault} for place, fault in faults.items()]
        self.by_key[key] = request.body, said
        return Response(
            200,
            said,
            tuple(Accepted(_bare(letters[place]["to"][0]), key, f"re-{number}-{place}", request) for place in taken),
        )

    def say(self, kind: EventKind, reference: str, secret: str = "") -> Received | None:
        if kind not in SAYS:
            return None
        word = dict(SAYS[kind])
        about = {"email_id": "re-1-0", "to": ["reader1@example.org"], "tags": {"reference": reference}}
        event = {"type": word.pop("type"), "created_at": now().isoformat(), "data": {**about, **word}}
        return self.sign(as_json(event), secret or self.event_secrets[0])

    def sign(self, body: bytes, secret: str) -> Received:
        return standard_webhook(body, secret, "svix")


def _fault(letter: Any, rejects: set[str]) -> str:
    if not isinstance(letter, dict) or set(letter) - KNOWN:
        return f"not supported in a batch: {sorted(set(letter) - KNOWN) if isinstance(letter, dict) else letter}"
    if missing := {"from", "to", "subject"} - letter.keys():
        return f"Missing `{sorted(missing)[0]}` field."
    if not isinstance(letter["to"], list) or not all(ADDRESS.fullmatch(_bare(each)) for each in letter["to"]):
        return "Invalid `to` field. The email address needs to follow the `email@example.com` format."
    if _bare(letter["to"][0]) in rejects:
        return "Invalid `to` field."
    if len(letter["to"]) != 1:
        return "more than one reader would see the others"
    if not ADDRESS.fullmatch(_bare(letter["from"])):
        return "Invalid `from` field."
    headers = letter.get("headers", {})
    if not all(isinstance(value, str) and f"{name}{value}".isascii() for name, value in headers.items()):
        return "Invalid `headers` field."
    if not all(TAG.fullmatch(tag["name"]) and TAG.fullmatch(tag["value"]) for tag in letter.get("tags", [])):
        return "Tags should only contain ASCII letters, numbers, underscores, or dashes"
    return ""


def _bare(mailbox: object) -> str:
    return parseaddr(str(mailbox))[1]


def _refusal(status: int, name: str, message: str) -> Response:
    return Response(status, {"statusCode": status, "name": name, "message": message})

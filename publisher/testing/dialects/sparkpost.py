"""How SparkPost answers."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from publisher.clock import now
from publisher.model.event import EventKind
from publisher.senders.bodies import as_json
from publisher.testing.dialects.base import Accepted, Received, Response, with_password

PLACEHOLDER = re.compile(r"\{\{\{\s*(\w+)\s*\}\}\}|\{\{\s*(\w+)\s*\}\}")
SAYS: Mapping[EventKind, Mapping[str, object]] = {
    EventKind.DELIVERED: {"type": "delivery"},
    EventKind.DELAYED: {"type": "delay", "error_code": "454"},
    EventKind.SOFT_BOUNCE: {"type": "bounce", "bounce_class": "22", "raw_reason": "452 mailbox full"},
    EventKind.HARD_BOUNCE: {"type": "bounce", "bounce_class": "10", "raw_reason": "550 5.1.1 no such user"},
    EventKind.DROPPED: {"type": "policy_rejection"},
    EventKind.COMPLAINED: {"type": "spam_complaint"},
    EventKind.UNSUBSCRIBED: {"type": "list_unsubscribe"},
}
THEIRS = {"from", "to", "cc", "bcc", "subject", "reply-to", "content-type", "content-transfer-encoding"}


class SparkPostDialect:
    """SparkPost's transmissions, where it counts those it rejects and doesn't say who they are; and its events."""

    event_secrets = ("sparkpost-p4ssword", "sparkpost-0ther")

    def __init__(self, api_key: str = "sparkpost-k3y") -> None:
        self.api_key = api_key
        self.rejects: set[str] = set()

    def answer(self, request: Received, number: int) -> Response:
        if request.headers.get("authorization") != self.api_key:
            return _refused(401, "Unauthorized.", "")
        if (request.method, request.path.rstrip("/")) != ("POST", "/api/v1/transmissions"):
            return _refused(404, "Resource could not be found", "1600")
        body = request.json
        if not isinstance(body, dict) or not body.get("recipients"):
            return _refused(400, "At least one recipient is required", "1400")
        if fault := _fault(body.get("content", {})) or _oversized(body["recipients"]):
            return _refused(422, fault, "1300")
        to = [recipient["address"]["email"] for recipient in body["recipients"]]
        good = [address for address in to if _is_address(address) and address not in self.rejects]
        counts = {
            "total_accepted_recipients": len(good),
            "total_rejected_recipients": len(to) - len(good),
            "id": f"tx{number}",
        }
        if not good:
            return Response(400, {"errors": [{"message": "invalid recipients", "code": "1400"}], "results": counts})
        return Response(200, {"results": counts}, tuple(Accepted(each, "", f"tx{number}", request) for each in good))

    def say(self, kind: EventKind, reference: str, secret: str = "") -> Received | None:
        about = {
            "event_id": f"{kind}-{reference}",
            "timestamp": str(int(now().timestamp())),
            "transmission_id": "tx1",
            "rcpt_to": "reader1@example.org",
            "rcpt_meta": {"reference": reference},
        }
        event = {"msys": {"message_event": {**SAYS[kind], **about}}}
        return self.sign(as_json([event]), secret or self.event_secrets[0])

    def sign(self, body: bytes, secret: str) -> Received:
        return with_password(body, "sparkpost", secret)


def expand_sparkpost(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the messages that a transmission means, one per recipient; what has no value is empty."""
    return [_expanded(body["content"], recipient) for recipient in body["recipients"]]


def _expanded(content: Mapping[str, Any], recipient: Mapping[str, Any]) -> dict[str, Any]:
    values = recipient.get("substitution_data", {})

    def put_in(text: str, escaped: bool = False) -> str:
        def value(found: re.Match[str]) -> str:
            plain = str(values.get(found[1] or found[2], ""))
            return html.escape(plain) if escaped and found[2] else plain

        return PLACEHOLDER.sub(value, text)

    return {
        "to": recipient["address"]["email"],
        "subject": put_in(content["subject"]),
        "text": put_in(content.get("text", "")),
        "html": put_in(content.get("html", ""), escaped=True),
        "headers": {name: put_in(value) for name, value in content.get("headers", {}).items()},
        "metadata": recipient.get("metadata", {}),
    }


def _fault(content: Mapping[str, Any]) -> str:
    if not content.get("from") or not content.get("subject"):
        return "required field is missing"
    if not content.get("text") and not content.get("html"):
        return "at least one of text or html needs to exist in content"
    headers = content.get("headers", {})
    if THEIRS & {name.lower() for name in headers}:
        return "a header may not be specified"
    written = [content["subject"], content.get("text", ""), content.get("html", ""), *headers.values()]
    if any("{{" in left or "}}" in left for left in (PLACEHOLDER.sub("", text) for text in written)):
        return "substitution language syntax error in template content"
    return ""


def _oversized(recipients: list[dict[str, Any]]) -> str:
    sizes = (len(str(each.get("substitution_data", ""))) for each in recipients)
    return "substitution data is larger than 100 kB" if max(sizes) > 102_400 else ""


def _is_address(text: str) -> bool:
    return text.isascii() and text.count("@") == 1 and " " not in text


def _refused(status: int, message: str, code: str) -> Response:
    return Response(status, {"errors": [{"message": message, "code": code}]})

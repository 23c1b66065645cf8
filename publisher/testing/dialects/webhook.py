"""How a receiver of Standard Webhooks answers."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from publisher.clock import now
from publisher.model.event import EventKind
from publisher.senders.bodies import as_json
from publisher.testing.dialects.base import Accepted, Received, Response, Trouble, standard_webhook


class WebhookDialect:
    """A receiver of Standard Webhooks. Takes each ``webhook-id`` once, and says afterwards what became of letters."""

    event_secrets = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")

    def __init__(self, secret: str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") -> None:  # noqa: S107 - a fake's
        self.key = base64.b64decode(secret.removeprefix("whsec_"))
        self.seen: set[str] = set()
        self.posts: dict[str, str] = {}  # its own ids, by ours
        self.rejects: set[str] = set()

    def standing(self) -> list[str]:
        return list(self.posts.values())

    def befall(self, trouble: Trouble, request: Received) -> Sequence[Response]:
        return WORDS.get(trouble, ())

    def answer(self, request: Received, number: int) -> Response:
        key, body = request.headers.get("webhook-id", ""), request.json
        if not self._is_signed(request):
            return Response(401, {"error": "signature doesn't match"})
        if not isinstance(body, dict):
            return Response(400, {"error": "not a JSON object"})
        if key in self.seen:
            return Response(200, {"id": key})
        self.seen.add(key)
        if "messages" in body:
            return self._take_batch(request, key)
        if body.get("type") == "post.withdrawn":
            self.posts.pop(body["data"]["id"], None)
            return Response(200, {"id": key})
        if body.get("type") == "post.published":
            self.posts[body["data"]["id"]] = key
        to = body["recipients"][0]["email"] if "recipients" in body else body["data"]["account"]
        return Response(200, {"id": key}, (Accepted(to, key, key, request),))

    def say(self, kind: EventKind, reference: str, secret: str = "") -> Received | None:
        event = {"type": kind, "reference": reference, "email": "reader1@example.org", "at": now().isoformat()}
        return self.sign(as_json([event]), secret or self.event_secrets[0])

    def sign(self, body: bytes, secret: str) -> Received:
        return standard_webhook(body, secret)

    def _take_batch(self, request: Received, key: str) -> Response:
        readers = [letter["recipients"][0] for letter in request.json["messages"]]
        statuses = ["rejected" if reader["email"] in self.rejects else "accepted" for reader in readers]
        results = [{"id": reader["id"], "status": said} for reader, said in zip(readers, statuses, strict=True)]
        taken = (each["email"] for each, said in zip(readers, statuses, strict=True) if said == "accepted")
        return Response(200, {"results": results}, tuple(Accepted(address, key, key, request) for address in taken))

    def _is_signed(self, request: Received) -> bool:
        head = ".".join(request.headers.get(name, "") for name in ("webhook-id", "webhook-timestamp"))
        signed = hmac.digest(self.key, f"{head}.".encode() + request.body, hashlib.sha256)
        expected = "v1," + base64.b64encode(signed).decode()
        return expected in request.headers.get("webhook-signature", "").split()


WORDS = {
    Trouble.REVOKED: (Response(401, {"error": "unknown secret"}),),
    Trouble.SUSPENDED: (Response(403, {"error": "closed"}), Response(410, {"error": "gone"})),
    Trouble.BLOCKED_LINK: (Response(422, {"error": "this link is blocked"}),),
}  # an error inside a success is none: any 2xx accepts (Standard Webhooks)

"""How a receiver of Standard Webhooks answers."""

from __future__ import annotations

import base64
import hashlib
import hmac

from publisher.testing.dialects.base import Accepted, Received, Response


class WebhookDialect:
    """A receiver of Standard Webhooks. Knows a repeat by its ``webhook-id`` and takes it once."""

    def __init__(self, secret: str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") -> None:  # noqa: S107 - a fake's
        self.key = base64.b64decode(secret.removeprefix("whsec_"))
        self.seen: set[str] = set()

    def answer(self, request: Received, number: int) -> Response:
        key, body = request.headers.get("webhook-id", ""), request.json
        if not self._is_signed(request):
            return Response(401, {"error": "signature doesn't match"})
        if not isinstance(body, dict):
            return Response(400, {"error": "not a JSON object"})
        if key in self.seen:
            return Response(200, {"id": key})
        self.seen.add(key)
        letters = body.get("messages", [body])
        to = [r["email"] for letter in letters for r in letter.get("recipients", ())] or [body["data"]["account"]]
        return Response(200, {"id": key}, tuple(Accepted(address, key, key, request) for address in to))

    def _is_signed(self, request: Received) -> bool:
        head = ".".join(request.headers.get(name, "") for name in ("webhook-id", "webhook-timestamp"))
        signed = hmac.digest(self.key, f"{head}.".encode() + request.body, hashlib.sha256)
        expected = "v1," + base64.b64encode(signed).decode()
        return expected in request.headers.get("webhook-signature", "").split()

"""How Mailpit answers."""

from __future__ import annotations

from typing import ClassVar

from publisher.testing.dialects.base import Accepted, Received, Response


class MailpitDialect:
    """Mailpit's HTTP send API."""

    forbidden: ClassVar = {"to", "from", "cc", "bcc", "reply-to", "date", "subject", "content-type", "mime-version"}

    def answer(self, request: Received, number: int) -> Response:
        body = request.json
        if (request.method, request.path) != ("POST", "/api/v1/send"):
            return Response(404, {"Error": "page not found"})
        if not isinstance(body, dict) or "@" not in body.get("From", {}).get("Email", "") or not body.get("To"):
            return Response(400, {"Error": "invalid message"})
        if bad := self.forbidden & {name.lower() for name in body.get("Headers", {})}:
            return Response(400, {"Error": f"header not allowed: {sorted(bad)}"})
        taken = tuple(Accepted(to["Email"], "", f"mp{number}", request) for to in body["To"])
        return Response(200, {"ID": f"mp{number}"}, taken)

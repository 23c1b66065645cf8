"""How a receiver of Apprise's Custom JSON notifications answers: the service of Apprise's that needs nobody else."""

from __future__ import annotations

from publisher.model.message import PostRules
from publisher.model.post_size import length
from publisher.testing.dialects.base import Accepted, Received, Response

NEEDED = {"version", "title", "message", "attachments", "type"}


class AppriseDialect:
    """One receiver with a key in its path. It knows no repeats, and names nothing that it took."""

    def __init__(self, key: str = "apprise-k3y", *, limit: int = 1_000) -> None:
        self.path, self.rules = f"/{key}", PostRules("apprise", limit, unit="utf16")

    def answer(self, request: Received, number: int) -> Response:
        body = request.json
        if (request.method, request.path) != ("POST", self.path):
            return Response(404, "")
        if not isinstance(body, dict) or body.keys() != NEEDED or body["title"] or body["attachments"]:
            return Response(400, "")
        if not str(body["message"]).strip() or length(body["message"], self.rules) > self.rules.limit:
            return Response(413, "")
        return Response(200, "", (Accepted("@gazette@news.example", "", str(number), request),))

"""How Mastodon answers."""

from __future__ import annotations

from publisher.testing.dialects.base import Accepted, Received, Response


class MastodonDialect:
    """Mastodon's statuses API. Remembers a key, and answers a repeat with the first status, whatever its body."""

    def __init__(self, token: str = "mastodon-t0ken", *, limit: int = 500, honours_keys: bool = True) -> None:  # noqa: S107 - a fake's
        self.token, self.limit, self.honours_keys = token, limit, honours_keys
        self.statuses: dict[str, dict[str, object]] = {}
        self.by_key: dict[str, str] = {}

    def standing(self) -> list[str]:
        return list(self.statuses)

    def answer(self, request: Received, number: int) -> Response:
        body, key = request.json, request.headers.get("idempotency-key", "")
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Response(401, {"error": "The access token is invalid"})
        if request.method == "DELETE":
            return self._removed(request)
        if (request.method, request.path) != ("POST", "/api/v1/statuses"):
            return Response(404, {"error": "Record not found"})
        if self.honours_keys and key in self.by_key:
            return Response(200, self.statuses[self.by_key[key]])
        if not isinstance(body, dict) or not str(body.get("status", "")).strip():
            return Response(422, {"error": "Validation failed: Text can't be blank"})
        if len(str(body["status"])) > self.limit:
            return Response(422, {"error": f"Validation failed: Text character limit of {self.limit} exceeded"})
        if (parent := body.get("in_reply_to_id")) and parent not in self.statuses:
            return Response(404, {"error": "The post you are trying to reply to does not appear to exist."})
        made = str(110_000 + number)
        self.by_key[key] = made
        self.statuses[made] = {**body, "id": made, "url": f"https://news.example/@gazette/{made}"}
        return Response(200, self.statuses[made], (Accepted("@gazette@news.example", key, made, request),))

    def _removed(self, request: Received) -> Response:
        status = self.statuses.pop(request.path.removeprefix("/api/v1/statuses/"), None)
        if status is None or request.body:
            return Response(404, {"error": "Record not found"})
        self.by_key = {key: made for key, made in self.by_key.items() if made != status["id"]}
        return Response(200, {**status, "text": status["status"]})

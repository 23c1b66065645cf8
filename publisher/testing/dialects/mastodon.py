"""How Mastodon answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from publisher.testing.dialects.base import Accepted, Received, Response, Shown, Trouble, type_of


class MastodonDialect:
    """Mastodon's statuses API. Remembers a key, and answers a repeat with the first status, whatever its body."""

    requests_per_upload = 1

    def __init__(self, token: str = "mastodon-t0ken", *, limit: int = 500, honours_keys: bool = True) -> None:  # noqa: S107 - a fake's
        self.token, self.limit, self.honours_keys = token, limit, honours_keys
        self.instance: object = {  # what it says of itself
            "version": "4.5.2",
            "configuration": {"statuses": {"max_characters": limit, "characters_reserved_per_url": 23}},
        }
        self.statuses: dict[str, dict[str, object]] = {}
        self.by_key: dict[str, str] = {}
        self.media: dict[str, Shown] = {}
        self.works_on = 0  # looks at a picture until it is ready
        self.refuses_pictures = False
        self.shown: dict[str, Shown] = {}
        self.attached: dict[str, str] = {}  # pictures' ids, by those of statuses

    def standing(self) -> list[str]:
        return list(self.statuses)

    def words(self) -> dict[str, str]:
        return {made: str(status["status"]) for made, status in self.statuses.items()}

    def befall(self, trouble: Trouble, request: Received) -> Sequence[Response]:
        return WORDS.get(trouble, ())

    def answer(self, request: Received, number: int) -> Response:
        if (request.method, request.path) == ("GET", "/api/v2/instance"):
            return Response(200, self.instance)
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Response(401, {"error": "The access token is invalid"})
        if (request.method, request.path) == ("POST", "/api/v2/media"):
            return self._take_picture(request, number)
        if request.method == "GET" and request.path.startswith("/api/v1/media/"):
            return self._about_picture(request.path.rpartition("/")[2], 206)
        if request.method == "DELETE":
            return self._removed(request)
        if request.method == "PUT":
            return self._edited(request)
        if (request.method, request.path) == ("GET", "/api/v1/accounts/verify_credentials"):
            return Response(200, {"id": "4711", "username": "gazette", "acct": "gazette"})
        if (request.method, request.path) != ("POST", "/api/v1/statuses"):
            return Response(404, {"error": "Record not found"})
        return self._take(request, number)

    def counts(self, left: int, until: datetime) -> dict[str, str]:
        reset = f"{until.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        return {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": str(left), "X-RateLimit-Reset": reset}

    def uploads(self, method: str, path: str) -> bool:
        return path.startswith(("/api/v2/media", "/api/v1/media/"))

    def _take(self, request: Received, number: int) -> Response:
        body, key = request.json, request.headers.get("idempotency-key", "")
        if self.honours_keys and key in self.by_key:
            return Response(200, self.statuses[self.by_key[key]])
        if complaint := self._complaint(body):
            return Response(422, {"error": f"Validation failed: {complaint}"})
        if (parent := body.get("in_reply_to_id")) and parent not in self.statuses:
            return Response(404, {"error": "The post you are trying to reply to does not appear to exist."})
        if not set(body.get("media_ids", ())) <= self.media.keys():
            return Response(422, {"error": "Validation failed: Media attachments were not found or already attached"})
        if body.get("media_ids") and self.works_on:
            return Response(
                422, {"error": "Cannot attach files that have not finished processing. Try again in a moment!"}
            )
        made = str(110_000 + number)
        self.by_key[key] = made
        self.statuses[made] = {**body, "id": made, "url": f"https://news.example/@gazette/{made}"}
        if pictures := body.get("media_ids"):
            self.shown[made], self.attached[made] = self.media.pop(pictures[0]), pictures[0]
        return Response(200, self.statuses[made], (Accepted("@gazette@news.example", key, made, request),))

    def _complaint(self, body: Any) -> str:
        if not isinstance(body, dict) or not str(body.get("status", "")).strip():
            return "Text can't be blank"
        is_long = len(str(body["status"])) > self.limit
        return f"Text character limit of {self.limit} exceeded" if is_long else ""

    def _edited(self, request: Received) -> Response:
        """Give a status other words; a picture that isn't named again is taken away."""
        made, body = request.path.removeprefix("/api/v1/statuses/"), request.json
        if made not in self.statuses:
            return Response(404, {"error": "Record not found"})
        if complaint := self._complaint(body):
            return Response(422, {"error": f"Validation failed: {complaint}"})
        if not set(body) <= {"status", "language", "media_ids"}:
            return Response(422, {"error": "Validation failed: a field that no correction of ours has"})
        if not set(body.get("media_ids", ())) <= {self.attached.get(made)}:
            return Response(422, {"error": "Validation failed: Media attachments were not found or already attached"})
        if not body.get("media_ids"):
            self.shown.pop(made, None)
        self.statuses[made] |= body
        return Response(200, self.statuses[made])

    def _removed(self, request: Received) -> Response:
        status = self.statuses.pop(request.path.removeprefix("/api/v1/statuses/"), None)
        if status is None or request.body:
            return Response(404, {"error": "Record not found"})
        self.by_key = {key: made for key, made in self.by_key.items() if made != status["id"]}
        return Response(200, {**status, "text": status["status"]})

    def _take_picture(self, request: Received, number: int) -> Response:
        file, said = request.parts.get("file"), request.parts.get("description")
        if file is None or self.refuses_pictures or not file.type or type_of(file.content) != file.type:
            return Response(422, {"error": "Validation failed: File content type is invalid"})
        if len(file.content) > 16_777_216 or (said and len(said.text) > 1_500):
            return Response(422, {"error": "Validation failed: File or description is too large"})
        made = str(220_000 + number)
        self.media[made] = Shown(file.content, said.text if said else "")
        return self._about_picture(made, 202)

    def _about_picture(self, number: str, working: int) -> Response:
        if number not in self.media:
            return Response(404, {"error": "Record not found"})
        if self.works_on:
            self.works_on -= 1
            return Response(working, {"id": number, "type": "image", "url": None})
        return Response(200, {"id": number, "type": "image", "url": f"https://files.news.example/{number}.jpg"})


WORDS = {
    Trouble.REVOKED: (Response(401, {"error": "The access token was revoked"}),),
    Trouble.SUSPENDED: (Response(403, {"error": "Your login is currently disabled"}),),
    Trouble.BLOCKED_LINK: (Response(422, {"error": "Validation failed: Text has a link that is not allowed here"}),),
    Trouble.INSIDE_A_SUCCESS: (Response(200, {"error": "This action is not allowed"}),),
}

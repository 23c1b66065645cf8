"""How Discord answers, to a webhook and to a bot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from publisher.clock import now
from publisher.testing.dialects.base import Accepted, Received, Response, Shown, Trouble, type_of

WEBHOOK = {"content", "allowed_mentions", "flags", "attachments"}
MOST = 10 * 1024 * 1024  # bytes of a file
BOT = WEBHOOK | {"nonce", "enforce_nonce", "message_reference"}


class DiscordDialect:
    """One channel with one webhook and one bot. A bot's nonce is taken once, a webhook's post as often as it comes."""

    requests_per_upload = 0

    def __init__(self, token: str = "discord-t0ken") -> None:  # noqa: S107 - a fake's
        self.hook, self.bot = f"/api/v10/webhooks/4711/{token}", f"Bot {token}"
        self.messages: dict[str, dict[str, Any]] = {}
        self.refuses_pictures = False
        self.shown: dict[str, Shown] = {}

    def counts(self, left: int, until: datetime) -> dict[str, str]:
        after = f"{(until - now()).total_seconds():.3f}"
        resets = {"X-RateLimit-Reset": f"{until.timestamp():.3f}", "X-RateLimit-Reset-After": after}
        return {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": str(left), "X-RateLimit-Bucket": "a1b2", **resets}

    def uploads(self, method: str, path: str) -> bool:
        return False

    def standing(self) -> list[str]:
        return list(self.messages)

    def words(self) -> dict[str, str]:
        return {made: message["content"] for made, message in self.messages.items()}

    def befall(self, trouble: Trouble, request: Received) -> Sequence[Response]:
        is_webhook = request.path.startswith("/api/v10/webhooks/")
        return {**WORDS, **(OF_WEBHOOK if is_webhook else {})}.get(trouble, ())

    def answer(self, request: Received, number: int) -> Response:
        path, query = urlsplit(request.path).path, parse_qs(urlsplit(request.path).query)
        if path.startswith("/api/v10/webhooks/"):
            return self._of_webhook(request, path, query, number)
        if request.method in ("DELETE", "PATCH"):
            is_bot = request.headers.get("authorization") == self.bot
            return self._changed(request, path, "/api/v10/channels/815") if is_bot else _no(401, "401: Unauthorized", 0)
        if path not in ("/api/v10/users/@me", "/api/v10/channels/815", "/api/v10/channels/815/messages"):
            return _no(404, "404: Not Found", 0)
        if request.headers.get("authorization") != self.bot:
            return _no(401, "401: Unauthorized", 0)
        if request.method == "GET":
            listed = [message for key, message in self.messages.items() if int(key) > int(query.get("after", ["0"])[0])]
            known = {"@me": {"id": "99", "bot": True, "username": "gazette"}, "815": {"id": "815", "name": "news"}}
            return Response(200, known.get(path.rpartition("/")[2], listed[:100][::-1]))
        return self._take(request, BOT, number)

    def _of_webhook(self, request: Received, path: str, query: dict[str, list[str]], number: int) -> Response:
        is_change = request.method in ("DELETE", "PATCH") and path.startswith(f"{self.hook}/")
        if is_change and not query.keys() - {"thread_id"}:
            return self._changed(request, path, self.hook)
        if path != self.hook:
            wrong = path.rsplit("/", 1)[0] == self.hook.rsplit("/", 1)[0]
            return _no(401, "Invalid Webhook Token", 50027) if wrong else _no(404, "Unknown Webhook", 10015)
        if request.method == "GET":
            return Response(200, {"id": "4711", "name": "Gazette", "channel_id": "815", "guild_id": "99"})
        said = self._take(request, WEBHOOK, number)
        return said if query.get("wait") == ["true"] or said.status != 200 else Response(204, "", said.accepted)

    def _changed(self, request: Received, path: str, place: str) -> Response:
        """Take a message down, or give it other words; a list of attachments would be of those that stay."""
        made = path.removeprefix(f"{place}/messages/")
        if made not in self.messages:
            return _no(404, "Unknown Message", 10008)
        if request.method == "DELETE":
            del self.messages[made]
            return Response(204, "")
        body = request.json
        if not isinstance(body, dict) or body.keys() != {"content", "allowed_mentions"}:
            return _no(400, "Invalid Form Body", 50035)
        if complaint := _complaint(body["content"]):
            return complaint
        self.messages[made]["content"] = body["content"]
        return Response(200, self.messages[made])

    def _take(self, request: Received, fields: set[str], number: int) -> Response:
        body, shown = _said(request)
        if request.method != "POST" or not isinstance(body, dict) or not body.keys() <= fields:
            return _no(400, "Invalid Form Body", 50035)
        if shown and len(shown.content) > MOST:
            return _no(413, "Request entity too large", 40005)
        is_wrong = shown is not None and (self.refuses_pictures or len(shown.alt) > 1_024)
        if is_wrong or ("attachments" in body) != (shown is not None):
            return _no(400, "Invalid Form Body", 50035)
        content, nonce, parent = body.get("content"), body.get("nonce", ""), body.get("message_reference")
        if complaint := _complaint(content):
            return complaint
        if len(nonce) > 25 or (parent and parent["message_id"] not in self.messages):
            return _no(400, "Invalid Form Body", 50035)
        known = next((each for each in self.messages.values() if nonce and each["nonce"] == nonce), None)
        if known and body.get("enforce_nonce"):
            return Response(200, known)
        made = str(((int(now().timestamp() * 1_000) - 1_420_070_400_000) << 22) + number)  # its numbers are times
        author = {"id": "99" if "nonce" in body else "4711"}
        self.messages[made] = {"id": made, "channel_id": "815", "author": author, "content": content, "nonce": nonce}
        if shown:
            self.shown[made] = shown
        return Response(200, self.messages[made], (Accepted("@gazette@news.example", nonce, made, request),))


def _complaint(content: object) -> Response | None:
    if not isinstance(content, str) or not content.strip():
        return _no(400, "Cannot send an empty message", 50006)
    if len(content.encode("utf-16-le")) // 2 > 2_000:
        too_long = {"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length."}
        return _no(400, "Invalid Form Body", 50035, content={"_errors": [too_long]})
    return None


def _said(request: Received) -> tuple[Any, Shown | None]:
    """Return a message and its picture, whichever way they came; nothing where neither is as it should be."""
    if request.headers.get("content-type") == "application/json":
        return request.json, None
    form, file = request.parts.get("payload_json"), request.parts.get("files[0]")
    body = json.loads(form.text) if form and file and type_of(file.content) == file.type else None
    about = body.get("attachments", [{}])[0] if isinstance(body, dict) else {}
    if file is None or (about.get("id"), about.get("filename")) != (0, file.name):
        return None, None
    return body, Shown(file.content, about.get("description", ""))


def _no(status: int, words: str, code: int, **errors: object) -> Response:
    return Response(status, {"message": words, "code": code, **({"errors": errors} if errors else {})})


LINK = "Message blocked by harmful links filter"
WORDS = {
    Trouble.REVOKED: (_no(401, "401: Unauthorized", 0),),
    Trouble.SUSPENDED: (_no(403, "You need to verify your account in order to perform this action.", 40002),),
    Trouble.BLOCKED_LINK: (
        *(_no(status, LINK, 240000) for status in (400, 403)),  # which of them isn't said
        *(_no(status, "Message was blocked by automatic moderation", 200000) for status in (400, 403)),
    ),
    Trouble.INSIDE_A_SUCCESS: (Response(200, {"message": "Unknown Channel", "code": 10003}),),
}
OF_WEBHOOK = {Trouble.REVOKED: (_no(401, "Invalid Webhook Token", 50027), _no(404, "Unknown Webhook", 10015))}

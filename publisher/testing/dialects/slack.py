"""How Slack answers, to an incoming webhook and to a bot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from publisher.clock import Clock
from publisher.testing.dialects.base import Accepted, Received, Response, Trouble

WEBHOOK = {"text", "unfurl_links", "unfurl_media"}
BOT = WEBHOOK | {"channel", "thread_ts", "metadata"}
KIND = "application/json; charset=utf-8"
METHODS = {
    "auth.test",
    "chat.postMessage",
    "chat.update",
    "chat.delete",
    "conversations.history",
    "conversations.replies",
}
CHANGES = {"chat.delete": {"channel", "ts"}, "chat.update": {"channel", "ts", "text"}}  # and what they have to say
MADE_AT = datetime.fromtimestamp(1_795_500_000, UTC)  # every message, while nobody sets the clock


class SlackDialect:
    """One channel with one webhook and one bot. Both take the same text as often as it comes."""

    def __init__(self, token: str = "xoxb-slack-t0ken", *, hook: str = "T1/B2/slackt0ken") -> None:  # noqa: S107 - a fake's
        self.hook, self.bot = f"/services/{hook}", f"Bearer {token}"
        self.scopes = "chat:write,channels:history"
        self.clock: Clock = lambda: MADE_AT
        self.messages: dict[str, dict[str, Any]] = {}

    def standing(self) -> list[str]:
        return list(self.messages)

    def words(self) -> dict[str, str]:
        return {ts: message["text"] for ts, message in self.messages.items()}

    def befall(self, trouble: Trouble, request: Received) -> Sequence[Response]:
        words = OF_WEBHOOK if request.path.startswith("/services/") else WORDS
        return words.get(trouble, ())

    def answer(self, request: Received, number: int) -> Response:
        parts = urlsplit(request.path)
        if parts.path.startswith("/services/"):
            return self._of_webhook(request, number)
        method = parts.path.removeprefix("/api/")
        if method not in METHODS:
            return _no("unknown_method")
        if request.headers.get("authorization") != self.bot:
            return _no("invalid_auth" if "authorization" in request.headers else "not_authed")
        if method == "auth.test":
            body = {"ok": True, "team": "Harbor", "user": "gazette", "bot_id": "B1"}
            return Response(200, body, headers={"x-oauth-scopes": self.scopes})
        if method.startswith("conversations"):
            return self._listed(method, parse_qs(parts.query))
        if method in CHANGES:
            return self._changed(request, CHANGES[method])
        return self._of_bot(request, number)

    def _of_webhook(self, request: Received, number: int) -> Response:
        body = request.json
        if request.path != self.hook:
            return Response(404, "no_service")
        if request.method != "POST" or not isinstance(body, dict) or not body.keys() <= WEBHOOK:
            return Response(400, "invalid_payload")
        if not str(body.get("text", "")).strip():
            return Response(400, "no_text")
        return Response(200, "ok", (Accepted("@gazette@news.example", "", str(number), request),))

    def _of_bot(self, request: Received, number: int) -> Response:
        body = request.json
        if request.headers.get("content-type") != KIND or not isinstance(body, dict) or not body.keys() <= BOT:
            return _no("invalid_arguments")
        if body.get("channel") != "C0HARBOR":
            return _no("channel_not_found")
        if not str(body.get("text", "")).strip():
            return _no("no_text")
        if len(body["text"]) > 40_000:
            return _no("msg_too_long")
        if (parent := body.get("thread_ts")) and parent not in self.messages:
            return _no("thread_not_found")
        ts = f"{int(self.clock().timestamp())}.{number:06}"
        self.messages[ts] = {key: body[key] for key in body if key != "channel"} | {"ts": ts}
        taken = Accepted("@gazette@news.example", "", ts, request)
        return Response(200, {"ok": True, "channel": "C0HARBOR", "ts": ts, "message": self.messages[ts]}, (taken,))

    def _changed(self, request: Received, fields: set[str]) -> Response:
        """Take a message down, or give it other words."""
        body = request.json
        if request.headers.get("content-type") != KIND or not isinstance(body, dict) or body.keys() != fields:
            return _no("invalid_arguments")
        if body["channel"] != "C0HARBOR":
            return _no("channel_not_found")
        if body["ts"] not in self.messages:
            return _no("message_not_found")
        if "text" not in fields:
            del self.messages[body["ts"]]
        elif not str(body["text"]).strip():
            return _no("no_text")
        else:
            self.messages[body["ts"]]["text"] = body["text"]
        return Response(200, {"ok": True, "channel": "C0HARBOR", "ts": body["ts"]})

    def _listed(self, method: str, asked: dict[str, list[str]]) -> Response:
        if asked["channel"] != ["C0HARBOR"]:
            return _no("channel_not_found")
        root, oldest = asked.get("ts", [""])[0], float(asked.get("oldest", ["0"])[0])
        is_there = (lambda m: m.get("thread_ts", m["ts"]) == root) if root else (lambda m: "thread_ts" not in m)
        rows = [m for m in reversed(self.messages.values()) if is_there(m) and float(m["ts"]) > oldest]
        with_all, limit = asked.get("include_all_metadata") == ["true"], int(asked.get("limit", ["100"])[0])
        shown = [m if with_all else {**m, "metadata": None} for m in rows[:limit]]
        return Response(200, {"ok": True, "messages": shown})


def _no(error: str) -> Response:
    return Response(200, {"ok": False, "error": error})


WORDS = {
    Trouble.REVOKED: (_no("token_revoked"), _no("token_expired"), _no("invalid_auth")),
    Trouble.SUSPENDED: tuple(
        _no(error)
        for error in (
            *("account_inactive", "access_denied", "accesslimited", "ekm_access_denied", "enterprise_is_restricted"),
            *("org_login_required", "team_access_not_granted", "two_factor_setup_required"),
        )
    ),
    Trouble.INSIDE_A_SUCCESS: (_no("msg_too_long"), _no("an_error_that_is_new")),
}
OF_WEBHOOK = {
    Trouble.REVOKED: (Response(403, "invalid_token"), Response(404, "no_service")),
    Trouble.SUSPENDED: (Response(403, "action_prohibited"), Response(404, "no_team")),
    Trouble.INSIDE_A_SUCCESS: (Response(200, "no_text"),),
}

"""How X's API v2 answers."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from publisher.clock import Clock
from publisher.model.message import PostRules
from publisher.model.post_size import length, urls_in
from publisher.senders.oauth1 import Keys, authorization
from publisher.testing.dialects.base import Accepted, Received, Response, Shown, Trouble, type_of

PROBLEMS = "https://api.x.com/2/problems"
FIELDS, FORM = {"text", "reply", "media"}, {"media", "media_category"}
MADE_AT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)  # every post, while nobody sets the clock


class XDialect:
    """One account with an app's keys and a token. The same words a second time are refused."""

    requests_per_upload = 2

    def __init__(self, keys: Keys | None = None, *, token: str = "x-oauth2-t0ken", limit: int = 280) -> None:  # noqa: S107 - a fake's
        self.keys = keys or Keys("x-4pp", "x-4pp-secret", "x-t0ken", "x-t0ken-secret")
        self.token, self.rules = token, PostRules("x", limit, unit="weighted")
        self.may = "read-write"
        self.clock: Clock = lambda: MADE_AT
        self.posts: dict[str, dict[str, Any]] = {}
        self.made_at: dict[str, datetime] = {}
        self.media: dict[str, Shown] = {}
        self.refuses_pictures = False
        self.shown: dict[str, Shown] = {}

    def standing(self) -> list[str]:
        return list(self.posts)

    def befall(self, trouble: Trouble, request: Received) -> Sequence[Response]:
        return WORDS.get(trouble, ())

    def answer(self, request: Received, number: int) -> Response:
        parts = urlsplit(request.path)
        if not self._is_known(request):
            return _no(401, "Unauthorized", "about:blank")
        if (request.method, parts.path) == ("GET", "/2/users/me"):
            body = {"data": {"id": "4711", "username": "harborgazette"}}
            return Response(200, body, headers={"x-access-level": self.may})
        if (request.method, parts.path) == ("GET", "/2/users/4711/tweets"):
            return self._listed(parse_qs(parts.query))
        if (request.method, parts.path) == ("POST", "/2/media/upload"):
            return self._take_picture(request, number)
        if (request.method, parts.path) == ("POST", "/2/media/metadata"):
            return self._describe(request.json)
        if request.method == "DELETE" and parts.path.startswith("/2/tweets/"):
            return self._removed(parts.path.removeprefix("/2/tweets/"))
        if (request.method, parts.path) != ("POST", "/2/tweets"):
            return _no(404, "Not Found", "about:blank")
        return self._taken(request, number)

    def counts(self, left: int, until: datetime) -> dict[str, str]:
        reset = str(int(until.timestamp()))
        return {"x-rate-limit-limit": "100", "x-rate-limit-remaining": str(left), "x-rate-limit-reset": reset}

    def uploads(self, method: str, path: str) -> bool:
        return path.startswith("/2/media/")

    def _take_picture(self, request: Received, number: int) -> Response:
        file, category = request.parts.get("media"), request.parts.get("media_category")
        if file is None or category is None or category.text != "tweet_image" or request.parts.keys() > FORM:
            return _no(400, "One or more parameters to your request was invalid.", f"{PROBLEMS}/invalid-request")
        if self.refuses_pictures or type_of(file.content) != file.type or len(file.content) > 5_242_880:
            return _no(400, "media type unrecognized.", f"{PROBLEMS}/invalid-request")
        made = str(1_880_000_000_000_000_000 + number)
        self.media[made] = Shown(file.content, "")
        return Response(200, {"data": {"id": made, "media_key": f"3_{made}", "expires_after_secs": 86_400}})

    def _describe(self, said: Any) -> Response:
        media, text = (said["id"], said["metadata"]["alt_text"]["text"]) if isinstance(said, dict) else ("", "")
        if media not in self.media or not 0 < len(text) <= 1_000:
            return _no(400, "The alt_text is not valid.", f"{PROBLEMS}/invalid-request")
        self.media[media] = Shown(self.media[media].content, text)
        return Response(200, {"data": {"id": media, "associated_metadata": said["metadata"]}})

    def _taken(self, request: Received, number: int) -> Response:
        body = request.json
        if not isinstance(body, dict) or not body.keys() <= FIELDS or not str(body.get("text", "")).strip():
            return _no(400, "One or more parameters to your request was invalid.", f"{PROBLEMS}/invalid-request")
        if length(body["text"], self.rules) > self.rules.limit:
            return _no(400, "Your Tweet text is too long.", f"{PROBLEMS}/invalid-request")
        if any(post["text"] == body["text"] for post in self.posts.values()):
            return _no(403, "You are not allowed to create a Tweet with duplicate content.", "about:blank")
        parent = body.get("reply", {}).get("in_reply_to_tweet_id")
        if parent is not None and parent not in self.posts:
            return _no(403, "You attempted to reply to a Tweet that is deleted or not visible to you.", "about:blank")
        pictures = body.get("media", {}).get("media_ids", [])
        if not set(pictures) <= self.media.keys():
            return _no(400, "Your media IDs are invalid.", f"{PROBLEMS}/invalid-request")
        made = str(1_990_000_000_000_000_000 + number)
        self.posts[made], self.made_at[made] = body, self.clock()
        if pictures:
            self.shown[made] = self.media[pictures[0]]
        answer = {"data": {"id": made, "text": body["text"], "edit_history_post_ids": [made]}}
        return Response(201, answer, (Accepted("@gazette@news.example", "", made, request),))

    def _removed(self, number: str) -> Response:
        if self.posts.pop(number, None) is None:
            return _no(404, "Could not find tweet", f"{PROBLEMS}/resource-not-found")
        return Response(200, {"data": {"deleted": True}})

    def _is_known(self, request: Received) -> bool:
        said = request.headers.get("authorization", "")
        if said == f"Bearer {self.token}":
            return True
        given = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', said)}
        if not given.get("oauth_timestamp", "").isdecimal():
            return False
        url = f"http://{request.headers['host']}{request.path}"
        at = datetime.fromtimestamp(int(given["oauth_timestamp"]), UTC)
        return said == authorization(self.keys, request.method, url, at, given.get("oauth_nonce", ""))

    def _listed(self, asked: dict[str, list[str]]) -> Response:
        if not asked.keys() <= {"max_results", "tweet.fields", "start_time"}:
            return _no(400, "One or more parameters to your request was invalid.", f"{PROBLEMS}/invalid-request")
        since = datetime.fromisoformat(asked.get("start_time", ["2006-03-21T00:00:00Z"])[0])
        rows = [
            _row(made, post["text"], made in self.shown)
            for made, post in reversed(self.posts.items())
            if since <= self.made_at[made]
        ][: int(asked.get("max_results", ["10"])[0])]
        return Response(200, {"data": rows, "meta": {"result_count": len(rows)}} if rows else {"meta": {}})


def _row(made: str, text: str, has_picture: bool) -> dict[str, object]:
    """Return a post as X lists it: escaped, with short addresses, and the whole of a long one beside it.

    A picture has an address of its own after the words.
    """
    urls: list[dict[str, str]] = []
    for number, (start, stop) in reversed(list(enumerate(urls_in(text)))):
        short = f"https://t.co/{made[-6:]}{number}"
        urls.append({"url": short, "expanded_url": text[start:stop]})
        text = text[:start] + short + text[stop:]
    if has_picture:
        picture = {"url": f"https://t.co/{made[-6:]}p", "media_key": f"3_{made}"}
        urls.append({**picture, "expanded_url": f"https://x.com/harborgazette/status/{made}/photo/1"})
        text = f"{text} {picture['url']}"
    said, entities = html.escape(text, quote=False), {"urls": urls}
    row: dict[str, object] = {"id": made, "text": said, "entities": entities}
    if len(text) > 280:
        row |= {"text": said[:275] + "…", "note_tweet": {"text": said, "entities": entities}}
    return row


def _no(status: int, detail: str, kind: str) -> Response:
    return Response(status, {"title": "Problem", "detail": detail, "type": kind, "status": status})


WORDS = {
    Trouble.REVOKED: (_no(401, "Unauthorized", "about:blank"),),
    Trouble.SUSPENDED: (
        _no(403, "Your account is suspended and is not permitted to access this feature.", "about:blank"),
    ),
    Trouble.BLOCKED_LINK: (_no(400, "The Tweet contains an invalid URL.", f"{PROBLEMS}/invalid-request"),),
    Trouble.INSIDE_A_SUCCESS: (Response(200, {"errors": [{"title": "Forbidden", "detail": "Not permitted"}]}),),
}

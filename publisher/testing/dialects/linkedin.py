"""How LinkedIn's Posts API answers."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from publisher.testing.dialects.base import Accepted, Received, Response

NEEDED = {"author", "commentary", "visibility", "distribution", "lifecycleState", "isReshareDisabledByAuthor"}
ESCAPED = re.compile(r"\\[\\|{}@\[\]()<>#*_~]")
BARE = re.compile(r"[\\|{}@\[\]()<>*_~]|#(?!\w)|(?<=\S)#")


class LinkedInDialect:
    """One member. The same words a second time are refused, and the first post is named."""

    def __init__(self, token: str = "linkedin-t0ken", *, author: str = "urn:li:person:h4rbor") -> None:  # noqa: S107 - a fake's
        self.token, self.author = token, author
        self.posts: dict[str, dict[str, Any]] = {}

    def standing(self) -> list[str]:
        return list(self.posts)

    def answer(self, request: Received, number: int) -> Response:
        said, body = request.headers, request.json
        if said.get("authorization") != f"Bearer {self.token}":
            return _no(401, "Invalid access token", "REVOKED_ACCESS_TOKEN")
        is_removal = request.method == "DELETE" and request.path.startswith("/rest/posts/urn%3Ali%3Ashare%3A")
        if not is_removal and (request.method, request.path) != ("POST", "/rest/posts"):
            return _no(404, "No virtual resource found", "RESOURCE_NOT_FOUND")
        if said.get("linkedin-version") != "202601":
            return _no(426, "Requested version is not active", "NONEXISTENT_VERSION")
        if said.get("x-restli-protocol-version") != "2.0.0" or said.get("content-type") != "application/json":
            return _no(400, "Syntax exception in the headers", "ILLEGAL_ARGUMENT")
        if is_removal:
            return self._removed(request)
        if not isinstance(body, dict) or not body.keys() >= NEEDED or not body.keys() <= NEEDED | {"content"}:
            return _no(422, "Unpermitted fields present", "UNPERMITTED_FIELDS")
        if body["author"] != self.author:
            return _no(403, "Organization permissions must be used", "ACCESS_DENIED")
        if complaint := _complaint(body):
            return _no(422, complaint, "INVALID_VALUE")
        if urn := next((urn for urn, post in self.posts.items() if post == body), ""):
            return _no(422, f"Content is a duplicate of {urn}", "DUPLICATE_POST", inside=True)
        urn = f"urn:li:share:{7_400_000 + number}"
        self.posts[urn] = body
        return Response(201, "", (Accepted("@gazette@news.example", "", urn, request),), {"x-restli-id": urn})

    def _removed(self, request: Received) -> Response:
        if request.headers.get("x-restli-method") != "DELETE" or request.body:
            return _no(400, "Method mismatch", "ILLEGAL_ARGUMENT")
        self.posts.pop(unquote(request.path.removeprefix("/rest/posts/")), None)  # deleting is idempotent there
        return Response(204, "")


def _complaint(body: dict[str, Any]) -> str:
    shown = ESCAPED.sub("x", body["commentary"])
    article = body.get("content", {}).get("article")
    if not shown.strip():
        return "commentary is empty"
    if BARE.search(shown):
        return "commentary has markup that can't be read"
    if len(shown.encode("utf-16-le")) // 2 > 3_000:
        return "commentary is longer than 3000"
    if article is not None and not (article.get("source") and article.get("title")):
        return "an article needs source and title"
    return ""


def _no(status: int, message: str, code: str, *, inside: bool = False) -> Response:
    said: dict[str, object] = {"status": status, "message": message, "code": code}
    if inside:
        said = {**said, "code": "UNPROCESSABLE_ENTITY"}
        said["errorDetails"] = {"inputErrors": [{"code": code, "description": message}]}
    return Response(status, said)

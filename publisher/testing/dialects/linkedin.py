"""How LinkedIn's Posts API answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from publisher.testing.dialects.base import Accepted, Received, Response, Shown, Trouble, type_of

NEEDED = {"author", "commentary", "visibility", "distribution", "lifecycleState", "isReshareDisabledByAuthor"}
ESCAPED = re.compile(r"\\[\\|{}@\[\]()<>#*_~]")
BARE = re.compile(r"[\\|{}@\[\]()<>*_~]|#(?!\w)|(?<=\S)#")


class LinkedInDialect:
    """One member. The same words a second time are refused, and the first post is named."""

    requests_per_upload = 2

    def __init__(self, token: str = "linkedin-t0ken", *, author: str = "urn:li:person:h4rbor") -> None:  # noqa: S107 - a fake's
        self.token, self.author = token, author
        self.posts: dict[str, dict[str, Any]] = {}
        self.images: dict[str, bytes] = {}
        self.refuses_pictures = False
        self.shown: dict[str, Shown] = {}

    def standing(self) -> list[str]:
        return list(self.posts)

    def words(self) -> dict[str, str]:
        return {urn: post["commentary"] for urn, post in self.posts.items()}

    def befall(self, trouble: Trouble, request: Received) -> Sequence[Response]:
        return WORDS.get(trouble, ())

    def answer(self, request: Received, number: int) -> Response:
        said = request.headers
        if said.get("authorization") != f"Bearer {self.token}":
            return _no(401, "Invalid access token", "REVOKED_ACCESS_TOKEN")
        if (request.method, request.path) == ("GET", "/v2/userinfo"):
            return Response(200, {"sub": self.author.rpartition(":")[2], "name": "Ann Harbor"})
        if request.method == "PUT" and request.path.startswith("/dms-uploads/"):
            return self._put(request, f"urn:li:image:C4E{request.path.removeprefix('/dms-uploads/')}")
        if said.get("linkedin-version") != "202601":
            return _no(426, "Requested version is not active", "NONEXISTENT_VERSION")
        if said.get("x-restli-protocol-version") != "2.0.0":
            return _no(400, "Syntax exception in the headers", "ILLEGAL_ARGUMENT")
        if request.method == "GET" and request.path.startswith("/rest/images/"):
            return self._look_at(unquote(request.path.removeprefix("/rest/images/")))
        if said.get("content-type") != "application/json":
            return _no(400, "Syntax exception in the headers", "ILLEGAL_ARGUMENT")
        if (request.method, request.path) == ("POST", "/rest/images?action=initializeUpload"):
            return self._place(request)
        if request.method == "DELETE" and request.path.startswith("/rest/posts/urn%3Ali%3Ashare%3A"):
            return self._removed(request)
        if request.method == "POST" and request.path.startswith("/rest/posts/urn%3Ali%3Ashare%3A"):
            return self._edited(request)
        if (request.method, request.path) != ("POST", "/rest/posts"):
            return _no(404, "No virtual resource found", "RESOURCE_NOT_FOUND")
        return self._post(request, number)

    def uploads(self, method: str, path: str) -> bool:
        return path.startswith(("/rest/images", "/dms-uploads/"))

    def _post(self, request: Received, number: int) -> Response:
        body = request.json
        if not isinstance(body, dict) or not body.keys() >= NEEDED or not body.keys() <= NEEDED | {"content"}:
            return _no(422, "Unpermitted fields present", "UNPERMITTED_FIELDS")
        if body["author"] != self.author:
            return _no(403, "Organization permissions must be used", "ACCESS_DENIED")
        content = body.get("content", {})
        if complaint := _complaint(body) or self._complaint_of_picture(content):
            return _no(422, complaint, "INVALID_VALUE")
        if urn := next((urn for urn, post in self.posts.items() if post == body), ""):
            return _no(422, f"Content is a duplicate of {urn}", "DUPLICATE_POST", inside=True)
        urn = f"urn:li:share:{7_400_000 + number}"
        self.posts[urn] = body
        if image := _image_in(content):
            alt = content.get("media", {}).get("altText", "")
            self.shown[urn] = Shown(self.images[image], alt, "article" in content)
        return Response(201, "", (Accepted("@gazette@news.example", "", urn, request),), {"x-restli-id": urn})

    def _removed(self, request: Received) -> Response:
        if request.headers.get("x-restli-method") != "DELETE" or request.body:
            return _no(400, "Method mismatch", "ILLEGAL_ARGUMENT")
        self.posts.pop(unquote(request.path.removeprefix("/rest/posts/")), None)  # deleting is idempotent there
        return Response(204, "")

    def _edited(self, request: Received) -> Response:
        """Give a post other words; nothing else of it can be changed so."""
        urn, body = unquote(request.path.removeprefix("/rest/posts/")), request.json
        said = body.get("patch", {}).get("$set", {}) if isinstance(body, dict) else {}
        if request.headers.get("x-restli-method") != "PARTIAL_UPDATE" or body != {"patch": {"$set": said}}:
            return _no(400, "Method mismatch", "ILLEGAL_ARGUMENT")
        if urn not in self.posts:
            return _no(404, f"{urn} not found", "RESOURCE_NOT_FOUND")
        if said.keys() != {"commentary"} or (complaint := _complaint({**self.posts[urn], **said})):
            return _no(422, complaint if said.keys() == {"commentary"} else "Unpermitted fields", "INVALID_VALUE")
        self.posts[urn] = {**self.posts[urn], **said}
        return Response(204, "")

    def _place(self, request: Received) -> Response:
        if request.json != {"initializeUploadRequest": {"owner": self.author}}:
            return _no(403, "Organization permissions must be used", "ACCESS_DENIED")
        image = f"urn:li:image:C4E{len(self.images) + 1}"
        self.images[image] = b""
        url = f"http://{request.headers['host']}/dms-uploads/{len(self.images)}"
        return Response(200, {"value": {"uploadUrlExpiresAt": 1, "uploadUrl": url, "image": image}})

    def _put(self, request: Received, image: str) -> Response:
        kind = type_of(request.body)
        if image not in self.images:
            return _no(404, "There is no such place", "RESOURCE_NOT_FOUND")
        if self.refuses_pictures or not kind or kind != request.headers.get("content-type"):
            return _no(400, "The picture can't be read", "INVALID_VALUE")
        self.images[image] = request.body
        return Response(201, "")

    def _look_at(self, image: str) -> Response:
        """Tell an organisation of its picture; a member may only write."""
        if ":person:" in self.author:
            return _no(403, "Not enough permissions to access: images.GET", "ACCESS_DENIED")
        return Response(200, {"id": image, "status": "AVAILABLE" if self.images.get(image) else "WAITING_UPLOAD"})

    def _complaint_of_picture(self, content: dict[str, Any]) -> str:
        image = _image_in(content)
        return "" if image is None or self.images.get(image) else f"{image} is no picture of {self.author}"


def _image_in(content: dict[str, Any]) -> str | None:
    found: str | None = content.get("media", {}).get("id") or content.get("article", {}).get("thumbnail")
    return found


def _complaint(body: dict[str, Any]) -> str:
    shown = ESCAPED.sub("x", body["commentary"])
    content = body.get("content", {})
    article = content.get("article")
    if not shown.strip():
        return "commentary is empty"
    if BARE.search(shown):
        return "commentary has markup that can't be read"
    if len(shown.encode("utf-16-le")) // 2 > 3_000:
        return "commentary is longer than 3000"
    if content and len(content.keys() & {"article", "media"}) != 1:
        return "content is one thing"
    if article is not None and not (article.get("source") and article.get("title")):
        return "an article needs source and title"
    return ""


def _no(status: int, message: str, code: str, *, inside: bool = False) -> Response:
    said: dict[str, object] = {"status": status, "message": message, "code": code}
    if inside:
        said = {**said, "code": "UNPROCESSABLE_ENTITY"}
        said["errorDetails"] = {"inputErrors": [{"code": code, "description": message}]}
    return Response(status, said)


WORDS = {
    Trouble.REVOKED: (
        _no(401, "The token used in the request has been revoked by the user", "REVOKED_ACCESS_TOKEN"),
        _no(401, "The token used in the request has expired", "EXPIRED_ACCESS_TOKEN"),
    ),
    Trouble.SUSPENDED: (_no(403, "Member is restricted", "ACCESS_DENIED"),),
    Trouble.BLOCKED_LINK: (_no(422, "The link is blocked", "INVALID_VALUE", inside=True),),
    Trouble.INSIDE_A_SUCCESS: (
        Response(200, {"status": 422, "message": "commentary is too long", "code": "INVALID_VALUE"}),
        Response(201, ""),
    ),
}

"""How the Threads API answers."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlsplit

from publisher.model.message import PostRules
from publisher.model.post_size import length, urls_in
from publisher.testing.dialects.base import Accepted, Received, Response, Trouble

RULES = PostRules("threads", 500, unit="codepoints", emoji_as_bytes=True)
FIELDS = {"media_type", "text", "link_attachment", "reply_to_id", "access_token"}


class ThreadsDialect:
    """One account. A container is published once; lists name posts, but no answers among them."""

    def __init__(self, token: str = "threads-t0ken", *, user: str = "4711") -> None:  # noqa: S107 - a fake's
        self.user = user
        self.tokens = [token]  # those that are good
        self.renews = True  # False: a token that is younger than a day, or that Threads won't renew
        self.may_publish = True
        self.containers: dict[str, dict[str, str]] = {}
        self.posts: dict[str, dict[str, str]] = {}

    def befall(self, trouble: Trouble, request: Received) -> Sequence[Response]:
        return WORDS.get(trouble, ())

    def prepares(self, method: str, path: str) -> bool:
        return method == "GET" or path.endswith("/threads")

    def standing(self) -> list[str]:
        return list(self.posts)

    def answer(self, request: Received, number: int) -> Response:
        parts = urlsplit(request.path)
        said = dict(parse_qsl(request.body.decode(errors="replace") if request.method == "POST" else parts.query))
        if said.get("access_token") not in self.tokens:
            return _no(190, "Error validating access token: Session has expired", 401)
        if (request.method, parts.path) == ("GET", "/refresh_access_token"):
            return self._renewed(said, number)
        place = parts.path.removeprefix("/v1.0/")
        if (request.method, place) == ("POST", f"{self.user}/threads"):
            return self._prepared(said, number)
        if (request.method, place) == ("POST", f"{self.user}/threads_publish"):
            return self._published(said, request, number)
        if (request.method, place) == ("GET", self.user):
            return Response(200, {"id": self.user, "username": "harborgazette"})
        if (request.method, place) == ("GET", f"{self.user}/threads_publishing_limit"):
            if not self.may_publish:
                return _no(10, "Application does not have permission for this action", 403)
            return Response(200, {"data": [{"quota_usage": 0}]})
        if (request.method, place) == ("GET", f"{self.user}/threads"):
            rows = [post for post in reversed(self.posts.values()) if "reply_to_id" not in post]
            return Response(200, {"data": [_shown(post) for post in rows[: int(said.get("limit", "25"))]]})
        if request.method == "GET" and place in self.containers:
            return Response(200, {"id": place, "status": self.containers[place]["status"]})
        if request.method == "GET" and place in self.posts:
            return Response(200, _shown(self.posts[place]))
        if request.method == "DELETE" and self.posts.pop(place, None) is not None:
            return Response(200, {"success": True, "deleted_id": place})
        if request.method == "DELETE":
            return _no(100, "Unsupported delete request. Object does not exist", subcode=33)
        return _no(24, "The requested resource does not exist")

    def _renewed(self, said: dict[str, str], number: int) -> Response:
        if said.keys() != {"grant_type", "access_token"} or said["grant_type"] != "th_refresh_token" or not self.renews:
            return _no(100, "Invalid parameter")
        self.tokens.append(f"renewed-t0ken-{number}")
        return Response(200, {"access_token": self.tokens[-1], "token_type": "bearer", "expires_in": 5_184_000})

    def _prepared(self, said: dict[str, str], number: int) -> Response:
        if not said.keys() <= FIELDS or said.get("media_type") != "TEXT" or not said.get("text", "").strip():
            return _no(100, "Invalid parameter")
        if length(said["text"], RULES) > RULES.limit:
            return _no(100, "Param text must be at most 500 characters long.")
        links = {said["text"][start:stop] for start, stop in urls_in(said["text"])} | {said.get("link_attachment", "")}
        if len(links - {""}) > 5:
            return _no(100, "THREADS_API__LINK_LIMIT_EXCEEDED")
        if said.get("reply_to_id", next(iter(self.posts), "")) not in {*self.posts, ""}:
            return _no(100, "The post that is answered is not there")
        made = str(17_000_000 + number)
        kept = {name: said[name] for name in said if name != "access_token"}
        self.containers[made] = {**kept, "status": "FINISHED"}
        return Response(200, {"id": made})

    def _published(self, said: dict[str, str], request: Received, number: int) -> Response:
        container = self.containers.get(said.get("creation_id", ""))
        if said.keys() != {"creation_id", "access_token"} or container is None or container["status"] != "FINISHED":
            return _no(24, "The requested resource does not exist")
        made = str(18_000_000 + number)
        container["status"] = "PUBLISHED"
        self.posts[made] = {**container, "id": made, "permalink": f"https://www.threads.net/@gazette/post/D{made}"}
        taken = Accepted("@gazette@news.example", "", made, Received("POST", "", {}, container["text"].encode()))
        return Response(200, {"id": made}, (taken,))


def _shown(post: dict[str, str]) -> dict[str, str]:
    return {name: post[name] for name in ("id", "text", "permalink")}


def _no(code: int, message: str, status: int = 400, *, subcode: int = 0) -> Response:
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A"}
    return Response(status, {"error": {**error, "error_subcode": subcode} if subcode else error})


REVOKED = "Error validating access token: The user has not authorized application 4711."
WORDS = {
    Trouble.REVOKED: (_no(190, REVOKED, subcode=458), _no(190, REVOKED, 401)),
    Trouble.SUSPENDED: (
        _no(190, "Error validating access token: The user is in a checkpoint", subcode=459),
        _no(-1, "The action was blocked", 403, subcode=2_207_051),
    ),
    Trouble.BLOCKED_LINK: (_no(368, "It includes content that others have reported as abusive.", subcode=1_346_003),),
    Trouble.INSIDE_A_SUCCESS: (_no(190, REVOKED, 200), _no(100, "Invalid parameter", 200)),
}

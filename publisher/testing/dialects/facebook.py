"""How the Graph API answers for a Page of Facebook's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from publisher.clock import Clock, now
from publisher.model.message import PostRules
from publisher.model.post_size import length
from publisher.testing.dialects.base import Accepted, Received, Response, Trouble

RULES = PostRules("facebook", 63_206, unit="utf16")
MADE_AT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)  # every post, while nobody sets the clock
LISTED = {"fields", "limit", "since", "access_token"}


class FacebookDialect:
    """One Page. The words that it said last are refused a second time."""

    def __init__(self, token: str = "facebook-t0ken", *, page: str = "4711") -> None:  # noqa: S107 - a fake's
        self.token, self.page = token, page
        self.clock: Clock = lambda: MADE_AT
        self.posts: dict[str, dict[str, str]] = {}
        self.hidden: set[str] = set()  # addresses that Facebook can't look at

    def standing(self) -> list[str]:
        return list(self.posts)

    def counts(self, left: int, until: datetime) -> dict[str, str]:
        """Return what stands on every answer, in percent; how many minutes are to be waited is 0 for who isn't late."""
        minutes = 0 if left else int((until - now()) / timedelta(minutes=1) + 0.5)
        share: dict[str, object] = {"call_count": 100 - left, "total_cputime": 12, "total_time": 9}
        of_page = {**share, "type": "pages", "estimated_time_to_regain_access": minutes}
        return {"X-App-Usage": json.dumps(share), "X-Business-Use-Case-Usage": json.dumps({self.page: [of_page]})}

    def words(self) -> dict[str, str]:
        return {made: post["message"] for made, post in self.posts.items()}

    def befall(self, trouble: Trouble, request: Received) -> Sequence[Response]:
        return WORDS.get(trouble, ())

    def answer(self, request: Received, number: int) -> Response:
        parts = urlsplit(request.path)
        asked = dict(parse_qsl(parts.query))
        said = dict(parse_qsl(request.body.decode(errors="replace"))) if request.method == "POST" else asked
        if said.get("access_token") != self.token or (said is not asked and "access_token" in asked):
            return _no(190, "Error validating access token: Session has expired", 401, subcode=463)
        if (request.method, parts.path) == ("GET", f"/v25.0/{self.page}/feed") and asked.keys() <= LISTED:
            return self._listed(asked)
        if (request.method, parts.path) == ("GET", f"/v25.0/{self.page}"):
            return Response(200, {"id": self.page, "name": "Harbor Gazette"})
        if (request.method, parts.path) == ("POST", f"/v25.0/{self.page}/feed"):
            return self._taken(said, asked, request, number)
        if request.method == "POST" and (made := parts.path.removeprefix("/v25.0/")) in self.posts:
            return self._edited(made, said, asked)
        if request.method == "DELETE" and self.posts.pop(parts.path.removeprefix("/v25.0/"), None) is not None:
            return Response(200, {"success": True})
        return _no(100, f"Unsupported {request.method.lower()} request.", subcode=33)

    def _taken(self, said: dict[str, str], asked: dict[str, str], request: Received, number: int) -> Response:
        if asked != {"fields": "id,permalink_url"} or not said.keys() <= {"message", "link", "access_token"}:
            return _no(100, "Invalid parameter")
        if complaint := _complaint(said.get("message", "")):
            return _no(100, complaint)
        if said.get("link", "") in self.hidden:
            return _no(100, "The url could not be scraped.", subcode=1_609_005)
        if self.posts and next(reversed(self.posts.values()))["message"] == said["message"]:
            return _no(506, "Duplicate status message")
        made = f"{self.page}_{12_000_000 + number}"
        self.posts[made] = {
            "id": made,
            "message": said["message"],
            "permalink_url": f"https://www.facebook.com/{made.replace('_', '/posts/')}",
            "created_time": f"{self.clock():%Y-%m-%dT%H:%M:%S}+0000",
        }
        answer = {"id": made, "permalink_url": self.posts[made]["permalink_url"]}
        return Response(200, answer, (Accepted("@gazette@news.example", "", made, request),))

    def _edited(self, made: str, said: dict[str, str], asked: dict[str, str]) -> Response:
        if asked or said.keys() != {"message", "access_token"}:
            return _no(100, "Invalid parameter")
        if complaint := _complaint(said["message"]):
            return _no(100, complaint)
        self.posts[made]["message"] = said["message"]
        return Response(200, {"success": True})

    def _listed(self, asked: dict[str, str]) -> Response:
        limit = int(asked.get("limit", 25))
        if not 1 <= limit <= 100:
            return _no(100, "(#100) limit must be at most 100")
        fields = asked["fields"].split(",")
        since = datetime.fromtimestamp(int(asked.get("since", 0)), UTC)
        posts = [
            post for post in reversed(self.posts.values()) if since <= datetime.fromisoformat(post["created_time"])
        ]
        return Response(200, {"data": [{name: post[name] for name in fields} for post in posts[:limit]]})


def _complaint(message: str) -> str:
    if not message.strip():
        return "(#100) Missing message or attachment"
    is_long = length(message, RULES) > RULES.limit
    return "Param message must be shorter than 63206 characters." if is_long else ""


def _no(code: int, message: str, status: int = 400, *, subcode: int = 0) -> Response:
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A"}
    return Response(status, {"error": {**error, "error_subcode": subcode} if subcode else error})


REVOKED = "Error validating access token: The user has not authorized application 4711."
ABUSIVE = "Your message couldn't be sent because it includes content that others have reported as abusive."
WORDS = {
    Trouble.REVOKED: tuple(_no(190, REVOKED, subcode=subcode) for subcode in (458, 460, 463, 467)),
    Trouble.SUSPENDED: (
        _no(190, "Error validating access token: The user is in a checkpoint", subcode=459),
        _no(368, "The action attempted has been deemed abusive or is otherwise disallowed"),
        _no(200, "Permissions error", 403),
    ),
    Trouble.BLOCKED_LINK: tuple(_no(368, ABUSIVE, subcode=subcode) for subcode in (1_346_003, 1_404_102)),
    Trouble.INSIDE_A_SUCCESS: (_no(190, REVOKED, 200), _no(100, "Invalid parameter", 200)),
}

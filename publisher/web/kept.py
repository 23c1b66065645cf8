"""Answers that anybody may keep for a while, and then ask only whether they have changed."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from publisher.store.media import digest_of

FOR = 300  # seconds: an edition that is taken back is gone for everybody after that


def kept(request: Request, answer: Response, *, is_found: bool) -> Response:
    """Return an answer with its ETag, or that it has not changed (RFC 9110).

    :param is_found: search engines may name it.
    """
    etag = f'"{digest_of(bytes(answer.body))[:32]}"'
    answer.headers["ETag"] = etag
    answer.headers["Cache-Control"] = f"public, max-age={FOR}"
    answer.headers["X-Robots-Tag"] = "all" if is_found else "noindex"
    if etag not in request.headers.get("If-None-Match", ""):
        return answer
    said = {name: answer.headers[name] for name in ("ETag", "Cache-Control", "X-Robots-Tag")}
    return Response(status_code=304, headers=said)

"""What stands before every page: who may ask by which name, how much they may send, and what every answer carries."""

from __future__ import annotations

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from publisher.web.faces import face_of, heard_of, host_of
from publisher.web.headers import COMMON, policy
from publisher.web.pages import Pages
from publisher.web.places import SIGNED, is_for_readers, is_loopback, is_open

log = structlog.get_logger()

SMALL_BODY = 64 * 1024  # bytes: forms
ARTICLE_BODY = 1024 * 1024  # bytes: an article without its pictures, or schedules.yaml
LONG = ("/api/", "/articles/", "/editions/", "/breaking", "/schedules/")  # below these people write texts
EVENTS_BODY = 10 * 1024 * 1024  # bytes: hundreds of events in one request
INBOX_BODY = 25 * 1024 * 1024  # bytes: a mail with its pictures
FROM_ANYWHERE = ("/u/", "/webhooks/", "/subscribe/", "/api/subscriptions")  # what pages of others may ask for by POST
EVERYWHERE = [
    (name.lower().encode(), value.encode()) for name, value in {**COMMON, "Content-Security-Policy": policy()}.items()
]


class Guard:
    """Wraps the pages; an exception becomes a page, never a traceback."""

    def __init__(self, app: ASGIApp, *, pages: Pages) -> None:
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        answer = _Answer(send)
        refusal = self._refusal(scope)
        body = await _read(receive, _cap(scope["path"]))
        if refusal is None and body is None:
            limit = f"{_cap(scope['path']) // 1024:,} KB"
            refusal = (413, "This is too large", f"Not more than {limit} can be sent to this address.")
        if refusal is not None:
            await self._pages.trouble(*refusal, path=scope["path"])(scope, receive, answer)
            return
        await self._serve(scope, _replay(body or b"", receive), answer)

    async def _serve(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            await self._app(scope, receive, answer)
        except Exception:
            log.exception("page_failed", path=_without_tokens(scope["path"]))
            if answer.begun:
                raise  # too late for words; the server cuts the connection
            words = "This is a fault of Publisher. The terminal where it runs says more."
            await self._pages.trouble(500, "This page could not be made", words, path=scope["path"])(
                scope, receive, answer
            )

    def _refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        """Return status, title and words for a request that is not for us; None for one that is."""
        headers = Headers(scope=scope)
        if "\0" in scope["path"] and not is_for_readers(scope["path"]):  # whose pages say what they always say
            return 404, "There is no such page", "Check the address."
        if b"%00" in scope["query_string"]:
            return 400, "This can’t be asked", "A character in the address is none: NUL."
        host = host_of(headers.get("host", ""))
        if not host:
            return 400, "Which host?", "The request names no host."
        face = face_of(scope)
        if face is None and is_loopback(host) and heard_of(scope).is_passed_on:
            # A web server in front that hides the readers' own name would open the console to them.
            return 421, "This is not the address", "Let the web server in front pass the Host that readers used."
        if face is None:
            return 421, "This is not the address", f"Nothing is served under the name {host}."
        if face.is_public and not is_open(scope["path"]):
            return 404, "There is no such page", "Check the address."
        if scope["method"] == "POST" and not scope["path"].startswith(FROM_ANYWHERE) and _is_foreign(headers):
            return 403, "Not from another site", "A page of another site asked for this."
        return None


class _Answer:
    """Passes an answer on, with the headers that every answer carries."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            said = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *(each for each in EVERYWHERE if each[0] not in said)]
        await self._send(message)


def _is_foreign(headers: Headers) -> bool:
    """Say whether a page of another site sent this: browsers say so, old ones by its Origin alone."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("none", "same-origin")
    origin = headers.get("origin", "null")  # "null" is our own pages' too: they send no referrer
    return origin != "null" and origin.partition("://")[2] != headers.get("host")


def _cap(path: str) -> int:
    if path.startswith("/inbox/"):
        return INBOX_BODY
    if path.startswith("/webhooks/"):
        return EVENTS_BODY
    return ARTICLE_BODY if path.startswith(LONG) else SMALL_BODY


async def _read(receive: Receive, cap: int) -> bytes | None:
    """Return the whole body; None where it is larger than the cap. What is too much is read and thrown away."""
    parts: list[bytes] = []
    size, more = 0, True
    while more and size <= 4 * INBOX_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        size += len(message.get("body", b""))
        if size <= cap:
            parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts) if size <= cap else None


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again


def _without_tokens(path: str) -> str:
    signed = next((start for start in SIGNED if path.startswith(start)), None)
    return path if signed is None else f"{signed}…"

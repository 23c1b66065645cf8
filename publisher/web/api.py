"""The interface by which other systems hand us articles, and take them back: ``/api/articles`` with a token."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Literal

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from fastapi.security import HTTPBearer
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from publisher.app import pushing
from publisher.errors import SourceError
from publisher.model.project import Source
from publisher.web.acts import refusals
from publisher.web.allowance import Allowance
from publisher.web.openapi import SHAPES, body_of

if TYPE_CHECKING:
    from publisher.app import App

log = structlog.get_logger()


class Pushed(BaseModel):
    """What became of an article."""

    article: int = Field(description="Its number in the ledger.")
    outcome: Literal["taken", "known", "revised"]
    reason: str
    notes: list[str] = Field(description="What of it mails can't show.")


class Withdrawn(BaseModel):
    """An article that no edition will carry any more."""

    article: int
    outcome: Literal["withdrawn"]


PER_MINUTE = 120  # articles of one source
WRONG_PER_MINUTE = 10  # tokens that nobody has
STATUS = {"taken": 201, "known": 200, "revised": 200, "refused": 409}
BEARER = HTTPBearer(scheme_name="source", description="The token of a push source.", auto_error=False)
NEW: dict[int | str, dict[str, Any]] = {201: {"model": Pushed, "description": "It is new."}}
TAKEN = NEW | refusals(400, 401, 404, 409, 413, 415, 422, 429, 503)
ARTICLE = body_of({"$ref": f"{SHAPES}PushedArticle"})
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The article's id, where its body gives none.",
    "schema": {"type": "string", "maxLength": 200},
}
BODY: dict[str, Any] = {"openapi_extra": ARTICLE, "response_model": Pushed}
WITH_KEY: dict[str, Any] = {"openapi_extra": {**ARTICLE, "parameters": [KEY]}, "response_model": Pushed}
REFUSED = "this id is taken by an article with other words: send a change with PUT /api/articles/ID"


def routes(app: App) -> APIRouter:
    """Return the addresses below ``/api``."""
    router = APIRouter(prefix="/api", dependencies=[Depends(BEARER)])
    gate = _Gate(app)

    @router.post("/articles", responses=TAKEN, **WITH_KEY)
    async def add(request: Request) -> Response:
        """Take an article; the same again is the same article, other words under its id are refused."""
        source, refusal = gate.admit(request)
        if source is None:
            return refusal
        key = request.headers.get("idempotency-key", "").strip()[:200]
        return await run_in_threadpool(_take, app, source, await request.body(), key, revise=False)

    @router.put(
        "/articles/{key:path}", responses={**TAKEN, 201: {"model": Pushed, "description": "It is new."}}, **BODY
    )
    async def change(request: Request, key: str) -> Response:
        """Take an article, or what has changed in it, under the id in the address."""
        source, refusal = gate.admit(request)
        if source is None:
            return refusal
        return await run_in_threadpool(_take, app, source, await request.body(), key, revise=True)

    @router.delete("/articles/{key:path}", responses=refusals(401, 404, 413, 422, 429, 503), response_model=Withdrawn)
    async def withdraw(request: Request, key: str) -> Response:
        """Let no edition carry an article any more; the same again changes nothing."""
        source, refusal = gate.admit(request)
        if source is None:
            return refusal
        return await run_in_threadpool(_withdraw, app, source, key)

    return router


class _Gate:
    """Lets a request in by its token, and nobody too often."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._wrong = Allowance(WRONG_PER_MINUTE)
        self._right: defaultdict[str, Allowance] = defaultdict(lambda: Allowance(PER_MINUTE))

    def admit(self, request: Request) -> tuple[Source | None, Response]:
        """Return the source that the token is for; or None, and what to answer."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        source = pushing.source_with(self._app, token.strip()) if scheme.lower() == "bearer" else None
        wait = self._wrong.take() if source is None else self._right[source.name].take()
        if wait:
            return None, _error(429, "too many requests", {"Retry-After": str(wait)})
        if source is None:
            log.warning("push_refused", why="no source has this token")
            words = "no push source has this token: send Authorization: Bearer TOKEN"
            return None, _error(401, words, {"WWW-Authenticate": "Bearer"})
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and request.method != "DELETE":  # which has no body
            return None, _error(415, "Content-Type must say application/json")
        return source, Response()


def _take(app: App, source: Source, body: bytes, key: str, *, revise: bool) -> Response:
    from publisher.sources.pushed import read_body  # here: it brings the parsers of pages along

    try:
        article = read_body(body, key)
    except SourceError as error:
        return _error(400, str(error))
    if revise and article.guid != key:
        return _error(400, "id: is another one than in the address")
    pushed = pushing.take(app, source, article, revise=revise)
    log.info("article_pushed", source=source.name, article=pushed.article_id, outcome=pushed.outcome)
    if pushed.outcome == "refused":
        return JSONResponse({"error": REFUSED, "article": pushed.article_id}, 409)
    said = {"article": pushed.article_id, "outcome": pushed.outcome, "reason": pushed.reason}
    return JSONResponse({**said, "notes": list(pushed.notes)}, STATUS[pushed.outcome])


def _withdraw(app: App, source: Source, key: str) -> Response:
    article_id = pushing.withdraw(app, source, key)
    if article_id is None:
        return _error(404, "no article has this id")
    log.info("article_pushed", source=source.name, article=article_id, outcome="withdrawn")
    return JSONResponse({"article": article_id, "outcome": "withdrawn"})


def _error(status: int, words: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": words}, status, headers)

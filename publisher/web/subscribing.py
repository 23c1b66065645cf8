"""The interface by which other systems hand us sign-ups: ``POST /api/subscriptions``, from a server or from a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from publisher.app import joining
from publisher.audience.signup import Wanted, Wish
from publisher.web.acts import refusals
from publisher.web.joining import Door, Typed, error_in, source_of
from publisher.web.openapi import body_of
from publisher.web.pages import Pages
from publisher.web.readers import Readers

if TYPE_CHECKING:
    from publisher.app import App

LONGEST_WORDS = 4_000  # characters of what people were shown
KEYS = {"email": str, "lists": list, "name": str, "language": str, "wording": str}
ERRORS = {
    "join_no_list": "lists: name at least one list that people may sign up for",
    "join_bad_email": "email: this can't be an address",
    "join_bad_name": "name: no addresses or links, and not more than 80 characters",
}
# Any site may ask, as any site may show the form: no cookie and no sign-in is at stake.
ACROSS_SITES = {"Access-Control-Allow-Origin": "*", "Access-Control-Max-Age": "86400"}
PREFLIGHT = {"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "Content-Type"}


class SignUp(BaseModel):
    """The body of ``POST /api/subscriptions``, as it is described; `_read` reads it."""

    model_config = ConfigDict(extra="forbid")

    email: str
    lists: list[str] = Field(min_length=1, description="Names of lists that people may sign up for.")
    name: str = ""
    language: str = ""
    wording: str = Field(default="", max_length=LONGEST_WORDS, description="What they were shown as they agreed.")


class Taken(BaseModel):
    """That somebody may be asked, whether the address is known or not."""

    ok: Literal[True]
    what_now: str


def routes(app: App, pages: Pages) -> APIRouter:
    """Return the address that takes sign-ups."""
    router = APIRouter(prefix="/api/subscriptions")
    desk = _Desk(Readers(app, pages))

    @router.options("", include_in_schema=False)
    def may_ask() -> Response:
        """Tell a browser that a page elsewhere may ask."""
        return Response(status_code=204, headers={**ACROSS_SITES, **PREFLIGHT})

    @router.post(
        "",
        status_code=202,
        response_model=Taken,
        responses=refusals(400, 413, 415, 429, 503),
        openapi_extra={**body_of(SignUp.model_json_schema()), "security": []},
    )
    async def sign_up(request: Request) -> Response:
        """Take a sign-up: 202 whether the address is known or not."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return _error(415, "Content-Type must say application/json")
        return await run_in_threadpool(desk.take, request, await request.body())

    return router


class _Desk:
    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._app = readers.app
        self._door = Door(readers)

    def take(self, request: Request, body: bytes) -> Response:
        try:
            said = _read(body)
        except ValueError as error:
            return _error(400, str(error))
        open_ones = {each.name: each for each in self._readers.lists()}
        names = list(dict.fromkeys(said.get("lists", ())))
        if unknown := [name for name in names if name not in open_ones]:
            return _error(400, f"lists: nobody can sign up for {', '.join(map(repr, unknown))[:200]}")
        typed = Typed(said.get("email", ""), said.get("name", ""), tuple(names))
        if wrong := error_in(typed.email, typed.name, names):
            return _error(400, ERRORS[wrong])
        language, words = said.get("language", ""), said.get("wording", "")
        wanted = [Wanted(name, open_ones[name].double_opt_in, words, language or "und") for name in names]
        wish = self._door.wish(typed, language, wanted, f"API, {source_of(request, '')}" if _origin(request) else "API")
        return self._done(request, wish)

    def _done(self, request: Request, wish: Wish) -> Response:
        status = self._door.status_of(request, wish)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return _error(status, "too many sign-ups from this network: try again later", {"Retry-After": "3600"})
        if status != HTTPStatus.OK:
            return _error(status, "nobody can be asked by mail at present: try again later")
        work = BackgroundTask(partial(joining.sign_up, self._app, wish))
        words = {"ok": True, "what_now": "unless it is subscribed already, a mail asks the address"}
        return JSONResponse(words, 202, ACROSS_SITES, background=work)


def _origin(request: Request) -> str:
    return request.headers.get("origin", "")


def _read(body: bytes) -> Mapping[str, Any]:
    """Return what a body says.

    :raises ValueError: in words, why it says nothing that can be taken.
    """
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the body is no JSON") from None
    if not isinstance(said, dict):
        raise ValueError("the body must be an object: {“email”: …, “lists”: […]}")
    for name, value in said.items():
        if name not in KEYS:
            raise ValueError(f"{name[:40]}: there is no such key; {', '.join(KEYS)} are known")
        if not isinstance(value, KEYS[name]) or (name == "lists" and not all(isinstance(each, str) for each in value)):
            raise ValueError(f"{name}: must be {'a list of texts' if name == 'lists' else 'a text'}")
    if len(said.get("wording", "")) > LONGEST_WORDS:
        raise ValueError(f"wording: longer than {LONGEST_WORDS:,} characters")
    return said


def _error(status: int, words: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": words}, status, {**ACROSS_SITES, **(headers or {})})

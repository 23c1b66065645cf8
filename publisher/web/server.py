"""All pages as one application, and the thread that serves it on this machine."""

from __future__ import annotations

import errno
import socket
from http import HTTPStatus
from importlib.resources import files
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Match

from publisher import __version__
from publisher.errors import NotAllowedError, PublisherError
from publisher.web import (
    api,
    approval,
    archive,
    clicks,
    console,
    health,
    inbox_pages,
    joining,
    leaving,
    owner,
    previews,
    public,
    sign_in,
    subscribing,
)
from publisher.web.acts import API, status_of
from publisher.web.door import Door
from publisher.web.guard import Guard
from publisher.web.inbox import Inbox
from publisher.web.live import Streams
from publisher.web.openapi import ABOUT, TITLE, describe
from publisher.web.pages import Pages
from publisher.web.webhooks import Webhooks

if TYPE_CHECKING:
    from publisher.app import App

HOST = "127.0.0.1"
PATIENCE = 10.0  # seconds for the server to begin, or to end
OPENAPI = "/api/openapi.json"
STATIC = {
    "style.css": "text/css",
    "icon.svg": "image/svg+xml",
    "console.css": "text/css",
    "console.js": "text/javascript",
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
TITLES = {404: "There is no such page", 405: "This can’t be done here"}
# The other titles and words of pages that say what went wrong, those that are always the same.
SAID = (
    "This did not work",
    "This can’t be asked",
    "This can’t be shown now",
    "Not yours to do",
    "Check the address, or go on from the overview.",
    "Check the address.",
    "Sign in first",
    "You are not signed in, or were signed out meanwhile. Nothing was done: sign in, and do it again.",
    "This is too large",
    "This is not the address",
    "Let the web server in front pass the Host that readers used.",
    "Not from another site",
    "A page of another site asked for this.",
    "This link leads nowhere",
    "This page could not be made",
    "This is a fault of Publisher. The terminal where it runs says more.",
)


def make_app(app: App | None, inbox: Inbox) -> FastAPI:
    """Return all pages.

    :param app: the project; None leaves the inbox alone.
    """
    pages = Pages(app)
    web = FastAPI(
        title=TITLE,
        version=__version__,
        description=ABOUT,
        openapi_url=OPENAPI if app else None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    describe(web)
    _answer_errors(web, pages)
    _add_static(web)
    web.include_router(inbox_pages.routes(inbox, pages), include_in_schema=False)
    if app is None:
        web.add_api_route("/", lambda: RedirectResponse("/inbox", 303), methods=["GET"])
    else:
        web.include_router(
            public.routes(app), include_in_schema=False
        )  # first: a card's address is also one of a local picture
        web.include_router(joining.routes(app, pages), include_in_schema=False)
        web.include_router(leaving.routes(app, pages), include_in_schema=False)
        web.include_router(owner.routes(app, pages), include_in_schema=False)
        web.include_router(subscribing.routes(app, pages))
        web.include_router(archive.routes(app, pages), include_in_schema=False)
        web.include_router(approval.routes(app, pages), include_in_schema=False)
        web.include_router(clicks.routes(app, pages), include_in_schema=False)
        web.include_router(health.routes(app), include_in_schema=False)
        web.include_router(api.routes(app))
        shown, acts, web.state.streams = console.routes(app, pages)
        web.include_router(shown, include_in_schema=False)
        web.include_router(acts.api)
        web.state.needed = acts.needed
        web.include_router(previews.routes(app, pages), include_in_schema=False)
        web.include_router(sign_in.routes(app, pages), include_in_schema=False)
        web.add_middleware(Door, app=app, pages=pages)
        web.add_middleware(Webhooks, take=app.hearing.take)
    web.add_middleware(Guard, pages=pages, public_host=lambda: _public_host(app))
    return web


def _public_host(app: App | None) -> str:
    return (urlsplit(app.project.publication.public_url).hostname or "") if app else ""


def _add_static(web: FastAPI) -> None:
    @web.get("/static/{name}", include_in_schema=False)
    def static(name: str) -> Response:
        if name not in STATIC:
            raise HTTPException(404)
        return Response(_static(name), media_type=STATIC[name])


def _static(name: str) -> bytes:
    """Return a file, or those of the console's rooms as one."""
    folder = files("publisher.web").joinpath("static")
    stem, _, suffix = name.partition(".")
    if stem != "console":
        return folder.joinpath(name).read_bytes()
    rooms = sorted((each for each in folder.joinpath(stem).iterdir() if each.name.endswith(f".{suffix}")), key=str)
    return b"\n".join(each.read_bytes() for each in rooms)


def _answer_errors(web: FastAPI, pages: Pages) -> None:
    @web.exception_handler(StarletteHTTPException)
    async def refused(request: Request, error: StarletteHTTPException) -> Response:
        phrase = HTTPStatus(error.status_code).phrase
        words = error.detail if error.detail != phrase else "Check the address, or go on from the overview."
        title = TITLES.get(error.status_code, "This did not work")
        answer = pages.trouble(error.status_code, title, words, path=request.url.path)
        answer.headers.update(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            answer.headers["Allow"] = ", ".join(_methods(web, request))
        return answer

    @web.exception_handler(RequestValidationError)
    async def not_understood(request: Request, error: RequestValidationError) -> Response:
        place = error.errors()[0]["loc"]
        if request.url.path.startswith(API) and place[0] != "path":
            return JSONResponse({"error": f"{'.'.join(map(str, place))}: {error.errors()[0]['msg']}"}, 422)
        if place[0] == "path":
            return pages.trouble(404, TITLES[404], "Check the address.", path=request.url.path)
        return pages.trouble(400, "This can’t be asked", f"“{place[-1]}” has no such value.", path=request.url.path)

    @web.exception_handler(PublisherError)
    async def told(request: Request, error: PublisherError) -> Response:
        status = status_of(error)
        title = "Not yours to do" if isinstance(error, NotAllowedError) else "This can’t be shown now"
        return pages.trouble(status, TITLES.get(status, title), f"{error}.", path=request.url.path)


def _methods(web: FastAPI, request: Request) -> list[str]:
    """Return the methods that an address knows: several routes share it."""
    asked = {method: {**request.scope, "method": method} for method in METHODS}
    return [
        method
        for method, scope in asked.items()
        if any(route.matches(scope)[0] is Match.FULL for route in web.router.routes)
    ]


class Server:
    """Serves an application from a thread, on this machine only.

    :param port: where; 0 takes a free one.
    """

    def __init__(self, web: FastAPI, port: int = 0) -> None:
        self._port = port
        self._web = web
        self._socket: socket.socket | None = None
        config = uvicorn.Config(
            web,
            http="httptools",  # not h11: events of providers come by the ten thousand
            loop="auto",  # uvloop, but on Windows, where there is none
            proxy_headers=False,  # whoever says for whom it asks is refused (see `Guard`)
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=3,
        )
        self._server = uvicorn.Server(config)
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        """The server's address, without a slash at its end; known once it has started."""
        if self._socket is None:
            raise RuntimeError("the server has not started")
        return f"http://{HOST}:{self._port}"

    def start(self) -> None:
        """Listen, and return when requests are answered.

        :raises PublisherError: the port is taken or may not be used.
        """
        self._socket = _listen(self._port)
        self._port = self._socket.getsockname()[1]
        self._thread = Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, name="web", daemon=True)
        self._thread.start()
        waited = 0.0
        while not self._server.started:
            self._thread.join(0.02)
            waited += 0.02
            if not self._thread.is_alive() or waited > PATIENCE:
                raise PublisherError("the pages could not be served", where=self.url, remedy="See the lines above")

    def stop(self) -> None:
        """Finish what is being answered, and end; pages that are live are answered for as long as they are let."""
        streams: Streams | None = getattr(self._web.state, "streams", None)
        if streams is not None:
            streams.end()
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(PATIENCE)
        if self._socket is not None:
            self._socket.close()


def _listen(port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((HOST, port))
        opened.listen(128)
    except (OSError, OverflowError) as error:
        opened.close()
        raise _words(error, port) from error
    return opened


def _words(error: OSError | OverflowError, port: int) -> PublisherError:
    another = "Name another one: --port 8026 (or 0 for any that is free)"
    if isinstance(error, OverflowError):
        return PublisherError(f"there is no port {port}", remedy=another)
    if error.errno == errno.EADDRINUSE:
        return PublisherError(f"port {port} is taken by another program", remedy=another)
    return PublisherError(f"port {port} can't be used: {error.strerror}", remedy=another)

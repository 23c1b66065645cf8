"""All pages as one application, and the thread that serves it on this machine."""

from __future__ import annotations

import asyncio
import errno
import socket
from http import HTTPStatus
from importlib.resources import files
from threading import Event, Thread
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Match

from publisher import __version__
from publisher.config.serving import Place, Serving
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
    mirror,
    owner,
    previews,
    public,
    sign_in,
    subscribing,
)
from publisher.web.acts import API, status_of
from publisher.web.door import Door
from publisher.web.faces import Faces
from publisher.web.guard import Guard
from publisher.web.inbox import Inbox
from publisher.web.live import Streams
from publisher.web.openapi import ABOUT, TITLE, describe
from publisher.web.pages import Pages
from publisher.web.typed import typed_in
from publisher.web.webhooks import Webhooks

if TYPE_CHECKING:
    from publisher.app import App

PATIENCE = 10.0  # seconds for the server to begin, or to end
ANSWERS_WITHIN = 10.0  # seconds: a loop that takes longer to turn answers nobody
HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- what means everywhere, and where that is here
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


def make_app(app: App | None, inbox: Inbox, serving: Serving | None = None) -> FastAPI:
    """Return all pages.

    :param app: the project; None leaves the inbox alone.
    :param serving: whom to believe, and by which address the console is reached; None: as the project's settings say.
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
        web.include_router(mirror.routes(app), include_in_schema=False)
        web.include_router(api.routes(app))
        shown, acts, web.state.streams = console.routes(app, pages)
        web.include_router(shown, include_in_schema=False)
        web.include_router(acts.api)
        web.state.needed = acts.needed
        web.include_router(previews.routes(app, pages), include_in_schema=False)
        web.include_router(sign_in.routes(app, pages), include_in_schema=False)
        web.add_middleware(Door, app=app, pages=pages)
        web.add_middleware(Webhooks, take=app.hearing.take)
    web.add_middleware(Guard, pages=pages)
    web.state.public_port = 0  # set by whoever serves the public pages apart
    web.add_middleware(
        Faces,
        serving=serving or (app.settings.serving if app else Serving()),
        public_url=lambda: app.project.publication.public_url if app else "",
        public_port=lambda: web.state.public_port,
    )
    return web


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
        typed = await typed_in(request)
        answer = pages.trouble(error.status_code, title, words, path=request.url.path, typed=typed)
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
        typed = await typed_in(request)
        return pages.trouble(status, TITLES.get(status, title), f"{error}.", path=request.url.path, typed=typed)


def _methods(web: FastAPI, request: Request) -> list[str]:
    """Return the methods that an address knows: several routes share it."""
    asked = {method: {**request.scope, "method": method} for method in METHODS}
    return [
        method
        for method, scope in asked.items()
        if any(route.matches(scope)[0] is Match.FULL for route in web.router.routes)
    ]


class Server:
    """Serves an application from a thread: the console, and the public pages there too or at a place of their own.

    :param console: where; a number is a port of this machine alone, and 0 takes a free one.
    """

    def __init__(self, web: FastAPI, console: Place | int = 0, public: Place | None = None) -> None:
        self._console = console if isinstance(console, Place) else Place(port=console)
        self._public = public
        self._web = web
        self._sockets: list[socket.socket] = []
        config = uvicorn.Config(
            web,
            http="httptools",  # not h11: events of providers come by the ten thousand
            loop="auto",  # uvloop, but on Windows, where there is none
            proxy_headers=False,  # whoever says for whom it asks is judged by `Faces`
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=3,
        )
        self._server = uvicorn.Server(config)
        self._thread: Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        """The console's address on this machine, without a slash at its end; known once it has started."""
        return self._address(0)

    @property
    def public_url(self) -> str:
        """The public pages' address on this machine: the console's, where they have no place of their own."""
        return self._address(-1)

    @property
    def is_listening(self) -> bool:
        """Say whether requests are answered: asked of the loop that answers them."""
        loop, heard = self._loop, Event()
        if loop is None or loop.is_closed():
            return False
        loop.call_soon_threadsafe(heard.set)
        return heard.wait(ANSWERS_WITHIN)

    def start(self) -> None:
        """Listen, and return when requests are answered.

        :raises PublisherError: the port is taken or may not be used.
        """
        self._sockets = [_listen(self._console)]
        if self._public is not None:
            self._sockets.append(_listen(self._public))
            self._web.state.public_port = self._sockets[1].getsockname()[1]
        self._thread = Thread(target=self._serve, name="web", daemon=True)
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
        for each in self._sockets:
            each.close()

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=self._server.config.get_loop_factory()) as runner:
            self._loop = runner.get_loop()
            runner.run(self._server.serve(sockets=self._sockets))

    def _address(self, number: int) -> str:
        if not self._sockets:
            raise RuntimeError("the server has not started")
        host, port = self._sockets[number].getsockname()[:2]
        here = HERE.get(host, host)  # whoever listens everywhere is found here too
        return f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"


def _listen(place: Place) -> socket.socket:
    opened = socket.socket(socket.AF_INET6 if ":" in place.host else socket.AF_INET, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((place.host, place.port))
        opened.listen(128)
    except (OSError, OverflowError) as error:
        opened.close()
        raise _words(error, place) from error
    return opened


def _words(error: OSError | OverflowError, place: Place) -> PublisherError:
    another = "Name another one: --port 8026 (or 0 for any that is free)"
    if isinstance(error, OverflowError):
        return PublisherError(f"there is no port {place.port}", remedy=another)
    if error.errno == errno.EADDRINUSE:
        return PublisherError(f"port {place.port} is taken by another program", remedy=another)
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return PublisherError(
            f"{place.host} is no address of this machine", remedy="Name one: PUBLISHER_CONSOLE=127.0.0.1:8025"
        )
    return PublisherError(f"port {place.port} can't be used: {error.strerror}", remedy=another)

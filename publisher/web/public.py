"""What the world sees: the page behind the leaving link of every mail, and the pictures of posts.

Looking changes nothing, one press does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from publisher.audience import preferences
from publisher.audience.preferences import Choice
from publisher.store import media
from publisher.web.headers import FOREVER
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App


def routes(app: App, pages: Pages) -> APIRouter:
    """Return the addresses that are open to the world."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.api_route("/u/{token}", methods=["GET", "HEAD"])
    def look(token: str) -> Response:
        return _page(preferences.look_up(app.store, token, app.link_key), done="")

    @router.api_route("/media/{digest}.png", methods=["GET", "HEAD"])
    def picture(digest: str, request: Request) -> Response:
        """Serve a share card: it is named by its content, so it never changes and may be kept for ever."""
        with app.store.read() as conn:
            found = media.get(conn, digest)
        if found is None:
            raise HTTPException(404, "There is no such picture.")
        headers = {"ETag": f'"{digest}"', "Cache-Control": FOREVER}
        if digest in request.headers.get("If-None-Match", ""):
            return Response(status_code=304, headers=headers)
        return Response(found.content, media_type=found.type, headers=headers)

    @router.post("/u/{token}")
    async def choose(token: str, request: Request) -> Response:
        """Leave; from a mail client's one click (RFC 8058) or from the page. ``undo=1`` takes it back."""
        said = await _form(request)
        if said.get("undo") == "1":
            choice = await run_in_threadpool(_come_back, token)
            return _page(choice, done="back")
        how = "one-click in the mail" if said.get("List-Unsubscribe") == "One-Click" else "the page behind the link"
        choice = await run_in_threadpool(_leave, token, how)
        return _page(choice, done="left")

    def _leave(token: str, how: str) -> Choice | None:
        return preferences.leave(app.store, token, app.link_key, how=how, now=app.clock())

    def _come_back(token: str) -> Choice | None:
        return preferences.come_back(app.store, token, app.link_key, now=app.clock())

    def _page(choice: Choice | None, *, done: str) -> Response:
        if choice is None:
            return pages.page("leave_unknown.html")
        known = app.project.lists.get(choice.list_name)
        is_on = {"left": False, "back": True}.get(done, choice.is_on)
        title = known.title if known else choice.list_name
        return pages.page("leave.html", list_title=title, address=choice.masked, is_on=is_on, done=done)

    return router


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form; none for one that can't be read, for nobody is kept because of a bad form."""
    try:
        return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    except HTTPException:
        return {}

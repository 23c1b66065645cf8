"""What the console's pages show in frames: mails, and pictures of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse, HTMLResponse, Response

from publisher.speech.phrases import _
from publisher.web import media
from publisher.web.acts import Acts, Id
from publisher.web.frames import framed
from publisher.web.message_views import mail_view
from publisher.web.pages import Pages
from publisher.web.places import Served

if TYPE_CHECKING:
    from publisher.app import App


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses of frames and pictures."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/messages/{send_id}/html")
    def mail_frame(send_id: Id, dark: bool = False) -> Response:
        with app.store.read() as conn:
            view = mail_view(app, conn, send_id)
        if view is None:
            raise HTTPException(404, _("There is no such mail."))
        return framed(view.html, Served(app.project.publication.public_url), dark=dark)

    @router.get("/media/{name}")
    def picture(name: str) -> Response:
        path = media.find(app, name)
        if path is None:
            raise HTTPException(404, _("There is no such picture."))
        return FileResponse(path, media_type=media.TYPES[path.suffix.lower()])

    return router

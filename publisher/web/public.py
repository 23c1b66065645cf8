"""What the world sees of messages: the pictures that we made for them, and those that people added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from publisher.store import media
from publisher.web.faces import face_of
from publisher.web.headers import FOREVER

if TYPE_CHECKING:
    from publisher.app import App


def routes(app: App) -> APIRouter:
    """Return the addresses that are open to the world."""
    router = APIRouter()

    @router.api_route("/media/{digest}.png", methods=["GET", "HEAD"])
    @router.api_route("/media/{digest}.jpg", methods=["GET", "HEAD"])
    def picture(digest: str, request: Request) -> Response:
        """Serve a picture: it is named by its content, so it never changes and may be kept for ever.

        What was kept only to be uploaded to a network is shown by the console alone.
        """
        face = face_of(request.scope)
        for_anybody = face is None or face.is_public
        with app.store.read() as conn:
            found = media.get(conn, digest, for_anybody=for_anybody)
        if found is None:
            raise HTTPException(404, "There is no such picture.")
        headers = {"ETag": f'"{digest}"', "Cache-Control": FOREVER}
        if digest in request.headers.get("If-None-Match", ""):
            return Response(status_code=304, headers=headers)
        return Response(found.content, media_type=found.type, headers=headers)

    return router

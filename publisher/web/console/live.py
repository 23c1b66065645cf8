"""What has changed, told to pages that are open: `GET /live`, as server-sent events."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response
from pydantic import StringConstraints

from publisher.app.staff import digest
from publisher.store import permission
from publisher.web.door import token_in
from publisher.web.live import Streams

MOST_ABOUT = 5
About = Annotated[str, StringConstraints(pattern=r"^(today|edition-[1-9][0-9]{0,17})$")]
TOO_MANY = "Too many pages are live. Close some: this one shows what there was when it was loaded."


def routes(streams: Streams) -> APIRouter:
    """Return the address at which pages listen."""
    router = APIRouter()

    @router.get("/live")
    async def listen(
        request: Request, about: Annotated[list[About], Query(min_length=1, max_length=MOST_ABOUT)]
    ) -> Response:
        """Tell a page of what it is about: of the parts that it shows, each as it is now, and whenever it changes."""
        member = permission.who()
        session = digest(token_in(request.scope)) if member else ""
        stream = streams.listen(session, member.role if member else None, about)
        if stream is None:
            raise HTTPException(429, TOO_MANY)
        return stream

    return router

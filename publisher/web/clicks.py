"""The door that counts: a link of a mail leads on to where it leads, and nobody knows who went there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from publisher.audience.clicks import Passers, looks_like_a_reader
from publisher.errors import StoreError
from publisher.store import Connection, clicks, trials
from publisher.web.network import network_of
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

log = structlog.get_logger()

_AS_IT_IS = "%:/?#[]@!$&'()*+,;=-._~"  # of an address: RFC 3986


def routes(app: App, pages: Pages) -> APIRouter:
    """Return the address of all counted links."""
    router = APIRouter(default_response_class=HTMLResponse)
    passers = Passers()

    @router.api_route("/l/{name}", methods=["GET", "HEAD"])
    def follow(name: str, request: Request) -> Response:
        link_id, variant = app.followed(name) or (0, "")
        with app.store.read() as conn:
            link = clicks.find(conn, link_id) if link_id else None
        if link is None:
            return pages.page("link_unknown.html", status=404, say=pages.words(), home=app.project.publication.url)
        is_person = looks_like_a_reader(request.method, request.headers, link, app.clock())
        if is_person and passers.is_reader(network_of(request), link):
            _count(link, variant)
        return Response(status_code=302, headers={"Location": quote(link.url, safe=_AS_IT_IS)})

    def _count(link: clicks.Link, variant: str) -> None:
        now = app.clock()

        def count(conn: Connection) -> None:
            clicks.count(conn, link.id, now)
            trials.count_click(conn, link.send_id, variant)

        try:
            app.store.submit(count)
        except StoreError:
            log.warning("click_not_counted", link=link.id, exc_info=True)  # the reader is led on all the same

    return router

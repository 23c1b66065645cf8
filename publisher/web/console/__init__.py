"""The console: editors see tomorrow, operators see everyone.

A room for each page; each has the addresses that show it, and says to `acts` what is done there (see `web/acts.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from publisher.web.acts import Acts
from publisher.web.console import articles, delivery, editions, log, new_article, parts, sources, subscribers, today
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

ROOMS = (today, editions, log, delivery, subscribers, sources, new_article, articles, parts)


def routes(app: App, pages: Pages) -> tuple[APIRouter, APIRouter]:
    """Return the console's addresses, and those of its interface."""
    acts = Acts(app, pages)
    router = APIRouter()
    for room in ROOMS:
        router.include_router(room.routes(app, pages, acts))
    router.include_router(acts.pages)
    return router, acts.api

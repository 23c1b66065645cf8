"""The console: editors see tomorrow, operators see everyone.

A room for each page; each has the addresses that show it, and says to `acts` what is done there (see `web/acts.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from publisher.web.acts import Acts
from publisher.web.console import (
    articles,
    audit,
    calendar,
    channels,
    connect,
    delivery,
    edition,
    editions,
    figures,
    hooks,
    live,
    log,
    new_article,
    parts,
    people,
    people_api,
    schedule_file,
    schedule_versions,
    schedules,
    sources,
    subscribers,
    suppressions,
    today,
)
from publisher.web.console.lookout import Lookout
from publisher.web.live import Streams
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

ROOMS = (
    today,
    new_article,
    articles,
    audit,
    calendar,
    channels,
    connect,
    delivery,
    edition,
    editions,
    figures,
    hooks,
    log,
    people,
    people_api,
    schedule_file,
    schedule_versions,
    schedules,
    sources,
    subscribers,
    suppressions,
    parts,
)


def routes(app: App, pages: Pages) -> tuple[APIRouter, Acts, Streams]:
    """Return the console's addresses, what it does with its interface, and its live pages."""
    acts = Acts(app, pages)
    streams = Streams(Lookout(app, pages, acts))
    router = APIRouter()
    router.include_router(live.routes(streams))
    for room in ROOMS:
        router.include_router(room.routes(app, pages, acts))
    router.include_router(acts.pages)
    return router, acts, streams

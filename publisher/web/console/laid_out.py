"""Mails that the ledger doesn't have, a draft's and those of breaking news, kept for the frames that show them."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, Response

from publisher.pipeline.produce import Produced
from publisher.pipeline.produce.cards import TYPE as CARD_TYPE
from publisher.speech.phrases import _
from publisher.store.media import digest_of
from publisher.web.frames import framed
from publisher.web.message_views import EntryView, entry_view
from publisher.web.places import OnTheShelf

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.app.audiences import Audience
    from publisher.app.ends import End

KEPT = 24  # pages, for their frames
BELOW = "/laid-out"


@dataclass(frozen=True)
class Laid:
    """What a page shows of messages that are written down nowhere yet."""

    entries: tuple[EntryView, ...]
    cards: dict[str, bytes]  # that were drawn for its posts, by digest


class Table:
    """The last pages that showed such messages."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = Lock()
        self._kept: OrderedDict[str, Laid] = OrderedDict()

    def lay(
        self, products: Sequence[Produced], audiences: Sequence[Audience], ends: Sequence[End | None] = ()
    ) -> tuple[Laid, OnTheShelf]:
        """Keep messages; return them as a page shows them, and where their frames are.

        :param ends: when each of them would end; none: that isn't said.
        """
        said = ends or [None for _ in products]
        found = zip(products, audiences, said, strict=True)
        views = tuple(entry_view(self._app, product, audience, end) for product, audience, end in found)
        drawn = [each.card.content for each in products if each.card is not None]
        laid, key = Laid(views, {digest_of(content): content for content in drawn}), secrets.token_urlsafe(12)
        with self._lock:
            self._kept[key] = laid
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return laid, self.places(key, laid)

    def places(self, key: str, laid: Laid) -> OnTheShelf:
        """Return where what a page showed is."""
        return OnTheShelf(key, self._app.project.publication.public_url, laid.cards.__contains__, BELOW)

    def get(self, key: str) -> Laid:
        """Return what a page showed.

        :raises HTTPException: it is not kept any more.
        """
        with self._lock:
            if key not in self._kept:
                raise HTTPException(404, _("This is not kept any more: load its page anew."))
            return self._kept[key]


def routes(table: Table) -> APIRouter:
    """Return the addresses of the frames and their pictures."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get(f"{BELOW}/{{key}}/{{number}}/html")
    def mail_frame(key: str, number: int, dark: bool = False, pictures: bool = True) -> Response:
        laid = table.get(key)
        mail = laid.entries[number].mail if 0 <= number < len(laid.entries) else None
        if mail is None:
            raise HTTPException(404, _("There is no such mail."))
        return framed(mail.html, table.places(key, laid), dark=dark, pictures=pictures)

    @router.get(f"{BELOW}/{{key}}/pictures/{{name}}")
    def picture(key: str, name: str) -> Response:
        content = table.get(key).cards.get(name)
        if content is None:
            raise HTTPException(404, _("There is no such picture."))
        return Response(content, media_type=CARD_TYPE)

    return router

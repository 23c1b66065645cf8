"""The page that shows what a schedule would send: made when it is asked for, kept in memory, written down nowhere."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import FileResponse, HTMLResponse, Response

from publisher.app.looking import Looked, look
from publisher.app.plan import moment_said
from publisher.app.preview import Preview, as_saved, files_as_saved, preview
from publisher.errors import ConfigError, UsageError
from publisher.model.article import LedgerArticle
from publisher.model.project import Schedule
from publisher.pipeline.produce.cards import TYPE as CARD_TYPE
from publisher.store import media as kept_pictures
from publisher.store.media import digest_of
from publisher.web import media
from publisher.web.folder import Folder
from publisher.web.frames import frame, framed
from publisher.web.headers import PICTURES, policy
from publisher.web.message_views import EntryView, entry_views
from publisher.web.pages import Pages, stylesheet
from publisher.web.places import Lying, OnTheShelf, digest, own_card

if TYPE_CHECKING:
    from publisher.app import App

KEPT = 12  # previews, for the frames of the pages that show them
LOOK_AGAIN = 60.0  # seconds after which the sources are asked anew: not at each word that an editor changes
FOLLOW_EVERY = 2  # seconds
LOOKS = ((False, True), (True, True), (False, False))  # dark, with pictures: the copies that the page shows


@dataclass(frozen=True)
class Shown:
    """A preview as its page shows it.

    :param app: the project as its files were saved then.
    """

    app: App
    preview: Preview

    @cached_property
    def entries(self) -> list[EntryView]:
        return entry_views(self.app, self.preview)

    @property
    def articles(self) -> Sequence[LedgerArticle]:
        choice = self.preview.plan.choice
        return self.preview.instead or [each for each, _ in (*choice.picked, *choice.noted)]

    @cached_property
    def cards(self) -> dict[str, bytes]:
        """The pictures that were drawn for its posts, by digest."""
        drawn = [each.card.content for each in self.preview.products if each.card is not None]
        return {digest_of(content): content for content in drawn}

    @cached_property
    def local_pictures(self) -> dict[str, tuple[str, str]]:
        """The pictures of its articles that are files of this machine, with their source, by the digest of the name."""
        known = [(each.article.image.url, each.source) for each in self.articles if each.article.image]
        return {digest(url): (url, source) for url, source in known if url.lower().startswith("file:")}

    def brings(self, name: str) -> bool:
        return name in self.cards or name in self.local_pictures

    def local_picture(self, name: str) -> Path | None:
        return media.find_among(self.app, [self.local_pictures[name]], name) if name in self.local_pictures else None

    @property
    def public_url(self) -> str:
        return self.app.project.publication.public_url


class Shelf:
    """The last previews, and what sources said a moment ago: all that is kept, and only in memory."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._shown: OrderedDict[str, Shown] = OrderedDict()
        self._looked: dict[str, tuple[float, str, Looked]] = {}

    def put(self, shown: Shown) -> str:
        """Keep a preview; return the key that it is found by."""
        key = secrets.token_urlsafe(12)
        with self._lock:
            self._shown[key] = shown
            while len(self._shown) > KEPT:
                self._shown.popitem(last=False)
        return key

    def get(self, key: str) -> Shown:
        """Return a preview.

        :raises HTTPException: it is not kept any more.
        """
        with self._lock:
            if key not in self._shown:
                raise HTTPException(404, "This preview is not kept any more: load its page anew.")
            return self._shown[key]

    def looked(self, app: App, schedule: Schedule, *, anew: bool) -> Looked:
        """Return what the schedule's sources said within the last minute, else ask them."""
        since, version, looked = self._looked.get(schedule.name, (0.0, "", None))
        is_fresh = time.monotonic() - since < LOOK_AGAIN and version == app.project.version
        if looked is None or anew or not is_fresh:
            looked = look(app, [schedule])
            self._looked[schedule.name] = (time.monotonic(), app.project.version, looked)
        return looked


def routes(app: App, pages: Pages) -> APIRouter:
    """Return the addresses of previews."""
    router = APIRouter(default_response_class=HTMLResponse)
    shelf = Shelf()
    _page(router, app, pages, shelf)
    _parts_of_the_page(router, shelf)

    @router.get("/schedules/{name}/preview/files")
    def files(name: str, since: str, back: str = "") -> Response:
        """Say in a frame whether a file was saved since: the page itself needs no script for that."""
        has_changed = files_as_saved(app) != since
        html = pages.html("preview_files.html", OnTheShelf("", "", bool), changed=has_changed, back=_own(name, back))
        headers = {"Content-Security-Policy": policy(framed=True)}
        return HTMLResponse(html, headers=headers if has_changed else {**headers, "Refresh": str(FOLLOW_EVERY)})

    return router


def _page(router: APIRouter, app: App, pages: Pages, shelf: Shelf) -> None:
    @router.get("/schedules/{name}/preview")
    def show(
        name: str, at: str = "", email: Annotated[str, Query(alias="as")] = "", language: str = "", ask: bool = False
    ) -> Response:
        said = {"as": email.strip(), "at": at.strip(), "language": language.strip()}
        common: dict[str, Any] = {"here": "schedules", "name": name, "said": said, "files": files_as_saved(app)}
        common["languages"] = ()
        common["back"] = urlencode({word: value for word, value in said.items() if value})
        try:
            saved = as_saved(app)
            whole = saved.schedule(name)
            schedule = saved.editions_of(f"{name}/{said['language']}" if said["language"] else name)[0]
        except ConfigError as error:
            return pages.page("preview.html", status=400, shown=None, troubles=error.problems, **common)
        except UsageError as error:
            raise HTTPException(404, f"{error}.") from error
        common["languages"] = whole.languages.every
        try:
            moment = moment_said(said["at"], saved.zone) if said["at"] else None
            looked = shelf.looked(saved, schedule, anew=ask)
            shown = Shown(saved, preview(saved, schedule, moment, email=said["as"], looked=looked))
        except UsageError as error:
            return pages.page("preview.html", status=400, shown=None, troubles=[str(error)], **common)
        places = OnTheShelf(shelf.put(shown), shown.public_url, shown.brings)
        return pages.page("preview.html", pictures=PICTURES, shown=shown, troubles=[], places=places, **common)


def _parts_of_the_page(router: APIRouter, shelf: Shelf) -> None:
    @router.get("/previews/{key}/{number}/html")
    def mail_frame(key: str, number: int, dark: bool = False, pictures: bool = True) -> Response:
        shown = shelf.get(key)
        mail = shown.entries[number].mail if 0 <= number < len(shown.entries) else None
        if mail is None:
            raise HTTPException(404, "There is no such mail.")
        places = OnTheShelf(key, shown.public_url, shown.brings)
        return framed(mail.html, places, dark=dark, pictures=pictures)

    @router.get("/previews/{key}/pictures/{name}")
    def picture(key: str, name: str) -> Response:
        shown = shelf.get(key)
        if name in shown.cards:
            return Response(shown.cards[name], media_type=CARD_TYPE)
        path = shown.local_picture(name)
        if path is None:
            raise HTTPException(404, "There is no such picture.")
        return FileResponse(path, media_type=media.TYPES[path.suffix.lower()])


def _own(name: str, query: str) -> str:
    """Return the address of a schedule's preview: of no other page, whatever was asked."""
    return f"/schedules/{quote(name, safe='')}/preview{'?' if query else ''}{query}"


def write_files(app: App, made: Preview, out: Path) -> list[Path]:
    """Leave a preview's page as files that open without a server: ``index.html`` and what it shows; return them.

    :raises UsageError: the folder holds something else.
    :raises OSError: it can't be written.
    """
    shown, folder = Shown(app, made), Folder(out)
    folder.claim()
    places = Lying(lambda url: _copy_picture(shown, url, folder), shown.public_url)
    for number, entry in enumerate(shown.entries):
        if entry.mail is not None:
            for dark, pictures in LOOKS:
                html = frame(entry.mail.html, places, dark=dark, pictures=pictures)
                folder.write(places.frame(number, dark=dark, pictures=pictures), html)
    name, said = made.plan.schedule.name, {"as": made.reader.email, "at": ""}
    context: dict[str, Any] = {"name": name, "said": said, "files": "", "back": ""}
    page = Pages(app).html("preview.html", places, shown=shown, troubles=[], **context)
    folder.write("index.html", page)
    folder.write("style.css", stylesheet())
    return folder.written


def _copy_picture(shown: Shown, url: str, folder: Folder) -> str:
    name = own_card(url, shown.public_url) or digest(url)
    if name in shown.cards:
        folder.write_bytes(copied := f"pictures/{name[:16]}.png", shown.cards[name])
        return copied
    path = shown.local_picture(name)
    if path is None:
        return _copy_added(shown, name, folder)
    folder.copy(path, copied := f"pictures/{name[:16]}{path.suffix.lower()}")
    return copied


def _copy_added(shown: Shown, name: str, folder: Folder) -> str:
    """Copy a picture that people added; nothing where it is none of theirs."""
    with shown.app.store.read() as conn:
        kept = kept_pictures.get(conn, name)
    if kept is None:
        return ""
    folder.write_bytes(copied := f"pictures/{name[:16]}.png", kept.content)
    return copied

"""The page behind the link of somebody who is asked to approve an edition: every message of it, and one button.

Looking changes nothing, whoever looks: mail programs and scanners follow links. The button approves exactly the version
that the page shows, and no page of another site can press it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from publisher.app import approving, asking
from publisher.app.approving import Look, Words
from publisher.app.archive import as_written
from publisher.app.asking import Asked
from publisher.errors import StaleError, UsageError
from publisher.model.message import Mail, Post
from publisher.web.forms import Said
from publisher.web.frames import framed
from publisher.web.headers import PICTURES
from publisher.web.message_views import MailView, PostView, filled, post_view
from publisher.web.pages import Pages
from publisher.web.places import Served

if TYPE_CHECKING:
    from publisher.app import App

KEPT = 12  # looks, for the frames of the pages that show them


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as the page shows it."""

    words: Words
    mail: MailView | None
    post: PostView | None


class BehindALink(Served):
    """Addresses below somebody's link."""

    def __init__(self, token: str, version: str, public_url: str) -> None:
        super().__init__(public_url)
        self._below = f"/{asking.PATH}/{token}/{version}"

    def frame(self, number: int, *, dark: bool = False, pictures: bool = True) -> str:
        return f"{self._below}/{number}{'?dark=1' if dark else ''}"


class Looks:
    """The last editions that were looked at: a page's frames show what the page does, and nothing is rendered twice."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = Lock()
        self._kept: OrderedDict[tuple[int, str], Look] = OrderedDict()

    def now(self, edition_id: int) -> Look:
        """Return an edition as it is now."""
        found = approving.look(self._app, edition_id)
        with self._lock:
            self._kept[edition_id, found.version] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    def of(self, edition_id: int, version: str) -> Look | None:
        """Return an edition in one version; None where it is another one by now."""
        with self._lock:
            kept = self._kept.get((edition_id, version))
        found = kept or self.now(edition_id)
        return found if found.version == version else None


def routes(app: App, pages: Pages) -> APIRouter:
    """Return the addresses below ``/preview``."""
    router = APIRouter(default_response_class=HTMLResponse)
    page = Page(app, pages, Looks(app))

    @router.api_route(f"/{asking.PATH}/{{token}}", methods=["GET", "HEAD"])
    def look(token: str) -> Response:
        return page.answer(token)

    @router.post(f"/{asking.PATH}/{{token}}")
    def approve(token: str, form: Said) -> Response:
        return page.approve(token, form.get("version"))

    @router.api_route(f"/{asking.PATH}/{{token}}/{{version}}/{{number}}", methods=["GET", "HEAD"])
    def mail(token: str, version: str, number: int, dark: bool = False) -> Response:
        return page.mail(token, version, number, dark=dark)

    return router


class Page:
    """The page, as it is looked at and after its button was pressed."""

    def __init__(self, app: App, pages: Pages, looks: Looks) -> None:
        self._app = app
        self._pages = pages
        self._looks = looks

    def answer(self, token: str, *, status: int = 200, trouble: str = "", done: str = "") -> Response:
        """Return the page; where the link is nobody's, one that tells nothing."""
        asked = asking.read(self._app, token)
        if asked is None:
            return self._dead()
        found = self._looks.now(asked.edition_id)
        places = BehindALink(token, found.version, self._app.project.publication.public_url)
        what: dict[str, Any] = {"found": found, "asked": asked, "trouble": trouble, "done": done}
        what |= {"shown": [self._shown(found, each) for each in found.words]}
        what |= {"title": approving.named(self._app, found.edition), "has_agreed": _actor(asked) in found.agreed}
        return self._pages.page(
            "approval.html", status=status, pictures=PICTURES, places=places, say=self._pages.words("en"), **what
        )

    def approve(self, token: str, version: str) -> Response:
        """Approve the version that the page showed, and say how it stands."""
        asked = asking.read(self._app, token)
        if asked is None:
            return self._dead()
        try:
            agreed = approving.approve(self._app, asked.edition_id, version, actor=_actor(asked))
        except StaleError as error:
            trouble = f"Not approved: {error.what}. Look at it as it is now"
            return self.answer(token, status=409, trouble=trouble)
        except UsageError as error:
            return self.answer(token, status=409, trouble=f"Not approved: {error.what}. {error.remedy}")
        return self.answer(token, done=f"You have approved it: {agreed}")

    def mail(self, token: str, version: str, number: int, *, dark: bool) -> Response:
        """Serve a mail for its frame: it may do nothing."""
        asked = asking.read(self._app, token)
        found = self._looks.of(asked.edition_id, version) if asked is not None else None
        words = found.words[number] if found is not None and 0 <= number < len(found.words) else None
        view = self._shown(found, words).mail if found is not None and words is not None else None
        if view is None:
            return self._dead()
        places = BehindALink(token, version, self._app.project.publication.public_url)
        return framed(view.html, places, dark=dark)

    def _shown(self, found: Look, words: Words) -> Shown:
        content = words.content
        if isinstance(content, Mail):
            return Shown(words, filled(self._uncounted(words, content)), None)
        post = post_view(self._app, words.channel, content) if isinstance(content, Post) else None
        return Shown(words, None, post)

    def _uncounted(self, words: Words, mail: Mail) -> Mail:
        """Return a mail whose links lead straight to where they lead: whoever approves it is no reader."""
        if words.send_id is None:
            return mail
        with self._app.store.read() as conn:
            return as_written(self._app, conn, words.send_id, mail)

    def _dead(self) -> Response:
        return self._pages.page("approval_dead.html", say=self._pages.words("en"))


def _actor(asked: Asked) -> str:
    return f"mail:{asked.address}"

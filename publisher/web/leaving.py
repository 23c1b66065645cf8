"""Leaving, by the link that every mail brings: one click, a page, an undo, and what else readers may choose by it.

The mail may have been forwarded with its link: the address stands here masked, and nothing that is its owner's alone.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from publisher.app import joining
from publisher.app.links import TEST
from publisher.audience import preferences
from publisher.audience.preferences import Choice, Reader
from publisher.web.choices import Choices
from publisher.web.forms import Form, Said
from publisher.web.pages import Pages
from publisher.web.readers import Readers

if TYPE_CHECKING:
    from publisher.app import App

ONE_CLICK = "one-click in the mail"  # RFC 8058
BY_PAGE = "the page behind the link"
BY_LINK = "on the page behind the link in a mail"


def routes(app: App, pages: Pages) -> APIRouter:
    """Return the addresses below ``/u``."""
    router = APIRouter(default_response_class=HTMLResponse)
    readers = Readers(app, pages)
    exit_ = Exit(readers)

    @router.api_route(f"/u/{TEST}", methods=["GET", "HEAD", "POST"])
    @router.api_route(f"/u/{TEST}/choices", methods=["GET", "HEAD", "POST"])
    def test() -> Response:
        """Return the page behind the links of a test's mails, by which nobody leaves."""
        return readers.said(readers.words(), "test_title", "test")

    @router.api_route("/u/{token}", methods=["GET", "HEAD"])
    def look(token: str) -> Response:
        return exit_.page(preferences.look_up(app.store, token, app.link_key))

    @router.post("/u/{token}")
    def leave(token: str, form: Said) -> Response:
        """Leave; from a mail client's one click (RFC 8058) or from the page. ``undo=1`` takes it back."""
        if form.get("undo") == "1":
            return exit_.page(preferences.come_back(app.store, token, app.link_key, now=app.clock()), done="back")
        how = ONE_CLICK if form.get("List-Unsubscribe") == "One-Click" else BY_PAGE
        return exit_.page(preferences.leave(app.store, token, app.link_key, how=how, now=app.clock()), done="left")

    @router.api_route("/u/{token}/choices", methods=["GET", "HEAD"])
    def choices(token: str) -> Response:
        return exit_.choices(token)

    @router.post("/u/{token}/choices")
    def choose(token: str, form: Said) -> Response:
        return exit_.choices(token, form)

    @router.post("/u/{token}/choices/link")
    def send_link(token: str) -> Response:
        return exit_.send_link(token)

    return router


class Exit:
    """The pages behind the link that every mail brings."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._app = readers.app
        self._choices = Choices(readers)

    def page(self, choice: Choice | None, *, done: str = "") -> Response:
        """Return the page about a list.

        :param done: "left" or "back"; empty: nothing was.
        """
        if choice is None:
            return self._readers.dead()
        mailing_list = self._readers.list_named(choice.list_name)
        return self._readers.page(
            "public_leave.html",
            self._readers.words(choice.language, mailing_list.language),
            list_title=mailing_list.title,
            address=choice.masked,
            is_on=choice.is_on,
            done=done,
            choices=self._readers.choices_of(choice.subscriber_id, choice.list_id),
        )

    def choices(self, token: str, form: Form | None = None) -> Response:
        """Return the page of all choices, after what a form wants was done."""
        choice, found = self._reader(token)
        reader, error = self._choices.take(form, found, how=BY_LINK) if found else (None, "")
        if choice is None or reader is None:
            return self._readers.dead()
        say = self._choices.say(reader)
        return self._readers.page(
            "public_choices.html",
            say,
            status=400 if error else 200,
            error=error and say(error),
            is_saved=form is not None and not error,
            here=self._readers.choices_of(reader.person.id, choice.list_id),
            **self._choices.shown(reader, say),
        )

    def send_link(self, token: str) -> Response:
        """Mail the owner of the address the link to what is theirs alone."""
        _, reader = self._reader(token)
        if reader is None:
            return self._readers.dead()
        work = partial(joining.send_link, self._app, reader.person.email)
        return self._readers.said(self._choices.say(reader), "sent_title", "sent", afterwards=work)

    def _reader(self, token: str) -> tuple[Choice | None, Reader | None]:
        choice = preferences.look_up(self._app.store, token, self._app.link_key)
        return choice, preferences.reader(self._app.store, choice.subscriber_id) if choice else None

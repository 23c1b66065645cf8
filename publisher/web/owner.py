"""What is the owner's of an address alone, behind a link that was mailed to it just now, and how they get that link."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from publisher.app import forgetting, joining, links
from publisher.audience import moving, preferences, record
from publisher.audience.addresses import normalise
from publisher.audience.preferences import Reader
from publisher.audience.signup import READER
from publisher.model.subscriber import LetterKind
from publisher.web.choices import Choices
from publisher.web.forms import Form, Said
from publisher.web.network import network_of
from publisher.web.pages import Pages
from publisher.web.readers import Readers
from publisher.web.wording import Words

if TYPE_CHECKING:
    from publisher.app import App

BY_LINK = "on the page behind a link that was mailed to its owner"
WHY = "asked for by the link that was mailed to them"
WHY_MOVED = "confirmed by the link that was mailed there"


def routes(app: App, pages: Pages) -> APIRouter:
    """Return ``/my`` and the addresses below ``/a`` and ``/m``."""
    router = APIRouter(default_response_class=HTMLResponse)
    readers = Readers(app, pages)
    owner = Owner(readers)

    @router.api_route("/my", methods=["GET", "HEAD"])
    def ask_for_link(language: str = "") -> Response:
        return owner.door(language)

    @router.post("/my")
    def send_link(request: Request, form: Said, language: str = "") -> Response:
        return owner.send_link(request, form, language)

    @router.api_route("/a/{token}", methods=["GET", "HEAD"])
    def look(token: str) -> Response:
        return owner.page(token)

    @router.post("/a/{token}")
    def choose(token: str, form: Said) -> Response:
        return owner.page(token, form)

    @router.post("/a/{token}/address")
    def ask_new_address(request: Request, token: str, form: Said) -> Response:
        return owner.ask_new_address(request, token, form)

    @router.api_route("/a/{token}/data", methods=["GET", "HEAD"])
    def data(token: str) -> Response:
        return owner.data(token)

    @router.api_route("/a/{token}/erase", methods=["GET", "HEAD"])
    def ask_to_erase(token: str) -> Response:
        return owner.erase(token, is_sure=False)

    @router.post("/a/{token}/erase")
    def erase(token: str) -> Response:
        return owner.erase(token, is_sure=True)

    @router.api_route("/m/{token}", methods=["GET", "HEAD"])
    def ask_to_move(token: str) -> Response:
        return owner.move(token, is_sure=False)

    @router.post("/m/{token}")
    def move(token: str) -> Response:
        return owner.move(token, is_sure=True)

    return router


class Owner:
    """The pages behind a link that only the owner of an address can have."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._app = readers.app
        self._choices = Choices(readers)

    def door(self, language: str = "", *, typed: str = "", error: str = "") -> Response:
        """Return the page that asks for an address."""
        say = self._readers.words(self._readers.chosen(language))
        status = 400 if error else 200
        return self._readers.page("public_my.html", say, status=status, error=error and say(error), typed=typed)

    def send_link(self, request: Request, form: Form, language: str = "") -> Response:
        """Mail a link to an address, where we know it; the same answer where we don't."""
        try:
            address = normalise(form.get("email"))
        except ValueError:
            return self.door(language, typed=form.get("email"), error="join_bad_email")
        say = self._readers.words(self._readers.chosen(language))
        if refused := self._refusal(request, say):
            return refused
        work = partial(joining.send_link, self._app, address)
        return self._readers.said(say, "sent_title", "sent", "joined_no_mail", afterwards=work)

    def _refusal(self, request: Request, say: Words) -> Response | None:
        """Return why no letter can be asked for now, whoever asks; None where one can."""
        if joining.why_not(self._app):
            return self._readers.said(say, "trouble_title", "trouble", status=503)
        if joining.wait_of(self._app, network_of(request), 1):
            return self._readers.said(say, "trouble_title", "trouble_429", status=429)
        return None

    def page(self, token: str, form: Form | None = None) -> Response:
        """Return the page of all that is theirs, after what a form wants was done."""
        found = self._reader(token)
        reader, error = self._choices.take(form, found, how=BY_LINK) if found else (None, "")
        if reader is None:
            return self._readers.dead()
        return self._shown(token, reader, error=error, is_saved=form is not None and not error)

    def _shown(
        self, token: str, reader: Reader, *, error: str = "", is_saved: bool = False, typed: str = ""
    ) -> Response:
        say = self._choices.say(reader)
        return self._readers.page(
            "public_owner.html",
            say,
            status=400 if error else 200,
            error=error and say(error),
            is_saved=is_saved,
            address=reader.person.email,
            typed=typed,
            here=f"/a/{token}",
            **self._choices.shown(reader, say),
        )

    def ask_new_address(self, request: Request, token: str, form: Form) -> Response:
        """Ask at a new address whether it is theirs; nothing changes before."""
        reader = self._reader(token)
        if reader is None:
            return self._readers.dead()
        typed = form.get("email")
        try:
            address = normalise(typed)
        except ValueError:
            return self._shown(token, reader, error="join_bad_email", typed=typed)
        if self._app.hash_of(address) == self._app.hash_of(reader.person.email):
            return self._shown(token, reader, error="move_same", typed=typed)
        say = self._choices.say(reader)
        if refused := self._refusal(request, say):
            return refused
        work = partial(joining.ask_new_address, self._app, reader.person, address)
        texts = [say("move_sent", address), say("joined_no_mail")]
        return self._readers.page("public_said.html", say, afterwards=work, title=say("sent_title"), texts=texts)

    def data(self, token: str) -> Response:
        """Return all that is kept of them, as a file."""
        reader = self._reader(token)
        if reader is None:
            return self._readers.dead()
        headers = {"Content-Disposition": 'attachment; filename="my-data.json"'}
        return JSONResponse(record.record_of(self._app.store, reader.person.id), headers=headers)

    def erase(self, token: str, *, is_sure: bool) -> Response:
        """Ask once, then erase everything."""
        reader = self._reader(token)
        if reader is None:
            return self._readers.dead()
        say = self._choices.say(reader)
        if not is_sure:
            address = reader.person.email
            return self._readers.page("public_erase.html", say, address=address, here=f"/a/{token}")
        forgetting.erase(
            self._app.folder,
            self._app.store,
            reader.person.id,
            hash_of=self._app.hash_of,
            why=WHY,
            now=self._app.clock(),
            actor=READER,
        )
        return self._readers.said(say, "erased_title", "erased")

    def move(self, token: str, *, is_sure: bool) -> Response:
        """Ask at the new address, then let it hold."""
        claim = links.read(self._app, LetterKind.MOVE, token)
        if claim is None:
            return self._readers.dead()
        person, new = (preferences.reader(self._app.store, each) for each in (claim.about, claim.subscriber_id))
        if person is None or new is None:
            return self._readers.dead()
        if person.person.id == new.person.id:  # it was said before; since then they may have moved on
            return self._moved(person, preferences.mask(person.person.email))
        if preferences.has_moved_since(self._app.store, claim.about, claim.made_at):
            return self._readers.dead()  # asked for before the address was changed, maybe to keep somebody out
        if is_sure:
            self._move(person, new)
            return self._moved(person, new.person.email)
        old = preferences.mask(person.person.email)
        say = self._choices.say(person)
        return self._readers.page("public_move.html", say, address=new.person.email, old=old)

    def _move(self, person: Reader, new: Reader) -> None:
        now = self._app.clock()
        moving.move(self._app.store, person.person.id, new.person.id, now=now, actor=READER, why=WHY_MOVED)

    def _moved(self, person: Reader, address: str) -> Response:
        say = self._choices.say(person)
        texts = [say("moved", address)]
        return self._readers.page("public_said.html", say, title=say("moved_title"), texts=texts)

    def _reader(self, token: str) -> Reader | None:
        claim = links.read(self._app, LetterKind.ACCESS, token)
        if claim is None:
            return None
        # A link that was mailed to the address before is that mailbox's, and not its owner's any more.
        if preferences.has_moved_since(self._app.store, claim.subscriber_id, claim.made_at):
            return None
        return preferences.reader(self._app.store, claim.subscriber_id)

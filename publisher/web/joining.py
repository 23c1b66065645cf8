"""Joining: the page where people sign up, the form that stands on other sites, and the link that asks for their yes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from publisher.app import joining, links
from publisher.audience.addresses import normalise
from publisher.audience.preferences import mask
from publisher.audience.signup import Question, Wanted, Wish
from publisher.errors import ConfigError
from publisher.model.blanks import typeset
from publisher.model.project import MailingList
from publisher.model.subscriber import LetterKind, SubscriptionState
from publisher.model.tokens import read_wire_id, wire_id
from publisher.pipeline.produce import reach
from publisher.store import consents
from publisher.web.forms import Form, Said
from publisher.web.network import network_of
from publisher.web.pages import Pages
from publisher.web.places import Served
from publisher.web.readers import Readers
from publisher.web.wording import Words

if TYPE_CHECKING:
    from publisher.app import App

log = structlog.get_logger()

TRAP = "website"  # a field that people don't see and machines fill in
LONGEST_NAME = 80  # characters
NO_NAME = re.compile(r"[@/<>{}\n\r]|www\.|\w\.\w{2,}\b", re.IGNORECASE)  # an advertisement to whoever gets the letter


def routes(app: App, pages: Pages) -> APIRouter:
    """Return the addresses where people join."""
    router = APIRouter(default_response_class=HTMLResponse)
    readers = Readers(app, pages)
    door = Door(readers)

    @router.api_route("/subscribe", methods=["GET", "HEAD"])
    def all_lists(language: str = "") -> Response:
        return door.show(readers.lists(), language)

    @router.api_route("/subscribe/{name}", methods=["GET", "HEAD"])
    def one_list(name: str, language: str = "") -> Response:
        return door.show(door.only(name), language)

    @router.post("/subscribe")
    def join_some(request: Request, form: Said) -> Response:
        return door.take(request, form, readers.lists())

    @router.post("/subscribe/{name}")
    def join_one(request: Request, form: Said, name: str) -> Response:
        return door.take(request, form, door.only(name), only=[name])

    @router.api_route("/c/{token}", methods=["GET", "HEAD"])
    def ask(token: str) -> Response:
        claim = links.read(app, LetterKind.CONFIRM, token)
        return _asked(readers, joining.look(app, claim) if claim else None)

    @router.post("/c/{token}")
    def confirm(token: str) -> Response:
        claim = links.read(app, LetterKind.CONFIRM, token)
        return _asked(readers, joining.confirm(app, claim) if claim else None)

    return router


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed, as they typed it."""

    email: str = ""
    name: str = ""
    chosen: tuple[str, ...] = ()  # lists


NOTHING = Typed()


class Door:
    """Shows what there is to join, and takes what people ask for."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._app = readers.app

    def only(self, name: str) -> list[MailingList]:
        return [each for each in self._readers.lists() if each.name == name]

    def show(
        self, lists: Sequence[MailingList], language: str = "", *, error: str = "", typed: Typed = NOTHING
    ) -> Response:
        """Return the page; with what was typed, where it can't be taken as it is."""
        readers, say = self._readers, self._say(lists, language)
        if not lists:
            return readers.said(say, "mine", "join_closed", status=404)
        return readers.page(
            "public_join.html",
            say,
            status=400 if error else 200,
            error=error and say(error),
            lists=lists,
            typed=typed,
            promise=readers.promise(say),
            asked=self._digest(lists, say),
            language_asked=readers.chosen(language),
        )

    def take(self, request: Request, form: Form, lists: Sequence[MailingList], *, only: Sequence[str] = ()) -> Response:
        """Take a form; the same answer whether the address is known, has left, is suppressed, or is nobody's."""
        language = form.get("language")
        picked = [each for each in lists if each.name in (only or form.all("list"))]
        typed = Typed(form.get("email"), form.get("name"), tuple(each.name for each in picked))
        say = self._say(lists, language)
        wanted = self._wanted(form, picked, lists, say)
        error = error_in(typed.email, typed.name, picked) or ("join_changed" if wanted is None else "")
        if not lists or wanted is None or error:
            return self.show(lists, language, error=error, typed=typed)
        if form.get(TRAP):
            log.info("sign_up_refused", why="the field that nobody sees was filled in")
            return self._done(say, picked)
        wish = self.wish(typed, language, wanted, source_of(request, self._host))
        return self.refusal(request, wish, say) or self._done(say, picked, wish)

    def wish(self, typed: Typed, language: str, wanted: Sequence[Wanted], source: str) -> Wish:
        """Return what somebody asked for; the address is checked already."""
        address = normalise(typed.email)
        chosen = self._readers.chosen(language)
        return Wish(address, self._app.hash_of(address), source, wanted, typeset(typed.name), chosen)

    def refusal(self, request: Request, wish: Wish, say: Words) -> Response | None:
        """Return why nothing can be done, whoever asks; None where it can."""
        status = self.status_of(request, wish)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return self._readers.said(say, "trouble_title", "trouble_429", status=status)
        return None if status == HTTPStatus.OK else self._readers.said(say, "trouble_title", "trouble", status=status)

    def status_of(self, request: Request, wish: Wish) -> HTTPStatus:
        """Say whether something can be done for anybody now; it tells nothing of the address."""
        if why := joining.why_not(self._app, [each.list_name for each in wish.lists]):
            log.error("sign_up_failed", why=why)
            return HTTPStatus.SERVICE_UNAVAILABLE
        waits = joining.wait_of(self._app, network_of(request), len(wish.lists))
        return HTTPStatus.TOO_MANY_REQUESTS if waits else HTTPStatus.OK

    def _done(self, say: Words, picked: Sequence[MailingList], wish: Wish | None = None) -> Response:
        asked = "joined_ask" if any(each.double_opt_in for each in picked) else "joined_once"
        work = None if wish is None else partial(joining.sign_up, self._app, wish)
        return self._readers.said(say, "joined_title", asked, "joined_no_mail", afterwards=work)

    def _wanted(
        self, form: Form, picked: Sequence[MailingList], lists: Sequence[MailingList], say: Words
    ) -> list[Wanted] | None:
        """Return the lists with the words that were shown; None where the page says something else by now."""
        known = form.get("asked")
        if known == self._digest(lists, say):
            return [self._readers.wanted(each, say) for each in picked]
        found = [(each, read_wire_id(_form_id(each.name), known, self._app.keys.all_of("wire"))) for each in picked]
        if all(number is not None for _, number in found):
            return [Wanted(each.name, each.double_opt_in, wording_id=number) for each, number in found]
        return None

    def _digest(self, lists: Sequence[MailingList], say: Words) -> str:
        """Return by what the words of a page are known: consent is to these and to no others."""
        words = "\n\n".join(self._readers.wanted(each, say).words for each in lists)
        return sha256(f"{say.language}\n{words}".encode()).hexdigest()[:32]

    def _say(self, lists: Sequence[MailingList], language: str) -> Words:
        own = lists[0].language if len(lists) == 1 else ""
        return self._readers.words(self._readers.chosen(language), own)

    @property
    def _host(self) -> str:
        return urlsplit(self._app.public_url).hostname or ""


def form_words(app: App, pages: Pages, list_name: str) -> str:
    """Return the form that a site can show for a list, as HTML; its words are kept, and their version is in it.

    :raises ConfigError: nobody could use it.
    """
    readers = Readers(app, pages)
    mailing_list = readers.list_named(list_name)
    if not mailing_list.is_open:
        raise ConfigError(
            f"nobody can sign up for {list_name}", where=mailing_list.where, remedy="Write `open: true` there"
        )
    if not app.public_url:
        raise ConfigError("the form would lead nowhere", where="schedules.yaml", remedy=reach.SET_PUBLIC_URL)
    say = readers.words(mailing_list.language)
    wanted = readers.wanted(mailing_list, say)
    with app.store.write() as conn:
        number = consents.wording(conn, wanted.words, wanted.language, app.clock())
    asked = wire_id(_form_id(mailing_list.name), number, app.keys.current("wire")[1])
    address = f"{app.public_url}/subscribe/{mailing_list.name}"
    shown = {"list": mailing_list, "promise": readers.promise(say), "address": address, "asked": asked, "trap": TRAP}
    return pages.html("public_form.html", Served(), say=say, **shown)


def _form_id(list_name: str) -> str:
    return f"form.{list_name}."


def error_in(email: str, name: str, lists: Sequence[object]) -> str:
    """Return the name of the words that say what is wrong with what was typed; empty where nothing is."""
    if not lists:
        return "join_no_list"
    if len(name) > LONGEST_NAME or NO_NAME.search(name):
        return "join_bad_name"
    try:
        normalise(email)
    except ValueError:
        return "join_bad_email"
    return ""


def source_of(request: Request, own_host: str) -> str:
    """Return where somebody signed up: our own page, or the form of another site."""
    try:
        host = urlsplit(request.headers.get("origin", "")).hostname or ""
    except ValueError:
        host = ""
    return f"form on {host[:100]}" if host and host != own_host else "sign-up page"


def _asked(readers: Readers, question: Question | None) -> Response:
    """Return the page behind a link to confirm."""
    if question is None:
        return _ended(readers, readers.words(), "")
    mailing_list = readers.list_named(question.list_name)
    say = readers.words(question.person.language, mailing_list.language)
    title, address = mailing_list.title, mask(question.person.email)
    if question.is_open:
        return readers.page("public_confirm.html", say, list_title=title, address=address)
    if question.state is SubscriptionState.CONFIRMED:
        choices = readers.choices_of(question.person.id, question.list_id)
        return readers.page("public_confirmed.html", say, list_title=title, address=address, choices=choices)
    return _ended(readers, say, question.list_name)


def _ended(readers: Readers, say: Words, list_name: str) -> Response:
    path = f"/subscribe/{list_name}" if list_name and readers.list_named(list_name).is_open else "/subscribe"
    return readers.page("public_ended.html", say, again=path)

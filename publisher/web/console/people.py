"""The console's pages of people: who works here, where they are signed in, and what programs ask for them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ConfigDict, Field, SecretStr

from publisher.app import sessions, staff, tokens
from publisher.app.staff import ME
from publisher.errors import UsageError
from publisher.model.staff import May, Role
from publisher.speech.phrases import _, ngettext
from publisher.store import RowMapping, permission
from publisher.store import staff as ledger
from publisher.store import tokens as token_ledger
from publisher.web import here
from publisher.web.acts import Acts, Done, Id, Words
from publisher.web.allowance import Allowance
from publisher.web.below import base
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

HERE = "/people"
PAGE = 200
GUESSES = 5  # a minute, of one's present password: whoever sits at a browser that was left open knows none
Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9._-]*$", max_length=40, description="A name; `me`: whoever asks.")]


SCOPES = {
    May.LOOK: _("look at everything"),
    May.EDIT: _("change drafts, notes, articles and schedules; hold an edition"),
    May.APPROVE: _("agree to editions, let held ones go, breaking news, corrections"),
    May.OPERATE: _("cancel, resend, withdraw, hold everything; channels, sources, subscribers"),
    May.MANAGE: _("say who works here"),
}


class Newcomer(Words):
    """Who begins to work here."""

    name: str = Field(min_length=1, max_length=40, description="Small letters and digits; begins with a letter.")
    role: Role = Role.EDITOR


class NewRole(Words):
    """What somebody may do from now on."""

    role: Role


class Where(Words):
    """Where somebody is signed out."""

    session: str = Field("", max_length=sessions.NAMED_BY, description="The name of one session; empty: all.")


class NewPassword(Words):
    """Another password, from whoever knows the present one."""

    model_config = ConfigDict(str_strip_whitespace=False)  # a password may begin with a blank

    present: SecretStr = Field(max_length=staff.LONGEST)
    password: SecretStr = Field(max_length=staff.LONGEST)


class NewToken(Words):
    """What a token is for, and how far it reaches."""

    name: str = Field(min_length=1, max_length=tokens.LONGEST_NAME, description="What it is for.")
    scopes: list[May] = Field(default_factory=list, max_length=len(May), description="`look` is always one of them.")
    days: int | None = Field(None, ge=1, le=tokens.LONGEST_DAYS, description="None: until somebody ends it.")


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses of people, and let the interface do and see the same."""
    _add_changes(app, acts)
    _add_own(app, acts)
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get(HERE)
    def everybody(after: Annotated[str, Query(max_length=40)] = "") -> Response:
        member = permission.who()
        if member is not None and not member.may(May.MANAGE):
            return RedirectResponse(f"{HERE}/{ME}", 303)
        found = people_of(app, after=after, limit=PAGE + 1)
        more = found[PAGE - 1]["name"] if len(found) > PAGE else ""
        with app.store.read() as conn:
            made = token_ledger.every(conn, limit=PAGE)
        return pages.page("people.html", here="people", people=found[:PAGE], more=more, tokens=made, **_said(app))

    @router.get(f"{HERE}/{ME}")
    def own() -> Response:
        member = permission.who()
        if member is None:
            return RedirectResponse(HERE, 303)
        return _person(app, pages, member.name, is_own=True)

    @router.get(f"{HERE}/{{name}}")
    def one(name: Name) -> Response:
        permission.require(May.MANAGE)
        return _person(app, pages, name, is_own=False)

    return router


def _person(app: App, pages: Pages, name: str, *, is_own: bool) -> Response:
    found = people_of(app, name=name)
    if not found:
        raise HTTPException(404, _("Nobody of this name works here, or did."))
    person = found[0]
    with app.store.read() as conn:
        made = token_ledger.every(conn, person["id"], limit=PAGE)
    works = person["ended_at"] is None
    return pages.page(
        "person.html",
        here="people",
        person=person,
        is_own=is_own,
        works=works,
        sessions=sessions.sessions_of(app, name, here.session()) if works else [],
        tokens=made,
        address=f"{HERE}/{ME if is_own else name}",
        **_said(app),
    )


def _said(app: App) -> dict[str, Any]:
    return {"now": app.clock(), "roles": list(Role), "scopes": SCOPES}


def people_of(app: App, *, name: str = "", after: str = "", limit: int = PAGE) -> list[RowMapping]:
    """Return who works here or did, with where they are signed in.

    :param name: of one alone.
    """
    now = app.clock()
    with app.store.read() as conn:
        return ledger.overview(conn, now, now - staff.IDLE_FOR, name=name, after=after, limit=limit)


def named(name: str) -> str:
    """Return whose name an address says: `me` is whoever asks."""
    member = permission.who()
    return member.name if name == ME and member is not None else name


def _add_changes(app: App, acts: Acts) -> None:
    """Add what admins do."""

    @acts.post(f"{HERE}/add", may=May.MANAGE, back=HERE)
    def add(said: Newcomer, request: Request) -> Done:
        """Let somebody work here; they choose their own password by a link that is told this once."""
        link = staff.add(app, said.name, said.role, app.actor)
        words = _(
            "%(name)s works here as %(role)s. This link is for them alone, and good for two days.",
            name=said.name,
            role=_(said.role.value),
        )
        return Done(said=words, where=f"{HERE}/{said.name}", secret=_at(request, link))

    @acts.post(f"{HERE}/{{name}}/link", may=May.MANAGE, back=f"{HERE}/{{name}}")
    def link(name: Name, request: Request) -> Done:
        """Make a new link by which somebody chooses a password; the one before ends."""
        made = staff.invite(app, named(name), app.actor)
        words = _(
            "%(name)s chooses a password by this link. It is for them alone, and good for two days.", name=named(name)
        )
        return Done(said=words, secret=_at(request, made))

    @acts.post(f"{HERE}/{{name}}/role", may=May.MANAGE, back=f"{HERE}/{{name}}")
    def role(name: Name, said: NewRole) -> Done:
        """Give somebody another role, which signs them out."""
        staff.set_role(app, named(name), said.role, app.actor)
        return Done(
            said=_(
                "%(name)s is %(role)s from now on, and signed out everywhere.",
                name=named(name),
                role=_(said.role.value),
            )
        )

    @acts.post(f"{HERE}/{{name}}/unlock", may=May.MANAGE, back=f"{HERE}/{{name}}")
    def unlock(name: Name) -> Done:
        """Look at passwords for somebody again, before their wait is over."""
        sessions.unlock(app, named(name))
        return Done(said=_("Passwords for %(name)s are looked at again.", name=named(name)))

    @acts.post(f"{HERE}/{{name}}/let-go", may=May.MANAGE, back=f"{HERE}/{{name}}")
    def let_go(name: Name) -> Done:
        """Let somebody work here no more: signs them out, and ends their tokens."""
        staff.end(app, named(name), app.actor)
        return Done(said=_("%(name)s works here no more, and is signed out everywhere.", name=named(name)), where=HERE)


def _add_own(app: App, acts: Acts) -> None:
    """Add what everybody does for themselves, and admins for others where that makes sense."""
    tries: defaultdict[str, Allowance] = defaultdict(lambda: Allowance(GUESSES))

    @acts.post(f"{HERE}/{{name}}/sign-out", may=May.LOOK, back=f"{HERE}/{{name}}")
    def sign_out(name: Name, said: Where) -> Done:
        """End one session, or all but the one by which this is asked."""
        whose = named(name)
        if said.session:
            sessions.end_one(app, whose, said.session)
            return Done(said=_("%(name)s is signed out there.", name=whose))
        ended = sessions.end_all(app, whose, but=here.session())
        return Done(
            said=ngettext(
                "%(name)s was signed out in %(count)s place.",
                "%(name)s was signed out in %(count)s places.",
                ended,
                name=whose,
            )
        )

    @acts.post(f"{HERE}/{ME}/password", may=May.LOOK, back=f"{HERE}/{ME}")
    def password(said: NewPassword) -> Done:
        """Choose another password; ends every session of one's own but this."""
        if wait := tries[app.actor].take():
            raise UsageError(f"too many tries: wait {wait} seconds")
        given = said.present.get_secret_value(), said.password.get_secret_value()
        sessions.change_password(app, *given, token=here.session())
        return Done(said=_("Your password is another one now. Everywhere else you are signed out."))

    @acts.post(f"{HERE}/{ME}/tokens", may=May.LOOK, back=f"{HERE}/{ME}")
    def token(said: NewToken) -> Done:
        """Make a token of one's own, which is told this once."""
        made = tokens.add(app, named(ME), said.name, said.scopes, days=said.days)
        return Done(said=_("The token for %(name)s is made.", name=said.name), secret=made)

    @acts.post("/tokens/{token_id}/end", may=May.LOOK)
    def end_token(token_id: Id) -> Done:
        """End a token, from its next use on."""
        owner = tokens.end(app, token_id)
        return Done(
            said=_("Token %(id)s has ended.", id=str(token_id)), where=f"{HERE}/{ME if owner == named(ME) else owner}"
        )


def _at(request: Request, path: str) -> str:
    """Return a whole address of this console, as whoever asks reaches it."""
    return f"{str(request.base_url).rstrip('/')}{base()}{path}"

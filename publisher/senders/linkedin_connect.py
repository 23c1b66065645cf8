"""How LinkedIn lets an app post for a member or an organisation: leave in a browser, by which it gives a token."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from publisher.model.call import Verdict
from publisher.senders.bodies import FORM, as_form
from publisher.senders.connecting import Ask, Grant, Step, Talk, Way
from publisher.senders.http import Http
from publisher.senders.linkedin_answer import judge
from publisher.senders.linkedin_token import keep_end
from publisher.senders.oauth2 import code_in, lacking, leave
from publisher.senders.verdicts import refused

APPS = "https://www.linkedin.com/developers/apps"
LOGIN = "https://www.linkedin.com"
PAGE = f"{LOGIN}/oauth/v2/authorization"
LED_TO = "https://localhost/publisher"
MEMBER, ORGANISATION = "urn:li:person:", "urn:li:organization:"
OF_MEMBER = ("openid", "profile", "w_member_social")
OF_ORGANISATION = ("w_organization_social", "r_organization_social")
MOST_DAYS = 366


def whose(api: str, author: str, headers: dict[str, str], http: Http) -> str | Verdict | None:
    """Ask who the member is, which only a member's token is told, and none that was made for posting alone.

    :param api: where LinkedIn is called.
    """
    if not author.startswith(MEMBER):
        return None
    reply = http.get(f"{api}/v2/userinfo", {"Authorization": headers["Authorization"]})
    if reply.status == 403:
        return None
    if reply.trouble:
        return judge(reply, http.clock())
    if f"{MEMBER}{reply.word('sub')}" != author:
        return refused(f"the token is of {MEMBER}{reply.word('sub')}, and `author` says another")
    return reply.word("name") or author


def _app(talk: Talk) -> Step:
    return Step(
        (
            f"At LinkedIn make an app, and add to its products {_products(talk)}.",
            f"Under Auth add {LED_TO} to its redirect URLs, then copy client ID and primary client secret.",
        ),
        (
            Ask("client_id", "the app's client ID"),
            Ask("client_secret", "the app's client secret; it isn't kept", is_secret=True),
        ),
        APPS,
    )


def _allow(talk: Talk) -> Step:
    return leave(PAGE, talk["client_id"], LED_TO, " ".join(_scopes(talk)))


def _token(talk: Talk) -> Grant:
    app = {name: talk[name] for name in ("client_id", "client_secret")}
    fields = {"grant_type": "authorization_code", "code": code_in(talk, LED_TO), "redirect_uri": LED_TO, **app}
    said = talk.http.post(f"{talk.host(LOGIN)}/oauth/v2/accessToken", as_form(fields.items()), FORM)
    reply = talk.checked(said, "the code is not taken")
    token, seconds = reply.word("access_token"), reply.word("expires_in")
    if not token:
        raise talk.no("the answer holds no token")
    if missing := lacking(reply, *_scopes(talk)):
        raise talk.no(f"the token lacks {', '.join(missing)}")
    days = min(int(seconds) // 86_400, MOST_DAYS) if seconds.isdecimal() else 0
    ends_at = talk.http.clock() + timedelta(days=days) if days else None
    return Grant({"token": token, "author": _author(talk, token)}, partial(keep_end, token=token, ends_at=ends_at))


def _author(talk: Talk, token: str) -> str:
    """Return who posts: the organisation that is named, or the member whose token it is."""
    if _is_organisation(talk):
        return talk["author"]
    talk.http.hide(token)
    said = talk.http.get(f"{talk.host('https://api.linkedin.com')}/v2/userinfo", {"Authorization": f"Bearer {token}"})
    member = talk.checked(said, "LinkedIn doesn't say whose the token is").word("sub")
    if not member:
        raise talk.no("LinkedIn doesn't say whose the token is")
    return MEMBER + member


def _products(talk: Talk) -> str:
    if _is_organisation(talk):
        return "the Community Management API"
    return "Share on LinkedIn, and Sign In with LinkedIn using OpenID Connect"


def _scopes(talk: Talk) -> tuple[str, ...]:
    return OF_ORGANISATION if _is_organisation(talk) else OF_MEMBER


def _is_organisation(talk: Talk) -> bool:
    return talk["author"].startswith(ORGANISATION)


WAYS = (Way("", "", ("token",), ("author",), (_app, _allow, _token)),)

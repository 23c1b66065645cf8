"""How an account of Mastodon's lets us post: an app is made at its server, and the account allows it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from publisher.model.call import Verdict
from publisher.senders.bodies import FORM, as_form
from publisher.senders.connecting import Ask, Grant, Step, Talk, Way
from publisher.senders.http import Http
from publisher.senders.verdicts import unknown

NO_REDIRECT = "urn:ietf:wg:oauth:2.0:oob"  # the server shows the code on a page of its own
SCOPES = ("read:accounts", "write:media", "write:statuses")
OUTSIDE = "outside the authorized scopes"


def whose(api: str, headers: Mapping[str, str], http: Http) -> str | Verdict | None:
    """Ask who it is that a token speaks for; one that was made for posting alone isn't told."""
    reply = http.get(f"{api}/v1/accounts/verify_credentials", headers)
    if reply.status == 403 and OUTSIDE in reply.text:
        return None
    name = reply.word("acct")
    return reply.trouble or (f"@{name}" if name else unknown("the answer names no account"))


def _where(talk: Talk) -> Step:
    return Step(asks=talk.lacking("instance"))


def _allow(talk: Talk) -> Step:
    """Make an app at the server; its secret is of use for this one token."""
    fields = {"client_name": "Publisher", "redirect_uris": NO_REDIRECT, "scopes": " ".join(SCOPES)}
    said = talk.http.post(f"{_server(talk)}/api/v1/apps", as_form(fields.items()), FORM)
    remedy = "Look whether `instance` is the address of a Mastodon server"
    reply = talk.checked(said, "no app could be made there", remedy)
    app = {name: reply.word(name) for name in ("client_id", "client_secret")}
    if not all(app.values()):
        raise talk.no("its answer names no app", remedy)
    asked = {"response_type": "code", "client_id": app["client_id"], "redirect_uri": NO_REDIRECT}
    return Step(
        ("Open this page in a browser that is logged in as the account that posts, and allow Publisher what it asks.",),
        (Ask("code", "the code on the page that follows", is_secret=True),),
        f"{talk['instance'].rstrip('/')}/oauth/authorize?{urlencode({**asked, 'scope': ' '.join(SCOPES)})}",
        app,
    )


def _token(talk: Talk) -> Grant:
    talk.http.hide(talk["code"])
    app = {name: talk[name] for name in ("client_id", "client_secret")}
    fields = {"grant_type": "authorization_code", "code": talk["code"], "redirect_uri": NO_REDIRECT, **app}
    said = talk.http.post(f"{_server(talk)}/oauth/token", as_form(fields.items()), FORM)
    reply = talk.checked(said, "the code is not taken")
    if not reply.word("access_token"):
        raise talk.no("the answer holds no token")
    if missing := set(SCOPES) - set(reply.word("scope").split()):
        raise talk.no(f"the token lacks {', '.join(sorted(missing))}")
    return Grant({"instance": talk["instance"], "token": reply.word("access_token")})


def _server(talk: Talk) -> str:
    return talk.host(talk["instance"])


WAYS = (Way("", "", ("token",), ("instance",), (_where, _allow, _token)),)

"""How an account of Threads' lets an app post: leave in a browser, then a token for an hour, then one for 60 days."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode

from publisher.model.call import Verdict
from publisher.senders.bodies import FORM, as_form
from publisher.senders.connecting import Ask, Grant, Step, Talk, Way
from publisher.senders.events import within
from publisher.senders.graph_answer import error_in
from publisher.senders.http import HIDDEN, Reply
from publisher.senders.oauth2 import code_in, leave
from publisher.senders.threads_answer import judge
from publisher.senders.threads_token import KEPT_AS, end_in, given
from publisher.senders.vault import put
from publisher.senders.verdicts import unknown

APPS = "https://developers.facebook.com/apps/"
API = "https://graph.threads.net"
PAGE = "https://threads.net/oauth/authorize"
LED_TO = "https://localhost/publisher"  # Meta takes https alone
SCOPE = "threads_basic,threads_content_publish,threads_delete"


def whose(user: str, get: Callable[..., Reply]) -> str | Verdict:
    """Ask who the account is, then for its quota, which only a token that may publish is told.

    :param get: asks under the token.
    """
    me = get(user, fields="id,username")
    if me.trouble or error_in(me) or not me.word("username"):
        verdict = judge(me)
        return verdict if me.trouble or error_in(me) else unknown("the answer names no account")
    quota = get(f"{user}/threads_publishing_limit", fields="quota_usage")
    is_told = not error_in(quota) and isinstance(within(quota.json, "data"), list)
    return f"@{me.word('username')}" if is_told else judge(quota)


def _app(talk: Talk) -> Step:
    return Step(
        (
            "At Meta make an app with access to the Threads API, and add the account that posts as its Threads tester, "
            "which the account accepts in its settings.",
            f"In the app's Threads settings write {LED_TO} as redirect callback, then copy Threads app ID and secret.",
        ),
        (
            Ask("app_id", "the Threads app ID, a number"),
            Ask("app_secret", "the Threads app secret; it isn't kept", is_secret=True),
        ),
        APPS,
    )


def _allow(talk: Talk) -> Step:
    return leave(PAGE, talk["app_id"], LED_TO, SCOPE)


def _token(talk: Talk) -> Grant:
    code, host = code_in(talk, LED_TO), talk.host(API)
    app = {"client_id": talk["app_id"], "client_secret": talk["app_secret"]}
    fields = {**app, "grant_type": "authorization_code", "redirect_uri": LED_TO, "code": code}
    short = _with(talk, talk.http.post(f"{host}/oauth/access_token", as_form(fields.items()), FORM), "access_token")
    talk.http.hide(short.word("access_token"))
    wanted = {"grant_type": "th_exchange_token", "client_secret": app["client_secret"]}
    asked = urlencode({**wanted, "access_token": short.word("access_token")})
    long = _with(talk, talk.http.get(f"{host}/access_token?{asked}"), "access_token")
    token = short.word("access_token") if long.word("access_token") == HIDDEN else long.word("access_token")
    kept = given(token, long.word("expires_in"), talk.http.clock())
    values = {"token": token, "user": short.word("user_id") or talk["user"]}
    return Grant(values, partial(put, name=KEPT_AS, value=kept, ends=end_in))


def _with(talk: Talk, reply: Reply, name: str) -> Reply:
    """Return an answer that has what was asked for."""
    if reply.trouble or not reply.word(name):
        verdict = judge(reply) if reply.trouble or error_in(reply) else unknown("the answer holds none")
        raise talk.refusal(verdict, "no token")
    return reply


WAYS = (Way("", "", ("token",), ("user",), (_app, _allow, _token)),)

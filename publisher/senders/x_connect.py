"""How an account of X's lets an app post: by four keys that are copied, or by leave that is given in a browser."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from publisher.model.call import Verdict
from publisher.senders.connecting import Grant, Step, Talk, Way, copied
from publisher.senders.events import within, word
from publisher.senders.http import Reply
from publisher.senders.oauth2 import challenge_of, code_in, lacking, leave, new_verifier
from publisher.senders.verdicts import refused, unknown
from publisher.senders.x_answer import RIGHTS, judge
from publisher.senders.x_token import Client, asked, given_by, keep_given

CONSOLE = "https://developer.x.com/en/portal/dashboard"
PAGE = "https://x.com/i/oauth2/authorize"
LED_TO = "http://127.0.0.1/publisher"  # X takes no `localhost`
NEEDED = ("tweet.read", "tweet.write", "users.read", "offline.access")
SCOPE = " ".join((*NEEDED, "media.write"))


def whose(me: Reply) -> str | Verdict:
    """Read whose the keys or the token are; keys may have been made for reading alone, which X says beside it."""
    name = word(within(me.json, "data", "username"))
    if me.trouble:
        return judge(me)
    if not name:
        return unknown("the answer names no account")
    if me.headers.get("x-access-level", "") == "read":
        return refused(f"the access token may only read; {RIGHTS}")
    return f"@{name}"


def _app(talk: Talk) -> Step:
    return Step(
        (
            "In X's developer console make an app, and set up its user authentication: read and write, "
            f"type Native App, callback {LED_TO}.",
            "Copy its OAuth 2.0 client ID. The secret beside it is for apps of the type Web App alone.",
        ),
        (*talk.lacking("client_id"), *talk.lacking("client_secret", is_optional=True)),
        CONSOLE,
    )


def _allow(talk: Talk) -> Step:
    verifier = new_verifier()
    step = leave(PAGE, talk["client_id"], LED_TO, SCOPE, **challenge_of(verifier))
    return replace(step, notes={**step.notes, "verifier": verifier})


def _token(talk: Talk) -> Grant:
    """Exchange the code for a token and the refresh token behind it; both are kept, so that neither is used up yet."""
    code = code_in(talk, LED_TO)
    talk.http.hide(talk["verifier"])
    client = Client(f"{talk.host('https://api.x.com')}/2/oauth2/token", talk["client_id"], talk["client_secret"], "")
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": LED_TO}
    said = asked(client, {**fields, "code_verifier": talk["verifier"]}, talk.http)
    reply = talk.checked(said, "the code is not taken")
    refresh = reply.word("refresh_token")
    if missing := lacking(reply, *NEEDED):
        raise talk.no(f"the token lacks {', '.join(missing)}")
    if not refresh or not reply.word("access_token"):
        raise talk.no("the answer holds no token and refresh token")
    client = replace(client, first=refresh)
    kept = given_by(reply, client, refresh, talk.http.clock())
    app = {name: talk[name] for name in ("client_id", "client_secret") if talk[name]}
    return Grant({**app, "refresh_token": refresh}, partial(keep_given, client=client, given=kept))


WAYS = (
    copied(
        ("api_key", "api_secret", "access_token", "access_secret"),
        "In X's developer console make an app, and give it the right to read and write, before you make any token.",
        "Under Keys and tokens copy API key and secret, then make access token and secret of the account that posts.",
        name="keys",
        about="four keys that are copied from X's developer console, and don't end",
        page=CONSOLE,
    ),
    Way(
        "oauth2",
        "leave that the account gives an app in a browser, where the app has OAuth 2.0 alone",
        ("refresh_token",),
        ("client_id", "client_secret"),
        (_app, _allow, _token),
    ),
)

"""How a Page of Facebook's lets an app post: by a token of one who may post there, out of which the Page's is made."""

from __future__ import annotations

from urllib.parse import urlencode

from publisher.model.call import Verdict
from publisher.senders.connecting import Ask, Grant, Step, Talk, Way
from publisher.senders.events import within, word
from publisher.senders.facebook_answer import judge
from publisher.senders.graph_answer import error_in
from publisher.senders.http import HIDDEN, Http, Reply
from publisher.senders.verdicts import unknown

API = "https://graph.facebook.com"
EXPLORER = "https://developers.facebook.com/tools/explorer/"
NEEDED = ("pages_manage_posts", "pages_read_engagement")


def whose(page: str, token: str, http: Http) -> str | Verdict:
    """Ask for the name of the Page.

    :param page: its address at the Graph API.
    """
    reply = http.get(f"{page}?{urlencode({'fields': 'id,name', 'access_token': token})}")
    if reply.trouble or error_in(reply):
        return judge(reply)
    return reply.word("name") or unknown("the answer names no Page")


def _app(talk: Talk) -> Step:
    return Step(
        (
            "At Meta make an app of the type Business. In its settings, under Basic, copy App ID and App secret.",
            "Then open the Graph API Explorer, choose that app, add the permissions pages_show_list, "
            f"{' and '.join(NEEDED)}, generate an access token as one who may post for the Page, and copy it.",
        ),
        (
            Ask("app_id", "the App ID, a number"),
            Ask("app_secret", "the App secret; it isn't kept", is_secret=True),
            Ask("user_token", "the access token from the Explorer; it isn't kept", is_secret=True),
        ),
        EXPLORER,
    )


def _pages(talk: Talk) -> Step:
    """Make a token that lasts, and see which Pages it posts for."""
    app = {"client_id": talk["app_id"], "client_secret": talk["app_secret"]}
    wanted = {"grant_type": "fb_exchange_token", **app, "fb_exchange_token": talk["user_token"]}
    lasting = _asked(talk, "oauth/access_token", "no token that lasts", **wanted).word("access_token")
    user = talk["user_token"] if lasting in ("", HIDDEN) else lasting
    talk.http.hide(user)
    _must_be_enough(talk, user)
    listed = _asked(talk, "me/accounts", "no Pages", fields="id,name,access_token", access_token=user)
    rows = within(listed.json, "data")
    pages = [row for row in rows if isinstance(row, dict) and word(row.get("access_token"))] if rows else []
    mine = [row for row in pages if talk["page"] in ("", word(row.get("id")))]
    if not mine:
        said = f"the Page {talk['page']}" if talk["page"] else "any Page"
        raise talk.no(f"this token does not post for {said}")
    tokens = {_named(word(row.get("id"))): word(row["access_token"]) for row in mine}
    names = {word(row.get("id")): word(row.get("name")) for row in mine}
    if len(mine) == 1:
        return Step(notes={**tokens, "page": next(iter(names))})
    return Step(asks=(Ask("page", "the Page to post for", choices=names),), notes=tokens)


def _named(page: str) -> str:
    """Return under which name a Page's token is noted; it says that it is a secret."""
    return f"{page}_token"


def _must_be_enough(talk: Talk, token: str) -> None:
    listed = _asked(talk, "me/permissions", "its permissions can't be seen", access_token=token)
    rows = within(listed.json, "data")
    granted = {word(within(row, "permission")) for row in rows or () if within(row, "status") == "granted"}
    if missing := [name for name in NEEDED if name not in granted]:
        raise talk.no(f"the token lacks {', '.join(missing)}")


def _grant(talk: Talk) -> Grant:
    return Grant({"token": talk[_named(talk["page"])], "page": talk["page"]})


def _asked(talk: Talk, what: str, wanted: str, **asked: str) -> Reply:
    """Ask the Graph API; raises where it says no, whatever the status."""
    version = talk["version"] or str(talk.declared.model_fields["version"].default)
    reply = talk.http.get(f"{talk.host(API)}/{version}/{what}?{urlencode(asked)}")
    if reply.trouble or error_in(reply):
        raise talk.refusal(judge(reply), wanted)
    return reply


WAYS = (Way("", "", ("token",), ("page",), (_app, _pages, _grant)),)

"""Leave that an account gives an app in a browser (OAuth 2.0, RFC 6749): the page for it, and the code that it gives.

The page leads the browser to an address at which nothing listens. A person copies it from there, which also works where
the browser and we are on different machines.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

from publisher.senders.connecting import Ask, Step, Talk
from publisher.senders.http import Reply

LED_TO = Ask("address", "the whole address, beginning with http, that the browser is led to", is_secret=True)


def leave(page: str, client_id: str, redirect: str, scope: str, **more: str) -> Step:
    """Return the step of allowing it; what is asked for is bound to this one attempt by a state.

    :param more: what the network wants in the page's address besides.
    """
    state = secrets.token_urlsafe(24)
    asked = {"response_type": "code", "client_id": client_id, "redirect_uri": redirect, "scope": scope, **more}
    return Step(
        (
            "Open this page in a browser that is logged in as the account that posts, and allow what it asks.",
            f"The browser is then led to {redirect} and says that it can't show it, as it should: copy the address.",
        ),
        (LED_TO,),
        f"{page}?{urlencode({**asked, 'state': state})}",
        {"state": state},
    )


def code_in(talk: Talk, redirect: str) -> str:
    """Return the code in the address that the browser was led to.

    :raises ChannelError: the account did not allow it, or it is another address, or that of another attempt.
    """
    address, _, _ = talk["address"].partition("#")
    said = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    if address.partition("?")[0].rstrip("/") != redirect.rstrip("/") or not said:
        raise talk.no(f"that is not the address that the browser was led to: it begins with {redirect}?")
    if not hmac.compare_digest(said.get("state", "").encode(), talk["state"].encode()):
        raise talk.no("that address belongs to another attempt")
    if "code" not in said:
        why = said.get("error_description") or said.get("error") or "it holds no code"
        raise talk.no(f"it was not allowed: {talk.http.redact(why)[:200]}")
    talk.http.hide(said["code"])
    return said["code"]


def new_verifier() -> str:
    """Return a secret that only who asked for a code knows (RFC 7636)."""
    return secrets.token_urlsafe(48)


def challenge_of(verifier: str) -> dict[str, str]:
    """Return what announces a verifier in the page's address."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    return {"code_challenge": digest.rstrip(b"=").decode(), "code_challenge_method": "S256"}


def lacking(reply: Reply, *wanted: str) -> list[str]:
    """Return the scopes that a token doesn't have; networks part them by spaces or commas."""
    given = reply.word("scope").replace(",", " ").split()
    return [scope for scope in wanted if scope not in given]

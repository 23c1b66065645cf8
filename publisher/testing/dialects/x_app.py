"""How X gives tokens to an app that an account has allowed (OAuth 2.0)."""

from __future__ import annotations

from urllib.parse import parse_qsl

from publisher.senders.bodies import basic
from publisher.testing.dialects.base import Received, Response
from publisher.testing.dialects.consent import Consent
from publisher.testing.dialects.x import XDialect


class XAppDialect(XDialect):
    """The same account; its token is got by a refresh token that may be used once, and the one before it ends."""

    def __init__(self, *, client_id: str = "x-cl1ent", client_secret: str = "", refresh: str = "x-r3fresh") -> None:
        super().__init__(token="none-was-given-yet")  # noqa: S106 - a fake's
        self.client = (client_id, client_secret)
        self.refresh = refresh
        self.consent = Consent("https://x.com/i/oauth2/authorize")
        self.gives: tuple[str, ...] | None = None  # scopes of its tokens; None: those that were asked for

    def prepares(self, method: str, path: str) -> bool:
        return path == "/2/oauth2/token"

    def answer(self, request: Received, number: int) -> Response:
        if (request.method, request.path) == ("POST", "/2/oauth2/token"):
            return self._given(request, number)
        return super().answer(request, number)

    def _given(self, request: Received, number: int) -> Response:
        said = dict(parse_qsl(request.body.decode(errors="replace")))
        name, secret = self.client
        by_secret = request.headers.get("authorization") == basic(name, secret)
        if not (by_secret if secret else said.pop("client_id", "") == name):
            return _no("unauthorized_client", "Missing valid authorization header", 401)
        scopes: tuple[str, ...] | None = ("tweet.read", "tweet.write", "users.read", "offline.access")
        if said.get("grant_type") == "authorization_code":
            scopes = self.consent.scopes_by({**said, "client_id": name})
            if scopes is None:
                return _no("invalid_request", "Value passed for the authorization code was invalid.", 400)
        elif said != {"grant_type": "refresh_token", "refresh_token": self.refresh}:
            return _no("invalid_request", "Value passed for the token was invalid.", 400)
        self.token, self.refresh = f"x-acc3ss-{number}", f"x-n3xt-{number}"
        body = {"token_type": "bearer", "expires_in": 7_200, "scope": " ".join(self.gives or scopes or ())}
        return Response(200, {**body, "access_token": self.token, "refresh_token": self.refresh})


def _no(error: str, words: str, status: int) -> Response:
    return Response(status, {"error": error, "error_description": words})

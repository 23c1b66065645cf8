"""How a server of Mastodon's makes apps, and gives them tokens of accounts that allow it (OAuth 2.0)."""

from __future__ import annotations

from publisher.testing.dialects.base import Received, Response
from publisher.testing.dialects.consent import Consent, form_of
from publisher.testing.dialects.mastodon import MastodonDialect

NO_REDIRECT = "urn:ietf:wg:oauth:2.0:oob"


class MastodonServerDialect(MastodonDialect):
    """The same account, and no app yet.

    :ivar gives: the scopes of its tokens; None: those that were asked for.
    """

    def __init__(self, server: str = "https://news.example") -> None:
        super().__init__(token="none-was-given-yet")  # noqa: S106 - a fake's
        self.consent = Consent(f"{server}/oauth/authorize")
        self.apps: dict[str, str] = {}  # secrets by id
        self.scopes: tuple[str, ...] = ()
        self.gives: tuple[str, ...] | None = None

    def answer(self, request: Received, number: int) -> Response:
        if (request.method, request.path) == ("POST", "/api/v1/apps"):
            return self._made(form_of(request), number)
        if (request.method, request.path) == ("POST", "/oauth/token"):
            return self._given(form_of(request), number)
        if request.path == "/api/v1/accounts/verify_credentials" and "read:accounts" not in self.scopes:
            return Response(403, {"error": "This action is outside the authorized scopes"})
        return super().answer(request, number)

    def _made(self, said: dict[str, str], number: int) -> Response:
        if said.keys() != {"client_name", "redirect_uris", "scopes"} or said["redirect_uris"] != NO_REDIRECT:
            return Response(422, {"error": "Validation failed: Redirect URI must be an absolute URI."})
        client = f"app-{number}"
        self.apps[client] = f"app-s3cret-{number}"
        names = {"id": str(number), "name": said["client_name"], "redirect_uri": NO_REDIRECT}
        return Response(200, {**names, "client_id": client, "client_secret": self.apps[client]})

    def _given(self, said: dict[str, str], number: int) -> Response:
        if self.apps.get(said.get("client_id", ""), "none") != said.get("client_secret"):
            return _no("invalid_client", "Client authentication failed due to unknown client", 401)
        allowed = self.consent.scopes_by(said)
        if allowed is None:
            return _no("invalid_grant", "The provided authorization grant is invalid, expired or revoked", 400)
        self.scopes = allowed if self.gives is None else self.gives
        self.token = f"mastodon-t0ken-{number}"
        told = {"access_token": self.token, "token_type": "Bearer", "scope": " ".join(self.scopes)}
        return Response(200, {**told, "created_at": 1_795_500_000})


def _no(error: str, words: str, status: int) -> Response:
    return Response(status, {"error": error, "error_description": words})

"""How LinkedIn gives an app the token of a member who allows it (OAuth 2.0)."""

from __future__ import annotations

from publisher.testing.dialects.base import Received, Response
from publisher.testing.dialects.consent import Consent, form_of
from publisher.testing.dialects.linkedin import LinkedInDialect

FIELDS = {"grant_type", "code", "redirect_uri", "client_id", "client_secret"}


class LinkedInAppDialect(LinkedInDialect):
    """The same member, and an app that has no token yet.

    :ivar gives: the scopes of its tokens; None: those that were asked for.
    """

    def __init__(self, *, client_id: str = "li-cl1ent", client_secret: str = "li-cl1ent-s3cret") -> None:  # noqa: S107 - a fake's
        super().__init__(token="none-was-given-yet")  # noqa: S106 - a fake's
        self.client = {"client_id": client_id, "client_secret": client_secret}
        self.consent = Consent("https://www.linkedin.com/oauth/v2/authorization")
        self.gives: tuple[str, ...] | None = None

    def answer(self, request: Received, number: int) -> Response:
        if (request.method, request.path) == ("POST", "/oauth/v2/accessToken"):
            return self._given(form_of(request), number)
        return super().answer(request, number)

    def _given(self, said: dict[str, str], number: int) -> Response:
        if said.keys() != FIELDS or any(said[name] != value for name, value in self.client.items()):
            return _no("invalid_client", "Client authentication failed", 401)
        scopes = self.consent.scopes_by(said)
        if scopes is None:
            return _no("invalid_request", "Unable to retrieve access token: authorization code not found", 400)
        self.token = f"li-acc3ss-{number}"
        told = {"access_token": self.token, "expires_in": 5_184_000, "scope": ",".join(self.gives or scopes)}
        return Response(200, told)


def _no(error: str, words: str, status: int) -> Response:
    return Response(status, {"error": error, "error_description": words})

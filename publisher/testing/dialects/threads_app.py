"""How Threads gives an app the token of an account that allows it: one for an hour, and for it one for 60 days."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from publisher.testing.dialects.base import Received, Response
from publisher.testing.dialects.consent import Consent, form_of
from publisher.testing.dialects.threads import ThreadsDialect

FIELDS = {"grant_type", "code", "redirect_uri", "client_id", "client_secret"}


class ThreadsAppDialect(ThreadsDialect):
    """The same account, and an app that has no token yet."""

    def __init__(self, *, app_id: str = "4712", app_secret: str = "thr-4pp-s3cret") -> None:  # noqa: S107 - a fake's
        super().__init__(token="none-was-given-yet")  # noqa: S106 - a fake's
        self.app = {"client_id": app_id, "client_secret": app_secret}
        self.consent = Consent("https://threads.net/oauth/authorize", separator=",")
        self.short: list[str] = []  # tokens that live for an hour

    def answer(self, request: Received, number: int) -> Response:
        parts = urlsplit(request.path)
        if (request.method, parts.path) == ("POST", "/oauth/access_token"):
            return self._given(form_of(request), number)
        if (request.method, parts.path) == ("GET", "/access_token"):
            return self._lasting(dict(parse_qsl(parts.query)), number)
        return super().answer(request, number)

    def _given(self, said: dict[str, str], number: int) -> Response:
        if said.keys() != FIELDS or any(said[name] != value for name, value in self.app.items()):
            return _no("Error validating client secret.")
        if self.consent.scopes_by(said) is None:
            return _no("Invalid verification code")
        self.short.append(f"thr-sh0rt-{number}")
        return Response(200, {"access_token": self.short[-1], "user_id": int(self.user)})

    def _lasting(self, said: dict[str, str], number: int) -> Response:
        secret = {"grant_type": "th_exchange_token", "client_secret": self.app["client_secret"]}
        if said.pop("access_token", "") not in self.short or said != secret:
            return _no("Error validating access token")
        self.tokens = [f"thr-l0ng-{number}"]
        return Response(200, {"access_token": self.tokens[0], "token_type": "bearer", "expires_in": 5_184_000})


def _no(words: str) -> Response:
    return Response(400, {"error": {"message": words, "type": "OAuthException", "code": 100}})

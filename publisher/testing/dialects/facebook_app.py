"""How the Graph API gives a token that lasts for one of an hour, and with it those of the Pages that it posts for."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from publisher.testing.dialects.base import Received, Response
from publisher.testing.dialects.facebook import FacebookDialect


class FacebookAppDialect(FacebookDialect):
    """The same Page, another one beside it, and an app whose user may post for both.

    :ivar granted: what the user allowed the app.
    """

    def __init__(self, *, app_id: str = "4713", app_secret: str = "fb-4pp-s3cret", user: str = "fb-us3r-t0ken") -> None:  # noqa: S107 - a fake's
        super().__init__(token="fb-p4ge-t0ken")  # noqa: S106 - a fake's
        self.app = {"client_id": app_id, "client_secret": app_secret}
        self.user, self.lasting = user, ""
        self.granted = {"pages_show_list", "pages_manage_posts", "pages_read_engagement"}
        self.pages = {self.page: ("Harbor Gazette", self.token), "4799": ("Harbor Sports", "fb-other-t0ken")}

    def answer(self, request: Received, number: int) -> Response:
        parts = urlsplit(request.path)
        asked = dict(parse_qsl(parts.query))
        if (request.method, parts.path) == ("GET", "/v25.0/oauth/access_token"):
            return self._lasting(asked, number)
        if (request.method, parts.path) not in (("GET", "/v25.0/me/permissions"), ("GET", "/v25.0/me/accounts")):
            return super().answer(request, number)
        if not self.lasting or asked.get("access_token") != self.lasting:
            return _no("Error validating access token", 190)
        if parts.path.endswith("permissions"):
            return Response(200, {"data": [{"permission": each, "status": "granted"} for each in sorted(self.granted)]})
        if asked.get("fields") != "id,name,access_token":
            return _no("Invalid parameter", 100)
        rows = [{"id": page, "name": name, "access_token": token} for page, (name, token) in self.pages.items()]
        return Response(200, {"data": rows})

    def _lasting(self, asked: dict[str, str], number: int) -> Response:
        if asked != {"grant_type": "fb_exchange_token", **self.app, "fb_exchange_token": self.user}:
            return _no("Error validating client secret or access token", 190)
        self.lasting = f"fb-l4sting-{number}"
        return Response(200, {"access_token": self.lasting, "token_type": "bearer", "expires_in": 5_184_000})


def _no(words: str, code: int) -> Response:
    return Response(400, {"error": {"message": words, "type": "OAuthException", "code": code}})

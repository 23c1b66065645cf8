"""By what a channel speaks for an account of X: one of three ways, and whole."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from publisher.senders.base import Options, Secret


class XOptions(Options):
    api_key: Secret | None = Field(None, description="the app's API key (consumer key)")
    api_secret: Secret | None = Field(None, description="the app's API secret")
    access_token: Secret | None = Field(None, description="the account's access token, made with read and write")
    access_secret: Secret | None = Field(None, description="the secret of the account's access token")
    client_id: str | None = Field(
        None, min_length=1, description="the app's OAuth 2.0 client ID, with `refresh_token` instead of these four"
    )
    client_secret: Secret | None = Field(None, description="the client secret, where the app is a confidential client")
    refresh_token: Secret | None = Field(
        None, description="the refresh token that the account gave the app, with offline.access; it may be used once"
    )
    token: Secret | None = Field(
        None, description="an OAuth 2.0 user token instead of all these; X ends it after two hours"
    )
    limit: int = Field(280, ge=1, le=25_000, description="what a post may weigh; accounts that pay X may have more")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        four = (self.api_key, self.api_secret, self.access_token, self.access_secret)
        app = (self.client_id, self.refresh_token)
        given = [any(four), any((*app, self.client_secret)), self.token is not None]
        whole = [all(four), all(app), self.token is not None]
        if sum(given) != 1 or given != whole:
            raise ValueError(
                "needs `api_key`, `api_secret`, `access_token` and `access_secret`, "
                "or `client_id` and `refresh_token`, or `token` alone"
            )
        return self

"""By what a channel speaks for an account of X: one of three ways, and whole."""

from __future__ import annotations

from collections.abc import Mapping, Set
from decimal import Decimal, InvalidOperation

from pydantic import Field

from publisher.model.message import Prices
from publisher.senders.base import Options, Secret

KEYS = ("api_key", "api_secret", "access_token", "access_secret")
APP = ("client_id", "refresh_token")
TOKEN = ("token",)
OPTIONAL: Mapping[tuple[str, ...], tuple[str, ...]] = {APP: ("client_secret",)}
UNSURE = "as reported in 2026, and confirmed by nobody: X's developer console says what it is"


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
    price_per_post: Decimal = Field(
        Decimal("0.015"), ge=0, description="the dollars that X charges for a post without a link, for `publisher plan`"
    )
    price_with_link: Decimal = Field(
        Decimal("0.20"), ge=0, description="the dollars that X charges for a post with a link in it"
    )

    @classmethod
    def why_not_together(cls, names: Set[str]) -> str:
        begun = [way for way in (KEYS, APP, TOKEN) if names & {*way, *OPTIONAL.get(way, ())}]
        if len(begun) != 1:
            return (
                "needs `api_key`, `api_secret`, `access_token` and `access_secret`, "
                "or `client_id` and `refresh_token`, or `token` alone"
            )
        missing = [f"`{name}`" for name in begun[0] if name not in names]
        return f"needs {', '.join(missing)} besides what is there" if missing else ""


def prices_of(options: Mapping[str, object]) -> Prices:
    """Return what X charges under these options, as written."""
    per_post, with_link = (_price(options, name) for name in ("price_per_post", "price_with_link"))
    fields = XOptions.model_fields
    unsure = "" if per_post is not None and with_link is not None else UNSURE
    return Prices(
        fields["price_per_post"].default if per_post is None else per_post,
        fields["price_with_link"].default if with_link is None else with_link,
        unsure,
    )


def _price(options: Mapping[str, object], name: str) -> Decimal | None:
    try:
        found = Decimal(str(options.get(name, "")))
    except InvalidOperation:
        return None
    return found if found.is_finite() and found >= 0 else None

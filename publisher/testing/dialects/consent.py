"""The page on which an account allows an app something (OAuth 2.0): what a person does in a browser, and its code."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

from publisher.testing.dialects.base import Received


@dataclass
class Consent:
    """One network's page.

    :ivar page: its address, without the query.
    :ivar separator: of the scopes.
    """

    page: str
    separator: str = " "
    codes: dict[str, dict[str, str]] = field(default_factory=dict)  # what was asked when they were given

    def allow(self, address: str, *, needs: tuple[str, ...] = ()) -> str:
        """Allow what a page asks, as the account's owner does; return the address that the browser is led to.

        Where the app asked for no redirect it is the code itself, which the page shows.

        :param needs: what the query has to hold besides.
        """
        where, _, query = address.partition("?")
        asked = dict(parse_qsl(query, strict_parsing=True))
        wanted = {"response_type", "client_id", "redirect_uri", "scope", *needs}
        if where != self.page or asked.keys() != wanted or asked["response_type"] != "code":
            raise ValueError(f"the network refuses this page: {where} with {sorted(asked)}")
        if asked.get("code_challenge_method", "S256") != "S256":
            raise ValueError("only S256")
        code = f"c0de-{len(self.codes) + 1}"
        self.codes[code] = asked
        if not urlsplit(asked["redirect_uri"]).netloc:
            return code
        said = {"code": code, **({"state": asked["state"]} if "state" in asked else {})}
        return f"{asked['redirect_uri']}?{urlencode(said)}"

    def scopes_by(self, said: Mapping[str, str]) -> tuple[str, ...] | None:
        """Return what a code allows, and let it be used no more; None where it, or what comes with it, is wrong."""
        asked = self.codes.get(said.get("code", ""))
        if asked is None or said.get("grant_type") != "authorization_code":
            return None
        if any(said.get(name, asked[name]) != asked[name] for name in ("client_id", "redirect_uri")):
            return None
        if "code_challenge" in asked and challenge_of(said.get("code_verifier", "")) != asked["code_challenge"]:
            return None
        del self.codes[said["code"]]
        return tuple(asked["scope"].split(self.separator))


def challenge_of(verifier: str) -> str:
    """Return what a verifier was announced by (RFC 7636, S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def form_of(request: Received) -> dict[str, str]:
    """Return the fields of a form; empty where it is none."""
    is_form = request.headers.get("content-type") == "application/x-www-form-urlencoded"
    return dict(parse_qsl(request.body.decode(errors="replace"))) if is_form else {}

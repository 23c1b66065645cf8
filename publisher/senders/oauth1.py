"""OAuth 1.0a signatures (RFC 5849): four secrets that don't end, instead of a token that has to be renewed."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlsplit


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """An app's key and secret, and those of the account that it speaks for."""

    app: str
    app_secret: str
    account: str
    account_secret: str


def authorization(keys: Keys, method: str, url: str, now: datetime, nonce: str = "") -> str:
    """Return the Authorization header of one request; its body, unless a form, is not signed.

    :param nonce: a fresh one unless it is given.
    """
    said = {
        "oauth_consumer_key": keys.app,
        "oauth_nonce": nonce or secrets.token_hex(16),
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(int(now.timestamp())),
        "oauth_token": keys.account,
        "oauth_version": "1.0",
    }
    said["oauth_signature"] = _signature(keys, method, url, said)
    return "OAuth " + ", ".join(f'{name}="{_quoted(value)}"' for name, value in said.items())


def _signature(keys: Keys, method: str, url: str, said: dict[str, str]) -> str:
    parts = urlsplit(url)
    signed = sorted((_quoted(name), _quoted(value)) for name, value in (*said.items(), *parse_qsl(parts.query)))
    place = f"{parts.scheme}://{parts.netloc}{parts.path}"
    base = "&".join(map(_quoted, (method, place, "&".join(f"{name}={value}" for name, value in signed))))
    key = f"{_quoted(keys.app_secret)}&{_quoted(keys.account_secret)}"
    return b64encode(hmac.digest(key.encode(), base.encode(), hashlib.sha1)).decode()


def _quoted(text: str) -> str:
    return quote(text, safe="")

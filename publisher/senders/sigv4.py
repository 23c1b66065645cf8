"""Amazon's signature of a request, version 4: who asks, and that nothing was changed on the way."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

SCHEME = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """With what requests to one service in one region are signed.

    :param token: the session token of credentials that end by themselves; empty for a user's own.
    """

    key_id: str
    secret: str = field(repr=False)
    region: str
    service: str
    token: str = field(default="", repr=False)


def signed(body: bytes, url: str, credentials: Credentials, at: datetime, method: str = "POST") -> Mapping[str, str]:
    """Return the headers that a request with a JSON body goes out with.

    :param url: as it will be asked for, percent-encoded.
    :param at: aware; the service refuses what was signed more than minutes ago, so every try is signed anew.
    """
    moment = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {"Content-Type": "application/json", "X-Amz-Date": moment}
    if credentials.token:
        headers["X-Amz-Security-Token"] = credentials.token
    lines = {name.lower(): value for name, value in headers.items()} | {"host": _host(url)}
    names = ";".join(sorted(lines))
    canonical = "\n".join(
        [
            method,
            quote(urlsplit(url).path or "/", safe="/~"),  # encoded once more: only S3 leaves that out
            _query(url),
            *(f"{name}:{' '.join(lines[name].split())}" for name in sorted(lines)),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        ]
    )
    scope = f"{moment[:8]}/{credentials.region}/{credentials.service}/aws4_request"
    to_sign = "\n".join([SCHEME, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{credentials.secret}".encode()
    for step in scope.split("/"):
        key = hmac.digest(key, step.encode(), hashlib.sha256)
    signature = hmac.digest(key, to_sign.encode(), hashlib.sha256).hex()
    stated = f"Credential={credentials.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "Authorization": f"{SCHEME} {stated}"}


def domain_of(region: str) -> str:
    """Return under which domain Amazon's services of a region are found."""
    return {"cn": "amazonaws.com.cn", "eusc": "amazonaws.eu"}.get(region.split("-")[0], "amazonaws.com")


def _host(url: str) -> str:
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}[parts.scheme]
    host = parts.netloc.rpartition("@")[2].lower()
    return host.removesuffix(f":{usual}") if parts.port == usual else host


def _query(url: str) -> str:
    pairs = sorted(pair.partition("=")[::2] for pair in urlsplit(url).query.split("&") if pair)
    return "&".join(f"{name}={value}" for name, value in pairs)

"""What every sender that hears its provider does alike: be sure of who speaks, and read without a fault."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

WORDS = 300  # characters of a provider's reason that are kept
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request that a provider, or somebody else, made to us: the very bytes."""

    body: bytes
    headers: Mapping[str, str]  # names in lower case


class NotBelieved(Exception):  # noqa: N818 -- it says what happened, as an HTTP answer does
    """The request is not to be believed, or can't be read; nothing of it was taken.

    :param status: what to answer: 401 where it isn't the provider who speaks, 400 where its words make no sense,
        503 where it couldn't be told, so that the provider says it again.
    """

    def __init__(self, why: str, status: int = 401) -> None:
        super().__init__(why)
        self.status = status


class NoSecret(NotBelieved):
    """Nobody can be believed yet: the channel was given nothing to know its provider by.

    :param option: what has to be set.
    """

    def __init__(self, option: str) -> None:
        super().__init__(f"this channel believes nobody until `{option}` is set")
        self.option = option


def read_json(body: bytes) -> Any:
    """Return the body as JSON.

    :raises NotBelieved: it is none.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotBelieved("the body is not JSON", 400) from error


def objects_in(body: bytes) -> list[dict[str, Any]]:
    """Return the object, or the objects of the list, that a body holds; what is no object is left out."""
    found = read_json(body)
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict)]


def within(value: Mapping[str, Any], *path: str) -> Any:
    """Follow keys through nested objects; None where the way ends early."""
    found: Any = value
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def word(value: object) -> str:
    """Return a string or number as text that any database takes; empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).replace("\0", "").encode(errors="replace").decode()


def reason(*values: object) -> str:
    """Join what a provider says of the why, on one line."""
    return " ".join(" ".join(word(value) for value in values).split())[:WORDS]


def when(value: object, now: datetime) -> datetime:
    """Read a moment: seconds or milliseconds since 1970, or ISO 8601; now where it is none, never later than now."""
    found = _of_number(value) if isinstance(value, int | float) else _of_text(word(value))
    return min(found, now) if found and found > EARLIEST else now


def _of_number(value: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(value / 1_000 if value > 100_000_000_000 else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _of_text(text: str) -> datetime | None:
    if text.replace(".", "", 1).isdecimal():
        return _of_number(float(text))
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def key_of(*values: object) -> str:
    """Return a key for a word that has no id of its own: the same values give the same key."""
    return hashlib.sha256("\n".join(word(value) for value in values).encode()).hexdigest()[:40]


def is_fresh(timestamp: str, now: datetime, window: timedelta) -> bool:
    """Say whether a time that was signed along, in seconds since 1970, is within the window of now."""
    try:
        return abs(datetime.fromtimestamp(float(timestamp), UTC) - now) <= window
    except (ValueError, OverflowError, OSError):
        return False


def told(secret: SecretStr | None, option: str) -> list[str]:
    """Return the secrets that an option holds: the present one, and during a rotation the former one.

    :raises NoSecret: there is none, so nobody can be believed.
    """
    if secret is None:
        raise NoSecret(option)
    return secret.get_secret_value().split()


def must_know_password(incoming: Incoming, passwords: Iterable[str]) -> None:
    """Let in who knows one of the passwords of HTTP Basic, whatever the user name.

    :param passwords: the present one, and during a rotation the former one.
    :raises NotBelieved: it is none of them, or there is none.
    """
    scheme, _, credentials = incoming.headers.get("authorization", "").partition(" ")
    try:
        said = base64.b64decode(credentials, validate=True).partition(b":")[2] if scheme.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        said = b""
    if not is_any_of(said, passwords):
        raise NotBelieved("wrong password, or none")


def is_any_of(said: bytes, secrets: Iterable[str]) -> bool:
    """Compare with every secret in constant time; an empty word matches none."""
    return bool(said) and any(hmac.compare_digest(said, secret.encode()) for secret in secrets)

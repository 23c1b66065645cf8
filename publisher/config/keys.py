"""The ring of keys that sign what leaves the house. A file beside the database, never in it; made by ``init``."""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from publisher.clock import Clock, now, require_aware
from publisher.errors import ConfigError

FILE = "keys.json"
KEY_BYTES = 32

# link: unsubscribe tokens. wire: ids on the wire. suppression: hashes of addresses, never rotated. credentials: what
# channels are given for a while (sessions, tokens) is encrypted with it.
Purpose = Literal["link", "wire", "suppression", "credentials"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

COST = (
    "Restore it from your backup: without it no unsubscribe link in a mail already sent works, "
    "and nobody who left can be recognised. `publisher init` makes one for a new project"
)


@dataclass(frozen=True, slots=True)
class Key:
    """One key; a retired one still verifies and signs nothing."""

    purpose: Purpose
    id: str  # a number as text: it stands inside tokens
    secret: bytes = field(repr=False)
    retired_at: datetime | None = None  # aware UTC


class KeyRing:
    """The keys of one project. Its repr shows none."""

    def __init__(self, path: Path, keys: tuple[Key, ...]) -> None:
        self._path = path
        self._keys = keys

    @classmethod
    def create(cls, path: Path) -> KeyRing:
        """Make a new file with a key for each purpose, readable by its owner alone; refuse to replace one."""
        ring = cls(path, tuple(Key(purpose, "1", secrets.token_bytes(KEY_BYTES)) for purpose in PURPOSES))
        try:
            _write_new(path, ring._as_json())
        except FileExistsError:
            raise ConfigError("there is a key file already", where=path.name, remedy="Keep it: " + COST) from None
        except OSError as error:
            raise ConfigError(f"the key file can't be written: {error.strerror}", where=path.name) from None
        return ring

    @classmethod
    def load(cls, path: Path) -> KeyRing:
        """Read the file; ConfigError says what its loss would cost."""
        try:
            return cls(path, _keys_of(json.loads(path.read_bytes())))
        except (FileNotFoundError, NotADirectoryError):
            raise ConfigError("the key file is missing", where=path.name, remedy=COST) from None
        except OSError as error:
            raise ConfigError(f"the key file can't be read: {error.strerror}", where=path.name) from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            # Nothing of the file is repeated: it holds keys.
            raise ConfigError("the key file is damaged", where=path.name, remedy=COST) from None

    def current(self, purpose: Purpose) -> tuple[str, bytes]:
        """Return id and bytes of the key that signs now."""
        key = next(key for key in reversed(self._keys) if key.purpose == purpose and key.retired_at is None)
        return key.id, key.secret

    def all_of(self, purpose: Purpose) -> list[bytes]:
        """Return the bytes of every key of a purpose, the retired too."""
        return [key.secret for key in self._keys if key.purpose == purpose]

    def by_id(self, purpose: Purpose, key_id: str) -> bytes | None:
        """Return a key's bytes, retired or not; None where there is no such key."""
        return next((key.secret for key in self._keys if (key.purpose, key.id) == (purpose, key_id)), None)

    def holds(self, other: KeyRing) -> bool:
        """Say whether every key of another ring is in this one, retired or not."""
        mine = {(key.purpose, key.id): key.secret for key in self._keys}
        return all(mine.get((key.purpose, key.id)) == key.secret for key in other._keys)

    def rotate(self, purpose: Purpose, clock: Clock = now) -> KeyRing:
        """Retire a purpose's key and write the ring with a new one."""
        if purpose == "suppression":
            raise ConfigError(
                "the suppression key is never rotated",
                where=self._path.name,
                remedy="Its hashes are all that is left of who must not be written to",
            )
        mine = [key for key in self._keys if key.purpose == purpose]
        retired = tuple(
            Key(key.purpose, key.id, key.secret, clock()) if key in mine and key.retired_at is None else key
            for key in self._keys
        )
        fresh = Key(purpose, str(max(int(key.id) for key in mine) + 1), secrets.token_bytes(KEY_BYTES))
        ring = KeyRing(self._path, (*retired, fresh))
        _replace(self._path, ring._as_json())
        return ring

    def is_readable_by_others(self) -> bool:
        """Tell whether anyone but its owner may read the file."""
        return os.name == "posix" and bool(self._path.stat().st_mode & 0o077)

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(f'{key.purpose} {key.id}' for key in self._keys)})"

    def _as_json(self) -> str:
        rows = [
            {
                "purpose": key.purpose,
                "id": key.id,
                "key": base64.b64encode(key.secret).decode(),
                "retired_at": key.retired_at.isoformat() if key.retired_at else None,
            }
            for key in self._keys
        ]
        return json.dumps({"version": 1, "keys": rows}, indent=1) + "\n"


def _keys_of(content: Mapping[str, object]) -> tuple[Key, ...]:
    rows = content["keys"]
    if not isinstance(rows, list):
        raise TypeError("no list of keys")
    keys = _with_credentials(tuple(_key_of(row) for row in rows))
    usable = {key.purpose for key in keys if key.retired_at is None}
    if usable != set(PURPOSES) or len({(key.purpose, key.id) for key in keys}) != len(keys):
        raise ValueError("a purpose without a key, or an id twice")
    return keys


def _with_credentials(keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """Give a ring of before there were credentials a key for them, and leave its file as it is.

    It is derived (HKDF with SHA-256, RFC 5869) from the one that never changes: the same on every machine that has a
    copy of the file, and on every start; an older version still reads the file.
    """
    never_rotated = [key.secret for key in keys if key.purpose == "suppression"]
    if not never_rotated or any(key.purpose == "credentials" for key in keys):
        return keys
    extracted = hmac.digest(b"publisher", never_rotated[0], "sha256")
    return (*keys, Key("credentials", "0", hmac.digest(extracted, b"credentials\x01", "sha256")))


def _key_of(row: Mapping[str, str | None]) -> Key:
    purpose = PURPOSES[PURPOSES.index(row["purpose"])]  # an unknown one is a ValueError
    secret = base64.b64decode(str(row["key"]), validate=True)
    key_id = str(row["id"])
    if len(secret) != KEY_BYTES or not (key_id.isascii() and key_id.isdigit()):
        raise ValueError("a key of another length")
    retired = row["retired_at"]
    return Key(purpose, key_id, secret, require_aware(datetime.fromisoformat(retired)) if retired else None)


def _write_new(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, text: str) -> None:
    """Write beside it and move: a crash leaves the old file or the new one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.unlink(missing_ok=True)
        _write_new(beside, text)
        beside.replace(path)
    except OSError as error:
        raise ConfigError(f"the key file can't be written: {error.strerror}", where=path.name) from None

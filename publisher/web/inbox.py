"""The built-in inbox: what practice sends, kept as one file per message beside the project."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, Literal
from uuid import uuid4

from publisher.errors import PublisherError

Kind = Literal["mail", "post"]
KEEP = 1_000
_NAME = re.compile(r"^(\d{20})-(mail|post)-([0-9a-f]{32})\.json$")


class Inbox:
    """A folder of messages, the newest of which are kept. Several processes may write to it at once.

    :param keep: how many of the newest messages stay.
    """

    def __init__(self, folder: Path, keep: int = KEEP) -> None:
        self.folder = folder
        self.keep = keep
        self._turn = Lock()

    def add(self, kind: Kind, content: Mapping[str, Any], *, key: str = "") -> str:
        """Keep a message and return its id.

        :param key: names this very message: said again, it gives the same id and nothing new is kept.
        :raises PublisherError: the folder can't be written.
        """
        message_id = sha256(key.encode()).hexdigest()[:32] if key else uuid4().hex
        with self._turn:
            if key and self._path(message_id) is not None:
                return message_id
            try:
                self._write(kind, message_id, content)
                self._forget_the_oldest()
            except OSError as error:
                remedy = "Give this user write access to it, or free some space"
                raise PublisherError(
                    f"the inbox can't be written: {error.strerror}", where=str(self.folder), remedy=remedy
                ) from error
        return message_id

    def get(self, message_id: str) -> dict[str, Any] | None:
        """Return a message with its id, kind and time; None for one that isn't (or is no longer) there."""
        path = self._path(message_id)
        return None if path is None else _read(path)

    def count(self, kind: Kind) -> int:
        return len(self._names(kind))

    def latest(self, kind: Kind, *, start: int = 0, limit: int = 50) -> list[dict[str, Any]]:
        """Return messages, newest first."""
        names = self._names(kind)[::-1][start : start + limit]
        found = (_read(self.folder / name) for name in names)
        return [message for message in found if message is not None]

    def _write(self, kind: Kind, message_id: str, content: Mapping[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        stamp = time.time_ns()
        whole = {**content, "id": message_id, "kind": kind, "received_at": _iso(stamp)}
        beside = self.folder / f".{message_id}.{uuid4().hex}.part"
        beside.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")
        beside.replace(self.folder / f"{stamp:020d}-{kind}-{message_id}.json")

    def _forget_the_oldest(self) -> None:
        for name in self._names()[: -self.keep]:
            (self.folder / name).unlink(missing_ok=True)

    def _path(self, message_id: str) -> Path | None:
        wanted = f"-{message_id}.json"
        return next((self.folder / name for name in self._names() if name.endswith(wanted)), None)

    def _names(self, kind: Kind | None = None) -> list[str]:
        """Return the files' names, oldest first."""
        try:
            found = [match for path in self.folder.iterdir() if (match := _NAME.match(path.name))]
        except FileNotFoundError:
            return []
        return sorted(match[0] for match in found if kind in (None, match[2]))


def _read(path: Path) -> dict[str, Any] | None:
    """Return a message; None for one that another process has just removed, or that was damaged from outside."""
    try:
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(content, dict):
        return None
    content["received_at"] = datetime.fromisoformat(content["received_at"])
    return content


def _iso(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC).isoformat(timespec="milliseconds")

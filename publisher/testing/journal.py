"""A journal that forgets when the process ends: for tests, and for whoever tries a sender by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping


class MemoryJournal:
    """Keeps the notes of one call. What goes in must be plain JSON, as in the store."""

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}

    def note(self, step: str, data: Mapping[str, object]) -> None:
        self.notes[step] = json.dumps(dict(data))

    def noted(self, step: str) -> Mapping[str, object] | None:
        found: Mapping[str, object] | None = json.loads(self.notes.get(step, "null"))
        return found

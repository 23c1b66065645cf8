"""A folder that pages are left in as files."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path


class Folder:
    """Writes files below a folder and remembers which."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.written: list[Path] = []

    def write(self, name: str, text: str) -> None:
        self._place(name).write_text(text, encoding="utf-8", newline="\n")

    def write_json(self, name: str, data: object) -> None:
        self.write(name, json.dumps(data, indent=2, ensure_ascii=False, default=_iso) + "\n")

    def write_bytes(self, name: str, content: bytes) -> None:
        self._place(name).write_bytes(content)

    def copy(self, source: Path, name: str) -> None:
        shutil.copyfile(source, self._place(name))

    def _place(self, name: str) -> Path:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path not in self.written:
            self.written.append(path)
        return path


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")

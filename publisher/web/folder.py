"""A folder that pages are left in as files."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

from publisher.errors import UsageError

_LIST = ".publisher-pages"  # names of what was left in a folder, one a line


class Folder:
    """Writes files below a folder and remembers which."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.written: list[Path] = []
        self._listed: set[str] | None = None  # None: no list is kept

    def claim(self) -> None:
        """Keep a list of what is written here, so that the next one may write over it.

        :raises UsageError: the folder holds something else.
        """
        known = self._root / _LIST
        own = {_LIST, *known.read_text(encoding="utf-8").splitlines()} if known.is_file() else {_LIST}
        found = (path.relative_to(self._root).as_posix() for path in self._root.rglob("*") if path.is_file())
        other = next((name for name in found if name not in own), None)
        if other is not None:
            remedy = "Give --out an empty folder, or one that is not there yet"
            raise UsageError(f"it holds files that no preview left: {other}", where=str(self._root), remedy=remedy)
        self._listed = own

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
        if self._listed is not None and name not in self._listed:
            self._listed.add(name)
            with (self._root / _LIST).open("a", encoding="utf-8") as names:
                names.write(f"{name}\n")
        return path


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")

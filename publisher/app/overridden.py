"""Templates of a project that take the place of Publisher's own, and which of those have changed since.

The ledger notes of each, when it is first seen, what stood in it and in Publisher's own. A newer Publisher whose own is
another one is told, until the project's is saved anew: then somebody has looked at it.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.app.templates import FOLDER, read_in
from publisher.errors import ConfigError
from publisher.store import facts

if TYPE_CHECKING:
    from publisher.app.core import App


def changed(app: App) -> list[str]:
    """Return a line for each template whose shipped one has changed since it was copied; note those that are new."""
    seen = _seen_now(app)
    with app.store.read() as conn:
        noted = facts.overridden(conn)
    left = {name: noted[name] for name in seen if name in noted and _is_behind(noted[name], seen[name])}
    if (kept := {**noted, **seen, **left}) != noted:  # those that aren't here may lie on another machine
        with app.store.write() as conn:
            facts.note_overridden(conn, kept)
    return [
        f"{FOLDER}/{name}: Publisher's own template of this name has changed since yours took its place. "
        f"Compare them, and save yours again"
        for name in left
    ]


def _is_behind(noted: facts.Pair, now: facts.Pair) -> bool:
    """Say whether ours is as it was, and theirs isn't."""
    return noted[0] == now[0] and noted[1] != now[1]


def _seen_now(app: App) -> dict[str, facts.Pair]:
    """Return for each template that takes another's place the digests of both: ours, and that of Publisher."""
    from publisher.render import default_theme  # here: it takes half a second to import

    try:
        texts = read_in(app.folder)
    except ConfigError:
        return {}  # said by whoever renders it
    theirs = {name: default_theme() / name for name in texts}
    return {name: (_digest(texts[name].encode()), _digest_in(path)) for name, path in theirs.items() if path.is_file()}


def _digest_in(path: Path) -> str:
    return _digest(path.read_bytes())


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]

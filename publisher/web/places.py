"""Where things are, as a page says it: served by us, or lying beside the page as files."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Protocol


class Places(Protocol):
    """How a page refers to what belongs to it."""

    @property
    def is_served(self) -> bool:
        """Say whether there are other pages to go to."""

    def style(self) -> str: ...

    def frame(self, send_id: int, *, dark: bool = False) -> str:
        """Return where the mail of a send is shown."""

    def picture(self, url: str) -> str:
        """Return where a picture is; empty where it can't be shown."""


class Served:
    """Addresses under the console."""

    is_served = True

    def style(self) -> str:
        return "/static/style.css"

    def frame(self, send_id: int, *, dark: bool = False) -> str:
        return f"/messages/{send_id}/html{'?dark=1' if dark else ''}"

    def picture(self, url: str) -> str:
        return f"/media/{digest(url)}" if is_local(url) else _on_the_web(url)


class Lying:
    """Addresses relative to a page that was written as a file.

    :param copy: copies a local picture beside the page and returns its name there; empty where it may not be shown.
    """

    is_served = False

    def __init__(self, copy: Callable[[str], str]) -> None:
        self._copy = copy

    def style(self) -> str:
        return "style.css"

    def frame(self, send_id: int, *, dark: bool = False) -> str:
        return f"mail-{send_id}{'-dark' if dark else ''}.html"

    def picture(self, url: str) -> str:
        return self._copy(url) if is_local(url) else _on_the_web(url)


def is_local(url: str) -> bool:
    return url.lower().startswith("file:")


def digest(url: str) -> str:
    """Return the name under which a picture's address is known."""
    return sha256(url.encode()).hexdigest()


def _on_the_web(url: str) -> str:
    return url if url.lower().startswith(("https://", "http://")) else ""

"""Where things are, as a page says it: served by us, or lying beside the page as files."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Protocol

CARD = re.compile(r"/media/([0-9a-f]{64})\.png")  # the path of a picture that we made


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
    """Addresses under the console.

    :param public_url: under which our own pictures have their addresses: shown from here, before the world can.
    """

    is_served = True

    def __init__(self, public_url: str = "") -> None:
        self._public_url = public_url

    def style(self) -> str:
        return "/static/style.css"

    def frame(self, send_id: int, *, dark: bool = False) -> str:
        return f"/messages/{send_id}/html{'?dark=1' if dark else ''}"

    def picture(self, url: str) -> str:
        if own := own_card(url, self._public_url):
            return f"/media/{own}.png"
        return f"/media/{digest(url)}" if is_local(url) else _on_the_web(url)


class Lying:
    """Addresses relative to a page that was written as a file.

    :param copy: copies a local picture beside the page and returns its name there; empty where it may not be shown.
    :param public_url: under which our own pictures have their addresses: they are copied, too.
    """

    is_served = False

    def __init__(self, copy: Callable[[str], str], public_url: str = "") -> None:
        self._copy = copy
        self._public_url = public_url

    def style(self) -> str:
        return "style.css"

    def frame(self, send_id: int, *, dark: bool = False) -> str:
        return f"mail-{send_id}{'-dark' if dark else ''}.html"

    def picture(self, url: str) -> str:
        is_here = is_local(url) or own_card(url, self._public_url)
        return self._copy(url) if is_here else _on_the_web(url)


def is_local(url: str) -> bool:
    return url.lower().startswith("file:")


def own_card(url: str, public_url: str) -> str:
    """Return the digest of a picture that we made, from its address; empty for any other."""
    path = url.removeprefix(public_url.rstrip("/"))
    found = CARD.fullmatch(path)
    return found[1] if found else ""


def digest(url: str) -> str:
    """Return the name under which a picture's address is known."""
    return sha256(url.encode()).hexdigest()


def _on_the_web(url: str) -> str:
    return url if url.lower().startswith(("https://", "http://")) else ""

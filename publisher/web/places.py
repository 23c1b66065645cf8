"""Where things are, as a page says it: served by us, or lying beside the page as files."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Protocol

CARD = re.compile(r"/media/([0-9a-f]{64})\.(?:png|jpg)")  # the path of a picture that we made, or that people added

SIGNED = (
    "/u/",
    "/c/",
    "/a/",
    "/m/",
    "/preview/",
)  # below these an address is somebody's own, and is written down nowhere
# With CARD and what is for readers: all that is there under the public name.
OPEN = ("/static/", "/api/articles", "/api/subscriptions", "/webhooks/", "/mirror/")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_for_readers(path: str) -> bool:
    """Say whether an address is a page that readers see: its words are in their language."""
    below = (*SIGNED, "/subscribe/", "/archive/", "/l/")
    return path.startswith(below) or path in ("/subscribe", "/my", "/archive")


def is_open(path: str) -> bool:
    """Say whether an address is there for everybody; local pictures, beside the cards under /media, are not."""
    return path.startswith(OPEN) or is_for_readers(path) or CARD.fullmatch(path) is not None


def is_loopback(host: str) -> bool:
    return host in LOOPBACK or host.endswith(".localhost")


class Places(Protocol):
    """How a page refers to what belongs to it."""

    @property
    def is_served(self) -> bool:
        """Say whether there are other pages to go to."""

    def style(self) -> str: ...

    def frame(self, number: int, *, dark: bool = False, pictures: bool = True) -> str:
        """Return where a mail is shown: of the send with this number, or of the preview's entry."""

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

    def frame(self, number: int, *, dark: bool = False, pictures: bool = True) -> str:
        return f"/messages/{number}/html{_looks(dark, pictures)}"

    def picture(self, url: str) -> str:
        if own := own_card(url, self._public_url):
            return f"/media/{own}.png"
        return f"/media/{digest(url)}" if is_local(url) else _on_the_web(url)


class OnTheShelf(Served):
    """Addresses of a preview, which this process keeps for a while and no ledger does.

    :param key: of the preview.
    :param has: whether the preview brings a picture along.
    :param below: where such shelves stand.
    """

    def __init__(self, key: str, public_url: str, has: Callable[[str], bool], below: str = "/previews") -> None:
        super().__init__(public_url)
        self._mine = f"{below}/{key}"
        self._has = has

    def frame(self, number: int, *, dark: bool = False, pictures: bool = True) -> str:
        return f"{self._mine}/{number}/html{_looks(dark, pictures)}"

    def picture(self, url: str) -> str:
        name = own_card(url, self._public_url) or digest(url)
        return f"{self._mine}/pictures/{name}" if self._has(name) else super().picture(url)


def _looks(dark: bool, pictures: bool) -> str:
    said = [name for name, is_said in (("dark=1", dark), ("pictures=0", not pictures)) if is_said]
    return f"?{'&'.join(said)}" if said else ""


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

    def frame(self, number: int, *, dark: bool = False, pictures: bool = True) -> str:
        return f"mail-{number}{'-dark' if dark else ''}{'' if pictures else '-bare'}.html"

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

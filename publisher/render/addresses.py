"""Which addresses a message may link or show; where one may not, the reason, for the note that says it was dropped."""

from __future__ import annotations

from urllib.parse import urlsplit

from publisher.model.article import Image
from publisher.render.words import authored

LONGEST = 2_000  # characters; browsers and mail programs cut longer ones off
SMALLEST = 60  # pixels of a picture: below that it is an icon or a tracking pixel
_PAGES = ("https", "http")
_NOT_PAGES = ("mailto", "tel")  # links in a text lead there too


def web_address(url: str) -> str:
    """Return an address in the form in which it is linked."""
    return "%20".join(authored(url.replace("<", "%3C")).split())


def fault_of_page(url: str) -> str:
    """Say why a page can't be linked; empty where it can."""
    return _fault(web_address(url), _PAGES)


def fault_of_link(url: str) -> str:
    """Say why a link in a text can't stay; empty where it can. Addresses of mail and telephones stay."""
    address = web_address(url)
    return "" if _scheme(address) in _NOT_PAGES else _fault(address, _PAGES)


def fault_of_source(url: str, *, practice: bool) -> str:
    """Say why a picture can't be fetched; empty where it can. Practice stays here: files of this machine will do."""
    address = web_address(url)
    if _scheme(address) == "file":
        return "" if practice else "it lies on this machine, where no reader can fetch it"
    return _fault(address, _PAGES)


def fault_of_picture(image: Image, *, practice: bool) -> str:
    """Say why an article's picture can't be shown; empty where it can."""
    if any(side is not None and side < SMALLEST for side in (image.width, image.height)):
        return f"under {SMALLEST} pixels it is an icon"
    return fault_of_source(image.url, practice=practice)


def host_of(url: str) -> str:
    """Return the name of an address's host as people say it; empty where it has none."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _fault(address: str, schemes: tuple[str, ...]) -> str:
    host = host_of(address)
    if _scheme(address) not in schemes:
        return "it is no web address"
    if not host or "%" in host:
        return "it names no host"
    return f"it has more than {LONGEST:,} characters" if len(address) > LONGEST else ""


def _scheme(address: str) -> str:
    return address.partition(":")[0].lower()

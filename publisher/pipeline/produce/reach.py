"""Whether readers and networks out there find what a message points to: our pages and our pictures."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from publisher.model.message import Finding
from publisher.model.project import Entry, Project
from publisher.store import media

SET_PUBLIC_URL = "Set publication.public_url to the https address at which readers reach Publisher"


def is_reachable(public_url: str) -> bool:
    """Say whether readers out there could follow links to this address: https, and not this machine."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    if parts.scheme != "https" or not host or host == "localhost":
        return False
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host


def check_links(project: Project, entry: Entry, *, practice: bool) -> tuple[Finding, ...]:
    """Refuse real mail whose links would lead nowhere."""
    if practice or not entry.to or is_reachable(project.publication.public_url):
        return ()
    said = project.publication.public_url or "not set"
    return (
        Finding(
            "public-url",
            True,
            f"public_url is {said}: readers could not unsubscribe",
            SET_PUBLIC_URL,
        ),
    )


def pictures_at(project: Project, *, practice: bool) -> str | None:
    """Return the address below which networks find our pictures; in practice these pages' own, if need be."""
    public_url = project.publication.public_url
    return public_url if practice or is_reachable(public_url) else None


def check_picture(project: Project, drawn: media.Kept | None) -> tuple[Finding, ...]:
    """Say of a card that practice shows that no network could fetch it from here."""
    if drawn is None or is_reachable(project.publication.public_url):
        return ()
    what = "the post's card is seen in practice only: networks could not fetch it from here"
    return (Finding("share-image", False, what, SET_PUBLIC_URL),)

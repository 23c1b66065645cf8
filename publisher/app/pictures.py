"""Pictures that people add for notes, inserts and letters: made fit for mails, kept in the ledger, and served."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.app import papers
from publisher.errors import PublisherError, UnusablePictureError, UsageError
from publisher.model.article import Image
from publisher.model.desk import MEDIA, names
from publisher.model.message import PictureRules
from publisher.pipeline.operate import gallery
from publisher.store import media
from publisher.store.media import Added, Kept

if TYPE_CHECKING:
    from publisher.app.core import App

LARGEST = 5_000_000  # bytes of a file that is added
WIDEST = 1_200  # pixels: twice what a mail shows
RULES = PictureRules(most_bytes=1_500_000, most_alt=1_000, least_side=16)
ENDINGS = {"image/png": "png", "image/jpeg": "jpg"}
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
NOWHERE = "http://localhost"  # of a project in practice that has no address yet: nobody is to see its mails


def add(app: App, path: Path, *, alt: str, name: str = "") -> Added:
    """Add a picture; return what is kept of it: without what cameras write, no wider than mails need.

    :param alt: words for whoever can't see it; empty: it is an ornament.
    :param name: by which Markdown names it; empty: as its file.
    :raises PublisherError: it can't be read, is no picture, or another has its name.
    """
    from publisher.sources.files import read_capped

    said = _name(name or path.name)
    content = read_capped(path, LARGEST)
    try:
        photo = app.studio.renderer.picture_for_mail(content, WIDEST, RULES)
    except UnusablePictureError as error:
        raise UnusablePictureError(error.what, where=str(path), remedy="Give it as PNG, JPEG, GIF or WebP") from None
    picture = Kept(photo.type, photo.content)
    words = " ".join(alt.split())
    return gallery.add(app.store, picture, name=said, alt=words, actor=app.actor, now=app.clock())


def _name(said: str) -> str:
    """Return the name of a picture, in signs that Markdown takes in an address."""
    plain = unicodedata.normalize("NFKD", said).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9._-]+", "-", plain).strip("-._")
    if not NAME.fullmatch(name):
        raise UsageError("is no name of a picture", where=repr(said), remedy="Give --name with letters and digits")
    return name


def added(app: App) -> list[Added]:
    """Return the pictures that people added, by name."""
    with app.store.read() as conn:
        return media.added(conn)


def remove(app: App, name: str) -> Added:
    """Let a picture go.

    :raises UsageError: there is none, or a message, a waiting note or an insert shows it.
    """
    files = {insert.file: f"the insert {each}" for each, insert in app.project.inserts.items()}
    writing = [schedule for schedule in app.project.schedules.values() if schedule.write]
    files |= {schedule.write: f"the letter of {schedule.name}" for schedule in writing}
    for path, what in files.items():
        if names(_text_of(app, path), name):
            raise UsageError(f"{what} names it ({path})", where=name, remedy="Take it out of there first")
    return gallery.remove(app.store, name)


def _text_of(app: App, path: str) -> str:
    try:
        return papers.text_of(app, path)
    except PublisherError:
        return ""  # what can't be read names nothing


def called(app: App, name: str) -> Image | None:
    """Return a picture by its name, with its public address; None where there is none."""
    with app.store.read() as conn:
        found = media.called(conn, name)
        kept = media.get(conn, found.digest) if found else None
    if found is None or kept is None:
        return None
    width, height = app.studio.renderer.size_of(kept.content)
    return Image(address(app, found), alt=found.alt, width=width, height=height)


def address(app: App, picture: Added) -> str:
    """Return where the world sees a picture; in practice it is this machine's own page, if need be."""
    base = app.public_url or app.project.publication.public_url.rstrip("/") or NOWHERE
    return f"{base}/media/{picture.digest}.{ENDINGS[picture.type]}"


def markdown(picture: Added) -> str:
    """Return the line that shows a picture in Markdown."""
    alt = re.sub(r"([\[\]\\])", r"\\\1", picture.alt)
    return f"![{alt}]({MEDIA}{picture.name})"

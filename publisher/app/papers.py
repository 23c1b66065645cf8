"""Files of the project that people write for readers: read inside its directory alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from publisher.errors import ConfigError, PublisherError
from publisher.model.project import Schedule
from publisher.pipeline import compose
from publisher.pipeline.compose import Paper

if TYPE_CHECKING:
    from publisher.app.core import App

LONGEST = 100_000  # characters


def take_in(app: App, schedule: Schedule) -> str:
    """Let the file of a letter be the note of its schedule's next edition; say why it can't."""
    paper, language = paper_of(app, schedule), app.project.language_of(schedule)
    with app.store.write() as conn:
        return compose.take_in(conn, schedule, paper, language=language, now=app.clock())


def has_changed(app: App, schedule: Schedule) -> bool:
    """Say whether the file of a letter says something else than what is to go out."""
    paper, language = paper_of(app, schedule), app.project.language_of(schedule)
    with app.store.read() as conn:
        return not compose.is_taken_in(conn, schedule, paper, language=language)


def paper_of(app: App, schedule: Schedule) -> Paper:
    """Return what stands in the file of a letter; what is wrong with it is said, and never raised."""
    try:
        return Paper(text_of(app, schedule.write))
    except PublisherError as error:
        return Paper(why_not=str(error))


def text_of(app: App, path: str) -> str:
    """Return what stands in a file of the project.

    :param path: from the project directory; a link that leads out of it leads nowhere.
    :raises PublisherError: it can't be read, is no text, or says nothing.
    """
    return _text_in(app.folder, path)


def _text_in(folder: Path, path: str) -> str:
    from publisher.sources.files import read_capped
    from publisher.sources.xmltext import decode, is_binary

    place = folder / path
    try:
        is_ours = place.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a circle of links
        is_ours = False
    if not is_ours:
        raise ConfigError("it lies outside the project", where=path, remedy="Copy it into the project")
    if not place.is_file():
        raise ConfigError("there is no such file", where=path, remedy="Write it")
    data = read_capped(place, LONGEST * 4)
    text = "" if is_binary(data) else decode(data).strip()
    if not text:
        what = "it is no text" if is_binary(data) else "it says nothing"
        raise ConfigError(what, where=path, remedy="Write it, as UTF-8 text")
    if len(text) > LONGEST:
        raise ConfigError(f"it has more than {LONGEST:,} characters", where=path, remedy="Write less")
    return text

"""Room on the disk: below a floor no new slot fires, so that what is under way can be written down to its end."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from publisher.app import machines

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()

CAUSE = "disk"


def is_enough(app: App) -> bool:
    """Say whether slots may fire; where there is too little room say it aloud, once, and that it is over.

    What is under way goes on. Slots that come meanwhile were missed: each schedule's `missed:` says what becomes of
    them. The disk of a ledger on PostgreSQL is its server's to watch.
    """
    floor = app.settings.min_free
    try:
        place, free = min(((each, free_on(each)) for each in _places(app)), key=lambda found: found[1])
    except OSError as error:  # a disk that isn't there stops nobody who isn't writing to it
        machines.begin(
            app,
            CAUSE,
            what=f"how much room is left can't be told: {error.filename}: {error.strerror}",
            affected="nothing yet; a full disk would stop everything",
            command="publisher doctor",
            urgent=False,
        )
        return True
    if free >= floor:
        machines.end(app, CAUSE)
        return True
    machines.begin(
        app,
        CAUSE,
        what=f"no slot fires: {in_words(free)} free on the disk of {place}, and {in_words(floor)} is the least",
        affected="every schedule; what is under way goes on",
        command="free some space there, or: publisher prune; slots fire again by themselves",
    )
    return False


def _places(app: App) -> set[Path]:
    """Return the folders that are written to: the project's, with a ledger in a file, and the journal's."""
    journal = app.store.journal
    places = (app.folder, journal.folder) if journal and journal.folder else (app.folder,)
    return {place.resolve() for place in places}


def free_on(place: Path) -> int:
    """Return the bytes that are free on a folder's disk for whoever runs Publisher."""
    return shutil.disk_usage(place).free


def in_words(size: int) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e8 else f"{size / 1e6:,.1f} MB"

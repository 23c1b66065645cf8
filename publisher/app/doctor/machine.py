"""What everything stands on: room on the disks, the database, and clocks that agree."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.app.doctor.finding import Found, fine, noted, wrong
from publisher.errors import PublisherError
from publisher.store import condition, copying
from publisher.store.condition import Condition
from publisher.store.journal import Journal

if TYPE_CHECKING:
    from publisher.app.core import App

GB = 1024**3
LEAST = 1 * GB  # below this a send of some size may fill the disk
LITTLE = 0.05  # of a disk
APART, FAR_APART = 2.0, 30.0  # seconds between two clocks: odd, and too much for leases and slots
CROWDED = 0.8  # of the connections that a server takes
SET_CLOCK = "Let the machine keep its clock by the network: timedatectl set-ntp true"
LOSING = {"fsync": "a power cut loses what counts as sent", "full_page_writes": "a power cut may tear what is written"}


def look(app: App) -> Iterator[Found]:
    """Look at disks, database and clock."""
    journal = app.store.journal
    places = [journal.folder] if journal and journal.folder else []
    yield from disks([app.folder, *places, Path(tempfile.gettempdir())])
    begun = time.perf_counter()
    with app.store.read() as conn:
        found, told = condition.of(conn), app.store.now(conn)
    yield from database(found, time.perf_counter() - begun)
    if app.settings.database_url:
        yield clock("the database's clock", told, app.clock())
        yield backups(found.name, copying.dump_version())
    if journal is not None:
        yield look_at_journal(journal)


def look_at_journal(journal: Journal) -> Found:
    """Look at whether the journal can be read, and a file be written."""
    if journal.folder is not None and not os.access(journal.folder, os.W_OK):
        about = "can't be written in" if journal.folder.is_dir() else "isn't there"
        return wrong("journal", f"{journal.where}: its directory {about}", "See docs/operations/journal.md")
    try:
        journal.last_mark()
    except (PublisherError, OSError) as error:
        return wrong("journal", f"it can't be read: {error}", "See docs/operations/journal.md")
    return fine("journal", journal.where)


def disks(places: Sequence[Path], least: int = LEAST) -> Iterator[Found]:
    """Look at the room on the disks that hold these directories, each disk once.

    :param least: bytes that must be free.
    """
    seen: set[int] = set()
    for place in places:
        if not place.is_dir() or place.stat().st_dev in seen:
            continue
        seen.add(place.stat().st_dev)
        room, about = shutil.disk_usage(place), f"disk of {place.resolve()}"
        said = f"{room.free / GB:,.1f} GB free of {room.total / GB:,.0f}"
        if room.free < least:
            remedy = "Free some, or give it a larger disk: on a full one nothing more is sent, and nobody can sign up."
            yield wrong(about, said, remedy)
        elif room.free < LITTLE * room.total:
            yield noted(about, said, "It will be full some day: see what grows, and give it a larger disk.")
        else:
            yield fine(about, said)


def database(found: Condition, seconds: float) -> Iterator[Found]:
    """Look at what the database says of itself.

    :param seconds: that it took to say so.
    """
    yield fine("database", f"{found.name}, asked in {seconds * 1000:,.0f} ms")
    if found.follows:
        yield wrong("database", "this server only repeats another's", "Name the one that takes writes: DATABASE_URL")
    for name, why in LOSING.items():
        if found.settings.get(name) == "off":
            yield wrong("database", f"`{name}` is off: {why}", f"Set it in postgresql.conf: {name} = on")
    if found.settings.get("server_encoding", "UTF8") != "UTF8":
        remedy = "Make a new database: createdb --encoding=UTF8 --template=template0, and move the ledger there."
        yield wrong("database", f"its encoding is {found.settings['server_encoding']}: not every name fits in", remedy)
    if found.settings.get("journal_mode", "wal") != "wal":
        remedy = "Keep the project on a disk of this machine, not on one that is reached by the network."
        yield wrong("database", f"its journal is `{found.settings['journal_mode']}`, not `wal`", remedy)
    most = int(found.settings.get("max_connections", 0))
    if most and found.connections > CROWDED * most:
        said = f"{found.connections} of {most} connections are taken"
        yield noted("database", said, "Raise max_connections in postgresql.conf: each process takes up to 45.")


def backups(server: str, version: str) -> Found:
    """Look at whether this machine can make backups of the server.

    :param server: its name and version, ``PostgreSQL 17.2 (Debian 17.2-1)``.
    :param version: of pg_dump here; empty: there is none.
    """
    if not version:
        return noted("backups", "there is no pg_dump here: none can be made on this machine", copying.NEWER + ".")
    theirs = re.search(r"\d+", server)
    if theirs and int(version.partition(".")[0]) < int(theirs[0]):
        said = f"pg_dump {version} is older than the server: none can be made on this machine"
        return noted("backups", said, copying.NEWER + ".")
    return fine("backups", f"can be made here, by pg_dump {version}")


def clock(about: str, theirs: datetime, ours: datetime, precision: float = 0.0) -> Found:
    """Compare a clock with ours.

    :param precision: seconds that their word may be off by itself.
    """
    apart = max(0.0, abs((ours - theirs).total_seconds()) - precision)
    said = f"{apart:,.0f} s {'behind' if theirs < ours else 'ahead of'} this machine's"
    if apart > FAR_APART:
        return wrong(about, said, SET_CLOCK)
    return noted(about, said, SET_CLOCK) if apart > APART else fine(about, "agrees with this machine's")

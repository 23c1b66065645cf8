"""Breaking news: an edition of one article at once, whose schedule is what a person says: which lists, which channels.

schedules.yaml may have a schedule of this name: then its `send:` holds where nothing is said, and its templates always.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from publisher.model.project import BREAKING, Entry, Pick, Project, Schedule, When

SLOT = f"{BREAKING}:"  # so the keys of its slots begin; the article's number follows, and which time it is


def slot_key(article_id: int, number: int) -> str:
    """Return the key of an article's slot; a second time has another."""
    return f"{SLOT}{article_id}" if number == 1 else f"{SLOT}{article_id}:{number}"


def base_of(project: Project) -> Schedule:
    """Return what schedules.yaml says of breaking news; without it, nothing but the usual."""
    return project.schedules.get(BREAKING) or Schedule(BREAKING, When(), Pick(), ())


def as_written(base: Schedule) -> Schedule:
    """Return the schedule as it stands in the file, but nothing of it waits: for its mail, for a trial of subjects."""
    return replace(base, send=tuple(map(_at_once, base.send)))


def _at_once(entry: Entry) -> Entry:
    """Return a line of `send:` that goes to everybody now, with the first of two subjects."""
    subject = entry.subject or next(iter(entry.subjects), "")
    return replace(entry, after=None, subject=subject, subjects=(), trial=None)


def as_said(base: Schedule, lists_by_channel: Mapping[str, Sequence[str]]) -> Schedule:
    """Return the schedule that a person means.

    :param lists_by_channel: the channels, each with the lists that it writes to; none: it posts.
    """
    send = tuple(_entry(base, via, tuple(names)) for via, names in lists_by_channel.items())
    return replace(base, send=send)


def as_sent(base: Schedule, sends: Iterable[Any]) -> Schedule:
    """Return the schedule of an edition that was made: its sends say to whom it goes, and the file how it looks.

    :param sends: rows of its sends that bring the edition.
    """
    own = {entry.key: entry for entry in as_written(base).send}
    found = []
    for row in sends:
        key, names = row["entry"], tuple(row["audience"])
        entry = own.get(key)
        if entry is None or entry.to != names:
            entry = replace(_entry(base, re.split("[:/#]", key)[0], names), key=key)
        found.append(entry)
    return replace(base, send=tuple(found))


def _entry(base: Schedule, via: str, to: tuple[str, ...]) -> Entry:
    """Return a line of `send:` that looks as the file's own for this channel does, where it has one."""
    key = f"{via}:{'+'.join(to)}" if to else via
    like = next((entry for entry in base.send if entry.via == via and bool(entry.to) == bool(to)), Entry(key, via))
    return _at_once(replace(like, key=key, to=to, segment=like.segment if like.to == to else ""))

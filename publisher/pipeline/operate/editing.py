"""What people change in a draft, and the note that they write for an edition: each in one short transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from publisher.errors import UsageError
from publisher.model.desk import Changes, Note
from publisher.model.staff import May
from publisher.store import Connection, Store, desk
from publisher.store.permission import allowed

Change = Callable[[Changes], Changes]


@allowed(May.EDIT)
def change(
    store: Store,
    edition_id: int,
    make: Change,
    *,
    what: str,
    actor: str,
    now: datetime,
    seen: int | None = None,
) -> Changes:
    """Change a draft; return all that people have changed in it by now.

    :param what: the change in words, for whoever looks at it later.
    :param seen: the version that whoever changes it has looked at; None: whichever there is.
    :raises UsageError: it is no draft any more, or it was changed since that version.
    """
    with store.write() as conn:
        before = desk.lock_draft(conn, edition_id)
        if before is None:
            raise UsageError("it is no draft any more: nothing in it can be changed", where=f"edition {edition_id}")
        _require_same(before, seen, edition_id)
        after = make(before).signed(actor, now, what)
        desk.keep_changes(conn, edition_id, after)
    return after


def _require_same(found: Changes, seen: int | None, edition_id: int) -> None:
    if seen is None or seen == found.version:
        return
    later = found.said[-(found.version - seen) :] if seen < found.version else ()
    since = "; ".join(f"{each.actor} {each.what}" for each in later)
    what = f"it was changed since version {seen}: {since or 'it is another one'}"
    remedy = f"Look at it as it is now, and say it again with --seen {found.version}"
    raise UsageError(what, where=f"edition {edition_id}", remedy=remedy)


@allowed(May.EDIT)
def write_note(store: Store, schedule: str, text: str, *, language: str = "", actor: str, now: datetime) -> Note | None:
    """Write the note of a schedule's next edition; return the one whose place it takes."""
    with store.write() as conn:
        before = _waiting(conn, schedule, language)
        desk.write_note(conn, schedule, text, language=language, actor=actor, now=now)
    return before


@allowed(May.EDIT)
def take_back_note(store: Store, schedule: str, *, language: str = "", now: datetime) -> Note | None:
    """Take back the note of a schedule's next edition; return it, or None where there is none."""
    with store.write() as conn:
        before = _waiting(conn, schedule, language)
        desk.take_back_note(conn, schedule, language=language, now=now)
    return before


def _waiting(conn: Connection, schedule: str, language: str) -> Note | None:
    found = desk.waiting_note(conn, schedule, language)
    return found if found is not None and found.language == language else None

"""What people change in a draft, and the note that they write for an edition: each in one short transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from publisher.errors import StaleError, UsageError
from publisher.model.desk import Changes, Note
from publisher.model.staff import May
from publisher.store import Connection, Store, desk, staff
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

    :param what: the change in words, for whoever looks at it later: here, and in the audit, which keeps all of them.
    :param seen: the version that whoever changes it has looked at; None: whichever there is.
    :raises UsageError: it is no draft any more.
    :raises StaleError: it was changed since that version.
    """
    with store.write() as conn:
        before = desk.lock_draft(conn, edition_id)
        if before is None:
            raise UsageError("it is no draft any more: nothing in it can be changed", where=f"edition {edition_id}")
        _require_same(before, seen, edition_id)
        after = make(before).signed(actor, now, what)
        desk.keep_changes(conn, edition_id, after)
        staff.write_down(conn, actor, what, about=f"edition:{edition_id}", now=now)
    return after


def _require_same(found: Changes, seen: int | None, edition_id: int) -> None:
    if seen is None or seen == found.version:
        return
    later = found.said[-(found.version - seen) :] if seen < found.version else ()
    since = "; ".join(f"{each.actor} {each.what}" for each in later)
    what = f"it was changed since version {seen}: {since or 'it is another one'}"
    remedy = f"Look at it as it is now, and say it again (--seen {found.version})"
    raise StaleError(what, where=f"edition {edition_id}", remedy=remedy)


@allowed(May.EDIT)
def write_note(
    store: Store,
    schedule: str,
    text: str,
    *,
    language: str = "",
    actor: str,
    now: datetime,
    seen: int | None = None,
) -> Note | None:
    """Write the note of a schedule's next edition; return the one whose place it takes.

    :param seen: the note that waited when whoever writes it looked, 0 for none; None: they didn't look.
    :raises StaleError: another one waits by now.
    """
    with store.write() as conn:
        before = _seen_note(conn, schedule, language, seen)
        desk.write_note(conn, schedule, text, language=language, actor=actor, now=now)
    return before


@allowed(May.EDIT)
def take_back_note(
    store: Store, schedule: str, *, language: str = "", actor: str, now: datetime, seen: int | None = None
) -> Note | None:
    """Take back the note of a schedule's next edition; return it, or None where there is none.

    The audit says who: of a note that is gone nothing else does.

    :raises StaleError: another one waits than the one that was seen.
    """
    with store.write() as conn:
        before = _seen_note(conn, schedule, language, seen)
        if desk.take_back_note(conn, schedule, language=language, now=now):
            staff.write_down(conn, actor, "took the note back", about=f"schedule:{schedule}", now=now)
    return before


def _seen_note(conn: Connection, schedule: str, language: str, seen: int | None) -> Note | None:
    """Return the note that waits, and stays until the transaction ends; refuse another one than was seen."""
    desk.take_turn_of(conn, schedule)
    found = _waiting(conn, schedule, language)
    if seen is None or seen == (found.id if found else 0):
        return found
    what = "its note was taken back meanwhile, or an edition has it"
    if found is not None:
        what = f"{found.actor} has written this note meanwhile: {found.text}"
    raise StaleError(what, where=schedule, remedy="Look at it, and say it again")


def _waiting(conn: Connection, schedule: str, language: str) -> Note | None:
    found = desk.waiting_note(conn, schedule, language)
    return found if found is not None and found.language == language else None

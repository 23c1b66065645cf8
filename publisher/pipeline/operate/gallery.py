"""Pictures that people add for what they write: each under a name, and gone only where nothing shows it."""

from __future__ import annotations

from datetime import datetime

from publisher.errors import MissingError, UsageError
from publisher.model.desk import MEDIA, names
from publisher.model.staff import May
from publisher.store import Connection, Store, desk, media, sends
from publisher.store.media import Added, Kept
from publisher.store.permission import allowed

LIST = "See them: publisher media list"


@allowed(May.EDIT)
def add(store: Store, picture: Kept, *, name: str, alt: str, actor: str, now: datetime) -> Added:
    """Keep a picture under a name, with the words for whoever can't see it; the same one again takes the new words.

    :raises UsageError: another has that name, or this one has another.
    """
    digest = media.digest_of(picture.content)
    with store.write() as conn:
        media.take_turn_with_pictures(conn)
        known, other = media.named(conn, digest), media.called(conn, name)
        if known is not None and known.name != name:
            raise UsageError(f"this picture is there already: {MEDIA}{known.name}", remedy=f"Write that. {LIST}")
        if other is not None and other.digest != digest:
            remedy = f"Give this one another: --name. {LIST}"
            raise UsageError("another picture has that name", where=name, remedy=remedy)
        media.add(conn, picture, name=name, alt=alt, actor=actor, now=now)
        return _called(conn, name)


@allowed(May.EDIT)
def remove(store: Store, name: str) -> Added:
    """Let a picture go; return what it was.

    :raises UsageError: there is none, or a message or a waiting note shows it.
    """
    with store.write() as conn:
        media.take_turn_with_pictures(conn)
        found = _called(conn, name)
        _require_unused(conn, found)
        media.remove(conn, found.digest)
    return found


def _called(conn: Connection, name: str) -> Added:
    found = media.called(conn, name)
    if found is None:
        raise MissingError("there is no such picture", where=name, remedy=LIST)
    return found


def _require_unused(conn: Connection, picture: Added) -> None:
    send_id = media.shown_by(conn, picture.digest)
    if send_id is not None:
        edition_id = sends.get(conn, send_id)["edition_id"]
        what = f"a mail{f' of edition {edition_id}' if edition_id else ''} shows it: whoever opens that would see a gap"
        raise UsageError(what, where=picture.name, remedy="Leave it: only what no message shows can be removed")
    for note in desk.waiting_notes(conn):
        if names(note.text, picture.name):
            what = f"the note that waits for {note.schedule} names it"
            remedy = f"Write another (publisher note {note.schedule} FILE), or take it back: --clear"
            raise UsageError(what, where=picture.name, remedy=remedy)

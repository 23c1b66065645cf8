"""Pictures that we made, that people added or that senders upload, each once, under the digest of its content."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, RowMapping, Text, and_, cast, delete, func, or_, select

from publisher.model.states import ENDED, SendState
from publisher.store.sql import take_turn, upsert
from publisher.store.tables import media, messages, sends


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture as it is served, or uploaded."""

    type: str  # image/png
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Added:
    """A picture that a person added, without its content."""

    digest: str
    name: str  # by which Markdown names it
    alt: str  # for whoever can't see it; empty: it is an ornament
    type: str
    size: int  # bytes
    made_at: datetime
    actor: str


_TURN = "uploads"  # who keeps one writes its message in the same transaction: only then can be told what needs it


def digest_of(content: bytes) -> str:
    """Return the name of a content: SHA-256, in hexadecimal."""
    return sha256(content).hexdigest()


def keep(conn: Connection, picture: Kept, *, now: datetime, only_uploaded: bool = False) -> str:
    """Keep a picture unless it is there already; return its digest.

    :param only_uploaded: nobody is served it: it may go again. What is both stays.
    """
    if only_uploaded:
        take_turn(conn, _TURN)
    digest = digest_of(picture.content)
    row = {"type": picture.type, "content": picture.content, "made_at": now, "only_uploaded": only_uploaded or None}
    made = upsert(conn, media).values(digest=digest, **row)
    if only_uploaded:
        made = made.on_conflict_do_nothing()
    else:  # one statement: whoever lets it go meanwhile was faster, and it is kept anew, or finds it served
        made = made.on_conflict_do_update(
            index_elements=["digest"], set_={"only_uploaded": None}, where=media.c.only_uploaded.is_(True)
        )
    conn.execute(made)
    return digest


def get(conn: Connection, digest: str, *, for_anybody: bool = False) -> Kept | None:
    """Return a picture.

    :param for_anybody: only one that is served to the world, not what was kept for a network alone.
    """
    query = select(media.c.type, media.c.content).where(media.c.digest == digest)
    row = conn.execute(query.where(media.c.only_uploaded.is_not(True)) if for_anybody else query).one_or_none()
    return None if row is None else Kept(row.type, bytes(row.content))


def add(conn: Connection, picture: Kept, *, name: str, alt: str, actor: str, now: datetime) -> None:
    """Keep a picture under a name of people's own; one that is there already gets that name. It is served for ever."""
    said = {"name": name, "alt": alt, "actor": actor, "only_uploaded": None}
    row = {"digest": digest_of(picture.content), "type": picture.type, "content": picture.content, "made_at": now}
    made = upsert(conn, media).values(**row, **said)
    conn.execute(made.on_conflict_do_update(index_elements=["digest"], set_=said))


def added(conn: Connection) -> list[Added]:
    """Return the pictures that people added, by name."""
    return [_added(row) for row in conn.execute(_ADDED.order_by(media.c.name)).mappings()]


def called(conn: Connection, name: str) -> Added | None:
    """Return the picture of a name."""
    row = conn.execute(_ADDED.where(media.c.name == name)).mappings().one_or_none()
    return None if row is None else _added(row)


def named(conn: Connection, digest: str) -> Added | None:
    """Return what is known of a picture that people added; None for any other."""
    row = conn.execute(_ADDED.where(media.c.digest == digest)).mappings().one_or_none()
    return None if row is None else _added(row)


def remove(conn: Connection, digest: str) -> None:
    """Let a picture go. The caller has taken the turn, and knows that no message shows it."""
    conn.execute(delete(media).where(media.c.digest == digest))


def take_turn_with_pictures(conn: Connection) -> None:
    """Let nobody else add, remove or rely on pictures until the transaction ends."""
    take_turn(conn, _TURN)


def missing(conn: Connection, digests: Collection[str]) -> set[str]:
    """Return those of some pictures that are not there; those that are stay until the transaction ends."""
    if not digests:
        return set()
    take_turn(conn, _TURN)
    there = conn.execute(select(media.c.digest).where(media.c.digest.in_(digests))).scalars()
    return set(digests) - set(there)


def shown_by(conn: Connection, digest: str) -> int | None:
    """Return the newest send whose message shows a picture; None where none does. It reads every message."""
    says = cast(messages.c.content, Text).contains(digest)
    found: int | None = conn.execute(select(func.max(messages.c.send_id)).where(says)).scalar_one()
    return found


_ADDED = select(
    media.c.digest,
    media.c.name,
    media.c.alt,
    media.c.type,
    func.length(media.c.content).label("size"),
    media.c.made_at,
    media.c.actor,
).where(media.c.name.is_not(None))


def _added(row: RowMapping) -> Added:
    return Added(**row)


def forget_uploads(conn: Connection, before: datetime) -> int:
    """Let pictures go that were only uploaded, before a moment, and that no post needs any more; return how many.

    A post needs its own until it stands: until then, or where it is resent, it may be said again.
    """
    old = (media.c.only_uploaded.is_(True), media.c.made_at < before)
    if conn.execute(select(media.c.digest).where(*old).limit(1)).one_or_none() is None:
        return 0
    take_turn(conn, _TURN)
    needed = _needed(conn)
    may_go = [row.digest for row in conn.execute(select(media.c.digest).where(*old)) if row.digest not in needed]
    # Asked again of each: a card of the same picture takes no turn, and may have been kept since.
    gone = [conn.execute(delete(media).where(media.c.digest == digest, *old)).rowcount for digest in may_go]
    return sum(gone)


def _needed(conn: Connection) -> set[str]:
    """Return the pictures of posts that may still be said: not ended, in doubt, or failed: a person may resend it."""
    may_be_said = or_(
        sends.c.state.not_in(ENDED), sends.c.unknown > 0, and_(sends.c.state == SendState.DONE, sends.c.failed > 0)
    )
    posts = select(messages.c.content).join(sends, sends.c.id == messages.c.send_id)
    found = conn.execute(posts.where(messages.c.kind == "post", may_be_said)).scalars()
    return {post["upload"]["digest"] for post in found if post.get("upload")}

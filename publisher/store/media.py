"""Pictures that we made, or that senders upload, each once, under the digest of its content."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, select

from publisher.store.sql import insert_new
from publisher.store.tables import media


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture as it is served, or uploaded."""

    type: str  # image/png
    content: bytes = field(repr=False)


def digest_of(content: bytes) -> str:
    """Return the name of a content: SHA-256, in hexadecimal."""
    return sha256(content).hexdigest()


def keep(conn: Connection, picture: Kept, *, now: datetime) -> str:
    """Keep a picture unless it is there already; return its digest."""
    digest = digest_of(picture.content)
    insert_new(conn, media, digest=digest, type=picture.type, content=picture.content, made_at=now)
    return digest


def get(conn: Connection, digest: str) -> Kept | None:
    row = conn.execute(select(media.c.type, media.c.content).where(media.c.digest == digest)).one_or_none()
    return None if row is None else Kept(row.type, bytes(row.content))
